"""Where the windows of a period limiter begin."""

import enum


class PeriodLimiterKind(enum.Enum):
    """Where the windows of a period limiter begin."""

    __module__ = "resil"

    FROM_FIRST_USE = "from_first_use"
    """The first begins with the first permit ever taken, and each where the one before ends."""

    ALIGNED = "aligned"
    """At multiples of the period on a wall clock."""

    SLIDING = "sliding"
    """At multiples of the period from the clock's zero; the window before counts with a share."""
