"""Methods that are Python, put onto compiled classes.

Onto the class itself: in a subclass they would make each call of the compiled methods 10 ns slower, for the
interpreter's short cut is for the very class that defines a method.
"""

from collections.abc import Callable
from typing import Any


def put_on(owner: type, *methods: Callable[..., Any]) -> None:
    """Gives a class methods, by their names."""
    for method in methods:
        method.__qualname__ = f"{owner.__qualname__}.{method.__name__}"
        setattr(owner, method.__name__, method)
