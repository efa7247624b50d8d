"""What became of a call that a breaker let through."""

import enum


class Outcome(enum.Enum):
    """What became of a call that a breaker let through."""

    __module__ = "resil"

    SUCCESS = "success"
    """It went well."""

    FAILURE = "failure"
    """It failed, in a way that speaks against whoever was called."""

    IGNORED = "ignored"
    """It says nothing about whoever was called: given up, refused further in, a caller's own mistake."""
