"""The ASGI middleware, under Starlette and FastAPI."""

import asyncio
import json
from typing import Any

import pytest

from resil import ConfigError, LeakyMeter, ManualClock, PeriodLimiter, Quota, TokenBucket, Verdict
from resil.asgi import Limiter, RateLimitMiddleware, Scope, client_address, too_many_requests

pytest.importorskip("starlette")
pytest.importorskip("httpx2")
pytest.importorskip("fastapi")

from fastapi import FastAPI  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse, PlainTextResponse  # noqa: E402
from starlette.routing import Route, WebSocketRoute  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402
from starlette.websockets import WebSocket  # noqa: E402


async def hello(request: Request) -> PlainTextResponse:
    """Answers."""
    return PlainTextResponse("hello")


def starlette(**options: Any) -> TestClient:
    """A Starlette application behind the middleware, asked from one address."""
    middleware = [Middleware(RateLimitMiddleware, **options)]
    return TestClient(Starlette(routes=[Route("/", hello)], middleware=middleware))


def on(clock: ManualClock, quota: Quota) -> Any:
    """Makes buckets on a clock."""
    return lambda key: TokenBucket(quota, clock=clock)


def test_answers_tell_the_policy_and_what_is_left(clock: ManualClock) -> None:
    """Down to the refusal, which tells when to come back, and after which that is so."""
    client = starlette(limit=on(clock, Quota(60, 60, burst=2)))
    first = client.get("/")
    assert (first.status_code, first.text) == (200, "hello")
    assert first.headers["ratelimit-policy"] == '"default";q=2;w=2'
    assert first.headers["ratelimit"] == '"default";r=1;t=1'
    assert "retry-after" not in first.headers
    assert client.get("/").headers["ratelimit"] == '"default";r=0;t=2'
    refused = client.get("/")
    assert refused.status_code == 429
    assert refused.headers["ratelimit"] == '"default";r=0;t=1'
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-policy"] == '"default";q=2;w=2'
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "title": "Too many requests",
        "status": 429,
        "violated-policies": ["default"],
    }
    clock.advance_ns(999_999_999)
    assert client.get("/").headers["retry-after"] == "1"
    clock.advance_ns(1)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("limiter", "policy", "left"),
    [
        (TokenBucket(Quota.per_minute(60)), "q=60;w=60", "r=59;t=1"),
        (TokenBucket(Quota.per_second(100).with_burst(10)), "q=100;w=1", "r=9;t=1"),
        (TokenBucket(Quota(10, 1, burst=25)), "q=30;w=3", "r=24;t=1"),
        (TokenBucket(Quota(1, 3_600, burst=5)), "q=5;w=18000", "r=4;t=3600"),
        (LeakyMeter(Quota.per_minute(60)), "q=60;w=60", "r=59;t=1"),
        (PeriodLimiter(1_000, 3_600), "q=1000;w=3600", "r=999;t=3600"),
        (PeriodLimiter(7, 0.5), "q=7;w=1", "r=6;t=1"),
    ],
)
def test_every_limiter_that_refuses_can_be_taken(limiter: Limiter, policy: str, left: str) -> None:
    """The policy tells its rate, in whole seconds."""
    answer = starlette(limit=lambda key: limiter, name="api").get("/")
    assert answer.headers["ratelimit-policy"] == f'"api";{policy}'
    assert answer.headers["ratelimit"] == f'"api";{left}'


def test_a_limiter_that_tells_no_quota_has_no_policy() -> None:
    """It need only be asked and looked at."""

    class Own:
        def try_acquire(self, permits: int = 1, /) -> Verdict:
            return Verdict(exceeds_limit=True)

        def peek(self, permits: int = 1, /) -> Any:
            return TokenBucket(Quota(1, 1, 1)).peek()

    answer = starlette(limit=lambda key: Own()).get("/")
    assert answer.status_code == 429
    assert answer.headers["ratelimit"] == '"default";r=0'
    assert {"ratelimit-policy", "retry-after"}.isdisjoint(answer.headers)


def test_a_refused_request_does_not_reach_the_application() -> None:
    """Its answer may be one's own, and has the fields as well."""
    served: list[str] = []

    async def serve(request: Request) -> PlainTextResponse:
        served.append(request.url.path)
        return PlainTextResponse("served")

    def refuse(scope: Scope, verdict: Verdict, name: str) -> Any:
        assert verdict.retry_after is not None
        return JSONResponse({"path": scope["path"], "wait": verdict.retry_after > 3_000, "limit": name}, 503)

    middleware = [Middleware(RateLimitMiddleware, limit=Quota(1, 3_600, 1), refuse=refuse, name="hourly")]
    client = TestClient(Starlette(routes=[Route("/{name}", serve)], middleware=middleware))
    assert client.get("/a").text == "served"
    refused = client.get("/b")
    assert (refused.status_code, refused.json()) == (503, {"path": "/b", "wait": True, "limit": "hourly"})
    assert refused.headers["retry-after"] == "3600"
    assert served == ["/a"]


def test_each_key_has_a_limit_of_its_own_and_none_is_exempt() -> None:
    """The key is the caller's to choose."""

    def key(scope: Scope) -> str | None:
        found: str | None = Request(scope).headers.get("x-user")
        return found

    client = starlette(limit=Quota(1, 3_600, 1), key=key)
    statuses = [client.get("/", headers={"x-user": user}).status_code for user in ("a", "a", "b", "b")]
    assert statuses == [200, 429, 200, 429]
    free = client.get("/")
    assert free.status_code == 200
    assert "ratelimit" not in free.headers


def test_a_client_that_makes_up_keys_cannot_grow_the_map() -> None:
    """Only make it forget."""
    app = RateLimitMiddleware(
        Starlette(routes=[Route("/", hello)]),
        Quota(1, 3_600, 1),
        key=lambda scope: Request(scope).headers["x-user"],
        capacity=10,
    )
    client = TestClient(app)
    for number in range(50):
        assert client.get("/", headers={"x-user": str(number)}).status_code == 200
    assert (len(app.limiters), app.limiters.forgotten) == (10, 40)
    assert client.get("/", headers={"x-user": "49"}).status_code == 429


def test_sixty_five_thousand_keys_are_held_by_default() -> None:
    """As the documentation says."""
    assert RateLimitMiddleware(too_many_requests({}, Verdict(), ""), Quota.per_second(1)).limiters.capacity == 65_536


def test_limits_may_stand_behind_one_another() -> None:
    """Each tells of itself; who is refused by the outer one takes nothing from the inner one."""
    outer = Middleware(RateLimitMiddleware, limit=Quota(1, 3_600, 2), name="outer")
    inner = Middleware(RateLimitMiddleware, limit=lambda key: PeriodLimiter(5, 86_400), name="inner")
    client = TestClient(Starlette(routes=[Route("/", hello)], middleware=[outer, inner]))
    answer = client.get("/")
    assert answer.headers["ratelimit"] == '"inner";r=4;t=86400, "outer";r=1;t=3600'
    client.get("/")
    refused = client.get("/")
    assert refused.json()["violated-policies"] == ["outer"]
    assert refused.headers["ratelimit"] == '"outer";r=0;t=3600'


def test_one_route_may_be_limited_by_itself() -> None:
    """As Starlette mounts middleware."""
    limited = Middleware(RateLimitMiddleware, limit=Quota(1, 3_600, 1))
    client = TestClient(Starlette(routes=[Route("/", hello), Route("/login", hello, middleware=[limited])]))
    assert [client.get("/login").status_code for _ in range(2)] == [200, 429]
    assert [client.get("/").status_code for _ in range(2)] == [200, 200]


def test_it_serves_fastapi() -> None:
    """Added as any middleware is; its answers and its errors are the application's own."""
    app = FastAPI()
    app.add_middleware(RateLimitMiddleware, limit=Quota(1, 3_600, 3))

    @app.get("/items/{number}")
    def item(number: int) -> dict[str, int]:
        return {"number": number}

    client = TestClient(app)
    assert client.get("/items/7").json() == {"number": 7}
    wrong = client.get("/items/x")
    assert (wrong.status_code, wrong.headers["ratelimit"]) == (422, '"default";r=1;t=7200')
    assert client.get("/nowhere").status_code == 404
    assert client.get("/items/7").status_code == 429


def test_websockets_and_the_lifespan_pass() -> None:
    """Also from one who is refused."""
    seen: list[str] = []

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    class Lifespan:
        def __init__(self, app: Starlette) -> None:
            pass

        async def __aenter__(self) -> None:
            seen.append("up")

        async def __aexit__(self, *ended: object) -> None:
            seen.append("down")

    app = Starlette(
        routes=[Route("/", hello), WebSocketRoute("/echo", echo)],
        middleware=[Middleware(RateLimitMiddleware, limit=Quota(1, 3_600, 1))],
        lifespan=Lifespan,
    )
    with TestClient(app) as client:
        assert [client.get("/").status_code for _ in range(2)] == [200, 429]
        for _ in range(2):
            with client.websocket_connect("/echo") as socket:
                socket.send_text("hi")
                assert socket.receive_text() == "hi"
        assert seen == ["up"]
    assert seen == ["up", "down"]


@pytest.mark.parametrize(
    ("client", "key"),
    [
        (("192.0.2.7", 4711), "192.0.2.7"),
        (["192.0.2.7", None], "192.0.2.7"),
        (("::ffff:192.0.2.7", 4711), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::", 1), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("unix:", 0), "unix:"),
        (("testclient", 50000), "testclient"),
        (None, ""),
    ],
)
def test_an_address_is_whom_a_request_counts_for(client: Any, key: str) -> None:
    """An IPv6 client has a network to choose from; no address is one key, not an exemption."""
    assert client_address({"type": "http", "client": client}) == key


def test_a_refusal_is_plain_asgi() -> None:
    """It needs no framework, and its length is right."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("read")

    app = RateLimitMiddleware(too_many_requests({}, Verdict(), "inner"), Quota(1, 1, 1))
    asyncio.run(app({"type": "http", "client": None}, receive, send))
    start, body = sent
    headers = dict(start["headers"])
    assert int(headers[b"content-length"]) == len(body["body"])
    assert json.loads(body["body"])["violated-policies"] == ["inner"]
    assert headers[b"ratelimit"] == b'"default";r=0;t=1'


@pytest.mark.parametrize("name", ["", 'a"b', "a\\b", "ä", "a\nb"])
def test_a_name_that_no_header_can_hold_is_refused(name: str) -> None:
    """Where the middleware is made."""
    with pytest.raises(ConfigError, match="^name must be printable ASCII"):
        RateLimitMiddleware(too_many_requests({}, Verdict(), ""), Quota(1, 1, 1), name=name)


def test_a_limit_that_is_none_is_refused() -> None:
    """Where the middleware is made."""
    with pytest.raises(TypeError, match="^limit must be a resil.Quota or make a limiter, not int"):
        RateLimitMiddleware(too_many_requests({}, Verdict(), ""), 5)  # type: ignore[arg-type]
