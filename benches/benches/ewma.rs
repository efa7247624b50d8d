//! Moving averages beside tower's peak EWMA: a sample, a reading, threads.

use std::cell::RefCell;
use std::hint::black_box;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resil_benches::row::Row;
use resil_core::{Clock, CoarseClock, Ewma, MonotonicClock, QuantaClock};
use tower::Service;
use tower::load::{Load, PeakEwma, TrackCompletion};

use crate::answers::Answers;

const OPERATION: &str = "moving average";
const TAU: Duration = Duration::from_secs(10);

/// Hands out what tower would drop when the answer came, which is when it takes the sample in.
#[derive(Clone)]
pub struct HandOut;

impl<H> TrackCompletion<H, ()> for HandOut {
    type Output = H;

    fn track_completion(&self, handle: H, (): ()) -> H {
        handle
    }
}

pub fn tower() -> PeakEwma<Answers, HandOut> {
    PeakEwma::new(Answers, Duration::from_millis(1), TAU.as_nanos() as f64, HandOut)
}

/// The handle of one call of tower's.
macro_rules! handle {
    ($service:expr) => {
        match pin!($service.call(())).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(handle)) => handle,
            _ => unreachable!("it is ready"),
        }
    };
}

pub fn peak<C: Clock>(clock: C) -> Ewma<C> {
    let peak = Ewma::peak(TAU).unwrap().with_clock(clock);
    peak.record(7.0).unwrap();
    peak
}

fn by_time<C: Clock>(clock: C) -> Ewma<C> {
    let ewma = Ewma::by_time(TAU).unwrap().with_clock(clock);
    ewma.record(7.0).unwrap();
    ewma
}

fn sample() -> Row<'static> {
    let mut theirs = tower();
    let waiting = Rc::new(RefCell::new(Vec::new()));
    let handles = Rc::clone(&waiting);
    let (kernel, counter, coarse, given) = (
        by_time(MonotonicClock),
        by_time(QuantaClock::new()),
        by_time(CoarseClock),
        by_time(MonotonicClock),
    );
    let (peak_kernel, peak_coarse) = (peak(MonotonicClock), peak(CoarseClock));
    let by_count = Ewma::by_count(0.1).unwrap();
    let start = MonotonicClock.now();
    Row::new(OPERATION, "sample")
        .on_threads_too()
        // Asking is what makes its handles, and is not timed; an answer is.
        .prepared(
            "tower, peak",
            "kernel",
            move |calls| handles.borrow_mut().extend((0..calls).map(|_| handle!(theirs))),
            move |_| waiting.borrow_mut().clear(),
        )
        .case("resil, by time", "kernel", move |_| kernel.record(black_box(7.0)))
        .case("resil, by time", "counter", move |_| counter.record(black_box(7.0)))
        .case("resil, by time", "coarse", move |_| coarse.record(black_box(7.0)))
        .case("resil, by time", "given", move |call| {
            let later = Duration::from_micros(3 * (call & 0xffff_ffff));
            given.record_at(start.saturating_add(later), black_box(7.0))
        })
        .case("resil, peak", "kernel", move |_| peak_kernel.record(black_box(7.0)))
        .case("resil, peak", "coarse", move |_| peak_coarse.record(black_box(7.0)))
        .case("resil, by count", "none", move |_| by_count.record(black_box(7.0)))
}

fn reading() -> Row<'static> {
    let mut theirs = tower();
    drop(handle!(theirs));
    let (kernel, coarse) = (peak(MonotonicClock), peak(CoarseClock));
    Row::new(OPERATION, "reading")
        .own("tower, peak", "kernel", move |_| theirs.load())
        .case("resil, peak", "kernel", move |_| kernel.value())
        .case("resil, peak", "coarse", move |_| coarse.value())
}

pub fn rows() -> Vec<Row<'static>> {
    vec![sample(), reading()]
}
