"""What a decorator must know of what it is put on."""

import inspect
from collections.abc import Callable
from typing import Any, cast


def refuse_descriptors(decorator: str, function: Any) -> None:
    """Raises TypeError unless ``function`` can be called, and is what a decorator is put next to."""
    for kind in (classmethod, staticmethod):
        if isinstance(function, kind):
            raise TypeError(f"{decorator} goes beneath @{kind.__name__}, next to the function")
    if not callable(function):
        raise TypeError(f"{decorator} wraps a function, not {type(function).__qualname__}")


def returns_coroutine(function: Callable[..., Any]) -> bool:
    """Whether calling it makes a coroutine: a coroutine function, a partial or an object whose call is one."""
    return inspect.iscoroutinefunction(function) or (
        not inspect.isclass(function)
        and inspect.iscoroutinefunction(getattr(cast(Any, function), "__call__", None))
    )
