//! What objects take, and that asking, settling and refusing allocate nothing. In a file of its own: it counts
//! every allocation of a thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use resil_core::sre_breaker::{Outcome, Permit};
use resil_core::{
    AnyClock, Carry, CoarseClock, Denied, Draw, Ewma, HashRing, Instant, LeakyBucket, LeakyMeter,
    LeakyQueue, ManualClock, MonotonicClock, PeriodLimiter, Quota, RollingCounter, RollingWindow,
    SingleFlight, SpinLock, SreBreaker, SreBreakerConfig, ThreadDraw, TokenBucket, UnixClock,
};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
    static FREED: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: hands every request on to `System` as it came; counting touches no allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        ALLOCATED.with(|bytes| bytes.set(bytes.get() + layout.size()));
        // SAFETY: the caller keeps `alloc`'s contract, and `System` has the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        FREED.with(|bytes| bytes.set(bytes.get() + layout.size()));
        // SAFETY: `ptr` came from `System` by `alloc` above, with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static GLOBAL: Counting = Counting;

#[test]
fn asking_settling_and_refusing_allocate_nothing() {
    let _ = ThreadDraw.draw(); // seeds this thread's generator
    for recipe in [SreBreakerConfig::go_zero_1_3(), SreBreakerConfig::go_zero()] {
        let breaker = SreBreaker::new(recipe).unwrap();
        let before = ALLOCATIONS.with(Cell::get);
        breaker.try_acquire().unwrap().success();
        for _ in 0..100 {
            breaker.record(Outcome::Failure);
        }
        let mut refused = 0;
        for _ in 0..1_000 {
            refused += u32::from(breaker.try_acquire().is_err());
        }
        let after = ALLOCATIONS.with(Cell::get);
        assert!(refused > 500, "{refused}");
        assert_eq!(after, before);
    }
}

/// The last column of the row in the table that begins with a type.
fn documented(name: &str) -> &'static str {
    let table = include_str!("../docs/threads_and_processes.md");
    let mut rows = table.lines().filter(|line| line.starts_with(&format!("| `{name}`")));
    let row = rows.next().unwrap_or_else(|| panic!("{name} has no row"));
    row.trim_end_matches(" |").rsplit("| ").next().unwrap()
}

/// The bytes of a value itself, and of what making it allocated.
fn measured<T>(make: impl FnOnce() -> T) -> (usize, usize) {
    let before = ALLOCATED.with(Cell::get);
    let value = make();
    let allocated = ALLOCATED.with(Cell::get) - before;
    drop(value);
    (size_of::<T>(), allocated)
}

#[test]
fn every_object_takes_what_the_table_says() {
    // 40 buckets are 64 slots.
    const SLOTS: usize = 64;
    let width = Duration::from_secs(1);
    let breaker = |recipe: SreBreakerConfig| {
        let (itself, allocated) =
            measured(|| SreBreaker::new(recipe.with_window(width, 40)).unwrap());
        (itself, allocated / SLOTS)
    };

    let (itself, allocated) = measured(|| RollingWindow::new(width, 40).unwrap());
    let text = format!("{itself}, and {} a slot", allocated / SLOTS);
    assert_eq!(documented("RollingWindow"), text);
    let (itself, allocated) = measured(|| RollingCounter::new(width, 40).unwrap());
    let text = format!("{itself}, and {} a slot", allocated / SLOTS);
    assert_eq!(documented("RollingCounter"), text);
    let (itself, allocated) = measured(SingleFlight::<u64, u64>::new);
    assert_eq!(documented("SingleFlight<K, V>"), format!("{itself}, and {allocated} allocated"));
    let (itself, two_lanes) = breaker(SreBreakerConfig::go_zero_1_3());
    let (_, three_lanes) = breaker(SreBreakerConfig::go_zero());
    let text = format!(
        "{itself}, and {two_lanes} a slot ({three_lanes} where refusals are counted apart)"
    );
    assert_eq!(documented("SreBreaker"), text);
    assert_eq!(documented("Permit"), size_of::<Permit<'_>>().to_string());
    let (itself, allocated) = measured(|| Ewma::peak(width).unwrap());
    assert_eq!((documented("Ewma"), allocated), (itself.to_string().as_str(), 0));
    let quota = Quota::per_second(1).unwrap();
    let (itself, allocated) = measured(|| TokenBucket::new(quota));
    let text = format!(
        "{}, and {allocated} allocated",
        on_clocks::<TokenBucket, TokenBucket<AnyClock>>(itself)
    );
    assert_eq!(documented("TokenBucket"), text);
}

/// The bytes with a clock that takes none, and with one that is chosen at run time.
fn on_clocks<Alone, Chosen>(itself: usize) -> String {
    assert_eq!(size_of::<Alone>(), itself);
    format!("{itself}, or {} with an `AnyClock`", size_of::<Chosen>())
}

#[test]
fn nothing_is_allocated_after_a_bucket_is_made() {
    let quota = Quota::per_second(1).unwrap();
    let bucket = TokenBucket::new(quota);
    let queue = LeakyBucket::queue(quota);
    let before = ALLOCATIONS.with(Cell::get);
    for now in [Instant::ZERO, Instant::MAX] {
        // A first instant, and one so far on that it moves the time frame.
        assert!(bucket.try_acquire_at(now, 1).is_ok());
        assert!(queue.try_reserve_at(now, 1).is_ok());
    }
    bucket.set_quota_at(Instant::MAX, quota, Carry::AsIs);
    bucket.set_quota_at(Instant::MAX, quota, Carry::Reset);
    let after = ALLOCATIONS.with(Cell::get);
    assert_eq!(after, before);
}

#[test]
fn limiters_clocks_locks_and_answers_take_what_the_table_says() {
    let quota = Quota::per_second(1).unwrap();
    let day = Duration::from_secs(86_400);
    let alone = |(itself, allocated): (usize, usize)| {
        assert_eq!(allocated, 0);
        itself.to_string()
    };
    let (meter, allocated) = measured(|| LeakyBucket::meter(quota));
    let (queue, more) = measured(|| LeakyBucket::queue(quota));
    assert_eq!((allocated, more), (0, 0));
    let leaky = documented("LeakyMeter");
    assert_eq!(leaky, on_clocks::<LeakyMeter, LeakyMeter<AnyClock>>(meter));
    assert_eq!(leaky, on_clocks::<LeakyQueue, LeakyQueue<AnyClock>>(queue));
    let limiter = documented("PeriodLimiter");
    assert_eq!(limiter, alone(measured(|| PeriodLimiter::new(1, day).unwrap())));
    assert_eq!(limiter, alone(measured(|| PeriodLimiter::sliding(1, day).unwrap())));
    assert_eq!(limiter, alone(measured(|| PeriodLimiter::aligned(1, day, 0).unwrap())));

    let clocks = documented("MonotonicClock");
    assert_eq!(clocks, alone(measured(|| MonotonicClock)));
    assert_eq!(clocks, alone(measured(|| CoarseClock)));
    assert_eq!(documented("UnixClock"), alone(measured(|| UnixClock)));
    let (itself, shared) = measured(|| ManualClock::new(Instant::ZERO));
    assert_eq!(documented("ManualClock"), format!("{itself}, and {shared} that clones share"));

    let lock = documented("SpinLock<T>").strip_suffix(" beside the value").unwrap();
    assert_eq!(lock, size_of::<SpinLock<()>>().to_string());
    let values = documented("Quota").strip_suffix(" or less").unwrap();
    let most = [size_of::<Quota>(), size_of::<Instant>(), size_of::<Result<(), Denied>>()];
    assert_eq!(values, most.into_iter().max().unwrap().to_string());
}

/// The bytes that this thread has allocated and not freed.
fn held() -> usize {
    ALLOCATED.with(Cell::get).wrapping_sub(FREED.with(Cell::get))
}

#[test]
fn looking_up_allocates_nothing() {
    let ring = HashRing::new();
    for n in 0..100 {
        ring.insert(format!("node {n}"), 1).unwrap();
    }
    let before = ALLOCATIONS.with(Cell::get);
    for key in 0..5_000_u32 {
        let id = ring.lookup(key.to_le_bytes()).unwrap();
        let other = ring.lookup_where(key.to_le_bytes(), |node| node != id).unwrap();
        assert!(ring.node(other).is_some_and(|node| node.id != id));
    }
    assert_eq!(ALLOCATIONS.with(Cell::get), before);
}

#[test]
fn nodes_that_come_and_go_do_not_make_a_ring_grow() {
    let ring = HashRing::new();
    for n in 0..50 {
        ring.insert(format!("stays {n}"), 1).unwrap();
    }
    let churn = |rounds: std::ops::Range<u32>| {
        for round in rounds {
            for guest in 0..5 {
                ring.insert(format!("{round:04}/{guest}"), 2).unwrap();
            }
            for guest in 0..5 {
                assert!(ring.remove(format!("{round:04}/{guest}")));
            }
        }
    };
    churn(0..3);
    let before = held();
    churn(3..60);
    assert_eq!(held(), before);
    assert!(ring.nodes().iter().all(|node| node.id.slot() < 55));
}

#[test]
fn a_ring_takes_what_the_table_says_and_gives_it_all_back() {
    let (size, per_point) = documented("HashRing").split_once(", and ").unwrap();
    assert_eq!(size, size_of::<HashRing>().to_string());
    let (least, most) = per_point.strip_suffix(" a point").unwrap().split_once(" to ").unwrap();
    let between = least.parse::<usize>().unwrap()..=most.parse::<usize>().unwrap();
    let before = held();
    // One by one it keeps what became too small; made at once it does not.
    for (nodes, weight) in [(33, 1), (62, 1), (1, 62), (1, 33)] {
        let empty = held();
        let ring = HashRing::new();
        for n in 0..nodes {
            ring.insert(format!("node {n}"), weight).unwrap();
        }
        let points = ring.snapshot().points as usize;
        let each = (held() - empty) / points;
        assert!(between.contains(&each), "{each} a point, {points} points");
    }
    assert_eq!(held(), before);
}
