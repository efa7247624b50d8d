"""A breaker for each host in front of requests, as an adapter.

>>> import requests
>>> from resil.requests import BreakerAdapter
>>> session = requests.Session()
>>> adapter = BreakerAdapter()
>>> session.mount("https://", adapter)
>>> session.mount("http://", adapter)
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.exceptions

from resil import Rejected, SreBreaker
from resil.hosts import DEFAULT_HOSTS, admitted, default_breaker
from resil.keyed import Keyed

__all__ = ["BreakerAdapter", "HostRejected", "is_failure"]

_FAILURES = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.RetryError,
)


class HostRejected(Rejected, requests.RequestException):
    """The breaker of a host did not let a request through: it was not sent.

    A resil.Rejected, and a requests.RequestException to those who catch these. ``host`` is the scheme, name and
    port.
    """

    __module__ = "resil.requests"

    host: str

    def __init__(
        self,
        drop_ratio: float,
        forced_open: bool = False,
        host: str = "",
        request: requests.PreparedRequest | None = None,
    ) -> None:
        requests.RequestException.__init__(self, request=request)
        self.args = (drop_ratio, forced_open, host)
        self.drop_ratio = drop_ratio
        self.forced_open = forced_open
        self.host = host

    def __str__(self) -> str:
        """The refusal in words."""
        return f"{self.host}: {super().__str__()}"


def is_failure(answer: requests.Response | Exception) -> bool:
    """What counts as a failure of the host: a status of 500 and up, or an error in reaching it.

    Of requests' exceptions ConnectionError, Timeout, ChunkedEncodingError and RetryError.
    """
    if isinstance(answer, requests.Response):
        return answer.status_code >= 500
    return isinstance(answer, _FAILURES)


class BreakerAdapter(requests.adapters.HTTPAdapter):
    """Sends requests as HTTPAdapter does, whose arguments it takes, unless the host's breaker refuses.

    ``breaker`` makes the breaker of a host, which is named like ``https://example.org`` or
    ``http://example.org:8080``. ``failure`` is told of each response and of each exception, and says which speak
    against the host; an exception that does not counts as neither. A refused request raises HostRejected. Each
    request of a chain of redirects is one, and what fails in a body that is read later is not seen.

    At most ``capacity`` hosts are held; the one used longest ago is forgotten first. ``breakers`` are those held,
    a Keyed.
    """

    def __init__(
        self,
        *args: Any,
        breaker: Callable[[str], SreBreaker] = default_breaker,
        failure: Callable[[requests.Response | Exception], object] = is_failure,
        capacity: int = DEFAULT_HOSTS,
        **kwargs: Any,
    ) -> None:
        """Takes what HTTPAdapter takes, besides."""
        if not callable(failure):
            raise TypeError(f"failure must be callable, not {type(failure).__qualname__}")
        self.breakers = Keyed(breaker, capacity)
        self._failure = failure
        super().__init__(*args, **kwargs)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: None | float | tuple[float, float] | tuple[float, None] = None,
        verify: bool | str = True,
        cert: None | bytes | str | tuple[bytes | str, bytes | str] = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Sends one request, or raises HostRejected."""

        def rejected(refusal: Rejected, host: str) -> HostRejected:
            return HostRejected(refusal.drop_ratio, refusal.forced_open, host, request)

        with admitted(self.breakers, _host(request), self._failure, rejected) as answered:
            response = super().send(request, stream, timeout, verify, cert, proxies)
            try:
                answered(response)
            except BaseException:
                response.close()
                raise
        return response

    def __reduce__(self) -> str:
        """Refuses: a copy would have other breakers."""
        raise TypeError("cannot pickle or copy a BreakerAdapter: each copy would have breakers of its own")


def _host(request: requests.PreparedRequest) -> str:
    url = urlsplit(request.url or "")
    # Without the user and password that may stand before the host.
    return f"{url.scheme}://{url.netloc.rpartition('@')[2].lower()}"
