"""Who decided."""

import enum


class Source(enum.Enum):
    """Who decided."""

    __module__ = "resil.redis"

    STORE = "store"
    """The store, for all processes."""

    RESCUE = "rescue"
    """This process's share of the limit."""

    POLICY = "policy"
    """The limiter's policy, which looks at nothing."""

    LIMIT = "limit"
    """The limit by itself: no permits, or more than it ever grants. Nobody was asked."""
