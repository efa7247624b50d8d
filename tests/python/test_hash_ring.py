"""What hash rings answer: which node has a key, who comes next, and what is in them."""

import gc
import pickle
import threading
import weakref

import pytest

from resil import ConfigError, HashRing, HashRingMode, HashRingSnapshot


def test_a_lookup_answers_with_the_very_object_that_was_inserted() -> None:
    """No copy, however often it is asked, and also after a change of weight by an equal one."""
    node = "".join(["cache", "-1"])
    ring = HashRing([node])
    assert ring.lookup("user:42") is node
    assert ring.insert("".join(["cache-", "1"]), 3) is False
    assert ring.lookup("user:42") is node
    assert ring.lookup(b"user:42") is node
    assert next(iter(ring)) is node


def test_a_key_as_str_is_its_bytes_in_utf_8() -> None:
    """So is a node."""
    ring = HashRing(f"node {n}" for n in range(20))
    for key in ("", "a", "\u00fc", "\U0001f600", "a\0b"):
        assert ring.lookup(key) is ring.lookup(key.encode())
    assert b"node 3" in ring and "node 20" not in ring
    assert ring.remove(b"node 3")
    assert "node 3" not in ring


def test_an_empty_ring_has_nobody() -> None:
    """Neither has one in which nobody has weight."""
    ring = HashRing()
    assert ring.lookup("k") is None
    assert ring.lookup_n("k", 3) == []
    assert ring.lookup_where("k", lambda _: True) is None
    assert not ring
    assert ring.insert("idle", 0) is True
    assert ring.lookup("k") is None
    assert len(ring) == 1


def test_insert_and_remove_say_what_they_found() -> None:
    """And nodes keep the order in which they came."""
    ring = HashRing({"b": 2, "a": 1})
    assert ring.insert("c") is True
    assert ring.insert("b", 5) is False
    assert ring.nodes() == {"b": 5, "a": 1, "c": 1}
    assert list(ring) == ["b", "a", "c"]
    assert (ring.weight("b"), ring.weight("x")) == (5, None)
    assert ring.remove("a") is True
    assert ring.remove("a") is False
    assert list(ring) == ["b", "c"]


def test_a_key_meets_each_node_once() -> None:
    """A predicate is asked in the same order, up to the first yes."""
    ring = HashRing("abcdefgh"[i] for i in range(8))
    copies = ring.lookup_n("user:42", 99)
    assert sorted(copies) == list("abcdefgh")
    assert copies[0] == ring.lookup("user:42")
    assert ring.lookup_n("user:42", 3) == copies[:3]
    assert ring.lookup_n("user:42", 0) == []
    asked: list[str] = []

    def fourth(node: str) -> bool:
        asked.append(node)
        return len(asked) == 4

    assert ring.lookup_where("user:42", fourth) == copies[3]
    assert asked == copies[:4]
    assert ring.lookup_where("user:42", lambda _: False) is None


def test_what_a_predicate_raises_goes_through() -> None:
    """And ends the lookup."""
    asked: list[str] = []

    def accepts(node: str) -> bool:
        asked.append(node)
        raise KeyError(node)

    ring = HashRing(["a", "b"])
    with pytest.raises(KeyError):
        ring.lookup_where("k", accepts)
    assert len(asked) == 1


def test_a_predicate_that_updates_the_ring_harms_nobody() -> None:
    """It must not, but nothing breaks: the answer is a node that it accepted."""
    ring = HashRing(["a", "b", "c"])

    def accepts(node: str) -> bool:
        ring.remove(node)
        ring.insert(f"{node}{node}")
        return len(node) > 2

    found = ring.lookup_where("k", accepts)
    assert found is None or len(found) > 2
    assert len(ring) == 3


def test_only_the_keys_of_a_node_that_goes_move() -> None:
    """And they come back with it."""
    ring = HashRing(f"node {n}" for n in range(10))
    keys = [str(n) for n in range(2_000)]
    before = [ring.lookup(key) for key in keys]
    ring.remove("node 3")
    after = [ring.lookup(key) for key in keys]
    assert all(new == old for old, new in zip(before, after, strict=True) if old != "node 3")
    assert "node 3" not in after
    ring.insert("node 3")
    assert [ring.lookup(key) for key in keys] == before


def test_go_zero_s_own_example_comes_out() -> None:
    """A node of whole weight is 100 there, which is what a node has unless told."""
    ring = HashRing((f"localhost:{n}" for n in range(20)), mode=HashRingMode.GO_ZERO)
    owners = [ring.lookup(str(key)) for key in range(1_000, 1_012)]
    assert owners == [f"localhost:{n}" for n in (15, 16, 14, 3, 10, 19, 3, 16, 17, 5, 0, 15)]
    assert ring.weight("localhost:0") == 100
    assert ring.snapshot() == HashRingSnapshot(HashRingMode.GO_ZERO, 100, 20, 2_000, 2_000)


def test_libketama_s_example_comes_out() -> None:
    """By weights, as its list of servers has them."""
    ring = HashRing({"127.0.0.1:11211": 600, "127.0.0.1:11212": 400}, mode=HashRingMode.KETAMA)
    assert ring.lookup("test") == "127.0.0.1:11211"
    assert ring.snapshot().points == 320
    with pytest.raises(ConfigError, match=r"^weight "):
        ring.insert("idle", 0)


def test_a_snapshot_compares_prints_and_pickles() -> None:
    """As every answer does."""
    ring = HashRing({"a": 2, "b": 3}, virtual_nodes=7)
    seen = ring.snapshot()
    assert seen == HashRingSnapshot(None, 7, 2, 5, 35)
    assert (seen.mode, seen.virtual_nodes, seen.nodes, seen.total_weight, seen.points) == (None, 7, 2, 5, 35)
    assert pickle.loads(pickle.dumps(seen)) == seen
    assert hash(seen) == hash(ring.snapshot())
    assert repr(seen) == "HashRingSnapshot(mode=None, virtual_nodes=7, nodes=2, total_weight=5, points=35)"
    assert repr(ring) == "HashRing({'a': 2, 'b': 3}, virtual_nodes=7)"
    assert repr(HashRing(mode=HashRingMode.KETAMA)) == "HashRing({}, mode=HashRingMode.KETAMA)"
    assert HashRing(mode=HashRingMode.KETAMA).snapshot().mode is HashRingMode.KETAMA


def test_bounded_load_is_a_share_rounded_up() -> None:
    """With a quarter more than the share, unless told."""
    assert HashRing.bounded_load_limit(99, 1, 4) == 32
    assert HashRing.bounded_load_limit(99, 1, 4, 0) == 25
    for wrong, field in (((0, 1, 1, -1), "epsilon"), ((0, 0, 0), "total_weight"), ((0, 2, 1), "weight")):
        with pytest.raises(ConfigError, match=f"^{field} "):
            HashRing.bounded_load_limit(*wrong)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"virtual_nodes": 0}, "virtual_nodes"),
        ({"virtual_nodes": 2**24 + 1}, "virtual_nodes"),
        ({"virtual_nodes": 160, "mode": HashRingMode.KETAMA}, "virtual_nodes"),
        ({"nodes": {"a": 65_536}}, "weight"),
        ({"nodes": {"a": -1}}, "weight"),
        ({"nodes": {"a": 2}, "virtual_nodes": 2**24}, "points"),
    ],
)
def test_a_wrong_value_is_refused_by_name(arguments: dict[str, object], field: str) -> None:
    """Before there is a ring."""
    with pytest.raises(ConfigError, match=f"^{field} "):
        HashRing(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda ring: ring.insert(3), "node"),
        (lambda ring: ring.insert("a", "1"), "weight"),
        (lambda ring: ring.insert("a", True), "weight"),
        (lambda ring: ring.remove(None), "node"),
        (lambda ring: ring.lookup(17), "key"),
        (lambda ring: ring.lookup(bytearray(b"k")), "key"),
        (lambda ring: ring.lookup_n(None, 1), "key"),
        (lambda ring: ring.lookup_n("k", 1.0), "n"),
        (lambda ring: 3 in ring, "node"),
        (lambda _: HashRing("abc"), "nodes"),
        (lambda _: HashRing(b"abc"), "nodes"),  # type: ignore[type-var]
        (lambda _: HashRing(7), "nodes"),  # type: ignore[arg-type]
        (lambda _: HashRing(mode="ketama"), "mode"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_type_is_refused_by_name(call: object, name: str) -> None:
    """And changes nothing."""
    ring = HashRing(["a"])
    with pytest.raises(TypeError, match=f"^{name} must be "):
        call(ring)  # type: ignore[operator]
    assert ring.nodes() == {"a": 1}


def test_text_that_utf_8_does_not_have_is_refused_by_name() -> None:
    """A lone surrogate has no bytes."""
    ring = HashRing(["a"])
    with pytest.raises(ConfigError, match="^key must be text that UTF-8 has"):
        ring.lookup("\udc80")
    with pytest.raises(ConfigError, match="^node must be text that UTF-8 has"):
        ring.insert("\udc80")
    assert ring.nodes() == {"a": 1}


class Named(str):
    """A node that may hold anything, this ring too."""

    ring: "HashRing[Named]"


def test_a_ring_in_a_cycle_with_its_own_node_is_collected() -> None:
    """A subclass of str may hold the ring that holds it."""
    node = Named("a")
    node.ring = HashRing([node])
    gone = weakref.ref(node.ring)
    assert node.ring.lookup("k") is node
    del node
    gc.collect()
    assert gone() is None


def test_a_node_that_is_taken_out_is_let_go() -> None:
    """Nothing keeps its object but who else has it."""
    ring: HashRing[Named] = HashRing()
    node = Named("a")
    gone = weakref.ref(node)
    ring.insert(node)
    del node
    assert gone() is not None
    ring.remove("a")
    assert gone() is None


def test_threads_look_up_while_another_updates() -> None:
    """Whoever is found was in the ring, and those that stay are never missing."""
    ring = HashRing(["a", "b"])
    wrong: list[object] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for key in range(100):
                if ring.lookup(str(key)) not in ("a", "b", "guest"):
                    wrong.append(key)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        ring.insert("guest", 3)
        ring.remove("guest")
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert list(ring) == ["a", "b"]
