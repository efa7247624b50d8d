"""What a call costs in Python beside its peers, measured by pyperf: each case in processes of its own.

    python benches/python_peers.py --output python.json      # after pip install -r benches/requirements.txt

A case is named ``group | whose``; ours are those of resil. Everything is local: no store, no network.
"""

from collections.abc import Awaitable, Callable

import pyperf

KEYS = 65_536
LIVE = 100_000
CALLS = 100
"""Awaits in one call of an asynchronous case."""

QUOTA = "resil.Quota(1_000_000_000, 1.0, 4_000_000_000)"
NOOP = "noop = lambda: None\n"
CACHE = "a cache's hit, which many take for single flight"

# Group, whose, what it needs, the call.
SYNCHRONOUS: list[tuple[str, str, str, str]] = [
    # Breaker
    ("breaker, a call that does nothing", "resil run", NOOP + "run = resil.SreBreaker().run", "run(noop)"),
    ("breaker, a call that does nothing", "resil decorator", NOOP + "call = resil.SreBreaker().protect(noop)", "call()"),
    ("breaker, a call that does nothing", "resil with", "breaker = resil.SreBreaker()", "with breaker.guard(): pass"),
    ("breaker, a call that does nothing", "pybreaker", NOOP + "import pybreaker\ncall = pybreaker.CircuitBreaker().call",
     "call(noop)"),
    ("breaker, a call that does nothing", "pybreaker decorator",
     NOOP + "import pybreaker\ncall = pybreaker.CircuitBreaker()(noop)", "call()"),
    ("breaker, a call that does nothing", "circuitbreaker decorator",
     "from circuitbreaker import circuit\n@circuit\ndef call(): pass", "call()"),
    ("breaker, a call that does nothing", "purgatory decorator",
     "from purgatory import SyncCircuitBreakerFactory\n@SyncCircuitBreakerFactory()('x')\ndef call(): pass", "call()"),
    ("breaker, a call that does nothing", "aiobreaker",
     NOOP + "from aiobreaker import CircuitBreaker\ncall = CircuitBreaker().call", "call(noop)"),
    ("breaker, a call that does nothing", "interlock-cb",
     NOOP + "from interlock import CircuitBreaker\ncall = CircuitBreaker(name='x').call_sync", "call(noop)"),
    ("breaker, a call that does nothing", "pyresilience, ask and record",
     "from pyresilience import CircuitBreaker, CircuitBreakerConfig\nbreaker = CircuitBreaker(CircuitBreakerConfig())",
     "breaker.allow_request(); breaker.record_success()"),
    ("breaker, a call that does nothing", "redress, ask and record",
     "from redress import CircuitBreaker\nbreaker = CircuitBreaker()", "breaker.allow(); breaker.record_success()"),
    ("breaker, a call that does nothing", "resilient-circuit decorator",
     "from resilient_circuit import CircuitProtectorPolicy\n@CircuitProtectorPolicy()\ndef call(): pass", "call()"),
    ("breaker, a call that does nothing", "backon",
     NOOP + "from backon import CircuitBreaker\ncall = CircuitBreaker().call", "call(noop)"),
    ("breaker, a call that does nothing", "fluxgate",
     NOOP + "from fluxgate import CircuitBreaker\ncall = CircuitBreaker().call", "call(noop)"),
    # Token and leaky bucket
    ("token or leaky bucket, one permit", "resil", f"ask = resil.TokenBucket({QUOTA}).try_acquire", "ask()"),
    ("token or leaky bucket, one permit", "resil, coarse clock",
     f"ask = resil.TokenBucket({QUOTA}, clock=resil.CoarseClock()).try_acquire", "ask()"),
    ("token or leaky bucket, one permit", "resil, manual clock",
     f"ask = resil.TokenBucket({QUOTA}, clock=resil.ManualClock()).try_acquire", "ask()"),
    ("token or leaky bucket, one permit", "resil, permits given", f"ask = resil.TokenBucket({QUOTA}).try_acquire", "ask(1)"),
    ("token or leaky bucket, one permit", "resil, meter", f"ask = resil.LeakyMeter({QUOTA}).try_acquire", "ask()"),
    ("token or leaky bucket, one permit", "token-bucket",
     "import token_bucket\nask = token_bucket.Limiter(1e9, 1_000_000_000, token_bucket.MemoryStorage()).consume",
     "ask('x')"),
    ("token or leaky bucket, one permit", "throttled-py, token bucket",
     "from throttled import Throttled, per_sec\n"
     "ask = Throttled(key='x', using='token_bucket', quota=per_sec(10**9, 10**9)).limit", "ask()"),
    ("token or leaky bucket, one permit", "throttled-py, GCRA",
     "from throttled import Throttled, per_sec\nask = Throttled(key='x', using='gcra', quota=per_sec(10**9, 10**9)).limit",
     "ask()"),
    ("token or leaky bucket, one permit", "pyrate-limiter",
     "from pyrate_limiter import Duration, Limiter, Rate\n"
     "ask = Limiter(Rate(10**9, Duration.SECOND)).try_acquire", "ask('x')"),
    ("token or leaky bucket, one permit", "pyresilience",
     "from pyresilience import RateLimiter, RateLimiterConfig\n"
     "ask = RateLimiter(RateLimiterConfig(max_calls=10**9)).acquire", "ask()"),
    ("token or leaky bucket, one permit", "flowguard (Rust)",
     "from flowguard import RateLimiter\nask = RateLimiter(sec=10**9, blocking=False).acquire", "ask()"),
    ("token or leaky bucket, one permit", "backon, of 1000 a second",
     "from backon import RateLimiter\nask = RateLimiter(1000).acquire", "ask()"),
    # Period limiter
    ("window limiter, one hit", "resil", "ask = resil.PeriodLimiter(2**29, 60).try_acquire", "ask()"),
    ("window limiter, one hit", "resil, sliding", "ask = resil.PeriodLimiter.sliding(2**29, 60).try_acquire", "ask()"),
    ("window limiter, one hit", "limits, fixed window",
     "import limits\nask = limits.strategies.FixedWindowRateLimiter(limits.storage.MemoryStorage()).hit\n"
     "item = limits.RateLimitItemPerMinute(10**9)", "ask(item, 'x')"),
    ("window limiter, one hit", "limits, sliding counter",
     "import limits\nask = limits.strategies.SlidingWindowCounterRateLimiter(limits.storage.MemoryStorage()).hit\n"
     "item = limits.RateLimitItemPerMinute(10**9)", "ask(item, 'x')"),
    ("window limiter, one hit", "throttled-py, fixed window",
     "from throttled import Throttled, per_min\nask = Throttled(key='x', using='fixed_window', quota=per_min(10**9)).limit",
     "ask()"),
    ("window limiter, one hit", "ratelimit decorator",
     "from ratelimit import limits\n@limits(calls=10**9, period=60)\ndef ask(): pass", "ask()"),
    # A limit for each key
    ("a limit for each of 100 000 keys", "(drawing the key)", "", "next(live)"),
    ("a limit for each of 100 000 keys", "resil.keyed",
     f"from resil.keyed import Keyed\nheld = Keyed(lambda key: resil.TokenBucket({QUOTA}), {LIVE})\n"
     f"for _ in range({LIVE}): held[next(live)]", "held[next(live)].try_acquire()"),
    ("a limit for each of 100 000 keys", "limits, fixed window",
     "import limits\nask = limits.strategies.FixedWindowRateLimiter(limits.storage.MemoryStorage()).hit\n"
     f"item = limits.RateLimitItemPerMinute(10**9)\nfor _ in range({LIVE}): ask(item, next(live))", "ask(item, next(live))"),
    ("a limit for each of 100 000 keys", "token-bucket",
     "import token_bucket\nask = token_bucket.Limiter(1e9, 10**9, token_bucket.MemoryStorage()).consume\n"
     f"for _ in range({LIVE}): ask(next(live))", "ask(next(live))"),
    # Hash ring
    ("hash ring of 100 nodes, lookup", "resil",
     "ring = resil.HashRing()\nfor n in range(100): ring.insert(f'10.0.0.{n}:80')\nlookup = ring.lookup",
     "lookup(next(keys))"),
    ("hash ring of 100 nodes, lookup", "uhashring",
     "from uhashring import HashRing\nlookup = HashRing([f'10.0.0.{n}:80' for n in range(100)]).get_node",
     "lookup(next(keys))"),
    ("hash ring of 100 nodes, lookup", "uhashring, ketama",
     "from uhashring import HashRing\n"
     "lookup = HashRing([f'10.0.0.{n}:80' for n in range(100)], hash_fn='ketama').get_node", "lookup(next(keys))"),
    ("hash ring of 100 nodes, lookup", "clandestined (rendezvous)",
     "from clandestined import RendezvousHash\n"
     "lookup = RendezvousHash([f'10.0.0.{n}:80' for n in range(100)]).find_node", "lookup(next(keys))"),
    # Single flight: a call that nobody shares
    ("single flight, a call alone", "resil", NOOP + "run = resil.SingleFlight().run", "run('x', noop)"),
    ("single flight, a call alone", "singleflight",
     "from singleflight.basic import SingleFlight\ncall = SingleFlight().call\ndef noop(): pass", "call(noop, 'x')"),
    (CACHE, "cachetools, under a condition",
     "from cachetools import LRUCache, cached\nfrom threading import Condition\n"
     "@cached(LRUCache(100), condition=Condition())\ndef call(x): pass\ncall(1)", "call(1)"),
    (CACHE, "cachebox (Rust), under a lock",
     "from cachebox import TTLCache, cached\n@cached(TTLCache(100, 60), lock=True)\ndef call(x): pass\ncall(1)", "call(1)"),
    (CACHE, "moka-py (Rust)",
     NOOP + "from moka_py import Moka\nget = Moka(100).get_with\nget('x', noop)", "get('x', noop)"),
    (CACHE, "dogpile.cache",
     "from dogpile.cache import make_region\nget = make_region().configure('dogpile.cache.memory').get_or_create\n"
     "one = lambda: 1\nget('x', one)", "get('x', one)"),
]


async def nothing() -> None:
    """Does nothing."""


def of_resil_breaker() -> Callable[[], Awaitable[object]]:
    import resil

    return resil.SreBreaker().protect(nothing)


def of_circuitbreaker() -> Callable[[], Awaitable[object]]:
    from circuitbreaker import circuit

    return circuit(nothing)


def of_purgatory() -> Callable[[], Awaitable[object]]:
    from purgatory import AsyncCircuitBreakerFactory

    return AsyncCircuitBreakerFactory()("x")(nothing)


def of_aiobreaker() -> Callable[[], Awaitable[object]]:
    from aiobreaker import CircuitBreaker

    call = CircuitBreaker().call_async
    return lambda: call(nothing)


def of_hyx_breaker() -> Callable[[], Awaitable[object]]:
    from hyx.circuitbreaker import consecutive_breaker

    return consecutive_breaker()(nothing)


def of_resil_bucket() -> Callable[[], Awaitable[object]]:
    import resil

    return resil.TokenBucket(resil.Quota(1_000_000_000, 1.0, 4_000_000_000)).acquire_async


def of_aiolimiter() -> Callable[[], Awaitable[object]]:
    from aiolimiter import AsyncLimiter

    return AsyncLimiter(10**9, 1.0).acquire


def of_asynciolimiter() -> Callable[[], Awaitable[object]]:
    from asynciolimiter import Limiter

    return Limiter(10**6, max_burst=10**6).wait


def of_hyx_bucket() -> Callable[[], Awaitable[object]]:
    from hyx.ratelimit.managers import TokenBucketLimiter

    return TokenBucketLimiter(10**9, 1.0, 10**9).acquire


def of_resil_flight() -> Callable[[], Awaitable[object]]:
    import resil

    run = resil.SingleFlight().run_async
    return lambda: run("x", nothing)


def of_singleflight() -> Callable[[], Awaitable[object]]:
    from singleflight.asynchronous import SingleFlightAsync

    call = SingleFlightAsync().call
    return lambda: call(nothing, "x")


def of_async_lru() -> Callable[[], Awaitable[object]]:
    from async_lru import alru_cache

    return alru_cache(nothing)


# Group, whose, what makes the call; made in the loop that awaits it.
ASYNCHRONOUS: list[tuple[str, str, Callable[[], Callable[[], Awaitable[object]]]]] = [
    ("breaker, a coroutine that does nothing", "resil decorator", of_resil_breaker),
    ("breaker, a coroutine that does nothing", "circuitbreaker decorator", of_circuitbreaker),
    ("breaker, a coroutine that does nothing", "purgatory decorator", of_purgatory),
    ("breaker, a coroutine that does nothing", "aiobreaker", of_aiobreaker),
    ("breaker, a coroutine that does nothing", "hyx decorator", of_hyx_breaker),
    ("token or leaky bucket, awaited", "resil", of_resil_bucket),
    ("token or leaky bucket, awaited", "aiolimiter", of_aiolimiter),
    ("token or leaky bucket, awaited", "asynciolimiter (no clock)", of_asynciolimiter),
    ("token or leaky bucket, awaited", "hyx (no clock)", of_hyx_bucket),
    ("single flight, awaited alone", "resil", of_resil_flight),
    ("single flight, awaited alone", "singleflight", of_singleflight),
    (CACHE, "async-lru, awaited", of_async_lru),
]


def repeated(make: Callable[[], Callable[[], Awaitable[object]]]) -> Callable[[], Awaitable[None]]:
    """Awaits what `make` makes so many times over."""
    made: list[Callable[[], Awaitable[object]]] = []

    async def run() -> None:
        if not made:
            made.append(make())
        call = made[0]
        for _ in range(CALLS):
            await call()

    return run


PRELUDE = """
import itertools, random, resil

def shuffled(count):
    random.seed(1)
    return itertools.cycle([f"{random.getrandbits(64):016x}" for _ in range(count)])
"""
"""What every case of this list may use: keys at random, over and over."""


def main() -> None:
    # Some processes of a few short values: what differs is the process (its addresses, its hashes), not the value.
    runner = pyperf.Runner(processes=3, values=3, warmups=1, min_time=0.02)
    for group, whose, setup, statement in SYNCHRONOUS:
        needed = PRELUDE
        for name, count in (("keys", KEYS), ("live", LIVE)):
            if f"next({name})" in setup + statement:
                needed += f"{name} = shuffled({count})\n"
        runner.timeit(f"{group} | {whose}", statement, setup=needed + setup)
    for group, whose, make in ASYNCHRONOUS:
        runner.bench_async_func(f"{group} | {whose}", repeated(make), inner_loops=CALLS)


if __name__ == "__main__":
    main()
