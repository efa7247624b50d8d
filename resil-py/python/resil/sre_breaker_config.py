"""How a breaker's configuration comes out of a pickle: as it was made, call by call."""

from typing import Any

from resil._resil import SreBreakerConfig


def made_again(preset: str, changes: list[tuple[str, tuple[Any, ...]]]) -> SreBreakerConfig:
    """The preset, with each ``with_…`` method called."""
    config: SreBreakerConfig = getattr(SreBreakerConfig, preset)()
    for method, arguments in changes:
        config = getattr(config, method)(*arguments)
    return config
