//! Numbers drawn at random, for decisions that take a chance.
//!
//! Each thread has its own generator (SplitMix64: one addition and a mix), seeded from the process's seed and
//! a count of threads. A child after `fork` draws other numbers than its parent: the fork handler moves the
//! generation on, and a thread that sees a new generation seeds itself afresh.
//! Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where a primitive gets its chances from.
///
/// ```
/// use resil_core::{Draw, ScriptedDraw};
/// let draw = ScriptedDraw::new([0.25, 0.75]);
/// assert_eq!([draw.draw(), draw.draw(), draw.draw()], [0.25, 0.75, 0.25]);
/// ```
pub trait Draw: Send + Sync {
    /// A number of at least 0 and below 1.
    fn draw(&self) -> f64;
}

impl<D: Draw + ?Sized> Draw for &D {
    #[inline]
    fn draw(&self) -> f64 {
        (**self).draw()
    }
}

impl<D: Draw + ?Sized> Draw for Arc<D> {
    #[inline]
    fn draw(&self) -> f64 {
        (**self).draw()
    }
}

/// Uniform draws from a generator per thread. Not for secrets.
///
/// ```
/// use resil_core::{Draw, ThreadDraw};
/// assert!((0.0..1.0).contains(&ThreadDraw.draw()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadDraw;

/// Draws that a test has written down; after the last one it starts again.
pub struct ScriptedDraw {
    script: Vec<f64>,
    next: Mutex<usize>,
}

impl ScriptedDraw {
    /// Draws `script` in order, over and over; an empty script draws 0.
    ///
    /// Values below 0 or from 1 on are drawn as they stand: what a decision makes of them is its affair.
    #[must_use]
    pub fn new(script: impl IntoIterator<Item = f64>) -> Self {
        Self { script: script.into_iter().collect(), next: Mutex::new(0) }
    }

    /// How many numbers were drawn.
    #[must_use]
    pub fn drawn(&self) -> usize {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ScriptedDraw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedDraw")
            .field("script", &self.script)
            .field("drawn", &self.drawn())
            .finish()
    }
}

impl Draw for ScriptedDraw {
    fn draw(&self) -> f64 {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let drawn = self.script.get(*next % self.script.len().max(1)).copied().unwrap_or(0.0);
        *next += 1;
        drawn
    }
}

/// Moves on in a child after `fork`.
static GENERATION: AtomicU64 = AtomicU64::new(1);
/// One seed per thread and generation, taken from here.
static SEEDS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The generator's state and the generation that seeded it; generation 0 is not seeded yet.
    static GENERATOR: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

impl Draw for ThreadDraw {
    #[inline]
    fn draw(&self) -> f64 {
        GENERATOR.with(|generator| {
            let (mut state, mut generation) = generator.get();
            // ORDERING: Relaxed. After a fork there is one thread, and it is the one that stored it.
            if generation != GENERATION.load(Ordering::Relaxed) {
                (state, generation) = seed();
            }
            let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            generator.set((state, generation));
            unit(mix(state))
        })
    }
}

/// The upper 53 bits, as the double they are a fraction of 2^53 of.
#[inline]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[inline]
fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cold]
fn seed() -> (u64, u64) {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    let process = *PROCESS.get_or_init(|| {
        on_fork();
        RandomState::new().hash_one(std::process::id())
    });
    // ORDERING: Relaxed. The count gives each thread a number of its own; it guards no other memory.
    let thread = SEEDS.fetch_add(1, Ordering::Relaxed);
    let generation = GENERATION.load(Ordering::Relaxed);
    // The child's id parts siblings of one parent; the generation parts child and parent.
    let origin = u64::from(std::process::id()).wrapping_mul(0xd6e8_feb8_6659_fd93) ^ generation;
    (mix(process ^ mix(thread) ^ mix(origin)), generation)
}

#[cfg(unix)]
fn on_fork() {
    extern "C" fn child() {
        // ORDERING: Relaxed, as in `draw`. An atomic add is allowed in a fork handler.
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: `child` is a function that lives as long as the process and only adds to an atomic.
    // It fails only without memory; then children draw their parent's numbers.
    let _ = unsafe { libc::pthread_atfork(None, None, Some(child)) };
}

#[cfg(not(unix))]
fn on_fork() {}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_evenly() {
        let mut tenths = [0_u32; 10];
        for _ in 0..100_000 {
            tenths[(ThreadDraw.draw() * 10.0) as usize] += 1;
        }
        // 10 000 expected in each, standard deviation 95: eight of them.
        assert!(tenths.iter().all(|&n| n.abs_diff(10_000) < 760), "{tenths:?}");
    }

    #[test]
    fn the_largest_and_the_smallest_bits_stay_in_range() {
        assert_eq!(unit(0), 0.0);
        assert!(unit(u64::MAX) < 1.0);
    }

    #[test]
    fn threads_draw_different_numbers() {
        let draws = || (0..4).map(|_| ThreadDraw.draw()).collect::<Vec<_>>();
        let other = std::thread::spawn(draws).join().unwrap();
        assert_ne!(draws(), other);
    }

    #[cfg(unix)]
    #[test]
    fn a_forked_child_draws_other_numbers_than_its_parent() {
        let _ = ThreadDraw.draw();
        let mut pipe = [0; 2];
        // SAFETY: `pipe` has room for the two descriptors.
        assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
        // SAFETY: the child draws (a thread-local and atomics), writes and exits: nothing that needs a lock.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        let mut drawn = ThreadDraw.draw().to_bits().to_ne_bytes();
        if child == 0 {
            // SAFETY: the buffer is 8 bytes long; `_exit` ends the child without running anything else.
            unsafe {
                libc::write(pipe[1], drawn.as_ptr().cast(), drawn.len());
                libc::_exit(0);
            }
        }
        let parents = drawn;
        // SAFETY: the buffer is 8 bytes long, and `child` is our child.
        let read = unsafe { libc::read(pipe[0], drawn.as_mut_ptr().cast(), drawn.len()) };
        // SAFETY: as above; no status is wanted.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        assert_eq!(read, 8);
        assert_ne!(parents, drawn);
    }
}
