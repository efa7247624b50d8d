"""Whether a breaker's own refusals count in its window."""

import enum


class Refusals(enum.Enum):
    """Whether a refused call counts as one that was tried."""

    __module__ = "resil"

    UNCOUNTED = "uncounted"
    """No: the window holds what the backend answered, and nothing else."""

    AS_FAILURES = "as_failures"
    """Yes, as a failure."""

    APART = "apart"
    """Yes, but not as a failure: a bucket of refusals alone is no failing bucket."""
