"""What a breaker does with what it decides."""

import enum


class Mode(enum.Enum):
    """What a breaker does with what it decides."""

    __module__ = "resil"

    ENABLED = "enabled"
    """Refuses as it decides."""

    DISABLED = "disabled"
    """Decides nothing and lets everything through; outcomes are recorded."""

    FORCED_OPEN = "forced_open"
    """Refuses everything, without a draw. Its refusals are in the snapshot, never in the window."""

    DRY_RUN = "dry_run"
    """Decides, and lets everything through; what it would have refused is in the snapshot only."""
