"""The ways from Python to a store, which all are to answer alike."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis_servers import PATIENCE

from resil.redis import ClientStore, Store


class Way:
    """A store, and how an operation of a limiter is called over it."""

    def __init__(self, store: Any, call: Callable[..., Any]) -> None:
        """Of a limiter's first argument, and what performs a method by its name."""
        self.store = store
        self.call = call


def _now(asked: Any, method: str, *arguments: Any, **named: Any) -> Any:
    return getattr(asked, method)(*arguments, **named)


def _in_loop(runner: asyncio.Runner) -> Callable[..., Any]:
    def call(asked: Any, method: str, *arguments: Any, **named: Any) -> Any:
        return runner.run(getattr(asked, f"{method}_async")(*arguments, **named))

    return call


@contextmanager
def own(port: int) -> Iterator[Way]:
    """The connection that resil keeps, from threads."""
    store = Store(f"redis://127.0.0.1:{port}/", deadline=PATIENCE, members=1)
    assert store.wait_until_up(PATIENCE)
    yield Way(store, _now)


@contextmanager
def own_tasks(port: int) -> Iterator[Way]:
    """The connection that resil keeps, from tasks."""
    with own(port) as way, asyncio.Runner() as runner:
        yield Way(way.store, _in_loop(runner))


def client_settings(port: int, timeout: float = PATIENCE) -> dict[str, Any]:
    """A client that keeps its times."""
    return {"port": port, "socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": Retry(NoBackoff(), 0)}


@contextmanager
def threads(port: int) -> Iterator[Way]:
    """A client of redis-py for threads."""
    with redis.Redis(**client_settings(port)) as client:
        yield Way(ClientStore(client, members=1), _now)


@contextmanager
def tasks(port: int) -> Iterator[Way]:
    """A client of redis-py for asyncio."""
    with asyncio.Runner() as runner:
        client = redis.asyncio.Redis(**client_settings(port))
        yield Way(ClientStore(client, deadline=PATIENCE, members=1), _in_loop(runner))
        runner.run(client.aclose())


WAYS = {"own, threads": own, "own, tasks": own_tasks, "redis-py, threads": threads, "redis-py, tasks": tasks}
