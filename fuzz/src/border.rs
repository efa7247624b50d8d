//! Calls of the C library, one after another, as a string of bytes spells them.
//!
//! Each call is checked against its comment in `include/resil.h`: the status is one that it names; an error leaves
//! a message that begins with the function's name, and no other answer changes the message; what it writes is
//! written when the comment says so, and nothing beside it ever; NULL is refused where it must not be. Permits,
//! reservations and locks are settled or given back once, and a value that a call made is destroyed once. A panic
//! in the library ends the run, as does what a sanitizer finds.
//!
//! Callbacks call the library again, with the same objects. One thread, so nothing waits for another: what would
//! sleep is called with a clock that a test moves, or with no time to wait.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use crate::callbacks::{Thrown, Value};
use crate::header::{
    FUNCTIONS, Function, Handle, resil_permit_t, resil_reservation_t, resil_spin_lock_t,
};

/// The most calls of one run: no string of bytes takes long.
const MOST_CALLS: u32 = 2_000;

/// How deep callbacks go.
const DEEPEST: u32 = 2;

/// Runs the calls that `bytes` spell, then frees everything.
pub fn run(bytes: &[u8]) {
    let border = Border::new(bytes);
    while !border.is_empty() && border.calls.get() < MOST_CALLS {
        let function = &FUNCTIONS[border.pick(FUNCTIONS.len())];
        border.call(function);
    }
    border.end();
}

/// What there is between calls.
pub(crate) struct Border {
    bytes: Vec<u8>,
    /// How many bytes are used up.
    used: Cell<usize>,
    /// Calls made, and callbacks that are running.
    pub(crate) calls: Cell<u32>,
    pub(crate) depth: Cell<u32>,
    /// The last instant drawn: the next is often near it.
    pub(crate) now: Cell<u64>,
    objects: RefCell<BTreeMap<&'static str, [Object; 3]>>,
    pub(crate) permits: [Caller<resil_permit_t>; 3],
    pub(crate) reservations: [Caller<resil_reservation_t>; 3],
    pub(crate) locks: [Caller<resil_spin_lock_t>; 2],
    pub(crate) values: RefCell<Vec<Box<Value>>>,
    /// Whether the single flight that is called destroys its values.
    pub(crate) destroys: Cell<bool>,
}

/// An object behind a handle, and what must be known of it. NULL if there is none.
#[derive(Clone, Copy)]
struct Object {
    handle: *mut c_void,
    note: Note,
}

/// How an object was made.
#[derive(Clone, Copy, Default)]
pub(crate) struct Note {
    /// With a clock that a test moves: nothing sleeps.
    pub(crate) manual: bool,
    /// With a function that destroys values.
    pub(crate) destroys: bool,
    /// With so many points that a great weight is refused at once.
    pub(crate) many_points: bool,
}

/// A struct of the caller's, in place for as long as the run.
pub(crate) struct Caller<T> {
    pub(crate) place: Box<Cell<T>>,
    /// The object that it is out of, or anything but NULL for a lock that is held.
    pub(crate) out_of: Cell<*const c_void>,
}

impl<T> Caller<T> {
    fn new() -> Self {
        // SAFETY: all zeros are a permit, a reservation and a lock that are good for nothing yet (resil.h).
        let zeros = unsafe { std::mem::zeroed() };
        Self { place: Box::new(Cell::new(zeros)), out_of: Cell::new(ptr::null()) }
    }
}

impl Border {
    fn new(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            used: Cell::new(0),
            calls: Cell::new(0),
            depth: Cell::new(0),
            now: Cell::new(0),
            objects: RefCell::default(),
            permits: std::array::from_fn(|_| Caller::new()),
            reservations: std::array::from_fn(|_| Caller::new()),
            locks: std::array::from_fn(|_| Caller::new()),
            values: RefCell::default(),
            destroys: Cell::new(false),
        }
    }

    /// The next byte; 0 when there are none left.
    pub(crate) fn byte(&self) -> u8 {
        let used = self.used.get();
        self.used.set(used + 1);
        self.bytes.get(used).copied().unwrap_or(0)
    }

    fn is_empty(&self) -> bool {
        self.used.get() >= self.bytes.len()
    }

    /// A number below `choices`.
    pub(crate) fn pick(&self, choices: usize) -> usize {
        usize::from(self.byte()) % choices
    }

    /// One of these.
    pub(crate) fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.pick(choices.len())]
    }

    /// A number of so many bytes.
    pub(crate) fn number(&self, bytes: u32) -> u64 {
        (0..bytes).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// Calls it with what the bytes spell.
    fn call(&self, function: &Function) {
        self.calls.set(self.calls.get() + 1);
        let destroys = self.destroys.get();
        let frame = Frame::new(self, function);
        // Unwind safe: what is thrown is ours, and leaves everything as a callback that returns does.
        if let Err(thrown) = catch_unwind(AssertUnwindSafe(|| (function.call)(&frame))) {
            assert!(frame.throws.get() && thrown.is::<Thrown>(), "{} unwound", function.name);
        }
        drop(frame);
        self.destroys.set(destroys);
    }

    /// A call out of a callback, if there is to be one. Not one that frees, or updates a ring.
    pub(crate) fn call_back(&self) {
        let function = &FUNCTIONS[self.pick(FUNCTIONS.len())];
        let deep = self.depth.get() == DEEPEST || self.calls.get() >= MOST_CALLS;
        if deep || self.is_empty() || function.name.ends_with("_free") {
            return;
        }
        self.depth.set(self.depth.get() + 1);
        self.call(function);
        self.depth.set(self.depth.get() - 1);
    }

    /// One of the objects of a type, made now if there is none; NULL at times.
    pub(crate) fn object<T: Handle>(&self) -> (*mut T, Note) {
        if self.byte() % 16 == 15 {
            return (ptr::null_mut(), Note::default());
        }
        let has_some =
            |objects: &[Object; 3]| objects.iter().any(|object| !object.handle.is_null());
        if !self.objects.borrow().get(T::NAME).is_some_and(has_some) {
            let makers: Vec<_> =
                FUNCTIONS.iter().filter(|function| function.makes == Some(T::NAME)).collect();
            if !makers.is_empty() && self.calls.get() < MOST_CALLS {
                self.depth.set(self.depth.get() + 1);
                self.call(makers[self.pick(makers.len())]);
                self.depth.set(self.depth.get() - 1);
            }
        }
        let objects = self.objects.borrow();
        let there: Vec<_> = (objects.get(T::NAME).into_iter().flatten())
            .filter(|object| !object.handle.is_null())
            .collect();
        if there.is_empty() {
            return (ptr::null_mut(), Note::default());
        }
        let object = there[self.pick(there.len())];
        (object.handle.cast(), object.note)
    }

    /// Keeps a new object, in place of one that is freed; or frees it, if there is no place and a call is running
    /// that may use the others.
    pub(crate) fn keep<T: Handle>(&self, handle: *mut T, note: Note) {
        let mut objects = self.objects.borrow_mut();
        let none = Object { handle: ptr::null_mut(), note: Note::default() };
        let places = objects.entry(T::NAME).or_insert([none; 3]);
        let place = places.iter().position(|object| object.handle.is_null());
        let replaced = match place {
            Some(place) => {
                places[place] = Object { handle: handle.cast(), note };
                ptr::null_mut()
            }
            None if self.depth.get() > 0 => handle,
            None => {
                let place = self.pick(places.len());
                std::mem::replace(&mut places[place], Object { handle: handle.cast(), note })
                    .handle
                    .cast()
            }
        };
        drop(objects);
        if !replaced.is_null() {
            self.forget(replaced);
            // SAFETY: nobody has the handle now.
            unsafe { T::free(replaced) };
        }
    }

    /// Takes an object out, to free it; NULL at times.
    pub(crate) fn take<T: Handle>(&self) -> *mut T {
        let (handle, _) = self.object::<T>();
        for object in self.objects.borrow_mut().get_mut(T::NAME).into_iter().flatten() {
            if ptr::eq(object.handle.cast(), handle) {
                object.handle = ptr::null_mut();
            }
        }
        self.forget(handle);
        handle
    }

    /// Permits and reservations of a freed object mean nothing: another may come to lie at the same address.
    fn forget<T: Handle>(&self, handle: *mut T) {
        let freed: *const c_void = handle.cast();
        for permit in self.permits.iter().filter(|permit| permit.out_of.get() == freed) {
            permit.place.set(resil_permit_t { opaque_owner: ptr::null() });
            permit.out_of.set(ptr::null());
        }
    }

    fn end(&self) {
        // Clocks before what reads them, single flights before the values that they handed out.
        macro_rules! free_all {
            ($($handle:ident)*) => { $(
                for object in self.objects.borrow_mut().remove(crate::header::$handle::NAME).into_iter().flatten() {
                    // SAFETY: it is freed here and nowhere else; NULL is fine.
                    unsafe { crate::header::$handle::free(object.handle.cast()) };
                }
            )* };
        }
        free_all!(resil_manual_clock_t resil_token_bucket_t resil_leaky_meter_t resil_leaky_queue_t);
        free_all!(resil_period_limiter_t resil_rolling_window_t resil_rolling_counter_t resil_ewma_t);
        free_all!(resil_single_flight_t resil_shared_value_t resil_sre_breaker_t resil_hash_ring_t);
        assert!(self.objects.borrow().is_empty(), "a type behind a handle is not freed here");
        for value in self.values.borrow().iter() {
            value.check();
        }
    }
}

/// A call that is made.
pub struct Frame<'a> {
    pub(crate) border: &'a Border,
    pub(crate) function: &'a Function,
    /// The object that is called.
    pub(crate) object: Cell<*const c_void>,
    /// How it was made, or is being made.
    pub(crate) note: Cell<Note>,
    /// Whether a pointer is NULL that must not be.
    pub(crate) null: Cell<bool>,
    /// The last length drawn, and whether the pointer before it was NULL.
    pub(crate) length: Rc<Cell<usize>>,
    pub(crate) null_unless_empty: Cell<bool>,
    /// Whether a callback may throw.
    pub(crate) throws: Cell<bool>,
    pub(crate) kept: RefCell<Vec<Box<dyn Any>>>,
    pub(crate) checks: RefCell<Vec<Check<'a>>>,
    pub(crate) message_before: RefCell<String>,
    pub(crate) calls_before: Cell<u32>,
}

/// What is looked at after the call, with its status.
type Check<'a> = Box<dyn FnOnce(i32) + 'a>;

impl<'a> Frame<'a> {
    fn new(border: &'a Border, function: &'a Function) -> Self {
        Self {
            border,
            function,
            object: Cell::new(ptr::null()),
            note: Cell::default(),
            null: Cell::default(),
            length: Rc::default(),
            null_unless_empty: Cell::default(),
            throws: Cell::default(),
            kept: RefCell::default(),
            checks: RefCell::default(),
            message_before: RefCell::default(),
            calls_before: Cell::default(),
        }
    }

    pub(crate) fn check_after(&self, check: impl FnOnce(i32) + 'a) {
        self.checks.borrow_mut().push(Box::new(check));
    }

    pub(crate) fn with(&self, change: impl FnOnce(&mut Note)) {
        let mut note = self.note.get();
        change(&mut note);
        self.note.set(note);
    }
}
