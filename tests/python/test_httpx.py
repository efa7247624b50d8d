"""The transports for httpx, against a server."""

import asyncio
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from guarding import counted
from http_server import refusing, serving

from resil import ConfigError, ManualClock, Mode, Rejected, SreBreaker

httpx = pytest.importorskip("httpx")

from resil.httpx import AsyncBreakerTransport, BreakerTransport, HostRejected, is_failure  # noqa: E402

Transport = BreakerTransport | AsyncBreakerTransport
Get = Callable[[Transport, str], Any]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server's address."""
    with serving() as address:
        yield address


def get(transport: Transport, *urls: str) -> list[Any]:
    """The responses, read and closed."""
    if isinstance(transport, BreakerTransport):
        with httpx.Client(transport=transport, trust_env=False) as client:
            return [client.get(url) for url in urls]

    async def main() -> list[Any]:
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return [await client.get(url) for url in urls]

    return asyncio.run(main())


@pytest.fixture(params=[BreakerTransport, AsyncBreakerTransport])
def kind(request: pytest.FixtureRequest) -> type[Transport]:
    """Both transports."""
    found: type[Transport] = request.param
    return found


def test_responses_come_through_and_count(kind: type[Transport], server: str) -> None:
    """A status of 500 and up is a failure, everything below a success."""
    transport = kind()
    answers = get(transport, *(f"{server}/{status}" for status in (200, 404, 429, 500, 503)))
    assert [answer.status_code for answer in answers] == [200, 404, 429, 500, 503]
    assert answers[0].text == "/200"
    [(host, breaker)] = transport.breakers.items()
    assert host == server
    assert counted(breaker) == (3, 2)


def test_an_error_on_the_way_is_a_failure_and_comes_through(kind: type[Transport], server: str) -> None:
    """The very exception of httpx."""
    with refusing() as nobody:
        transport = kind()
        with pytest.raises(httpx.ConnectError):
            get(transport, nobody)
        assert counted(transport.breakers[nobody]) == (0, 1)
    transport = kind()
    with pytest.raises(httpx.RemoteProtocolError):
        get(transport, f"{server}/hang-up")
    assert counted(transport.breakers[server]) == (0, 1)


def test_a_refused_request_is_not_sent(kind: type[Transport], server: str) -> None:
    """What is raised is a refusal of ours and an error of httpx at once, and names the host."""
    transport = kind()
    transport.breakers[server].set_mode(Mode.FORCED_OPEN)
    with pytest.raises(HostRejected) as caught:
        get(transport, f"{server}/200")
    rejected = caught.value
    assert isinstance(rejected, Rejected)
    assert isinstance(rejected, httpx.TransportError)
    assert (rejected.host, rejected.forced_open, rejected.retry_after) == (server, True, None)
    assert rejected.request.url == f"{server}/200"
    assert str(rejected) == f"{server}: rejected: the breaker is forced open"
    assert rejected.__cause__ is None
    assert rejected.__suppress_context__
    assert counted(transport.breakers[server]) == (0, 0)


def test_a_sick_host_is_throttled_and_the_others_are_not(kind: type[Transport], server: str) -> None:
    """Each has a breaker of its own."""
    transport = kind(breaker=lambda host: SreBreaker(clock=ManualClock(), draw=lambda: 0.5))
    with refusing() as nobody:
        for _ in range(30):
            try:
                get(transport, nobody)
            except (httpx.ConnectError, HostRejected):
                pass
        assert transport.breakers[nobody].snapshot().drops > 0
        [answer] = get(transport, f"{server}/200")
    assert answer.status_code == 200
    assert {host for host, _ in transport.breakers.items()} == {nobody, server}


def test_what_fails_is_the_callers_to_say(kind: type[Transport], server: str) -> None:
    """Of responses and of exceptions."""
    told: list[Any] = []

    def failure(answer: Any) -> bool:
        told.append(answer)
        return isinstance(answer, httpx.Response) and answer.status_code == 429

    transport = kind(failure=failure)
    get(transport, f"{server}/429", f"{server}/503")
    with refusing() as nobody, pytest.raises(httpx.ConnectError) as caught:
        get(transport, nobody)
    assert counted(transport.breakers[server]) == (1, 1)
    assert counted(transport.breakers[nobody]) == (0, 0)
    assert told[2] is caught.value


def test_what_the_predicate_raises_about_a_response_comes_through(kind: type[Transport], server: str) -> None:
    """And the response is closed, so that the connection is free."""
    told: list[Any] = []

    def failure(answer: Any) -> bool:
        told.append(answer)
        if isinstance(answer, httpx.Response):
            raise LookupError("mine")
        return True

    transport = kind(failure=failure)
    with pytest.raises(LookupError, match="mine"):
        get(transport, f"{server}/200")
    assert told[0].is_closed
    assert counted(transport.breakers[server]) == (0, 1)


def test_callers_mistakes_count_as_neither(kind: type[Transport]) -> None:
    """They say nothing about the host."""
    transport = kind()
    with pytest.raises(httpx.UnsupportedProtocol):
        get(transport, "gopher://example.org/")
    assert [counted(breaker) for _, breaker in transport.breakers.items()] == [(0, 0)]
    for own in (httpx.LocalProtocolError, httpx.PoolTimeout, LookupError):
        assert not is_failure(own("mine"))
    for hosts in (httpx.ReadTimeout, httpx.ConnectTimeout, httpx.ProxyError, httpx.ReadError):
        assert is_failure(hosts("the host's"))


def test_a_cancelled_request_counts_as_neither() -> None:
    """Whoever gave up says nothing about the host."""

    class Forever(httpx.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        async def handle_async_request(self, request: Any) -> Any:
            await asyncio.sleep(3_600)

    transport = AsyncBreakerTransport(Forever())

    async def main() -> None:
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get("http://example.org/"), 0.01)

    asyncio.run(main())
    assert counted(transport.breakers["http://example.org"]) == (0, 0)


def test_a_refusal_further_in_counts_as_neither() -> None:
    """Of a transport that is wrapped."""

    def refuse(request: Any) -> Any:
        raise HostRejected(0.5, host="further in")

    transport = BreakerTransport(httpx.MockTransport(refuse))
    with pytest.raises(HostRejected) as caught:
        get(transport, "http://example.org/")
    assert caught.value.host == "further in"
    assert counted(transport.breakers["http://example.org"]) == (0, 0)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://user:secret@Example.org/x?y", "http://example.org"),
        ("https://example.org:443/", "https://example.org"),
        ("http://example.org:8080", "http://example.org:8080"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_a_host_is_scheme_name_and_port(url: str, host: str) -> None:
    """Never a password."""
    transport = BreakerTransport(httpx.MockTransport(lambda request: httpx.Response(200)))
    get(transport, url)
    assert [found for found, _ in transport.breakers.items()] == [host]


def test_hosts_are_bounded(kind: type[Transport]) -> None:
    """The one used longest ago goes first."""
    assert kind().breakers.capacity == 4_096
    transport = BreakerTransport(httpx.MockTransport(lambda request: httpx.Response(200)), capacity=2)
    get(transport, *(f"http://{name}/" for name in "abc"))
    assert [host for host, _ in transport.breakers.items()] == ["http://b", "http://c"]
    with pytest.raises(ConfigError, match="^capacity"):
        kind(capacity=0)
    with pytest.raises(TypeError, match="^failure must be callable"):
        kind(failure=(LookupError,))  # type: ignore[arg-type]


def test_the_refusal_survives_pickling() -> None:
    """With its fields."""
    twin = pickle.loads(pickle.dumps(HostRejected(0.25, False, "http://example.org")))
    assert (twin.drop_ratio, twin.forced_open, twin.host) == (0.25, False, "http://example.org")
    assert str(twin) == "http://example.org: rejected: too many calls failed lately (drop ratio 0.250)"


def test_closing_closes_what_is_wrapped() -> None:
    """Client and transport alike."""
    closed: list[str] = []

    class Inner(httpx.BaseTransport):  # type: ignore[misc, name-defined]
        def close(self) -> None:
            closed.append("sync")

    class AsyncInner(httpx.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        async def aclose(self) -> None:
            closed.append("async")

    get(BreakerTransport(Inner()))
    get(AsyncBreakerTransport(AsyncInner()))
    assert closed == ["sync", "async"]
