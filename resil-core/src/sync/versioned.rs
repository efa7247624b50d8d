//! One word of state and the configuration it is read with, switched together.
//!
//! The word is `version (4 bits) | content (60 bits)`. An even version is settled: its configuration lies in
//! `settled`, at a fixed address on a cache line that only a change writes. A change writes `next`, moves the
//! word to an odd version (content carried in the same CAS), copies the configuration to `settled`, and moves
//! the word to the following even version. Whoever decided with an older version fails its own CAS.
//!
//! Reading goes configuration first, word afterwards, so that nothing lies between loading the word and the
//! CAS. The word's version tells whether the right configuration was read; `settled_version`, which counts
//! in full, tells whether a whole turn of the four bits passed meanwhile.
//!
//! Invariant: what `prepare` made is used only with a content of the same version. Residual: a thread that
//! sleeps between loading the word and its CAS through a multiple of 8 changes, after which the 60 bits of
//! content are the same again.
//! Cost: readers write nothing; an update is one CAS; a change is two under a lock among writers only.

use crossbeam::utils::CachePadded;

use super::primitive::{AtomicU64, Mutex, MutexGuard, Ordering};

/// In the models of this file two changes are a whole turn of the versions, so that they see one.
const CONTENT_BITS: u32 = if cfg!(all(test, any(resil_loom, resil_shuttle))) { 62 } else { 60 };
const CONTENT: u64 = (1 << CONTENT_BITS) - 1;
const VERSIONS: u64 = 1 << (64 - CONTENT_BITS);

/// Alone on a cache line of 64 bytes. Two of them are neighbours: who fetches lines in pairs wants both. Where a line
/// is of 128 bytes, whoever writes the one takes the other along, which costs time and nothing else.
#[derive(Debug)]
#[repr(align(64))]
struct Line<T>(T);

/// A word, its configuration of `N` words, `M` more for writers, and `W`, which only they see.
#[derive(Debug)]
pub(crate) struct Versioned<const N: usize, const M: usize, W> {
    lines: CachePadded<Lines<N, M, W>>,
}

#[derive(Debug)]
struct Lines<const N: usize, const M: usize, W> {
    /// What everyone writes.
    state: Line<State<N, W>>,
    /// What only a change writes.
    live: Line<Live<N, M>>,
}

#[derive(Debug)]
struct State<const N: usize, W> {
    word: AtomicU64,
    writer: Mutex<W>,
    /// Here, since a change writes this line anyway.
    next: [AtomicU64; N],
}

#[derive(Debug)]
struct Live<const N: usize, const M: usize> {
    /// The last even version, in full. Lags the word by one change at most, while that is under way.
    settled_version: AtomicU64,
    settled: [AtomicU64; N],
    /// Loaded and stored under the writers' lock only; here, since there is room.
    aside: [AtomicU64; M],
}

/// What was read: a content and what `prepare` made of its configuration.
#[derive(Clone, Copy)]
pub(crate) struct View<P> {
    pub(crate) prepared: P,
    /// The word without its version.
    pub(crate) content: u64,
    /// The version, where the word has it.
    tag: u64,
    /// Which configuration it is, counted from 0.
    pub(crate) number: u64,
}

impl<P> View<Option<P>> {
    pub(crate) fn transpose(self) -> Option<View<P>> {
        let Self { prepared, content, tag, number } = self;
        Some(View { prepared: prepared?, content, tag, number })
    }
}

/// A configuration about to be replaced, with all other writers kept out.
pub(crate) struct Writing<'a, const N: usize, const M: usize, W> {
    owner: &'a Versioned<N, M, W>,
    pub(crate) writer: MutexGuard<'a, W>,
    version: u64,
}

impl<const N: usize, const M: usize, W> Versioned<N, M, W> {
    pub(crate) fn new(config: [u64; N], content: u64, aside: [u64; M], writer: W) -> Self {
        Self {
            lines: CachePadded::new(Lines {
                state: Line(State {
                    word: AtomicU64::new(content),
                    writer: Mutex::new(writer),
                    next: config.map(AtomicU64::new),
                }),
                live: Line(Live {
                    settled_version: AtomicU64::new(0),
                    settled: config.map(AtomicU64::new),
                    aside: aside.map(AtomicU64::new),
                }),
            }),
        }
    }

    #[inline]
    fn state(&self) -> &State<N, W> {
        &self.lines.state.0
    }

    #[inline]
    fn live(&self) -> &Live<N, M> {
        &self.lines.live.0
    }

    /// The content, with what `prepare` makes of the configuration that belongs to it.
    #[inline]
    pub(crate) fn view<P>(&self, prepare: impl Fn([u64; N]) -> P) -> View<P> {
        match self.view_settled(|config| Some(prepare(config))) {
            Some(view) => view,
            None => self.view_during_change(prepare),
        }
    }

    /// As `view`; nothing while a change is under way, or if `prepare` makes nothing of the configuration: small
    /// enough to live in registers.
    #[inline]
    pub(crate) fn view_settled<P>(
        &self,
        prepare: impl Fn([u64; N]) -> Option<P>,
    ) -> Option<View<P>> {
        let live = self.live();
        // ORDERING: Acquire, pairs with the Release store in `Writing::commit`: `settled` is filled.
        let version = live.settled_version.load(Ordering::Acquire);
        let prepared = prepare(load(&live.settled))?;
        // ORDERING: Acquire, keeps the load below after it, and pairs with the CAS in `Writing::commit`: of
        // the changes before this word, all but the last have stored their version.
        let word = self.state().word.load(Ordering::Acquire);
        // ORDERING: Relaxed. It only has to come after the word, and is compared, not followed.
        let still = live.settled_version.load(Ordering::Relaxed);
        // Of another version, something of it stays above the content.
        let tag = version << CONTENT_BITS;
        let content = word ^ tag;
        if content <= CONTENT && still == version {
            Some(View { prepared, content, tag, number: version / 2 })
        } else {
            None
        }
    }

    #[cold]
    #[inline(never)]
    fn view_during_change<P>(&self, prepare: impl Fn([u64; N]) -> P) -> View<P> {
        let (state, live) = (self.state(), self.live());
        loop {
            // ORDERING: Acquire, as in `view_settled`; the word loaded next is at least as new.
            let settled = live.settled_version.load(Ordering::Acquire);
            // ORDERING: Acquire, pairs with the CASes in `Writing::commit`: what that version reads is filled.
            let tag = state.word.load(Ordering::Acquire) & !CONTENT;
            let version = tag >> CONTENT_BITS;
            let config = if version % 2 == 0 { &live.settled } else { &state.next };
            let prepared = prepare(load(config));
            // ORDERING: Acquire, as in `view_settled`.
            let word = state.word.load(Ordering::Acquire);
            // ORDERING: Relaxed, as in `view_settled`.
            let still = live.settled_version.load(Ordering::Relaxed);
            let content = word ^ tag;
            if content <= CONTENT && still == settled {
                // The word is at least as new as `settled`, and one change ahead at most.
                let full = settled + version.wrapping_sub(settled) % VERSIONS;
                return View { prepared, content, tag, number: full.div_ceil(2) };
            }
        }
    }

    /// Stores `content` if nothing changed since `view` was taken. Otherwise answers the view as it is now, if
    /// only the content changed, or nothing if it has to be taken again.
    #[inline]
    pub(crate) fn replace<P>(
        &self,
        mut view: View<P>,
        content: u64,
    ) -> Result<View<P>, Option<View<P>>> {
        debug_assert!(content <= CONTENT);
        // ORDERING: Relaxed on success. The word is the whole state and publishes nothing else; a change's
        // Release carries on through this read-modify-write. Acquire on failure, as in `view_settled`.
        let stored = self.state().word.compare_exchange_weak(
            view.content ^ view.tag,
            content | view.tag,
            Ordering::Relaxed,
            Ordering::Acquire,
        );
        match stored {
            Ok(_) => Ok(view),
            Err(now) => {
                view.content = now ^ view.tag;
                // ORDERING: Relaxed, as in `view_settled`.
                let settled = self.live().settled_version.load(Ordering::Relaxed);
                Err((view.content <= CONTENT && settled == view.number * 2).then_some(view))
            }
        }
    }

    /// Keeps other writers out until dropped.
    pub(crate) fn write(&self) -> Writing<'_, N, M, W> {
        let writer = self.state().writer.lock();
        // ORDERING: Relaxed. Only writers store it, and the lock orders them.
        let version = self.live().settled_version.load(Ordering::Relaxed);
        Writing { owner: self, writer, version }
    }
}

/// ORDERING: Acquire, pairs with the Release stores in `store`: a word of a change that overtook us makes the
/// CAS before it visible, so the load of the state that follows shows another version.
#[inline]
fn load<const N: usize>(config: &[AtomicU64; N]) -> [u64; N] {
    std::array::from_fn(|i| config[i].load(Ordering::Acquire))
}

/// ORDERING: Release, pairs with the Acquire loads in `load`: see there.
fn store<const N: usize>(config: &[AtomicU64; N], values: [u64; N]) {
    for (word, value) in config.iter().zip(values) {
        word.store(value, Ordering::Release);
    }
}

impl<const N: usize, const M: usize, W> Writing<'_, N, M, W> {
    /// The number of the configuration in force.
    pub(crate) fn number(&self) -> u64 {
        self.version / 2
    }

    /// The configuration in force.
    pub(crate) fn config(&self) -> [u64; N] {
        load(&self.owner.live().settled)
    }

    /// What is kept for writers.
    pub(crate) fn aside(&self) -> [u64; M] {
        // ORDERING: Relaxed. Only writers load and store it, and the lock orders them.
        self.owner.live().aside.each_ref().map(|word| word.load(Ordering::Relaxed))
    }

    /// Keeps `words` for writers.
    pub(crate) fn set_aside(&mut self, words: [u64; M]) {
        for (place, word) in self.owner.live().aside.iter().zip(words) {
            // ORDERING: Relaxed, as in `aside`.
            place.store(word, Ordering::Relaxed);
        }
    }

    /// Puts `config` into force, and `carry(content)` in place of the content, in one step.
    pub(crate) fn commit(&mut self, config: [u64; N], carry: impl Fn(u64) -> u64) {
        let (state, live) = (self.owner.state(), self.owner.live());
        store(&state.next, config);
        self.step(carry);
        store(&live.settled, config);
        self.step(|content| content);
        // ORDERING: Release, pairs with the Acquire loads of it: `settled` is filled.
        live.settled_version.store(self.version, Ordering::Release);
    }

    /// Moves the word one version on.
    fn step(&mut self, carry: impl Fn(u64) -> u64) {
        self.version += 1;
        let version = (self.version % VERSIONS) << CONTENT_BITS;
        // ORDERING: Relaxed, the CAS checks it; only the content can differ, for we hold the lock.
        let mut word = self.owner.state().word.load(Ordering::Relaxed);
        loop {
            let content = carry(word & CONTENT);
            debug_assert!(content <= CONTENT);
            // ORDERING: Release, pairs with the Acquire loads of the word: what this version reads is filled.
            // Relaxed on failure, as above.
            match self.owner.state().word.compare_exchange_weak(
                word,
                version | content,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }
}

#[cfg(all(test, any(resil_loom, resil_shuttle)))]
mod models;
