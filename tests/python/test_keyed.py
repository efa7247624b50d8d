"""Objects by key, in bounded memory."""

import copy
import doctest
import pickle
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest
from switching import work_in_threads

import resil.keyed
from resil import ConfigError, ManualClock, Quota, TokenBucket
from resil.keyed import Keyed


def buckets(capacity: int = 65_536) -> Keyed[TokenBucket]:
    """Two permits each, on a clock that stands still."""
    clock = ManualClock()
    return Keyed(lambda key: TokenBucket(Quota(1, 60, 2), clock=clock), capacity)


def test_each_key_has_an_object_of_its_own_made_when_first_asked_for() -> None:
    """From the key."""
    made: list[str] = []

    def make(key: str) -> list[str]:
        made.append(key)
        return [key]

    keyed = Keyed(make)
    assert keyed["a"] is keyed["a"]
    assert keyed["b"] == ["b"]
    assert made == ["a", "b"]
    assert ("a" in keyed, "c" in keyed, 3 in keyed, len(keyed)) == (True, False, False, 2)
    assert repr(keyed) == "<Keyed 2 of 65536>"


def test_the_key_used_longest_ago_is_forgotten_first() -> None:
    """Asking for it is a use; looking is none."""
    keyed = Keyed(str.upper, capacity=3)
    for key in ("a", "b", "c", "a"):
        assert keyed[key] == key.upper()
    assert "b" in keyed
    assert [key for key, _ in keyed.items()] == ["b", "c", "a"]
    assert keyed.forgotten == 0
    keyed["d"]
    assert [key for key, _ in keyed.items()] == ["c", "a", "d"]
    assert (len(keyed), keyed.capacity, keyed.forgotten) == (3, 3, 1)


def test_a_drained_bucket_is_remembered_until_as_many_other_keys_came_as_there_is_room_for() -> None:
    """Not one key fewer."""
    keyed = buckets(capacity=1_025)
    drained = [bool(keyed["mallory"].try_acquire()) for _ in range(3)]
    assert drained == [True, True, False]
    for number in range(1_024):
        assert keyed[str(number)].try_acquire()
    assert not keyed["mallory"].try_acquire()
    for number in range(1_025):
        keyed[f"again {number}"]
    assert keyed["mallory"].try_acquire()


def test_keys_of_an_attacker_do_not_grow_memory() -> None:
    """Neither their number nor their length."""
    keyed = buckets(capacity=10)
    first = weakref.ref(keyed["0"])
    for number in range(1_000):
        keyed[str(number) + "x" * 10_000]
    assert len(keyed) == 10
    assert keyed.forgotten == 991
    assert first() is None
    assert max(len(key) for key, _ in keyed.items()) <= 64
    assert sys.getsizeof(dict(keyed.items())) < 1_000


def test_long_keys_are_told_apart() -> None:
    """And found again; lone surrogates, which headers can decode to, among them."""
    keyed = Keyed(lambda key: [key])
    long = "x" * 65
    assert keyed[long] is keyed["x" * 65]
    assert long in keyed
    assert keyed[long] == [long]
    assert keyed["x" * 66] is not keyed[long]
    assert keyed["\udcff" * 65] is not keyed["\udcfe" * 65]
    assert [key for key, _ in Keyed.items(keyed)][0].startswith("blake2b:")


def test_threads_that_ask_for_a_new_key_at_once_get_one_object() -> None:
    """However many were made: not one permit more is granted than one bucket has."""
    barrier = threading.Barrier(8)

    def make(key: str) -> TokenBucket:
        # Each of them is here before the first is done.
        barrier.wait(timeout=30)
        return TokenBucket(Quota(1, 3_600, 3))

    keyed = Keyed(make)
    found: list[TokenBucket] = []
    granted: list[bool] = []

    def ask() -> None:
        bucket = keyed["new"]
        found.append(bucket)
        granted.append(bool(bucket.try_acquire()))

    workers = [threading.Thread(target=ask) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len({id(bucket) for bucket in found}) == 1
    assert sum(granted) == 3


def test_threads_over_a_small_map_keep_it_whole() -> None:
    """While keys come and go under them."""
    keyed = Keyed(lambda key: [key], capacity=3)
    wrong: list[str] = []

    def ask(seed: int) -> None:
        for number in range(3_000):
            key = str(number * seed % 7)
            if keyed[key] != [key]:
                wrong.append(key)

    work_in_threads(ask, [(seed,) for seed in (1, 2, 3, 5)])
    assert wrong == []
    assert len(keyed) == 3


def test_what_make_raises_goes_through_and_nothing_is_held() -> None:
    """The next one asks again."""
    keyed: Keyed[int] = Keyed(int)
    with pytest.raises(ValueError, match="invalid literal"):
        keyed["x"]
    assert (len(keyed), keyed["3"]) == (0, 3)


def test_a_finalizer_may_use_the_map() -> None:
    """Of an object that is forgotten."""

    class Late:
        def __del__(self) -> None:
            keyed["from the finalizer"]

    keyed: Keyed[Any] = Keyed(lambda key: Late() if key == "late" else None, capacity=1)
    keyed["late"]
    keyed["next"]
    assert [key for key, _ in keyed.items()] == ["from the finalizer"]


def test_a_child_forked_while_threads_ask_is_not_held_up() -> None:
    """The fork waits for the moment in which nobody is inside."""
    script = """
import os, sys, threading, warnings
from resil.keyed import Keyed
warnings.simplefilter("ignore", DeprecationWarning)
sys.setswitchinterval(1e-6)
keyed = Keyed(str, capacity=10)

def work():
    number = 0
    while not done:
        number += 1
        keyed[str(number)]

done = []
workers = [threading.Thread(target=work) for _ in range(3)]
for worker in workers:
    worker.start()
statuses = []
for _ in range(30):
    child = os.fork()
    if child == 0:
        keyed["child"]
        os._exit(0)
    statuses.append(os.waitpid(child, 0)[1])
done.append(True)
for worker in workers:
    worker.join()
print(len(statuses), sum(statuses))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "30 0\n", "")


def test_many_keys_cost_no_thread() -> None:
    """Nothing expires in the background: a hundred thousand live keys are no work."""
    script = """
import os, threading
from resil import Quota, TokenBucket
from resil.keyed import Keyed
keyed = Keyed(lambda key: TokenBucket(Quota.per_second(1)), capacity=100_000)
for number in range(100_000):
    assert keyed[str(number)].try_acquire()
tasks = len(os.listdir("/proc/self/task")) if os.path.exists("/proc/self/task") else 1
print(len(keyed), threading.active_count(), tasks)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "100000 1 1\n", "")


@pytest.mark.parametrize(
    ("capacity", "error"), [(0, ConfigError), (-1, ConfigError), (True, TypeError), (1.5, TypeError)]
)
def test_a_wrong_capacity_is_refused(capacity: Any, error: type[Exception]) -> None:
    """By name."""
    with pytest.raises(error, match="^capacity must be"):
        Keyed(str, capacity)


def test_wrong_arguments_are_refused() -> None:
    """By name."""
    with pytest.raises(TypeError, match="^make must be callable, not Quota"):
        Keyed(Quota.per_second(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="^a key must be of type str, not bytes"):
        Keyed(str)[b"key"]  # type: ignore[index]


def test_the_example_is_true() -> None:
    """In the docstring."""
    results = doctest.testmod(resil.keyed)
    assert (results.attempted, results.failed) == (4, 0)


def test_a_map_refuses_to_be_pickled_or_copied() -> None:
    """A copy would be other limits."""
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot pickle or copy a Keyed: "):
            attempt(buckets())
