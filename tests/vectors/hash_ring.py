#!/usr/bin/env python3
"""Writes hash_ring.toml: timelines of hash rings, in the default layout and in both compatible ones.

    hash_ring.py            write the file
    hash_ring.py --check    fail if the file is not what would be written

The answers come from hash_ring_model.py, on hashes of its own (hash_ring_hashes.py, compared with published values).
Published answers are given with the step and compared with the model's.

Grammar. A timeline has a `mode` (default, go_zero or ketama) and, in the default layout, may have `virtual_nodes`.
There is no time. A step is `<operation> <arguments> -> <answer>`:

    insert NODE WEIGHT        inserted | reweighted | refused FIELD
    remove NODE               removed | absent
    lookup KEY                NODE | none
    lookup_n KEY N            NODE NODE ... | none
    lookup_where KEY A,B,...  NODE | none: the listed nodes are refused

A node or key is a UTF-8 word without a comma, or `0x` and its bytes in hexadecimal.
"""

import struct
import sys

sys.dont_write_bytecode = True

import hash_ring_hashes  # noqa: E402
from hash_ring_model import GoZero, Ketama, Refused, Ring  # noqa: E402
from writing import write  # noqa: E402

MODES = {"default": Ring, "go_zero": GoZero, "ketama": Ketama}

# Pairs of nodes with a point at one position, found by trying names; the smaller in bytes comes first.
EQUAL_POINTS = [((b"node-102", 23), (b"node-359", 46)), ((b"node-1248", 2), (b"node-524", 28))]
# The weights of the eight servers in libketama's own test.
KETAMA_SERVERS = [600, 300, 200, 350, 1000, 800, 950, 100]


def word(data):
    """A node or key as the file writes it."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    plain = text.isprintable() and text.split() == [text] and "," not in text and '"' not in text
    return text if plain and "\\" not in text and not text.startswith("0x") else "0x" + data.hex()


def bytes_of(text):
    return text.encode() if isinstance(text, str) else text


class Timeline:
    def __init__(self, name, about, mode="default", virtual_nodes=None):
        self.head = {"name": name, "about": about, "mode": mode}
        if virtual_nodes is not None:
            self.head["virtual_nodes"] = virtual_nodes
        self.ring = MODES[mode](virtual_nodes) if mode == "default" else MODES[mode]()
        self.lines = []

    def step(self, words, answer, published=None):
        """Writes a step; `published` is the answer that another source states for it."""
        assert published in (None, answer), (self.head["name"], words, published, answer)
        self.lines.append(f"{words:<32} -> {answer}")
        return self

    def insert(self, node, weight=1, published=None):
        node = bytes_of(node)
        assert node != b"none", "answers need the word"
        try:
            answer = self.ring.insert(node, weight)
        except Refused as refusal:
            answer = f"refused {refusal}"
        return self.step(f"insert {word(node)} {weight}", answer, published)

    def remove(self, node, published=None):
        node = bytes_of(node)
        return self.step(f"remove {word(node)}", self.ring.remove(node), published)

    def lookup(self, *keys, published=None):
        for key in map(bytes_of, keys):
            node = self.ring.lookup_where(key)
            self.step(f"lookup {word(key)}", "none" if node is None else word(node), published)
        return self

    def lookup_n(self, key, n, published=None):
        key = bytes_of(key)
        nodes = self.ring.lookup_n(key, n)
        return self.step(f"lookup_n {word(key)} {n}", " ".join(map(word, nodes)) or "none", published)

    def lookup_where(self, key, refused, published=None):
        key, refused = bytes_of(key), [bytes_of(node) for node in refused]
        node = self.ring.lookup_where(key, refused)
        words = f"lookup_where {word(key)} {','.join(map(word, refused))}"
        return self.step(words, "none" if node is None else word(node), published)

    def first_choices(self, key, n):
        """Refuses one more of the first `n` nodes at a time."""
        order = self.ring.lookup_n(bytes_of(key), n)
        for refused in range(1, len(order) + 1):
            self.lookup_where(key, order[:refused])
        return self

    def text(self):
        head = [f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"' for key, value in self.head.items()]
        return "\n".join(["[[timeline]]", *head, 'steps = """', *self.lines, '"""', ""])


def point_key(node, index):
    """The bytes whose position is a point of the node: what the point is the hash of."""
    return struct.pack("<I", len(node)) + node + struct.pack("<I", index)


def rest():
    """Keys of every length that XXH3 treats in its own way, and some more."""
    lengths = [0, 1, 2, 3, 4, 5, 8, 9, 12, 16, 17, 32, 33, 64, 65, 96, 97, 128, 129, 144, 239, 240, 241]
    return [bytes((31 * i + size) % 251 for i in range(size)) for size in [*lengths, 512, 513, 1024, 1025, 2100]]


def key(number):
    return f"user:{number}"


def basics():
    t = Timeline("an_empty_ring", "nothing is there to answer, and nothing to remove")
    t.lookup("k", "").lookup_n("k", 3, "none").lookup_where("k", ["a"], "none").remove("a", "absent")
    yield t.insert("a").lookup("k", published="a").remove("a", "removed").remove("a", "absent").lookup("k")

    t = Timeline("one_node_takes_everything", "whatever the key")
    t.insert("only").lookup(*map(key, range(5)), "", published="only").lookup_n("k", 5, "only")
    yield t.lookup_n("k", 1, "only").lookup_n("k", 0, "none").lookup_where("k", ["only"], "none")

    t = Timeline("five_nodes_of_one_weight", "the default layout, 160 points each")
    for node in "abcde":
        t.insert(f"cache-{node}")
    t.lookup(*map(key, range(40)))
    for n in range(7):
        t.lookup_n("user:7", n)
    yield t.first_choices("user:7", 5).first_choices("user:8", 5)

    t = Timeline("keys_of_every_length", "XXH3 treats short, middle and long inputs each in its own way")
    for node in range(9):
        t.insert(f"10.0.0.{node}:80")
    yield t.lookup(*rest())

    t = Timeline("nodes_of_every_length", "whatever the length of a name, its points are where they are", virtual_nodes=6)
    for node in rest()[1:]:
        t.insert(node)
    yield t.lookup(*map(key, range(60)))

    t = Timeline("names_are_bytes", "not text: zeros, broken UTF-8, what looks like a number behind a name")
    nodes = [b"", b"\x00", b"\x00\x00", b"\xff\xfe", "pr\u00fcfung", "\u8282\u70b9", "a", "A", "a1", "1", b"a ", b"0x61"]
    for node in nodes:
        t.insert(node, published="inserted")
    t.lookup(b"\x00", b"\xc3\x28", "\u952e", "a", b"a\n", b"0x", *map(key, range(30)))
    for node in nodes[1::2]:
        t.remove(node, "removed")
    yield t.lookup(*map(key, range(30))).insert(b"\x61", 2, "reweighted")

    t = Timeline("a_name_and_a_number_never_run_together", "node1 with 0 is not node with 10: the length stands before")
    for node in ("node", "node1", "node10"):
        t.insert(node)
    for node, index in ((b"node", 10), (b"node1", 0), (b"node", 100), (b"node10", 0), (b"node1", 59), (b"node", 159)):
        t.lookup(point_key(node, index), published=node.decode())
    yield t


def changes():
    t = Timeline("weights_share_out_points", "so many times the points; 0 keeps the node and gives it no keys")
    t.insert("one").insert("three", 3).insert("idle", 0)
    t.lookup(*map(key, range(24))).lookup_n("user:1", 9).lookup_where("user:1", ["one", "three"], "none")
    t.insert("idle", 2, "reweighted").lookup(*map(key, range(24))).lookup_n("user:1", 9)
    t.insert("three", 0, "reweighted").lookup(*map(key, range(24))).lookup_n("user:1", 9)
    t.insert("one", 0, "reweighted").insert("idle", 0, "reweighted").lookup("user:1", published="none")
    yield t.insert("one", 1, "reweighted").lookup("user:1", published="one").remove("idle", "removed")

    t = Timeline("only_nodes_of_weight_0", "are known and take nothing")
    t.insert("a", 0).insert("b", 0).lookup("k", published="none").lookup_n("k", 2, "none")
    yield t.remove("a", "removed").remove("a", "absent").insert("b", 1, "reweighted").lookup("k", published="b")

    t = Timeline("a_second_insertion_changes_the_weight", "and moves only what it must")
    t.insert("a").insert("b").insert("c").lookup(*map(key, range(16)))
    t.insert("b", 4, "reweighted").lookup(*map(key, range(16)))
    t.insert("b", 4, "reweighted").lookup(*map(key, range(16)))
    yield t.insert("b", 1, "reweighted").lookup(*map(key, range(16)))

    t = Timeline("a_removal_moves_the_keys_of_that_node_only", "to where lookup_n said; adding it again brings them back")
    for node in range(6):
        t.insert(f"n{node}")
    for number in range(16):
        t.lookup_n(key(number), 2)
    t.remove("n3", "removed").lookup(*map(key, range(16)))
    t.insert("n3", published="inserted").lookup(*map(key, range(16)))
    yield t.remove("n0").remove("n1").remove("n2").remove("n4").remove("n5").lookup("user:1", published="n3")

    t = Timeline("the_order_of_changes_leaves_no_trace", "two ways to the same nodes give the same answers")
    t.insert("x").insert("y", 2).insert("z", 3).insert("gone").remove("gone").lookup(*map(key, range(20)))
    for node in "xyz":
        t.remove(node)
    yield t.insert("z", 3).insert("y", 1).insert("x").insert("y", 2).lookup(*map(key, range(20)))

    t = Timeline("one_place_used_over_and_over", "what a removed node left behind answers nothing", virtual_nodes=12)
    t.insert("stays")
    for turn in range(40):
        t.insert(f"guest-{turn}", published="inserted").lookup_n(key(turn), 2).lookup(key(turn + 100))
        t.remove(f"guest-{turn}", "removed").lookup(key(turn), published="stays")
    yield t

    t = Timeline("many_nodes", "a ring that grows by a few hundred nodes and shrinks again", virtual_nodes=40)
    for node in range(200):
        t.insert(f"10.1.{node // 100}.{node % 100}:6379")
    t.lookup(*map(key, range(60))).lookup_n("user:1", 12)
    for node in range(0, 200, 2):
        t.remove(f"10.1.{node // 100}.{node % 100}:6379")
    yield t.lookup(*map(key, range(60))).lookup_n("user:1", 12)


def edges():
    nodes = [b"a", b"b", b"c", b"d"]
    t = Timeline("at_a_point_and_behind_the_last", "a point equal to the key's position is a hit; the end wraps round",
                 virtual_nodes=1)
    for node in nodes:
        t.insert(node)
    for node in nodes:
        t.lookup(point_key(node, 0), published=word(node))
    ends = sorted(Ring.point(node, 0) for node in nodes)
    first = next(word(node) for node in nodes if Ring.point(node, 0) == ends[0])
    behind = [key(i) for i in range(200) if Ring.position(key(i).encode()) > ends[-1]][:6]
    before = [key(i) for i in range(200) if Ring.position(key(i).encode()) < ends[0]][:6]
    assert len(behind) == len(before) == 6
    yield t.lookup(*behind, *before, published=first).lookup_n(behind[0], 9).lookup_n(before[0], 9)

    for (small, i), (great, j) in EQUAL_POINTS:
        assert small < great and Ring.point(small, i) == Ring.point(great, j)
        here, names = point_key(small, i), [word(small), word(great)]
        assert Ring.position(here) == Ring.position(point_key(great, j))
        for turn in (1, -1):
            t = Timeline(f"equal_points_of_{'_and_'.join(names[::turn]).replace('-', '_')}",
                         "the smaller bytes win, whatever the order; removing the winner uncovers the other")
            for name in names[::turn]:
                t.insert(name)
            t.lookup(here, point_key(great, j), published=names[0]).lookup_n(here, 2, " ".join(names))
            t.lookup_where(here, [names[0]], names[1]).insert("other").lookup_n(here, 2, " ".join(names))
            t.remove(small).lookup(here, point_key(great, j), published=names[1]).insert(small)
            t.lookup(here, published=names[0]).remove(great).lookup(here, published=names[0])
            t.lookup_where(here, [names[0]], "other").insert(great, 0).lookup_where(here, [names[0]], "other")
            yield t.insert(great).insert(small, 0).lookup(here, published=names[1]).lookup_n(here, 1, names[1])

    t = Timeline("refused_by_name", "and nothing changed", virtual_nodes=300)
    t.insert("a", 65_536, "refused weight").lookup("k", published="none").remove("a", "absent")
    t.insert("a", 65_535, "refused points").lookup("k", published="none").remove("a", "absent")
    t.insert("a", 2, "inserted").insert("b", 55_923, "refused points").insert("b", 3, "inserted")
    t.lookup(*map(key, range(8))).insert("b", 65_536, "refused weight").insert("b", 65_535, "refused points")
    yield t.lookup(*map(key, range(8))).insert("b", 0, "reweighted").lookup("k", published="a")

    for count in (1, 2, 63, 1_000):
        t = Timeline(f"{count}_points_a_node", "the number of points is the caller's", virtual_nodes=count)
        for node in ("p", "q", "r"):
            t.insert(node)
        yield t.insert("q", 2).lookup(*map(key, range(25))).lookup_n("user:3", 3)


def go_zero():
    t = Timeline("go_zero_localhost", "go-zero's ring of twenty: 90 of 1910 positions are shared", "go_zero")
    golden = (15, 16, 14, 3, 10, 19, 3, 16, 17, 5, 0, 15)
    for node in range(20):
        t.insert(f"localhost:{node}", 100)
    for turn in range(2):
        for number, node in enumerate(golden):
            t.lookup(str(1_000 + number), published=f"localhost:{node}")
        if turn == 0:
            t.remove("localhost:13")
    yield t

    t = Timeline("go_zero_three_nodes", "text keys", "go_zero")
    for node in "abc":
        t.insert(f"node-{node}", 100)
    for name, node in (("k1", "a"), ("k2", "a"), ("k3", "c"), ("user:42", "a"), ("", "b")):
        t.lookup(name, published=f"node-{node}")
    yield t

    t = Timeline("go_zero_removal_by_identity", "where go-zero leaves 90 of the other's 100 points, all stay", "go_zero")
    t.insert("a", 10).insert("a1", 100).lookup(*map(key, range(24))).remove("a")
    assert len(t.ring.points()) == 100
    t.lookup(*map(key, range(24)), published="a1").insert("b", 100).lookup(*map(key, range(24)))
    yield t

    t = Timeline("go_zero_shared_positions", "localhost:1 with 23 is localhost:12 with 3: the key chooses", "go_zero")
    shared = [b"localhost:12%d" % i for i in range(10)]
    t.insert("localhost:1", 100).insert("localhost:12", 100).lookup(*shared)
    for name in shared[:4]:
        t.lookup_n(name, 2).first_choices(name, 2)
    # The order of insertion counts, and a changed weight is an insertion.
    t.insert("localhost:1", 100, "reweighted").lookup(*shared).remove("localhost:12").lookup(*shared)
    yield t.insert("localhost:12", 100).lookup(*shared).insert("localhost:123", 100).lookup(*shared)

    t = Timeline("go_zero_weights", "percent of a hundred points, at most all of them", "go_zero")
    t.insert("half", 50).insert("full", 100).insert("idle", 0).insert("one", 1).lookup(*map(key, range(30)))
    t.insert("full", 65_535, "reweighted").lookup(*map(key, range(30))).lookup_n("user:5", 4).insert("idle", 100, "reweighted").lookup(*map(key, range(12)))
    yield t.insert("half", 0, "reweighted").lookup(*map(key, range(12))).remove("half", "removed")

    yield film("go_zero_film", "go_zero", None, 11, 100, [0, 1, 33, 50, 99, 100])


def ketama():
    t = Timeline("ketama_two_servers", "320 points; `test` hashes to 3446378249 and takes the point 3454255383", "ketama")
    t.insert("127.0.0.1:11211", 600).insert("127.0.0.1:11212", 400)
    assert len(t.ring.points()) == 320
    yield t.lookup("test", published="127.0.0.1:11211").lookup(*map(str, range(16)))

    t = Timeline("ketama_eight_servers", "libketama's own test: 1264 points", "ketama")
    for number, memory in enumerate(KETAMA_SERVERS, 1):
        t.insert(f"10.0.1.{number}:11211", memory)
    assert len(t.ring.points()) == 1264
    t.lookup(*map(str, range(60))).lookup_n("17", 8).first_choices("17", 8)
    # A server's points depend on all servers.
    t.remove("10.0.1.5:11211").lookup(*map(str, range(24)))
    t.insert("10.0.1.5:11211", 100).insert("10.0.1.8:11211", 1_000, "reweighted").lookup(*map(str, range(24)))
    yield t.lookup_n("17", 8)

    t = Timeline("ketama_shares_in_single_precision",
                 "of equal servers, 7 and 49 have 40 digests each, 61 have 39; wider arithmetic says otherwise", "ketama")
    for number in range(61):
        t.insert(f"10.2.0.{number}:11211", 64)
        digests = {7: 40, 49: 40, 61: 39}.get(number + 1)
        if digests is not None:
            assert len(t.ring.points()) == 4 * (number + 1) * digests
            t.lookup(*map(str, range(number + 20))).lookup_n("5", 9)
    yield t.insert("10.2.0.0:11211", 65_535, "reweighted").lookup(*map(str, range(12)))

    t = Timeline("ketama_refuses_weight_0", "a server without memory is no server", "ketama")
    t.lookup("k", published="none").insert("a", 0, "refused weight").insert("a", 1).insert("a", 0, "refused weight")
    t.lookup("k", published="a").insert("b", 65_536, "refused weight").lookup("k", published="a")
    yield t.remove("a").lookup("k", published="none").lookup_n("k", 2, "none").lookup_where("k", ["a"], "none")

    # A share so small that it comes to no digest at all: known, and never met.
    t = Timeline("ketama_a_share_of_no_points", "a small server among great ones has none", "ketama")
    t.insert("great", 65_535).insert("small", 1).lookup(*map(key, range(8)), published="great")
    yield t.lookup_n("k", 2, "great").lookup_where("k", ["great"], "none").remove("great").lookup("k", published="small")

    yield film("ketama_film", "ketama", None, 9, 100, [1, 10, 64, 100, 1_000])


def film(name, mode, virtual_nodes, seed, steps, weights):
    """Changes and lookups in pseudo-random order."""
    t = Timeline(name, "pseudo-random changes and lookups", mode, virtual_nodes)
    state = seed
    for _ in range(steps):
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        dice, rest = (state >> 33) % 12, state >> 40
        name, node = key(rest % 997), f"shard-{rest // 997 % 14}"
        if dice < 3:
            t.insert(node, weights[rest // 50_000 % len(weights)])
        elif dice < 5:
            t.remove(node)
        elif dice < 9:
            t.lookup(name)
        elif dice < 10:
            t.lookup_n(name, rest // 997 % 6)
        else:
            refused = t.ring.lookup_n(name.encode(), 6)[: 1 + rest // 997 % 4] or [b"shard-0"]
            t.lookup_where(name, refused)
    return t


def timelines():
    yield from basics()
    yield from changes()
    yield from edges()
    yield film("film", "default", None, 1, 120, [0, 1, 2, 5])
    yield film("film_of_few_points", "default", 3, 2, 160, [0, 1, 1, 2, 9])
    yield film("film_of_single_points", "default", 1, 3, 160, [1])
    yield from go_zero()
    yield from ketama()


def main():
    hash_ring_hashes.check()
    head = "# Written by hash_ring.py beside this file, which also tells the grammar. Do not edit.\n\n"
    write(__file__, head + "\n".join(t.text() for t in timelines()))


if __name__ == "__main__":
    main()
