"""What is wrong with a store."""

import enum


class Fault(enum.Enum):
    """What is wrong with a store."""

    __module__ = "resil.redis"

    TIMEOUT = "timeout"
    """No answer in time. The script may have run, or run later, all the same."""

    DISCONNECTED = "disconnected"
    """No connection, or it broke."""

    UNABLE = "unable"
    """The server answers, and does not do it: read-only, out of memory, loading, busy, too few replicas."""

    REFUSED = "refused"
    """The server does not let this client do it: password, rights."""

    CALL = "call"
    """This one call is wrong: another type at its key, an answer of another form. It says nothing about others."""
