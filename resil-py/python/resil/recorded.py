"""What became of a sample that a rolling window was given."""

import enum


class Recorded(enum.Enum):
    """What became of a sample that a rolling window was given."""

    __module__ = "resil"

    KEPT = "kept"
    """It counts in its bucket."""

    SATURATED = "saturated"
    """It counts as much as still fitted: its bucket holds the most that a bucket can."""

    LATE = "late"
    """Its bucket had left the window: it is not counted."""
