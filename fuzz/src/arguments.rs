//! Arguments, drawn by type and name: numbers, NULL, handles of objects, and places for answers.

use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use crate::border::Frame;
use crate::header::{
    Handle, RESIL_STATUS_ABSENT, RESIL_STATUS_ALREADY_SETTLED, RESIL_STATUS_GRANTED,
    RESIL_STATUS_HELD, RESIL_STATUS_NOT_HELD, RESIL_STATUS_REJECTED, RESIL_STATUS_RETRY_AFTER,
    resil_permit_t, resil_reservation_t, resil_spin_lock_t,
};
use crate::structs::Input;

/// Keys and names of nodes lie here, and so does what is read beyond them.
static TEXT: [u8; 128] = {
    let mut text = [0; 128];
    let mut place = 0;
    while place < text.len() {
        text[place] = (place * 37 % 251) as u8;
        place += 1;
    }
    text
};

/// The most bytes of a key, and the most ids.
const LONGEST: usize = 64;

/// What lies around and in a place that is not written.
const PATTERN: u8 = 0xA5;

impl<'a> Frame<'a> {
    /// Whether the pointer of this name is to be NULL.
    pub(crate) fn is_null(&self, name: &'static str) -> bool {
        let null = self.border.byte() % 16 == 15;
        if null && self.function.required.contains(&name) {
            self.null.set(true);
        }
        null
    }

    pub(crate) fn u64(&self, name: &'static str) -> u64 {
        let border = self.border;
        if name == "timeout_ns"
            && self.function.name.ends_with("_acquire")
            && !self.note.get().manual
        {
            // It would sleep.
            return 0;
        }
        let number = border.u64();
        if name == "now_ns" {
            border.now.set(number.min(u64::MAX / 2));
        }
        number
    }

    pub(crate) fn u32(&self, name: &'static str) -> u32 {
        if name == "weight" && self.function.name == "resil_hash_ring_insert" {
            // Many points take long to sort; the greatest weight only where it is refused.
            let greatest = if self.note.get().many_points { 65_535 } else { 4 };
            return self.border.one_of(&[0, 1, 2, 3, 20, 65_536, u32::MAX, greatest]);
        }
        self.border.u32()
    }

    pub(crate) fn i32(&self, _name: &'static str) -> i32 {
        self.border.i32()
    }

    pub(crate) fn f64(&self, _name: &'static str) -> f64 {
        self.border.f64()
    }

    /// A length: of what a pointer before it points to, or of a place to come.
    pub(crate) fn usize(&self, _name: &'static str) -> usize {
        let null = self.null_unless_empty.take();
        let length = match self.border.byte() {
            255 if null => usize::MAX,
            byte => usize::from(byte % 8) * usize::from(byte / 8 % 8) % (LONGEST + 1),
        };
        self.length.set(length);
        if null && length > 0 {
            self.null.set(true);
        }
        length
    }

    pub(crate) fn resil_node_id_t(&self, _name: &'static str) -> u64 {
        self.border.one_of(&[0, 1, 2, 3, 65_535, 1 << 16, (1 << 16) + 1, (1 << 17) + 1, u64::MAX])
    }

    pub(crate) fn handle<T: Handle>(&self, name: &'static str) -> *const T {
        let (handle, note) = self.border.object::<T>();
        if handle.is_null() && self.function.required.contains(&name) {
            self.null.set(true);
        }
        self.object.set(handle.cast_const().cast());
        self.note.set(note);
        handle
    }

    pub(crate) fn taken<T: Handle>(&self) -> *mut T {
        self.border.take()
    }

    /// Where a new handle goes: NULL after every answer but a grant.
    pub(crate) fn made<T: Handle>(&self, name: &'static str) -> *mut *mut T {
        if self.is_null(name) {
            return ptr::null_mut();
        }
        let place = Box::into_raw(Box::new(ptr::NonNull::<T>::dangling().as_ptr()));
        self.kept.borrow_mut().push(Box::new(Kept(place)));
        let (border, function, note) = (self.border, self.function.name, self.note.get());
        self.check_after(move |status| {
            // SAFETY: the box is kept until the frame ends.
            let handle = unsafe { *place };
            if status == RESIL_STATUS_GRANTED {
                assert!(!handle.is_null(), "{function} granted no handle");
                border.keep(handle, note);
            } else {
                assert!(handle.is_null(), "{function} answered {status} and left a handle");
            }
        });
        place
    }

    /// Bytes that are read, as many as the next length says.
    pub(crate) fn bytes(&self, name: &'static str) -> *const c_void {
        if self.border.byte() % 16 == 15 {
            self.null_unless_empty.set(self.function.required.contains(&name));
            return ptr::null();
        }
        let from = self.border.pick(TEXT.len() - LONGEST);
        TEXT[from..].as_ptr().cast()
    }

    pub(crate) fn user_data(&self) -> *mut c_void {
        (&raw const *self.border).cast_mut().cast()
    }

    /// Where a node's bytes go: all of them, or none.
    pub(crate) fn buffer(&self, _name: &'static str) -> *mut c_void {
        if self.border.byte() % 16 == 15 {
            self.null_unless_empty.set(true);
            return ptr::null_mut();
        }
        self.room(LONGEST, 1, |written, status| status == RESIL_STATUS_GRANTED || !written).cast()
    }

    /// Where ids go; as many as a length before or after it says.
    pub(crate) fn ids(&self, _name: &'static str) -> *mut u64 {
        if self.border.byte() % 16 == 15 {
            if self.function.name.ends_with("_nodes") {
                self.null_unless_empty.set(true);
            } else if self.length.get() > 0 {
                self.null.set(true);
            }
            return ptr::null_mut();
        }
        self.room(LONGEST * 8, 8, |written, status| status == RESIL_STATUS_GRANTED || !written)
            .cast()
    }

    /// A struct that the library reads.
    pub(crate) fn input<T: Input>(&self, name: &'static str) -> *const T {
        if self.is_null(name) {
            return ptr::null();
        }
        let input = Box::into_raw(Box::new(T::drawn(self)));
        self.kept.borrow_mut().push(Box::new(Kept(input)));
        input
    }

    /// Where an answer goes: written with the statuses that its name goes with, and with no other.
    pub(crate) fn output<T>(&self, name: &'static str) -> *mut T {
        if self.is_null(name) {
            return ptr::null_mut();
        }
        let function = self.function.name;
        let when = move |status: i32| match name {
            "retry_after_ns" => status == RESIL_STATUS_RETRY_AFTER,
            "rejected" => status == RESIL_STATUS_REJECTED,
            "found" => status == RESIL_STATUS_GRANTED || status == RESIL_STATUS_ABSENT,
            _ if function.contains("_peek") => status < 64,
            _ => status == RESIL_STATUS_GRANTED,
        };
        self.place(size_of::<T>(), move |written, status| written == when(status)).cast()
    }

    /// A place of so many bytes; `right` says whether it may be written, or not, with a status. What lies around
    /// it never is.
    fn place(&self, size: usize, right: impl FnOnce(bool, i32) -> bool + 'static) -> *mut u8 {
        self.room(size, 0, right)
    }

    /// As [`Self::place`], of which no more is written than the last length says of things of `item` bytes, unless
    /// that is 0.
    fn room(
        &self,
        size: usize,
        item: usize,
        right: impl FnOnce(bool, i32) -> bool + 'static,
    ) -> *mut u8 {
        const AROUND: usize = 16;
        // For any alignment that the header has.
        let words = (size + 2 * AROUND).div_ceil(16);
        let whole =
            Box::into_raw(vec![u128::from_ne_bytes([PATTERN; 16]); words].into_boxed_slice());
        self.kept.borrow_mut().push(Box::new(Kept(whole)));
        let function = self.function.name;
        let (start, length) = (whole.cast::<u8>(), Rc::clone(&self.length));
        self.check_after(move |status| {
            // SAFETY: the box is kept until the frame ends, and nobody writes to it now.
            let bytes = unsafe { std::slice::from_raw_parts(start, words * 16) };
            let (before, rest) = bytes.split_at(AROUND);
            let (inside, after) = rest.split_at(size);
            let untouched = |bytes: &[u8]| bytes.iter().all(|byte| *byte == PATTERN);
            assert!(untouched(before) && untouched(after), "{function} wrote beside its place");
            let room = if item == 0 { size } else { length.get() * item };
            assert!(untouched(&inside[room..]), "{function} wrote more than there is room for");
            let written = !untouched(inside);
            assert!(right(written, status), "{function} answered {status}; written: {written}");
        });
        // SAFETY: the box is longer than that.
        unsafe { start.add(AROUND) }
    }

    pub(crate) fn permit(&self, name: &'static str) -> *mut resil_permit_t {
        if self.is_null(name) {
            return ptr::null_mut();
        }
        let border = self.border;
        let index = self.border.pick(self.border.permits.len());
        let breaker = self.object.get();
        let granted_by_asking = self.function.name.contains("_try_acquire");
        let before = self.border.permits[index].place.get().opaque_owner;
        let calls = self.border.calls.get();
        self.check_after(move |status| {
            let permit = &border.permits[index];
            let owner = permit.place.get().opaque_owner;
            let ours = permit.out_of.get() == breaker && !breaker.is_null();
            if status != RESIL_STATUS_GRANTED {
                // A callback may have settled it meanwhile.
                let alone = border.calls.get() == calls;
                assert!(!alone || owner == before, "a permit was changed with {status}");
                assert!(
                    status != RESIL_STATUS_ALREADY_SETTLED || !ours,
                    "a permit that is out was settled"
                );
            } else if granted_by_asking {
                assert!(!owner.is_null(), "a permit that is good for nothing");
                permit.out_of.set(breaker);
            } else {
                assert!(ours, "a permit was settled twice, or with another breaker");
                assert!(owner.is_null(), "a permit is not marked as settled");
                permit.out_of.set(ptr::null());
            }
        });
        self.border.permits[index].place.as_ptr()
    }

    pub(crate) fn reservation(&self, name: &'static str) -> *mut resil_reservation_t {
        if self.is_null(name) {
            return ptr::null_mut();
        }
        let border = self.border;
        let index = self.border.pick(self.border.reservations.len());
        let reserves = self.function.name.contains("_reserve");
        let bucket = self.object.get();
        let shown = |reservation: resil_reservation_t| {
            (
                reservation.ready_after_ns,
                reservation.ready_at_ns,
                reservation.permits,
                reservation.opaque_mark,
            )
        };
        let before = shown(self.border.reservations[index].place.get());
        self.check_after(move |status| {
            let reservation = &border.reservations[index];
            let out = !reservation.out_of.get().is_null();
            if status >= 8 {
                assert_eq!(
                    shown(reservation.place.get()),
                    before,
                    "a reservation was changed with {status}"
                );
                assert!(status != RESIL_STATUS_ALREADY_SETTLED || !out, "a promise was forgotten");
            } else if reserves {
                reservation.out_of.set(bucket);
            } else {
                assert!(out, "a reservation was cancelled twice");
                reservation.out_of.set(ptr::null());
            }
        });
        self.border.reservations[index].place.as_ptr()
    }

    pub(crate) fn lock(&self, name: &'static str) -> *mut resil_spin_lock_t {
        let index = self.border.pick(self.border.locks.len());
        let lock = &self.border.locks[index];
        let held = !lock.out_of.get().is_null();
        let function = self.function.name;
        if self.is_null(name) || (held && function == "resil_spin_lock_lock") {
            // Locking it once more would never return.
            self.null.set(true);
            return ptr::null_mut();
        }
        let border = self.border;
        self.check_after(move |status| {
            let (expected, holds) = match function {
                "resil_spin_lock_lock" => (RESIL_STATUS_GRANTED, true),
                "resil_spin_lock_try_lock" if held => (RESIL_STATUS_HELD, true),
                "resil_spin_lock_try_lock" => (RESIL_STATUS_GRANTED, true),
                "resil_spin_lock_unlock" if held => (RESIL_STATUS_GRANTED, false),
                "resil_spin_lock_unlock" => (RESIL_STATUS_NOT_HELD, false),
                _ => (status, held),
            };
            assert_eq!(status, expected, "{function} of a lock that is held: {held}");
            let holder = if holds { (&raw const *border).cast() } else { ptr::null() };
            border.locks[index].out_of.set(holder);
        });
        lock.place.as_ptr()
    }
}

/// A box that C was given a pointer to; freed with the frame.
struct Kept<T: ?Sized>(*mut T);

impl<T: ?Sized> Drop for Kept<T> {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw`, and freed here only.
        drop(unsafe { Box::from_raw(self.0) });
    }
}
