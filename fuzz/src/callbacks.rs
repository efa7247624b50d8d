//! Functions of the caller's: they call the library again, answer anything, and one may throw.

use std::cell::Cell;
use std::ffi::c_void;
use std::panic::resume_unwind;

use crate::border::{Border, Frame};
use crate::header::{
    resil_bucket_visitor_t, resil_count_visitor_t, resil_destroy_t, resil_draw_t,
    resil_guarded_call_t, resil_hash_ring_accepts_t, resil_load_t,
};

/// What a callback throws.
pub(crate) struct Thrown;

/// What a call has made, for all who follow.
pub(crate) struct Value {
    /// How often it is to be destroyed, and how often it was.
    due: u32,
    destroyed: Cell<u32>,
}

impl Value {
    pub(crate) fn check(&self) {
        assert_eq!(self.destroyed.get(), self.due, "how often a value was destroyed");
    }
}

macro_rules! callback {
    ($($kind:ident: $function:expr;)*) => { $(
        pub(crate) fn $kind(&self, name: &'static str) -> $kind {
            if self.is_null(name) { None } else { Some($function) }
        }
    )* };
}

impl Frame<'_> {
    callback! {
        resil_bucket_visitor_t: visit_bucket;
        resil_count_visitor_t: visit_count;
        resil_guarded_call_t: guarded;
        resil_hash_ring_accepts_t: accepts;
    }

    pub(crate) fn resil_load_t(&self, name: &'static str) -> resil_load_t {
        self.throws.set(true);
        self.border.destroys.set(self.note.get().destroys);
        if self.is_null(name) { None } else { Some(load) }
    }
}

/// For a breaker's options.
pub(crate) const DRAW: resil_draw_t = Some(draw);

/// For a single flight's options.
pub(crate) const DESTROY: resil_destroy_t = Some(destroy);

/// The border, which is the user data of every callback.
fn border<'a>(user_data: *mut c_void) -> &'a Border {
    // SAFETY: what `Frame::user_data` gave; the run outlives the call.
    unsafe { &*user_data.cast::<Border>() }
}

unsafe extern "C-unwind" fn visit_bucket(user_data: *mut c_void, sum: u64, count: u64) {
    assert!(count > 0 || sum == 0, "a bucket has a sum and no count");
    border(user_data).call_back();
}

unsafe extern "C-unwind" fn visit_count(user_data: *mut c_void, _count: u64) {
    border(user_data).call_back();
}

unsafe extern "C-unwind" fn draw(user_data: *mut c_void) -> f64 {
    let border = border(user_data);
    if border.byte() % 4 == 0 {
        border.call_back();
    }
    border.one_of(&[0.0, 0.25, 0.5, 0.999, 1.0, -0.0, -1.0, f64::NAN, f64::INFINITY])
}

unsafe extern "C-unwind" fn guarded(user_data: *mut c_void) -> i32 {
    border(user_data).call_back();
    border(user_data).one_of(&[0, 0, 1, 7, 8, 63, 64, 500, -1, i32::MIN, i32::MAX])
}

// It must not update the ring, so it calls nothing.
unsafe extern "C-unwind" fn accepts(user_data: *mut c_void, id: u64) -> bool {
    assert_ne!(id, 0, "no node has the id 0");
    border(user_data).byte() % 2 == 0
}

unsafe extern "C-unwind" fn load(user_data: *mut c_void, value: *mut *mut c_void) -> i32 {
    let border = border(user_data);
    let destroys = border.destroys.get();
    // SAFETY: the header says that it is there to be written, and NULL before.
    assert!(unsafe { *value }.is_null(), "a value that is there before the call");
    border.call_back();
    let kind = border.byte();
    let throws = kind % 8 == 7;
    if kind % 4 != 0 {
        let made = Box::new(Value { due: u32::from(destroys && !throws), destroyed: Cell::new(0) });
        // SAFETY: as above; the box stays where it is until the run is over.
        unsafe { *value = (&raw const *made).cast_mut().cast() };
        border.values.borrow_mut().push(made);
    }
    if throws {
        resume_unwind(Box::new(Thrown));
    }
    border.one_of(&[0, 0, 0, 5, 64, -1, i32::MIN])
}

unsafe extern "C-unwind" fn destroy(value: *mut c_void) {
    // SAFETY: what `load` put there; it lies in `Border::values`.
    let value = unsafe { &*value.cast::<Value>() };
    value.destroyed.set(value.destroyed.get() + 1);
}
