"""Forks: a child has copies of its own, and nothing holds it up."""

import pytest
from interpreters import run


def test_a_forked_child_has_a_copy_that_works() -> None:
    """What it takes, the parent does not miss; also what needs the writers' lock works."""
    script = """
import os, resil
bucket = resil.TokenBucket(resil.Quota(1, 3600, 3))
assert bucket.try_acquire()
child = os.fork()
if child == 0:
    taken = [bool(bucket.try_acquire()) for _ in range(3)]
    reservation = bucket.reserve()
    bucket.set_quota(resil.Quota(1, 3600, 4))
    os._exit(0 if taken == [True, True, False] and reservation.cancel() else 1)
assert os.waitpid(child, 0)[1] == 0
print(bucket.snapshot().remaining, bucket.quota.burst)
"""
    assert run(script) == "2 3\n"


def test_forked_children_have_limiters_of_their_own() -> None:
    """What they take, the parent does not miss."""
    script = """
import os, resil
quota = resil.Quota(1, 3600, 3)
meter, queue = resil.LeakyMeter(quota), resil.LeakyQueue(quota)
periods = [resil.PeriodLimiter(3, 3600), resil.PeriodLimiter.sliding(3, 2**33)]
limiters = [meter, *periods]
assert all(limiter.try_acquire() for limiter in limiters)
queue.try_reserve()
child = os.fork()
if child == 0:
    taken = [[bool(limiter.try_acquire()) for _ in range(3)] for limiter in limiters]
    refused = not queue.acquire(3, timeout=0) and queue.try_reserve(2).ready_after > 3000
    os._exit(0 if taken == [[True, True, False]] * 3 and refused else 1)
assert os.waitpid(child, 0)[1] == 0
print([limiter.snapshot().remaining for limiter in (*limiters, queue)])
"""
    assert run(script) == "[2, 2, 2, 2]\n"


def test_children_forked_while_threads_decide_are_not_held_up() -> None:
    """A fork by Python falls between operations, so nothing is held for ever in the child."""
    script = """
import os, threading, warnings, resil
warnings.simplefilter("ignore", DeprecationWarning)
bucket = resil.TokenBucket(resil.Quota(1, 1, 3))
queue = resil.LeakyQueue(bucket.quota)
sliding = resil.PeriodLimiter.sliding(2**30, 10)

def operate():
    bucket.set_quota(bucket.quota)
    bucket.snapshot()
    queue.snapshot()
    sliding.try_acquire()

def work():
    while not done:
        operate()

done = []
workers = [threading.Thread(target=work) for _ in range(3)]
for worker in workers:
    worker.start()
statuses = []
for _ in range(30):
    child = os.fork()
    if child == 0:
        operate()
        os._exit(0)
    statuses.append(os.waitpid(child, 0)[1])
done.append(True)
for worker in workers:
    worker.join()
print(len(statuses), sum(statuses))
"""
    assert run(script) == "30 0\n"


# What is called, and with what. No Python runs in between, in which the threads could take turns.
FIRST_USES = {
    "a grant": ("limiter.try_acquire", "1"),
    "a last grant": ("resil.PeriodLimiter(1, 60).try_acquire", "1"),
    "a refusal for ever": ("limiter.try_acquire", "10"),
    "a wrong argument": ("limiter.try_acquire", "-1"),
    "a refused reservation": ("resil.LeakyQueue(resil.Quota(1, 1, 1)).try_reserve", "2"),
    "a refused call": ("functools.partial(refusing.run, int)", "'17'"),
    "a duration": ("functools.partial(resil.RollingCounter, datetime.timedelta(seconds=1))", "2"),
    "a record": ("resil.RollingCounter(1, 2).add", "1"),
    "an outcome": ("breaker.record", "resil.Outcome.SUCCESS"),
    "a kind": ("operator.attrgetter('kind')", "resil.PeriodLimiter(1, 60)"),
    "a ring's mode": ("functools.partial(resil.HashRing, mode=resil.HashRingMode.KETAMA)", "()"),
    "refusals": ("resil.SreBreakerConfig.go_zero().with_refusals", "resil.Refusals.APART"),
    "a guarded call": ("breaker.run", "int"),
    "a guarded method": ("operator.methodcaller('call')", "Client()"),
    "a shared call": ("functools.partial(resil.SingleFlight().run, 'key')", "int"),
    "a shared exception": ("functools.partial(resil.SingleFlight().run, 'key', int)", "'x'"),
    "a wrong type": ("limiter.try_acquire", "'1'"),
    "a wrong member": ("breaker.set_mode", "'open'"),
    "a number too large": ("limiter.try_acquire", "2**70"),
    "a float": ("functools.partial(limiter.acquire, 0)", "0.5"),
    "an offset": ("functools.partial(resil.PeriodLimiter.aligned, 1, 60)", "datetime.timedelta(hours=1)"),
    "a wait": ("functools.partial(resil.LeakyQueue(resil.Quota(1000, 1, 9)).acquire, 1)", "None"),
    "a snapshot": ("operator.methodcaller('snapshot')", "breaker"),
    "a repr": ("repr", "breaker"),
    "a pickle": ("pickle.dumps", "limiter.snapshot()"),
    "a refusal to pickle": ("pickle.dumps", "limiter"),
    "an iterable": ("resil.HashRing", "iter(['a', 'b'])"),
    "a key": ("resil.HashRing(['a']).lookup", "b'key'"),
    "a predicate": ("functools.partial(resil.HashRing(['a']).lookup_where, 'key')", "bool"),
    "a permit": ("operator.methodcaller('success')", "breaker.try_acquire()"),
    "a policy": ("functools.partial(redis.LeakyMeter, away, 'fork')", "resil.Quota(60, 60, 8)"),
    "a source": ("operator.attrgetter('source')", "redis.TokenBucket(away, 'fork', resil.Quota(60, 60, 8)).try_acquire()"),
    "nobody's decision": (
        "redis.TokenBucket(away, 'fork', resil.Quota(60, 60, 8), policy=redis.Policy.UNAVAILABLE).reserve",
        "''",
    ),
    "an average": ("resil.Ewma.by_count(0.5).record", "1"),
}


@pytest.mark.parametrize(("use", "argument"), FIRST_USES.values(), ids=FIRST_USES)
def test_a_child_forked_during_a_first_use_is_not_held_up(use: str, argument: str) -> None:
    """What is looked up once is looked up on import: amid a look-up another thread could fork, and it never end."""
    script = f"""
import datetime, functools, itertools, operator, os, pickle, signal, sys, threading, warnings, resil
warnings.simplefilter("ignore", DeprecationWarning)
if "redis" in {use!r} + {argument!r}:
    from resil import redis
    away = redis.Store("redis://127.0.0.1:1/", members=1)
limiter, breaker, refusing = resil.TokenBucket(resil.Quota(1, 1, 3)), resil.SreBreaker(), resil.SreBreaker()
if {use!r}.startswith("functools.partial(refusing"):
    refusing.set_mode(resil.Mode.FORCED_OPEN)

class Client:
    @breaker.protect
    def call(self): pass

use, argument = {use}, {argument}
# Some tenths of a second in which the thread keeps the interpreter, and at the end of which it uses what was not used
# before. If it lets go then, it is the turn of this thread, which has waited for that since it started the other.
nothing = itertools.repeat(None, 60_000_000)
late = map(use, itertools.chain(filter(None, nothing), [argument]))

def work():
    try:
        next(late)
    except Exception:
        pass

sys.setswitchinterval(0.1)
worker = threading.Thread(target=work)
worker.start()
# Without letting go in turn: time for the other to get as far as it gets by itself.
sum(range(1_000_000))
child = os.fork()
if child == 0:
    signal.alarm(10)
    try:
        use(argument)
    except Exception:
        pass
    os._exit(0)
status = os.waitpid(child, 0)[1]
worker.join()
print(status)
"""
    assert run(script) == "0\n"


def test_forked_children_draw_numbers_of_their_own() -> None:
    """Workers of one parent do not refuse in step, and each has a window of its own."""
    script = """
import os, resil
breaker = resil.SreBreaker(resil.SreBreakerConfig.go_zero_1_3().with_max_drop_ratio(0.5))
for _ in range(1_000):
    breaker.record(resil.Outcome.FAILURE)

def decisions():
    made = 0
    for _ in range(100):
        try:
            breaker.try_acquire()
            made = made * 2 + 1
        except resil.Rejected:
            made *= 2
    return made

decisions()
children = []
for _ in range(3):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        breaker.record(resil.Outcome.SUCCESS)
        os.write(write, str(decisions()).encode())
        os._exit(0 if breaker.snapshot().requests == 1_001 else 1)
    assert os.waitpid(child, 0)[1] == 0
    children.append(int(os.read(read, 100)))
print(len({decisions(), *children}), breaker.snapshot().requests)
"""
    assert run(script) == "4 1000\n"


def test_a_child_forked_while_a_guarded_call_runs_is_not_held_up() -> None:
    """No lock is held around the call, so none is locked for ever in the child."""
    script = """
import os, threading, resil
breaker = resil.SreBreaker()
inside, leave = threading.Event(), threading.Event()

def call():
    inside.set()
    leave.wait()

worker = threading.Thread(target=breaker.run, args=(call,))
worker.start()
inside.wait()
child = os.fork()
if child == 0:
    os._exit(0 if breaker.run(int) == 0 and breaker.snapshot().accepts == 1 else 1)
status = os.waitpid(child, 0)[1]
leave.set()
worker.join()
print(status, breaker.snapshot().accepts)
"""
    assert run(script) == "0 1\n"


def test_a_child_forked_during_calls_forgets_those_of_other_threads() -> None:
    """It makes calls of its own, of the same keys; the parent's go on, and so does one that forks itself."""
    script = """
import asyncio, os, threading, resil
flight = resil.SingleFlight()
inside, leave = threading.Event(), threading.Event()

def call():
    inside.set()
    leave.wait()
    return "parent"

leader = threading.Thread(target=flight.run, args=("key", call))
leader.start()
inside.wait()
answers = []
follower = threading.Thread(target=lambda: answers.append(flight.run("key", int).value))
follower.start()
while not flight.snapshot().followers:
    pass

async def fetch():
    return "child"

def fork():
    child = os.fork()
    if child == 0:
        fresh = len(flight) == 0 and flight.run("key", str, "child").value == "child"
        awaited = asyncio.run(flight.run_async("key", fetch)).value == "child"
        return fresh and awaited and not flight.forget("key")
    return os.waitpid(child, 0)[1]

shared = flight.run("forking", fork)
if shared.value is True or shared.value is False:
    os._exit(0 if shared.value and shared.led and not len(flight) else 1)
again = len(flight)
leave.set()
leader.join()
follower.join()
print(shared.value, again, answers, len(flight))
"""
    assert run(script) == "0 1 ['parent'] 0\n"
