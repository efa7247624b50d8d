"""What becomes of the permits in a limiter when its quota changes."""

import enum


class Carry(enum.Enum):
    """What becomes of the permits in a bucket when its quota changes.

    With ``o`` and ``n`` the old and the new burst, and ``t`` permits in the bucket. A debt (``t`` below 0:
    permits reserved, but not yet there) stays the same number of permits, except under RESET.
    """

    RESET = "reset"
    """As newly made: full, and debts are forgotten."""

    AS_IS = "as_is"
    """The permits that are there, as far as they fit: ``min(t, n)``."""

    PROPORTIONAL = "proportional"
    """Filled to the same ratio: ``t * n / o``."""

    ADDITIVE = "additive"
    """The permits that are there, and what the burst grew by: ``min(t, n) + max(0, n - o)``."""
