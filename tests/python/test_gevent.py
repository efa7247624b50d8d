"""Under gevent, whose sleeps and locks replace Python's."""

import subprocess
import sys

import pytest

pytest.importorskip("gevent")


def run(script: str) -> str:
    """What a fresh interpreter prints; gevent must patch before anything else is imported."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("order", ["monkey.patch_all(); import resil", "import resil; monkey.patch_all()"])
def test_a_waiting_greenlet_lets_the_others_run(order: str) -> None:
    """Whether resil was imported before or after the patch."""
    script = f"""
from gevent import monkey
{order}
import gevent
bucket, queue = resil.TokenBucket(resil.Quota(1, 0.05, 1)), resil.LeakyQueue(resil.Quota(1, 0.05, 5))
bucket.acquire()
queue.acquire()
log = []

def wait(limiter):
    with limiter:
        log.append("waited")

gevent.joinall([
    gevent.spawn(wait, bucket), gevent.spawn(wait, queue), gevent.spawn(log.append, "other"),
], raise_error=True)
print(log)
"""
    assert run(script) == "['other', 'waited', 'waited']\n"


def test_a_greenlet_that_is_killed_or_times_out_gives_its_permits_back() -> None:
    """Neither is an Exception, and neither counts for a breaker."""
    script = """
from gevent import monkey
monkey.patch_all()
import gevent, resil
bucket, breaker = resil.TokenBucket(resil.Quota(1, 3600, 1)), resil.SreBreaker()
bucket.acquire()
killed = gevent.spawn(breaker.run, bucket.acquire)
gevent.sleep(0)
owed = [bucket.snapshot().owed]
killed.kill()
owed.append(bucket.snapshot().owed)
try:
    with gevent.Timeout(0.01):
        bucket.acquire()
except gevent.Timeout:
    owed.append(bucket.snapshot().owed)
print(owed, breaker.snapshot().requests)
"""
    assert run(script) == "[1, 0, 0] 0\n"


def test_greenlets_share_a_call() -> None:
    """They wait for it without holding up the thread that all of them run in."""
    script = """
from gevent import monkey
monkey.patch_all()
import time, gevent, resil
flight = resil.SingleFlight()
made = []

def fetch():
    made.append("made")
    time.sleep(0.01)
    return "value"

asked = [gevent.spawn(flight.run, "key", fetch) for _ in range(5)]
gevent.joinall(asked, raise_error=True)
print(made, sorted((each.value.value, each.value.led) for each in asked)[0], sum(e.value.led for e in asked), len(flight))
"""
    assert run(script) == "['made'] ('value', False) 1 0\n"


def test_guarded_greenlets_overlap() -> None:
    """A permit belongs to a call, not to a thread."""
    script = """
from gevent import monkey
monkey.patch_all()
import gevent, gevent.event, resil
breaker = resil.SreBreaker()
inside, leave = [], gevent.event.Event()

def call(fails):
    inside.append(fails)
    leave.wait()
    if fails:
        raise LookupError

def guarded(fails):
    try:
        with breaker.guard():
            call(fails)
    except LookupError:
        pass

workers = [gevent.spawn(guarded, number % 2) for number in range(4)]
gevent.sleep(0)
leave.set()
gevent.joinall(workers, raise_error=True)
seen = breaker.snapshot()
print(inside, seen.requests, seen.accepts)
"""
    assert run(script) == "[0, 1, 0, 1] 4 2\n"
