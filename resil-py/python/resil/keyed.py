"""One limiter or breaker for each key, in bounded memory."""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from resil.errors import ConfigError

__all__ = ["DEFAULT_CAPACITY", "Keyed"]

V = TypeVar("V")

DEFAULT_CAPACITY = 65_536
"""Keys held at once: at some 900 bytes for a key and its token bucket, 60 MB."""

_LONGEST_KEY = 64
# One for all maps, and held across a fork, so that no child finds it locked by a thread that it does not have.
# Nothing is called under it but the dict. Reentrant: a finalizer may come in between.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_child=_lock.release, after_in_parent=_lock.release)


class Keyed(Generic[V]):
    """One object for each key: ``Keyed(make, capacity)[key]`` is ``make(key)``, made when first asked for.

    At most ``capacity`` keys are held. One more, and the key that was asked for longest ago is forgotten; asked
    for again, it starts afresh. So whoever can choose keys cannot make this grow, keys beyond 64 characters being
    held as a digest; but ``capacity`` other keys make it forget one. Take for a key what cannot be had in such
    numbers, and put a limit over all keys in front where that matters. ``forgotten`` says how often it happened.

    Threads and tasks share it, and a forked child has a copy of its own. Of threads that ask for a new key at
    once all get the same object, though ``make`` may be called for each.

    >>> from resil import Quota, TokenBucket
    >>> from resil.keyed import Keyed
    >>> buckets = Keyed(lambda key: TokenBucket(Quota.per_minute(2)))
    >>> [bool(buckets[key].try_acquire()) for key in ("a", "a", "a", "b")]
    [True, True, False, True]
    """

    def __init__(self, make: Callable[[str], V], capacity: int = DEFAULT_CAPACITY) -> None:
        """Holds nothing at first."""
        if not callable(make):
            raise TypeError(f"make must be callable, not {type(make).__qualname__}")
        _refuse_other("capacity", capacity, int)
        if capacity < 1:
            raise ConfigError(f"capacity must be at least 1, not {capacity}")
        self._make = make
        self._capacity = capacity
        self._forgotten = 0
        self._held: OrderedDict[str, V] = OrderedDict()

    def __getitem__(self, key: str) -> V:
        """The object of the key, made if there is none."""
        # Most keys are short ones that are held: for them no function is called that is not compiled.
        name = key if type(key) is str and len(key) <= _LONGEST_KEY else _name(key)
        held = self._held
        with _lock:
            try:
                held.move_to_end(name)
                return held[name]
            except KeyError:
                pass
        made = self._make(key)
        forgotten = None
        with _lock:
            value = self._held.setdefault(name, made)
            self._held.move_to_end(name)
            if len(self._held) > self._capacity:
                forgotten = self._held.popitem(last=False)
                self._forgotten += 1
        # Dropped here, and not under the lock: that may run a finalizer.
        del forgotten
        return value

    def __contains__(self, key: object) -> bool:
        """Whether the key is held; asking does not count as a use."""
        return isinstance(key, str) and _name(key) in self._held

    def __len__(self) -> int:
        """How many keys are held."""
        return len(self._held)

    def items(self) -> list[tuple[str, V]]:
        """The keys held and their objects, at this moment; the one asked for longest ago first."""
        with _lock:
            return list(self._held.items())

    @property
    def capacity(self) -> int:
        """The most keys held at once."""
        return self._capacity

    @property
    def forgotten(self) -> int:
        """How often a key was forgotten to make room for another."""
        return self._forgotten

    def __repr__(self) -> str:
        """Says how full it is."""
        return f"<Keyed {len(self)} of {self._capacity}>"

    def __reduce__(self) -> str:
        """Refuses: a copy would be other limits."""
        raise TypeError(f"cannot pickle or copy a {type(self).__qualname__}: each copy would be limits of its own")


def _name(key: str) -> str:
    _refuse_other("a key", key, str)
    if len(key) <= _LONGEST_KEY:
        return key
    return "blake2b:" + hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _refuse_other(name: str, value: object, kind: type) -> None:
    # A bool is an int to Python, and no number of keys to anybody.
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name} must be of type {kind.__name__}, not {type(value).__name__}")
