"""Who decides while a store does not."""

import enum


class Policy(enum.Enum):
    """Who decides while the store does not."""

    __module__ = "resil.redis"

    RESCUE = "rescue"
    """This process by itself, with its share: the limit divided by the members that were last counted."""

    OPEN = "open"
    """Everything is granted: where refusing costs more than the limit protects."""

    CLOSED = "closed"
    """Everything is refused for a moment: logins, payments."""

    UNAVAILABLE = "unavailable"
    """The caller, who is told why: a refusal with a `fault`."""
