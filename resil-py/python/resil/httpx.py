"""A breaker for each host in front of httpx, as a transport.

>>> import httpx
>>> from resil.httpx import BreakerTransport
>>> client = httpx.Client(transport=BreakerTransport())
"""

from collections.abc import Callable

import httpx

from resil import Rejected, SreBreaker
from resil.hosts import DEFAULT_HOSTS, admitted, default_breaker
from resil.keyed import Keyed

__all__ = ["AsyncBreakerTransport", "BreakerTransport", "HostRejected", "is_failure"]

# What speaks against the caller or against a pool of the caller's, not against the host.
_CALLERS_OWN = (httpx.LocalProtocolError, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class HostRejected(Rejected, httpx.TransportError):
    """The breaker of a host did not let a request through: it was not sent.

    A resil.Rejected, and an httpx.TransportError to those who catch these. ``host`` is the scheme, name and port.
    """

    __module__ = "resil.httpx"

    host: str

    def __init__(self, drop_ratio: float, forced_open: bool = False, host: str = "") -> None:
        httpx.TransportError.__init__(self, "")
        self.args = (drop_ratio, forced_open, host)
        self.drop_ratio = drop_ratio
        self.forced_open = forced_open
        self.host = host

    def __str__(self) -> str:
        """The refusal in words."""
        return f"{self.host}: {super().__str__()}"


def is_failure(answer: httpx.Response | Exception) -> bool:
    """What counts as a failure of the host: a status of 500 and up, or an error in reaching it.

    Of httpx's TransportErrors all but LocalProtocolError, PoolTimeout and UnsupportedProtocol.
    """
    if isinstance(answer, httpx.Response):
        return answer.status_code >= 500
    return isinstance(answer, httpx.TransportError) and not isinstance(answer, _CALLERS_OWN)


class _Hosts:
    def __init__(
        self,
        breaker: Callable[[str], SreBreaker],
        failure: Callable[[httpx.Response | Exception], object],
        capacity: int,
    ) -> None:
        if not callable(failure):
            raise TypeError(f"failure must be callable, not {type(failure).__qualname__}")
        self.breakers = Keyed(breaker, capacity)
        self._failure = failure


class BreakerTransport(_Hosts, httpx.BaseTransport):
    """Sends requests through another transport, httpx's own by default, unless the host's breaker refuses.

    ``breaker`` makes the breaker of a host, which is named like ``https://example.org`` or
    ``http://example.org:8080``. ``failure`` is told of each response, whose body is not read then, and of each
    exception, and says which speak against the host; an exception that does not counts as neither. A refused
    request raises HostRejected.

    At most ``capacity`` hosts are held; the one used longest ago is forgotten first. ``breakers`` are those held,
    a Keyed.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport | None = None,
        *,
        breaker: Callable[[str], SreBreaker] = default_breaker,
        failure: Callable[[httpx.Response | Exception], object] = is_failure,
        capacity: int = DEFAULT_HOSTS,
    ) -> None:
        """Wraps a transport."""
        super().__init__(breaker, failure, capacity)
        self._transport = httpx.HTTPTransport() if transport is None else transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request, or raises HostRejected."""
        with admitted(self.breakers, _host(request), self._failure, _rejected) as answered:
            response = self._transport.handle_request(request)
            try:
                answered(response)
            except BaseException:
                response.close()
                raise
        return response

    def close(self) -> None:
        """Closes the transport that it wraps."""
        self._transport.close()


class AsyncBreakerTransport(_Hosts, httpx.AsyncBaseTransport):
    """As BreakerTransport, for httpx.AsyncClient. A cancelled request counts as neither."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        breaker: Callable[[str], SreBreaker] = default_breaker,
        failure: Callable[[httpx.Response | Exception], object] = is_failure,
        capacity: int = DEFAULT_HOSTS,
    ) -> None:
        """Wraps a transport."""
        super().__init__(breaker, failure, capacity)
        self._transport = httpx.AsyncHTTPTransport() if transport is None else transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request, or raises HostRejected."""
        with admitted(self.breakers, _host(request), self._failure, _rejected) as answered:
            response = await self._transport.handle_async_request(request)
            try:
                answered(response)
            except BaseException:
                await response.aclose()
                raise
        return response

    async def aclose(self) -> None:
        """Closes the transport that it wraps."""
        await self._transport.aclose()


def _host(request: httpx.Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"


def _rejected(refusal: Rejected, host: str) -> HostRejected:
    return HostRejected(refusal.drop_ratio, refusal.forced_open, host)
