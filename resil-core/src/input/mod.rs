//! Asks the machine: the only place that reads the time or draws numbers, and that waits.

mod any_clock;
mod clock;
mod draw;
mod hash_secrets;
mod manual_clock;
#[cfg(feature = "quanta")]
mod quanta_clock;

pub use any_clock::AnyClock;
pub use clock::{Clock, CoarseClock, MonotonicClock, UnixClock};
pub use draw::{Draw, ScriptedDraw, ThreadDraw};
pub use manual_clock::ManualClock;
#[cfg(feature = "quanta")]
pub use quanta_clock::QuantaClock;
