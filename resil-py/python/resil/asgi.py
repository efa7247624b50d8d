"""A rate limit for each client of an ASGI application, such as one of Starlette or FastAPI.

>>> from starlette.applications import Starlette
>>> from resil import Quota
>>> from resil.asgi import RateLimitMiddleware
>>> app = Starlette()
>>> app.add_middleware(RateLimitMiddleware, limit=Quota.per_minute(60).with_burst(20))

It needs no framework: it wraps any ASGI application, ``RateLimitMiddleware(app, quota)``.
"""

import ipaddress
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from resil import ConfigError, PeriodLimiter, Quota, TokenBucket, Verdict
from resil._resil import Peek
from resil.keyed import DEFAULT_CAPACITY, Keyed

__all__ = ["Limiter", "RateLimitMiddleware", "client_address", "too_many_requests"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Limiter(Protocol):
    """What decides for one key: a TokenBucket, a LeakyMeter, a PeriodLimiter, or what does as they do."""

    def try_acquire(self, permits: int = 1, /) -> Verdict:
        """Takes permits, or says when to come back."""
        ...

    def peek(self, permits: int = 1, /) -> Peek:
        """Says how much is left."""
        ...


def client_address(scope: Scope) -> str | None:
    """The address that the request came from; of an IPv6 address the network (/64), which one client has to itself.

    It is what the server says. Behind a proxy, let the server put the client's address there, from the proxies
    that it trusts (uvicorn: ``--proxy-headers --forwarded-allow-ips``): a header by itself can say anything.
    Requests without an address share one limit.
    """
    client = scope.get("client")
    host = str(client[0]) if client else ""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


def too_many_requests(scope: Scope, verdict: Verdict, name: str) -> Application:
    """The application that answers a refused request: status 429 with a problem as JSON (RFC 9457)."""
    problem = {
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "title": "Too many requests",
        "status": 429,
        "violated-policies": [name],
    }
    body = json.dumps(problem).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


class RateLimitMiddleware:
    """Limits requests by key, and tells clients how much is left.

    ``limit`` is a Quota, for a token bucket for each key, or makes the limiter of a key:
    ``lambda key: PeriodLimiter(1_000, 3_600)``. ``key`` tells whom a request counts for, from its ASGI scope;
    None exempts it. ``name`` tells several limits apart in the headers.

    Each answer has the fields ``RateLimit-Policy`` and ``RateLimit`` of the IETF's draft
    (draft-ietf-httpapi-ratelimit-headers-11), a refusal ``Retry-After`` as well, in whole seconds, rounded up.
    A refused request never reaches the application; ``refuse`` makes what answers in its place. Only HTTP
    requests are limited; WebSockets and the lifespan pass.

    At most ``capacity`` keys are held, the one used longest ago is forgotten first: see Keyed, also for what an
    attacker who chooses keys can do. ``limiters`` are those held.

    Of several limits the one that was added last is asked first, and what it grants stays taken when one further in
    refuses: so add the limit of the longest period first.

    The limits are the process's own: n workers allow n times as much.
    """

    def __init__(
        self,
        app: Application,
        limit: Quota | Callable[[str], Limiter],
        *,
        key: Callable[[Scope], str | None] = client_address,
        name: str = "default",
        refuse: Callable[[Scope, Verdict, str], Application] = too_many_requests,
        capacity: int = DEFAULT_CAPACITY,
    ) -> None:
        """Wraps an application."""
        if not isinstance(limit, Quota) and not callable(limit):
            raise TypeError(f"limit must be a resil.Quota or make a limiter, not {type(limit).__qualname__}")
        # What stands between quotes in the header without escapes.
        if not re.fullmatch(r"[ !#-\[\]-~]+", name):
            raise ConfigError(f"name must be printable ASCII without quotes and backslashes, not {name!r}")
        make: Callable[[str], Limiter] = (lambda key: TokenBucket(limit)) if isinstance(limit, Quota) else limit
        self.limiters = Keyed(make, capacity)
        self._app = app
        self._key = key
        self._name = name
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves or refuses one request."""
        key = self._key(scope) if scope["type"] == "http" else None
        if key is None:
            await self._app(scope, receive, send)
            return
        limiter = self.limiters[key]
        verdict = limiter.try_acquire()
        fields = _fields(self._name, limiter, verdict)

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *fields]}
            await send(message)

        app = self._app if verdict else self._refuse(scope, verdict, self._name)
        await app(scope, receive, send_with_fields)


def _fields(name: str, limiter: Limiter, verdict: Verdict) -> list[tuple[bytes, bytes]]:
    left = limiter.peek()
    # A client must not be told two instants: Retry-After comes first, and `t` not after it.
    wait_ns = left.reset_after_ns if verdict else verdict.retry_after_ns
    item = f'"{name}";r={left.remaining if verdict else 0}'
    if wait_ns is not None:
        item += f";t={_whole_seconds(wait_ns)}"
    fields = [(b"ratelimit", item.encode())]
    policy = _policy(limiter)
    if policy is not None:
        fields.append((b"ratelimit-policy", f'"{name}";q={policy[0]};w={policy[1]}'.encode()))
    if verdict.retry_after_ns is not None:
        fields.append((b"retry-after", str(_whole_seconds(verdict.retry_after_ns)).encode()))
    return fields


def _policy(limiter: Limiter) -> tuple[int, int] | None:
    """The quota and its window in whole seconds, at the very rate; None if the limiter does not tell."""
    if isinstance(limiter, PeriodLimiter):
        return limiter.limit, _whole_seconds(limiter.period_ns)
    quota = getattr(limiter, "quota", None)
    if not isinstance(quota, Quota):
        return None
    # The whole seconds in which an empty bucket fills, and what comes in as many.
    window = _whole_seconds(-(-quota.burst * quota.period_ns // quota.permits))
    return quota.permits * window * 10**9 // quota.period_ns, window


def _whole_seconds(ns: int) -> int:
    return -(-ns // 10**9)
