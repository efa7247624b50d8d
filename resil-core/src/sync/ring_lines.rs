//! Lines of 64 bytes that are read without locks and replaced as a whole.
//!
//! There are two sides. The version tells which is current; an update fills the other one and then moves the
//! version on. So what a reader reads is rewritten only by the update after the next one, which marks the version
//! before it begins: a reader that finds the version no further than one finished update has read one state.
//! It writes nothing, and repeats itself only if an update ends and another begins meanwhile.
//!
//! Memory that has become too small may still be read by who loaded its address before, so it is kept until the
//! whole is dropped. Sizes are powers of two: what is kept is less than what is in use.
//! Invariant: what is reachable from `Live` is in a `Block` of `Memory`, which is dropped after it.

use std::fmt;
use std::ptr::{self, NonNull};

use crossbeam::utils::CachePadded;

use super::primitive::{AtomicPtr, AtomicU16, AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering};

/// A line as plain values: upper halves of positions, slots, and the number of the first point.
type Values<const N: usize> = ([u32; N], [u16; N], u32);

/// One cache line when `N` is 10.
#[repr(C, align(64))]
pub(crate) struct Line<const N: usize> {
    upper_halves: [AtomicU32; N],
    slots: [AtomicU16; N],
    first: AtomicU32,
}

/// The bits of an address that a line's alignment leaves free. The logarithm of the number of lines is kept there,
/// so that it is loaded with the address, as one.
const FREE_BITS: usize = 63;

/// Every point, for what the lines do not tell.
pub(crate) struct Points {
    positions: Box<[AtomicU64]>,
    slots: Box<[AtomicU16]>,
    count: AtomicU32,
    /// How many different slots they have.
    nodes: AtomicU32,
}

struct Side<const N: usize> {
    /// Tagged with the logarithm of their number.
    lines: AtomicPtr<Line<N>>,
    points: AtomicPtr<Points>,
}

struct Live<const N: usize> {
    /// Twice the number of finished updates, and 1 more while one is under way.
    version: AtomicU64,
    sides: [Side<N>; 2],
    /// Ids by slot. One table for both sides: an update that gives a slot to another comes after one that took
    /// it from everybody, so no side that is still read has that slot.
    ids: AtomicPtr<Box<[AtomicU64]>>,
}

/// What is current, and the means to replace it, with `W`, which only writers see.
pub(crate) struct RingLines<const N: usize, W> {
    live: CachePadded<Live<N>>,
    memory: Mutex<Memory<N, W>>,
}

/// Everything ever allocated; the last of each kind is in use.
struct Memory<const N: usize, W> {
    lines: [Vec<Block<Line<N>>>; 2],
    points: [Vec<Block<Points>>; 2],
    ids: Vec<Block<Box<[AtomicU64]>>>,
    writer: W,
}

/// A slice that stays where it is until this is dropped, and is only ever shared.
struct Block<T> {
    start: NonNull<T>,
    len: usize,
}

// SAFETY: a block owns its slice as a `Box` would, and gives out shared references and its address only.
unsafe impl<T: Send + Sync> Send for Block<T> {}

impl<T> Block<T> {
    fn new(values: impl Iterator<Item = T>) -> Self {
        let slice: Box<[T]> = values.collect();
        let len = slice.len();
        Self { start: NonNull::from(Box::leak(slice)).cast(), len }
    }

    fn slice(&self) -> &[T] {
        // SAFETY: `new` leaked exactly this slice; it is not freed while `self` lives, and never borrowed mutably.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    fn address(&self) -> *mut T {
        self.start.as_ptr()
    }
}

impl<T> Drop for Block<T> {
    fn drop(&mut self) {
        let slice = ptr::slice_from_raw_parts_mut(self.start.as_ptr(), self.len);
        // SAFETY: `new` leaked exactly this slice, and nobody borrows from `self` any more. Who follows its address
        // borrows from the `RingLines` that is being dropped.
        drop(unsafe { Box::from_raw(slice) });
    }
}

impl<const N: usize> Line<N> {
    fn new((upper_halves, slots, first): Values<N>) -> Self {
        Self {
            upper_halves: upper_halves.map(AtomicU32::new),
            slots: slots.map(AtomicU16::new),
            first: AtomicU32::new(first),
        }
    }

    fn fill(&self, (upper_halves, slots, first): Values<N>) {
        // ORDERING: Release, all, for the mark: see `Reading::stands`.
        for (place, upper_half) in self.upper_halves.iter().zip(upper_halves) {
            place.store(upper_half, Ordering::Release);
        }
        for (place, slot) in self.slots.iter().zip(slots) {
            place.store(slot, Ordering::Release);
        }
        self.first.store(first, Ordering::Release);
    }

    #[inline]
    pub(crate) fn upper_half(&self, place: usize) -> u32 {
        // ORDERING: Acquire, for `Reading::stands`.
        self.upper_halves[place].load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn slot(&self, place: usize) -> u16 {
        // ORDERING: Acquire, for `Reading::stands`, and for `Reading::id`.
        self.slots[place].load(Ordering::Acquire)
    }

    /// The number of its first point.
    pub(crate) fn first(&self) -> usize {
        // ORDERING: Acquire, for `Reading::stands`.
        self.first.load(Ordering::Acquire) as usize
    }
}

impl Points {
    fn new(capacity: usize) -> Self {
        Self {
            positions: (0..capacity).map(|_| AtomicU64::new(0)).collect(),
            slots: (0..capacity).map(|_| AtomicU16::new(0)).collect(),
            count: AtomicU32::new(0),
            nodes: AtomicU32::new(0),
        }
    }

    fn fill(&self, points: &[(u64, u16)], nodes: usize) {
        // ORDERING: Release, all, for the mark: see `Reading::stands`.
        for (number, (position, slot)) in points.iter().enumerate() {
            self.positions[number].store(*position, Ordering::Release);
            self.slots[number].store(*slot, Ordering::Release);
        }
        self.count.store(points.len() as u32, Ordering::Release);
        self.nodes.store(nodes as u32, Ordering::Release);
    }

    /// How many nodes there are at them.
    pub(crate) fn nodes(&self) -> usize {
        // ORDERING: Acquire, for `Reading::stands`.
        self.nodes.load(Ordering::Acquire) as usize
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        // ORDERING: Acquire, for `Reading::stands`.
        self.count.load(Ordering::Acquire) as usize
    }

    /// The position and the slot of one of them.
    pub(crate) fn get(&self, number: usize) -> (u64, u16) {
        // ORDERING: Acquire, for `Reading::stands`, and for `Reading::id`.
        let position = self.positions[number].load(Ordering::Acquire);
        (position, self.slots[number].load(Ordering::Acquire))
    }
}

impl<const N: usize> Live<N> {
    #[inline]
    fn side(&self, version: u64) -> &Side<N> {
        &self.sides[(version / 2 % 2) as usize]
    }
}

/// One look at what is current. Worth something only if [`stands`](Self::stands) says so afterwards: until then,
/// numbers of two states may have come together.
pub(crate) struct Reading<'a, const N: usize> {
    live: &'a Live<N>,
    side: &'a Side<N>,
    version: u64,
}

impl<const N: usize> Reading<'_, N> {
    /// Whether everything read up to here is of one state.
    #[inline]
    pub(crate) fn stands(&self) -> bool {
        // ORDERING: Relaxed. What was read was loaded with Acquire, so this comes after it, and sees the mark of
        // any update that stored some of it.
        let now = self.live.version.load(Ordering::Relaxed);
        now - self.version / 2 * 2 <= 2
    }

    /// The line that `upper_half` belongs to.
    #[inline]
    pub(crate) fn line(&self, upper_half: u32) -> &Line<N> {
        // ORDERING: Acquire, pairs with the store in `publish`: these lines are initialised.
        let tagged = self.side.lines.load(Ordering::Acquire);
        let lines = tagged.map_addr(|address| address & !FREE_BITS);
        let bits = tagged.addr() & FREE_BITS;
        let number = u64::from(upper_half) << bits >> 32;
        // SAFETY: the address is that of at least `1 << bits` lines, see `publish`, and `number` has `bits` bits.
        // They are in a block that lives as long as what `self` borrows, see the invariant.
        unsafe { &*lines.add(number as usize) }
    }

    /// All points.
    pub(crate) fn points(&self) -> &Points {
        // ORDERING: Acquire, pairs with the store in `publish`: they are initialised.
        let points = self.side.points.load(Ordering::Acquire);
        // SAFETY: the address of a `Points` in a block that lives as long as what `self` borrows.
        unsafe { &*points }
    }

    /// The id of who has a slot that this look has read.
    #[inline]
    pub(crate) fn id(&self, slot: u16) -> Option<u64> {
        // ORDERING: Acquire, pairs with the store in `store_id`: the table is initialised. It comes after the load
        // of the slot, which is Acquire, so it sees a table that has it.
        let ids = self.live.ids.load(Ordering::Acquire);
        // SAFETY: the address of a table in a block that lives as long as what `self` borrows.
        let ids = unsafe { &*ids };
        // ORDERING: Acquire, for `stands`.
        ids.get(usize::from(slot)).map(|id| id.load(Ordering::Acquire))
    }
}

impl<const N: usize, W> RingLines<N, W> {
    /// Two sides of one line, and no points.
    pub(crate) fn new(line: Values<N>, writer: W) -> Self {
        let lines = || Block::new(std::iter::once(Line::new(line)));
        let points = || Block::new(std::iter::once(Points::new(0)));
        let memory = Memory {
            lines: [vec![lines()], vec![lines()]],
            points: [vec![points()], vec![points()]],
            ids: vec![Block::new(std::iter::once(Box::default()))],
            writer,
        };
        let side = |number: usize| Side {
            lines: AtomicPtr::new(memory.lines[number][0].address()),
            points: AtomicPtr::new(memory.points[number][0].address()),
        };
        let live = Live {
            version: AtomicU64::new(0),
            sides: [side(0), side(1)],
            ids: AtomicPtr::new(memory.ids[0].address()),
        };
        Self { live: CachePadded::new(live), memory: Mutex::new(memory) }
    }

    /// Looks at what is current.
    #[inline]
    pub(crate) fn look(&self) -> Reading<'_, N> {
        let live: &Live<N> = &self.live;
        // ORDERING: Acquire, pairs with the first and the last store in `publish`: that side is filled.
        let version = live.version.load(Ordering::Acquire);
        Reading { live, side: live.side(version), version }
    }

    /// What `read` makes of one state. It may be called again.
    #[inline]
    pub(crate) fn read<T>(&self, mut read: impl FnMut(&Reading<'_, N>) -> T) -> T {
        loop {
            let reading = self.look();
            let answer = read(&reading);
            if reading.stands() {
                return answer;
            }
        }
    }

    /// Keeps other writers out.
    pub(crate) fn write(&self) -> Writing<'_, N, W> {
        Writing { live: &self.live, memory: self.memory.lock() }
    }
}

/// The only writer.
pub(crate) struct Writing<'a, const N: usize, W> {
    live: &'a Live<N>,
    memory: MutexGuard<'a, Memory<N, W>>,
}

impl<const N: usize, W> Writing<'_, N, W> {
    pub(crate) fn writer(&mut self) -> &mut W {
        &mut self.memory.writer
    }

    /// The points that are current, and what only writers see.
    pub(crate) fn points(&self) -> (impl Iterator<Item = (u64, u16)>, &W) {
        // ORDERING: Relaxed. Only who holds the lock stores.
        let version = self.live.version.load(Ordering::Relaxed);
        let reading = Reading { live: self.live, side: self.live.side(version), version };
        let count = reading.points().count();
        ((0..count).map(move |number| reading.points().get(number)), &self.memory.writer)
    }

    /// Replaces all points, which are those of so many nodes, and the lines by `1 << bits` of these. A slot that
    /// is given to somebody has its id.
    pub(crate) fn publish(
        &mut self,
        given: Option<(u16, u64)>,
        (points, nodes): (&[(u64, u16)], usize),
        bits: u32,
        lines: impl Iterator<Item = Values<N>>,
    ) {
        // ORDERING: Relaxed. Only who holds the lock stores. It is odd if a panic ended an update.
        let settled = self.live.version.load(Ordering::Relaxed) / 2 * 2;
        // ORDERING: Release, pairs with the load in `RingLines::look`, as the mark takes the place of the version of
        // a side that was filled. All stores below are Release too, so who sees one of them sees the mark.
        self.live.version.store(settled + 1, Ordering::Release);
        if let Some((slot, id)) = given {
            self.store_id(slot, id);
        }
        let number = (settled / 2 + 1) as usize % 2;
        let side = &self.live.sides[number];
        let memory = &mut *self.memory;

        if last(&memory.points[number]).slice()[0].slots.len() < points.len() {
            let grown = Points::new(points.len().next_power_of_two());
            memory.points[number].push(Block::new(std::iter::once(grown)));
        }
        let block = last(&memory.points[number]);
        block.slice()[0].fill(points, nodes);
        // ORDERING: Release, for the mark, and pairs with the load in `Reading::points`: they are initialised.
        side.points.store(block.address(), Ordering::Release);

        if last(&memory.lines[number]).len < 1 << bits {
            memory.lines[number].push(Block::new(lines.map(Line::new)));
        } else {
            let old = last(&memory.lines[number]).slice();
            old.iter().zip(lines).for_each(|(line, values)| line.fill(values));
        }
        let block = last(&memory.lines[number]);
        assert!(block.len >= 1 << bits, "as many lines as said");
        let tagged = block.address().map_addr(|address| address | bits as usize);
        // ORDERING: Release, for the mark, and pairs with the load in `Reading::line`: they are initialised.
        side.lines.store(tagged, Ordering::Release);

        // ORDERING: Release, pairs with the load in `RingLines::look`: the side is filled.
        self.live.version.store(settled + 2, Ordering::Release);
    }

    /// Before any line or point has that slot.
    fn store_id(&mut self, slot: u16, id: u64) {
        let slot = usize::from(slot);
        let old: &[AtomicU64] = &last(&self.memory.ids).slice()[0];
        if old.len() <= slot {
            // ORDERING: Relaxed. Only who holds the lock stores.
            let kept = old.iter().map(|id| id.load(Ordering::Relaxed));
            let grown = kept.chain(std::iter::repeat(0)).take((slot + 1).next_power_of_two());
            let grown = Block::new(std::iter::once(grown.map(AtomicU64::new).collect()));
            // ORDERING: Release, for the mark, and pairs with the load in `Reading::id`: it is initialised.
            self.live.ids.store(grown.address(), Ordering::Release);
            self.memory.ids.push(grown);
        }
        // ORDERING: Release, for the mark.
        last(&self.memory.ids).slice()[0][slot].store(id, Ordering::Release);
    }
}

fn last<T>(blocks: &[Block<T>]) -> &Block<T> {
    blocks.last().expect("there is one from the beginning")
}

/// Says nothing of what it holds: that is a million numbers.
impl<const N: usize, W> fmt::Debug for RingLines<N, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingLines").finish_non_exhaustive()
    }
}

#[cfg(all(test, any(resil_loom, resil_shuttle)))]
mod models;
