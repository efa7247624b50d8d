"""The adapter for requests, against a server."""

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from guarding import counted
from http_server import refusing, serving

from resil import ManualClock, Mode, Rejected, SreBreaker

requests = pytest.importorskip("requests")

from resil.requests import BreakerAdapter, HostRejected, is_failure  # noqa: E402


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server's address."""
    with serving() as address:
        yield address


def session(adapter: BreakerAdapter) -> Any:
    """A session that sends all through the adapter."""
    made = requests.Session()
    made.trust_env = False
    made.mount("http://", adapter)
    return made


def test_responses_come_through_and_count(server: str) -> None:
    """A status of 500 and up is a failure, everything below a success."""
    adapter = BreakerAdapter(pool_maxsize=1)
    with session(adapter) as client:
        answers = [client.get(f"{server}/{status}", timeout=30) for status in (200, 404, 429, 500, 503)]
    assert [answer.status_code for answer in answers] == [200, 404, 429, 500, 503]
    assert answers[0].text == "/200"
    assert [(host, counted(breaker)) for host, breaker in adapter.breakers.items()] == [(server, (3, 2))]


def test_an_error_on_the_way_is_a_failure_and_comes_through(server: str) -> None:
    """The very exception of requests."""
    adapter = BreakerAdapter()
    with session(adapter) as client:
        with refusing() as nobody, pytest.raises(requests.ConnectionError):
            client.get(nobody, timeout=30)
        with pytest.raises(requests.ConnectionError):
            client.get(f"{server}/hang-up", timeout=30)
    assert counted(adapter.breakers[nobody]) == (0, 1)
    assert counted(adapter.breakers[server]) == (0, 1)


def test_a_refused_request_is_not_sent(server: str) -> None:
    """What is raised is a refusal of ours and an error of requests at once, and names host and request."""
    adapter = BreakerAdapter()
    adapter.breakers[server].set_mode(Mode.FORCED_OPEN)
    with session(adapter) as client, pytest.raises(HostRejected) as caught:
        client.get(f"{server}/200", timeout=30)
    rejected = caught.value
    assert isinstance(rejected, Rejected)
    assert isinstance(rejected, requests.RequestException)
    assert (rejected.host, rejected.forced_open, rejected.retry_after) == (server, True, None)
    assert rejected.request.url == f"{server}/200"
    assert str(rejected) == f"{server}: rejected: the breaker is forced open"
    assert rejected.__suppress_context__
    assert counted(adapter.breakers[server]) == (0, 0)


def test_a_sick_host_is_throttled_and_the_others_are_not(server: str) -> None:
    """Each has a breaker of its own."""
    adapter = BreakerAdapter(breaker=lambda host: SreBreaker(clock=ManualClock(), draw=lambda: 0.5))
    with session(adapter) as client, refusing() as nobody:
        for _ in range(30):
            with pytest.raises((requests.ConnectionError, HostRejected)):
                client.get(nobody, timeout=30)
        assert adapter.breakers[nobody].snapshot().drops > 0
        assert client.get(f"{server}/200", timeout=30).status_code == 200


def test_what_fails_is_the_callers_to_say(server: str) -> None:
    """Of responses and of exceptions; what the predicate raises about a response comes through, and closes that."""
    told: list[Any] = []

    def failure(answer: Any) -> bool:
        if isinstance(answer, requests.Response):
            if answer.status_code == 404:
                told.append(answer)
                raise LookupError("mine")
            return bool(answer.status_code == 429)
        return isinstance(answer, LookupError)

    adapter = BreakerAdapter(failure=failure)
    with session(adapter) as client:
        for status in (429, 503):
            client.get(f"{server}/{status}", timeout=30)
        with refusing() as nobody, pytest.raises(requests.ConnectionError):
            client.get(nobody, timeout=30)
        assert counted(adapter.breakers[server]) == (1, 1)
        with pytest.raises(LookupError, match="mine"):
            client.get(f"{server}/404", timeout=30)
    assert [answer.raw.closed for answer in told] == [True]
    assert counted(adapter.breakers[server]) == (1, 2)
    assert counted(adapter.breakers[nobody]) == (0, 0)


def test_callers_mistakes_count_as_neither() -> None:
    """They say nothing about the host."""
    for own in (requests.exceptions.InvalidURL("mine"), requests.TooManyRedirects(), LookupError()):
        assert not is_failure(own)
    for hosts in (requests.ReadTimeout, requests.ConnectTimeout, requests.exceptions.ChunkedEncodingError):
        assert is_failure(hosts("the host's"))


def test_an_interrupt_goes_through_and_counts_as_neither(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C says nothing about the host."""

    def interrupted(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", interrupted)
    adapter = BreakerAdapter()
    with session(adapter) as client, pytest.raises(KeyboardInterrupt):
        client.get(f"{server}/200", timeout=30)
    assert counted(adapter.breakers[server]) == (0, 0)


def test_a_host_is_scheme_name_and_port(server: str) -> None:
    """Never a password; hosts are bounded, and the one used longest ago goes first."""
    assert BreakerAdapter().breakers.capacity == 4_096
    adapter = BreakerAdapter(capacity=2)
    port = server.rpartition(":")[2]
    with session(adapter) as client:
        client.get(f"http://user:secret@LOCALHOST:{port}/200", timeout=30)
        client.get(f"{server}/200", timeout=30)
        assert [host for host, _ in adapter.breakers.items()] == [f"http://localhost:{port}", server]
        with refusing() as nobody, pytest.raises(requests.ConnectionError):
            client.get(nobody, timeout=30)
    assert [host for host, _ in adapter.breakers.items()] == [server, nobody]


def test_the_refusal_survives_pickling() -> None:
    """With its fields."""
    twin = pickle.loads(pickle.dumps(HostRejected(0.25, False, "http://example.org")))
    assert (twin.drop_ratio, twin.forced_open, twin.host) == (0.25, False, "http://example.org")
    assert str(twin) == "http://example.org: rejected: too many calls failed lately (drop ratio 0.250)"


def test_an_adapter_refuses_to_be_pickled_or_copied() -> None:
    """A copy would have other breakers; so does a session with one."""
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot pickle or copy a BreakerAdapter: "):
            attempt(BreakerAdapter())
    with pytest.raises(TypeError, match="cannot pickle or copy a BreakerAdapter: "):
        pickle.dumps(session(BreakerAdapter()))


def test_a_predicate_that_cannot_be_called_is_refused() -> None:
    """Where the adapter is made."""
    with pytest.raises(TypeError, match="^failure must be callable, not tuple"):
        BreakerAdapter(failure=(LookupError,))  # type: ignore[arg-type]
