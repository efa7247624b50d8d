"""The exceptions. All of them pickle."""

from resil.store_fault import Fault


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


class LeaderFailed(ResilError):
    """The call that this one waited for was broken off, by what is no Exception. Its key is free."""

    __module__ = "resil"


class Reentered(ResilError):
    """This thread or task is making the call of this key already: waiting for it would never end."""

    __module__ = "resil"


class Rejected(ResilError):
    """A breaker did not let a call through: it was not made.

    ``drop_ratio`` is the share of calls refused at that moment, above 0 and at most 1; ``forced_open`` says
    that the breaker was set to refuse everything.
    """

    __module__ = "resil"

    drop_ratio: float
    forced_open: bool

    def __init__(self, drop_ratio: float, forced_open: bool = False) -> None:
        super().__init__(drop_ratio, forced_open)
        self.drop_ratio = drop_ratio
        self.forced_open = forced_open

    @property
    def retry_after(self) -> None:
        """None: a breaker refuses by chance, so the next call may pass."""
        return None

    def __str__(self) -> str:
        """The refusal in words."""
        if self.forced_open:
            return "rejected: the breaker is forced open"
        return f"rejected: too many calls failed lately (drop ratio {self.drop_ratio:.3f})"


class TimedOut(ResilError, TimeoutError):
    """The time to wait for another's call is over. That call goes on."""

    __module__ = "resil"


class Unavailable(ResilError):
    """A store did not decide, and the limiter's policy leaves it to the caller; `fault` says what is wrong with it."""

    __module__ = "resil.redis"

    fault: Fault

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        """The fault in words."""
        return f"unavailable: {_FAULTS[self.fault]}"


_FAULTS = {
    Fault.TIMEOUT: "the store did not answer in time",
    Fault.DISCONNECTED: "no connection to the store",
    Fault.UNABLE: "the store answers and cannot do it",
    Fault.REFUSED: "the store refuses this client (password or rights)",
    Fault.CALL: "the store holds something else at this key",
}
