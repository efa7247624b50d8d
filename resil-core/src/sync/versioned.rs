//! One word of state and the configuration it is read with, switched together.
//!
//! The word is `version (4 bits) | content (60 bits)`. The configuration lies in two buffers, chosen by the
//! version's parity, on cache lines that only a change writes. A change fills the idle buffer and then
//! moves version and content in one CAS: whoever decided with the old configuration fails its own CAS.
//!
//! Reading goes configuration first, word afterwards, so that nothing lies between loading the word and the
//! CAS. The word's version tells whether the right buffer was read; `changes`, which counts every change in
//! full, tells whether 16 changes passed meanwhile.
//!
//! Invariant: `prepare` results are used only with a content of the same version. Residual: a thread that
//! sleeps between loading the word and its CAS through a multiple of 16 changes, after which the 60 bits of
//! content are the same again.
//! Cost: readers write nothing; updating is one CAS; a change is one CAS under a lock among writers only.

use crossbeam::utils::CachePadded;

use super::primitive::{AtomicU64, Mutex, MutexGuard, Ordering};

const CONTENT_BITS: u32 = 60;
const CONTENT: u64 = (1 << CONTENT_BITS) - 1;
const VERSIONS: u64 = 1 << (64 - CONTENT_BITS);

/// A word, its configuration of `N` words, and `W`, which only writers see.
#[derive(Debug)]
pub(crate) struct Versioned<const N: usize, W> {
    /// What everyone writes.
    state: CachePadded<State<W>>,
    /// What only a change writes.
    live: CachePadded<Live<N>>,
}

#[derive(Debug)]
struct State<W> {
    word: AtomicU64,
    writer: Mutex<W>,
}

#[derive(Debug)]
struct Live<const N: usize> {
    changes: AtomicU64,
    buffers: [[AtomicU64; N]; 2],
}

/// What was read: a content and what `prepare` made of its configuration.
pub(crate) struct View<P> {
    pub(crate) prepared: P,
    word: u64,
    /// Which configuration it is, counted from 0.
    pub(crate) number: u64,
}

impl<P> View<P> {
    #[inline]
    pub(crate) fn content(&self) -> u64 {
        self.word & CONTENT
    }
}

/// A configuration about to be replaced, with all other writers kept out.
pub(crate) struct Writing<'a, const N: usize, W> {
    owner: &'a Versioned<N, W>,
    pub(crate) writer: MutexGuard<'a, W>,
    number: u64,
}

impl<const N: usize, W> Versioned<N, W> {
    pub(crate) fn new(config: [u64; N], content: u64, writer: W) -> Self {
        Self {
            state: CachePadded::new(State {
                word: AtomicU64::new(content),
                writer: Mutex::new(writer),
            }),
            live: CachePadded::new(Live {
                changes: AtomicU64::new(0),
                buffers: [config.map(AtomicU64::new), [0; N].map(AtomicU64::new)],
            }),
        }
    }

    /// The content, with what `prepare` makes of the configuration that belongs to it.
    #[inline]
    pub(crate) fn view<P>(&self, prepare: impl Fn([u64; N]) -> P) -> View<P> {
        // ORDERING: Acquire, pairs with the Release store in `Writing::commit`: the buffer is filled.
        let mut changes = self.live.changes.load(Ordering::Acquire);
        let mut version = changes % VERSIONS;
        loop {
            let prepared = prepare(self.config(version));
            // ORDERING: Acquire, pairs with the CAS in `Writing::commit`, for the buffer of a newer version;
            // and it keeps the load of `changes` below after it.
            let word = self.state.word.load(Ordering::Acquire);
            // ORDERING: Acquire, as the first load: the next round must see a word at least as new. That a
            // change came between is visible by the Acquire above: it stored the count of the one before.
            let now = self.live.changes.load(Ordering::Acquire);
            if word >> CONTENT_BITS == version && now == changes {
                // The word is at least as new as the count, which lags its CAS by at most one.
                let number = changes + (version.wrapping_sub(changes) % VERSIONS);
                return View { prepared, word, number };
            }
            changes = now;
            version = word >> CONTENT_BITS;
        }
    }

    /// Stores `content` if nothing changed since `view`. Otherwise `view` shows what is there now: `false`.
    #[inline]
    pub(crate) fn replace<P>(
        &self,
        view: &mut View<P>,
        content: u64,
        prepare: impl Fn([u64; N]) -> P,
    ) -> bool {
        debug_assert!(content <= CONTENT);
        let version = view.word & !CONTENT;
        // ORDERING: Relaxed on success: the word is the whole state and publishes nothing else; a change's
        // Release carries on through this read-modify-write. Acquire on failure, as the load in `view`.
        match self.state.word.compare_exchange_weak(
            view.word,
            version | content,
            Ordering::Relaxed,
            Ordering::Acquire,
        ) {
            Ok(_) => return true,
            Err(word) if word & !CONTENT == version => view.word = word,
            Err(_) => *view = self.view(prepare),
        }
        false
    }

    /// Keeps other writers out until dropped.
    pub(crate) fn write(&self) -> Writing<'_, N, W> {
        let writer = self.state.writer.lock();
        // ORDERING: Relaxed. Only writers store it, and the lock orders them.
        let number = self.live.changes.load(Ordering::Relaxed);
        Writing { owner: self, writer, number }
    }

    #[inline]
    fn config(&self, version: u64) -> [u64; N] {
        // ORDERING: Acquire, pairs with the Release stores in `Writing::commit`: a word of a change that
        // overtook us makes the CAS before it visible, so the load of the state that follows sees it too.
        let buffer = &self.live.buffers[(version % 2) as usize];
        std::array::from_fn(|i| buffer[i].load(Ordering::Acquire))
    }
}

impl<const N: usize, W> Writing<'_, N, W> {
    /// The number of the configuration in force.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The configuration in force.
    pub(crate) fn config(&self) -> [u64; N] {
        self.owner.config(self.number)
    }

    /// Puts `config` into force, and `carry(content)` in place of the content, in one step.
    pub(crate) fn commit(&mut self, config: [u64; N], carry: impl Fn(u64) -> u64) {
        let next = self.number + 1;
        for (word, value) in self.owner.live.buffers[(next % 2) as usize].iter().zip(config) {
            // ORDERING: Release, pairs with the Acquire loads in `config`: see there.
            word.store(value, Ordering::Release);
        }
        let version = (next % VERSIONS) << CONTENT_BITS;
        // ORDERING: Relaxed, the CAS checks it; only the content can differ, for we hold the lock.
        let mut word = self.owner.state.word.load(Ordering::Relaxed);
        loop {
            let content = carry(word & CONTENT);
            debug_assert!(content <= CONTENT);
            // ORDERING: Release, pairs with the Acquire loads of the word: the buffer is filled. Relaxed on
            // failure, as above.
            match self.owner.state.word.compare_exchange_weak(
                word,
                version | content,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        // ORDERING: Release, pairs with the Acquire load in `view`.
        self.owner.live.changes.store(next, Ordering::Release);
        self.number = next;
    }
}

#[cfg(all(test, resil_loom))]
mod models {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    /// Both words of the configuration are its number, and the content is its number times 100 plus what was
    /// added: whoever sees a mixture sees it in the numbers.
    fn tagged() -> Arc<Versioned<2, ()>> {
        Arc::new(Versioned::new([0, 0], 0, ()))
    }

    fn step(versioned: &Versioned<2, ()>, number: u64) {
        versioned.write().commit([number, number], |content| content % 100 + number * 100);
    }

    fn add(versioned: &Versioned<2, ()>) {
        let mut view = versioned.view(|config| config);
        loop {
            let [a, b] = view.prepared;
            assert_eq!(a, b, "half a configuration");
            assert_eq!(view.content() / 100, a, "configuration and content of different versions");
            assert_eq!(view.number, a);
            let next = view.content() + 1;
            if versioned.replace(&mut view, next, |config| config) {
                return;
            }
        }
    }

    /// Invariant: no addition is decided by a configuration other than that of the content it is added to,
    /// and none is lost, across two changes.
    #[test]
    fn two_changes_against_an_addition_are_never_mixed() {
        loom::model(|| {
            let versioned = tagged();
            let other = versioned.clone();
            let thread = thread::spawn(move || {
                step(&other, 1);
                step(&other, 2);
            });
            add(&versioned);
            thread.join().unwrap();
            assert_eq!(versioned.view(|config| config).content(), 201);
        });
    }

    /// Invariant: the same with two threads adding, one change between them.
    #[test]
    fn a_change_against_two_additions_loses_neither() {
        loom::model(|| {
            let versioned = tagged();
            let threads = [versioned.clone(), versioned.clone()].map(|v| thread::spawn(move || add(&v)));
            step(&versioned, 1);
            threads.into_iter().for_each(|t| t.join().unwrap());
            assert_eq!(versioned.view(|config| config).content(), 102);
        });
    }

    /// Invariant: changes are one after the other, whoever makes them.
    #[test]
    fn two_writers_take_turns() {
        loom::model(|| {
            let versioned = tagged();
            let other = versioned.clone();
            let raise = |v: &Versioned<2, ()>| {
                let mut writing = v.write();
                let next = writing.number() + 1;
                assert_eq!(writing.config(), [next - 1, next - 1]);
                writing.commit([next, next], |content| content + 100);
            };
            let thread = thread::spawn(move || raise(&other));
            raise(&versioned);
            thread.join().unwrap();
            let view = versioned.view(|config| config);
            assert_eq!((view.prepared, view.content(), view.number), ([2, 2], 200, 2));
        });
    }
}
