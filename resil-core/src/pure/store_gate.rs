//! Whether a store is asked at all: up, down, or being tried.
//!
//! Up, every call asks. A fault that tells of the server itself, or too many timeouts, shuts the gate: down, nobody
//! asks, and a prober tries the store now and then, ever less often. So many tries in a row that come to a good end
//! open it again; one that fails starts them anew. So a store that comes and goes is not asked in between.
//! Invariant: while the gate is not up, at most one try runs, and none before its time.
//! Units: nanoseconds. Source: the half-open state of circuit breakers (Nygard), with Envoy's jittered back-off.

use core::time::Duration;

use super::instant::Instant;

/// So many of the latest calls are judged together.
const RECENT: u32 = 20;

/// When the gate shuts and opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// So many timeouts in a row shut it.
    pub timeouts_in_a_row: u32,
    /// So many good tries in a row open it.
    pub tries: u32,
    /// The pause after the first failed try; each further one doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// The pause while the store refuses who asks (password, rights): no hurry helps.
    pub refused_pause: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            timeouts_in_a_row: 3,
            tries: 2,
            first_pause: Duration::from_millis(20),
            longest_pause: Duration::from_millis(500),
            refused_pause: Duration::from_secs(30),
        }
    }
}

/// What went wrong with a call or a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No answer in time. The script may run later all the same.
    Timeout,
    /// No connection, or it broke.
    Disconnected,
    /// The server answers, and does not do it: read-only, out of memory, loading, busy, too few replicas.
    Unable,
    /// The server does not let this caller do it: password, rights.
    Refused,
    /// This one call is wrong: another type at its key, an answer of another form. Says nothing about others.
    Call,
}

/// Whether the store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Every call asks.
    Up,
    /// No call asks; the next try waits for its time.
    Down,
    /// No call asks; a try is running.
    Probing,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Calls ask again.
    WentUp,
    /// Calls ask no more.
    WentDown,
}

/// A gate at one time. New, it is down, and its first try is due.
///
/// ```
/// use resil_core::pure::store_gate::{Change, Config, Fault, Mode, State};
/// use resil_core::Instant;
///
/// let config = Config::default();
/// let mut gate = State::new(Instant::ZERO);
/// assert_eq!(gate.mode(), Mode::Down);
/// assert!(gate.try_probe(Instant::ZERO));
/// assert_eq!(gate.on_probe(&config, Instant::ZERO, 0.0, Ok(())), None);
/// assert!(gate.try_probe(Instant::ZERO)); // the second follows at once
/// assert_eq!(gate.on_probe(&config, Instant::ZERO, 0.0, Ok(())), Some(Change::WentUp));
/// let down = gate.on_fault(&config, Instant::ZERO, gate.epoch(), Fault::Disconnected);
/// assert_eq!(down, Some(Change::WentDown));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    mode: Mode,
    /// How often it opened; what a call from before a shutting tells is old.
    epoch: u64,
    /// Timeouts in a row.
    in_a_row: u32,
    /// The latest calls, a bit each, set for a timeout; the newest is the lowest.
    recent: u32,
    /// Good tries in a row.
    good: u32,
    /// Failed tries in a row.
    failed: u32,
    next_probe: Instant,
}

impl State {
    /// A gate that was never open, whose first try is due at `now`.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            mode: Mode::Down,
            epoch: 0,
            in_a_row: 0,
            recent: 0,
            good: 0,
            failed: 0,
            next_probe: now,
        }
    }

    /// A gate that is open from the beginning: for callers who bring a connection.
    #[must_use]
    pub const fn opened(now: Instant) -> Self {
        Self { mode: Mode::Up, epoch: 1, ..Self::new(now) }
    }

    /// Whether the store is asked.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Tells one time of being up from the others; a call keeps the one at which it began.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// When the next try is due; `None` while up, and while one runs.
    #[must_use]
    pub const fn next_probe(&self) -> Option<Instant> {
        match self.mode {
            Mode::Down => Some(self.next_probe),
            Mode::Up | Mode::Probing => None,
        }
    }

    /// A call came back in time.
    pub const fn on_success(&mut self, epoch: u64) {
        if self.is_current(epoch) {
            self.in_a_row = 0;
            self.recent <<= 1;
        }
    }

    /// A call that began in `epoch` went wrong; one of an earlier epoch changes nothing.
    ///
    /// Shuts the gate at once on [`Fault::Disconnected`], [`Fault::Unable`] and [`Fault::Refused`]; on
    /// [`Fault::Timeout`] at the configured number in a row, or when more than half of the latest 20 calls timed
    /// out; never on [`Fault::Call`].
    pub const fn on_fault(
        &mut self,
        config: &Config,
        now: Instant,
        epoch: u64,
        fault: Fault,
    ) -> Option<Change> {
        if !self.is_current(epoch) {
            return None;
        }
        let shuts = match fault {
            Fault::Call => {
                self.on_success(epoch);
                false
            }
            Fault::Timeout => {
                self.in_a_row += 1;
                self.recent = self.recent << 1 | 1;
                let latest = self.recent & ((1 << RECENT) - 1);
                self.in_a_row >= config.timeouts_in_a_row || latest.count_ones() > RECENT / 2
            }
            Fault::Disconnected | Fault::Unable | Fault::Refused => true,
        };
        if !shuts {
            return None;
        }
        // The first try is due at once.
        *self = Self { epoch: self.epoch, ..Self::new(now) };
        Some(Change::WentDown)
    }

    /// Whether a try may begin at `now`; if so, it has.
    pub const fn try_probe(&mut self, now: Instant) -> bool {
        let due = matches!(self.mode, Mode::Down) && now.as_nanos() >= self.next_probe.as_nanos();
        if due {
            self.mode = Mode::Probing;
        }
        due
    }

    /// The try that runs came to an end. `draw`, uniform in [0, 1), spreads the pauses of many instances: each is
    /// between half and all of what the doubling says.
    ///
    /// Without one that runs, nothing changes.
    pub fn on_probe(
        &mut self,
        config: &Config,
        now: Instant,
        draw: f64,
        outcome: Result<(), Fault>,
    ) -> Option<Change> {
        if self.mode != Mode::Probing {
            return None;
        }
        let Err(fault) = outcome else {
            self.good += 1;
            if self.good < config.tries {
                (self.mode, self.next_probe) = (Mode::Down, now);
                return None;
            }
            *self = Self { mode: Mode::Up, epoch: self.epoch + 1, ..Self::new(now) };
            return Some(Change::WentUp);
        };
        self.good = 0;
        let doubled = config.first_pause.saturating_mul(1 << self.failed.min(30));
        let pause = match fault {
            Fault::Refused => config.refused_pause,
            _ => doubled.min(config.longest_pause),
        };
        self.failed = self.failed.saturating_add(1);
        let spread = pause.mul_f64(0.5 + 0.5 * draw.clamp(0.0, 1.0));
        (self.mode, self.next_probe) = (Mode::Down, now.saturating_add(spread));
        None
    }

    const fn is_current(&self, epoch: u64) -> bool {
        matches!(self.mode, Mode::Up) && self.epoch == epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_ms(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000).unwrap()
    }

    fn up() -> (Config, State) {
        let config = Config::default();
        let mut gate = State::new(at_ms(0));
        for expected in [None, Some(Change::WentUp)] {
            assert!(gate.try_probe(at_ms(0)));
            assert_eq!(gate.on_probe(&config, at_ms(0), 0.0, Ok(())), expected);
        }
        (config, gate)
    }

    #[test]
    fn what_tells_of_the_server_shuts_it_at_once_and_a_wrong_call_never() {
        for fault in [Fault::Disconnected, Fault::Unable, Fault::Refused] {
            let (config, mut gate) = up();
            assert_eq!(gate.on_fault(&config, at_ms(5), 1, fault), Some(Change::WentDown));
            assert_eq!((gate.mode(), gate.next_probe()), (Mode::Down, Some(at_ms(5))));
        }
        let (config, mut gate) = up();
        for _ in 0..100 {
            assert_eq!(gate.on_fault(&config, at_ms(5), 1, Fault::Call), None);
        }
        assert_eq!(gate.mode(), Mode::Up);
    }

    #[test]
    fn timeouts_shut_it_three_in_a_row_or_more_than_half_of_twenty() {
        let (config, mut gate) = up();
        let timeout = |gate: &mut State| gate.on_fault(&config, at_ms(1), 1, Fault::Timeout);
        assert_eq!([timeout(&mut gate), timeout(&mut gate)], [None, None]);
        gate.on_success(1);
        assert_eq!([timeout(&mut gate), timeout(&mut gate)], [None, None]);
        assert_eq!(timeout(&mut gate), Some(Change::WentDown));

        let (_, mut gate) = up();
        for _ in 0..5 {
            assert_eq!([timeout(&mut gate), timeout(&mut gate)], [None, None]);
            gate.on_success(1);
        }
        // Ten of the latest fifteen; the eleventh is more than half of twenty.
        assert_eq!(timeout(&mut gate), Some(Change::WentDown));

        let (_, mut gate) = up();
        for _ in 0..1_000 {
            assert_eq!(timeout(&mut gate), None);
            gate.on_success(1);
        }
    }

    #[test]
    fn what_began_before_it_shut_does_not_shut_it_again() {
        let (config, mut gate) = up();
        gate.on_fault(&config, at_ms(5), 1, Fault::Disconnected);
        assert_eq!(gate.on_fault(&config, at_ms(6), 1, Fault::Disconnected), None);
        for _ in 0..2 {
            assert!(gate.try_probe(at_ms(6)));
            gate.on_probe(&config, at_ms(6), 0.0, Ok(()));
        }
        assert_eq!((gate.mode(), gate.epoch()), (Mode::Up, 2));
        assert_eq!(gate.on_fault(&config, at_ms(7), 1, Fault::Disconnected), None);
        assert_eq!(gate.mode(), Mode::Up);
    }

    #[test]
    fn it_opens_after_two_good_tries_in_a_row_and_a_failed_one_starts_them_anew() {
        let (config, mut gate) = up();
        gate.on_fault(&config, at_ms(0), 1, Fault::Unable);
        let mut now = at_ms(0);
        for outcome in [Ok(()), Err(Fault::Unable), Ok(())] {
            assert!(gate.try_probe(now));
            assert!(!gate.try_probe(now), "one at a time");
            assert_eq!(gate.on_probe(&config, now, 0.0, outcome), None);
            now = gate.next_probe().unwrap();
        }
        assert!(gate.try_probe(now));
        assert_eq!(gate.on_probe(&config, now, 0.0, Ok(())), Some(Change::WentUp));
        assert_eq!(gate.on_probe(&config, now, 0.0, Err(Fault::Timeout)), None, "none runs");
        assert_eq!(gate.mode(), Mode::Up);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread() {
        let config = Config::default();
        let mut gate = State::new(at_ms(0));
        let mut pauses = Vec::new();
        let mut now = at_ms(0);
        for _ in 0..40 {
            assert!(gate.try_probe(now));
            gate.on_probe(&config, now, 1.0, Err(Fault::Disconnected));
            assert!(!gate.try_probe(now), "not before its time");
            let next = gate.next_probe().unwrap();
            pauses.push(next.saturating_since(now).as_millis());
            now = next;
        }
        assert_eq!(pauses[..7], [20, 40, 80, 160, 320, 500, 500]);
        assert_eq!(pauses[39], 500);
        assert!(gate.try_probe(now));
        gate.on_probe(&config, now, 0.0, Err(Fault::Disconnected));
        assert_eq!(gate.next_probe(), Some(now.saturating_add(Duration::from_millis(250))));
    }

    #[test]
    fn a_store_that_refuses_the_caller_is_tried_rarely() {
        let config = Config::default();
        let mut gate = State::new(at_ms(0));
        assert!(gate.try_probe(at_ms(0)));
        gate.on_probe(&config, at_ms(0), 1.0, Err(Fault::Refused));
        assert_eq!(gate.next_probe(), Some(at_ms(30_000)));
    }

    #[test]
    fn a_gate_opened_by_who_brings_a_connection_is_up_in_the_first_epoch() {
        let config = Config::default();
        let mut gate = State::opened(at_ms(3));
        assert_eq!((gate.mode(), gate.epoch(), gate.next_probe()), (Mode::Up, 1, None));
        assert!(!gate.try_probe(at_ms(3)), "up, nobody tries");
        let down = gate.on_fault(&config, at_ms(4), gate.epoch(), Fault::Disconnected);
        assert_eq!((down, gate.next_probe()), (Some(Change::WentDown), Some(at_ms(4))));
        assert!(gate.try_probe(at_ms(4)));
        assert_eq!((gate.mode(), gate.next_probe()), (Mode::Probing, None));
    }
}
