"""A guarded function, and what looks like the function it guards."""

import functools
from collections.abc import Callable
from typing import Any

from resil._resil import SreBreaker, _Protected


class Protected(_Protected):
    """A function whose calls a breaker guards; a method where it stands in a class.

    Calls go through compiled code. Whatever else is asked of it, the function answers: its name, docstring,
    signature (through ``__wrapped__``) and attributes.
    """

    __wrapped__: Callable[..., Any]
    __qualname__: str

    def __init__(
        self,
        breaker: SreBreaker,
        function: Callable[..., Any],
        failure: Callable[[Exception], object] | None,
    ) -> None:
        functools.update_wrapper(self, function)

    def __repr__(self) -> str:
        """Names the function."""
        return f"<protected {self.__wrapped__!r}>"

    def __reduce__(self) -> str:
        """Pickles as a function does: by name."""
        return self.__qualname__

    def __copy__(self) -> "Protected":
        """Copies as a function does: it is the same one."""
        return self

    def __deepcopy__(self, memo: object) -> "Protected":
        """As ``__copy__``."""
        return self
