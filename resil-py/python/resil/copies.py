"""Exceptions that several callers raise: each needs its own object, for raising one changes it."""

import copy
from typing import Any, cast

from resil.errors import LeaderFailed


def own_copy(exception: Exception) -> BaseException:
    """A new exception of the same type, with the same arguments, attributes and notes, and the original as cause.

    A class that says how it is copied or pickled is copied so; of any other, ``__init__`` is not called again.
    One that cannot be copied becomes a LeaderFailed with the original as cause.
    """
    made: Any
    try:
        made = copy.copy(exception) if _says_how(type(exception)) else _rebuilt(exception)
    except Exception:
        made = None
    if type(made) is not type(exception) or made is exception:
        made = LeaderFailed("the call that was waited for raised what cannot be copied")
    elif hasattr(exception, "__notes__"):
        made.__notes__ = list(exception.__notes__)
    made.__cause__ = exception
    return cast(BaseException, made)


def _builtin(kind: type) -> bool:
    # A class statement makes a heap type whose dictionary has a module; what C made says "builtins" or is static.
    return not kind.__flags__ & _HEAP_TYPE


# Py_TPFLAGS_HEAPTYPE
_HEAP_TYPE = 1 << 9


def _says_how(kind: type) -> bool:
    ways = ("__copy__", "__reduce__", "__reduce_ex__")
    return any(way in vars(base) for base in kind.__mro__ if not _builtin(base) for way in ways)


def _rebuilt(exception: Exception) -> Exception:
    """Made anew by the part of the class that is the interpreter's own."""
    kind: Any = type(exception)
    reduced = cast(tuple[Any, ...], exception.__reduce__())
    made = cast(Exception, kind.__new__(kind, *reduced[1]))
    base: Any = next(base for base in kind.__mro__ if _builtin(base))
    base.__init__(made, *reduced[1])
    made.args = exception.args
    for name, value in _attributes(exception):
        setattr(made, name, value)
    return made


def _attributes(exception: Exception) -> list[tuple[str, Any]]:
    """What was set on it by hand, in its dictionary and in slots."""
    found = dict(vars(exception))
    state = cast(tuple[dict[str, Any] | None, ...], exception.__reduce__()[2:])
    if state and state[0] is not None:
        found.update(state[0])
    for base in type(exception).__mro__:
        slots = () if _builtin(base) else vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(exception, name):
                found[name] = getattr(exception, name)
    return list(found.items())
