"""The exceptions. All of them pickle."""


class ResilError(Exception):
    """What every exception of this library is."""

    __module__ = "resil"


class ConfigError(ResilError, ValueError):
    """An argument is out of range. The message names it; nothing has changed."""

    __module__ = "resil"


class Denied(ResilError):
    """A limiter refused.

    ``retry_after_ns`` is the wait after which the same request can be granted, or None if it is more than can
    ever be granted at once.
    """

    __module__ = "resil"

    retry_after_ns: int | None

    def __init__(self, retry_after_ns: int | None = None) -> None:
        super().__init__(retry_after_ns)
        self.retry_after_ns = retry_after_ns

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the same request can be granted; None if no wait helps."""
        return None if self.retry_after_ns is None else self.retry_after_ns / 1e9

    @property
    def exceeds_limit(self) -> bool:
        """Whether the request is more than can ever be granted at once: no wait helps."""
        return self.retry_after_ns is None

    def __str__(self) -> str:
        """The refusal in words."""
        if self.retry_after_ns is None:
            return "denied: more permits than the limit can ever grant at once"
        return f"denied: retry after {self.retry_after} s"
