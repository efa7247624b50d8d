//! The token bucket, slow and obvious: the oracle of the random tests and of the fuzzer.
//!
//! It follows the documentation's account of ticks, scale and origin, and nothing of the library's code. What
//! is there is counted in permits, a wait is *searched for* with the same question that is asked of the
//! bucket, the bucket holds its own promises, and what is carried over is an exact fraction.

use num_bigint::BigInt;
use num_rational::BigRational;
use resil_core::Quota;

use crate::token_bucket_front::{Front, quota as checked};
use crate::vectors::{Answer, Carry, Operation, Verdict};

const LAST_INSTANT: u64 = i64::MAX as u64;
/// The most ticks from empty to full, and the history that a first instant leaves room for.
const HISTORY: i128 = 1 << 58;
/// A reading stays below this.
const HORIZON: i128 = 1 << 59;
/// A bucket is promised away for so many ticks at most.
const AHEAD: i128 = 1 << 59;

/// A quota in ticks.
#[derive(Clone, Debug)]
struct Ticks {
    burst: u32,
    per_permit: i128,
    /// Ticks per nanosecond, 64.64 fixed point, rounded up: two digits to the base 2^32 and the whole.
    scale: [u128; 3],
    /// A nanosecond is a whole number of ticks, so that nothing is ever rounded.
    exact: bool,
}

impl Ticks {
    fn new(quota: Quota) -> Self {
        let period = quota.period().as_nanos() as i128;
        let permits = i128::from(quota.permits());
        let burst = i128::from(quota.burst());
        let common = gcd(permits, period);
        let (parts, nanos) = (permits / common, period / common);
        let per_permit = if parts <= 2 && nanos * burst <= HISTORY {
            nanos
        } else {
            ((nanos + parts - 1) / parts).min(HISTORY / burst)
        };
        let (numerator, nanos) = ((BigInt::from(per_permit) * parts) << 64, BigInt::from(nanos));
        let exact = (BigInt::from(per_permit) * parts) % &nanos == BigInt::ZERO;
        let scale: BigInt = (numerator + &nanos - 1) / nanos;
        let scale: u128 = scale.try_into().expect("at most 4 ticks in a nanosecond");
        let digits = [scale & 0xffff_ffff, (scale >> 32) & 0xffff_ffff, scale >> 64];
        Self { burst: quota.burst(), per_permit, scale: digits, exact }
    }

    fn reading(&self, nanos: u128) -> i128 {
        // Schoolbook, from the lowest digit: each product fits, and what lies below the point is cut off.
        let [low, middle, whole] = self.scale.map(|digit| digit * nanos);
        (whole + ((middle + (low >> 32)) >> 32)) as i128
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The first number for which `is_due`, which stays so from there on.
pub(crate) fn first(is_due: impl Fn(u128) -> bool) -> u128 {
    let (mut early, mut due) = (0, 1_u128 << 65);
    if is_due(0) {
        return 0;
    }
    while due - early > 1 {
        let middle = early + (due - early) / 2;
        if is_due(middle) { due = middle } else { early = middle }
    }
    due
}

#[derive(Clone, Debug)]
struct Promise {
    id: String,
    ready_at: u64,
    /// From where to where it moved `full_at`; `None` once a change made it worthless.
    moved: Option<(i128, i128)>,
    changes: u32,
}

/// The bucket.
#[derive(Clone, Debug)]
pub struct Model {
    ticks: Ticks,
    initial: u32,
    origin: Option<u64>,
    /// The tick at which it is full.
    full_at: i128,
    promises: Vec<Promise>,
    /// How often the origin moved.
    moves: u32,
}

impl Model {
    /// How often a reading made the origin move.
    #[must_use]
    pub const fn moves(&self) -> u32 {
        self.moves
    }

    /// Whether a reading at `at_ns` makes the origin move.
    #[must_use]
    pub fn moves_by(&self, at_ns: u64) -> bool {
        self.reading(at_ns.into()) >= HORIZON
    }

    /// The instant of tick 0, once there is one.
    #[must_use]
    pub const fn origin(&self) -> Option<u64> {
        self.origin
    }

    /// Whether a nanosecond is a whole number of ticks.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.ticks.exact
    }

    /// Whole ticks per permit.
    #[must_use]
    pub const fn ticks_per_permit(&self) -> i128 {
        self.ticks.per_permit
    }

    /// Whether `permits` are there at `at_ns`, if nobody takes any before.
    #[must_use]
    pub fn has_at(&self, at_ns: u128, permits: u32) -> bool {
        self.has(self.reading(at_ns), permits)
    }

    /// Whether it is short of full at `now_ns`.
    #[must_use]
    pub fn is_short(&self, now_ns: u64) -> bool {
        self.origin.is_some() && self.short(self.reading(now_ns.into())) > 0
    }

    /// Whether a reservation of this name stands.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.promises.iter().any(|promise| promise.id == id)
    }

    /// Whether nothing was taken since this reservation.
    #[must_use]
    pub fn would_give_back_all(&self, id: &str) -> bool {
        let mut named = self.promises.iter().filter(|promise| promise.id == id);
        named.any(|promise| promise.moved.is_some_and(|(_, level)| level >= self.full_at))
    }

    /// Whether the quota changed since this reservation.
    #[must_use]
    pub fn has_changed_since(&self, id: &str) -> bool {
        self.promises.iter().any(|promise| promise.id == id && promise.changes > 0)
    }

    /// Whether permits are owed at `now_ns`.
    #[must_use]
    pub fn owes(&self, now_ns: u64) -> bool {
        self.origin.is_some() && self.short(self.reading(now_ns.into())) > self.span()
    }

    fn span(&self) -> i128 {
        i128::from(self.ticks.burst) * self.ticks.per_permit
    }

    /// Ticks short of full.
    fn short(&self, tick: i128) -> i128 {
        (self.full_at - tick).max(0)
    }

    /// Permits there; below 0 they are owed.
    fn there(&self, tick: i128) -> BigRational {
        let short = BigRational::new(self.short(tick).into(), self.ticks.per_permit.into());
        BigRational::from_integer(self.ticks.burst.into()) - short
    }

    fn has(&self, tick: i128, permits: u32) -> bool {
        i128::from(permits) * self.ticks.per_permit <= self.span() - self.short(tick)
    }

    /// The tick at any time, however late; before the origin 0.
    fn reading(&self, at_ns: u128) -> i128 {
        self.ticks.reading(at_ns.saturating_sub(self.origin.unwrap_or(0).into()))
    }

    fn origin_for(ticks: &Ticks, now_ns: u64) -> u64 {
        if ticks.reading(now_ns.into()) < HISTORY {
            0
        } else {
            now_ns - first(|nanos| ticks.reading(nanos) >= HISTORY) as u64
        }
    }

    /// The tick at `now_ns`, which may be the first there is, or move the origin.
    fn tick(&mut self, now_ns: u64) -> i128 {
        let Some(origin) = self.origin else {
            let origin = Self::origin_for(&self.ticks, now_ns);
            self.origin = Some(origin);
            let tick = self.reading(now_ns.into());
            let missing = i128::from(self.ticks.burst - self.initial) * self.ticks.per_permit;
            // A bucket that is full now was full before.
            self.full_at = if missing == 0 { 0 } else { tick + missing };
            return tick;
        };
        let tick = self.reading(now_ns.into());
        if tick < HORIZON {
            return tick;
        }
        debug_assert!(now_ns > origin);
        self.moves += 1;
        self.origin = Some(Self::origin_for(&self.ticks, now_ns));
        let to = self.reading(now_ns.into());
        self.carry(tick, to, true, |level, _| level);
        to
    }

    /// Takes every level from the tick `from` to `to`: `carried` says how short of full it is there.
    fn carry(
        &mut self,
        from: i128,
        to: i128,
        keeps_promises: bool,
        carried: impl Fn(i128, &Self) -> i128,
    ) {
        let after = |level: i128| to + carried((level - from).max(0), self).min(AHEAD);
        let full_at = after(self.full_at);
        let both = |promise: &Promise| promise.moved.map(|(from, to)| (after(from), after(to)));
        let moved: Vec<_> = self.promises.iter().map(both).collect();
        for (promise, moved) in self.promises.iter_mut().zip(moved) {
            promise.changes += 1;
            promise.moved = if keeps_promises && promise.changes == 1 { moved } else { None };
        }
        self.full_at = full_at;
    }

    fn set_quota(&mut self, now_ns: u64, quota: Quota, carry: Carry) {
        let from = self.tick(now_ns);
        // Before the origin it is the origin, and the change takes place there.
        let now_ns = now_ns.max(self.origin.unwrap_or(0));
        let next = Ticks::new(quota);
        let origin = Self::origin_for(&next, now_ns);
        let to = next.reading((now_ns - origin).into());
        let burst = |ticks: &Ticks| BigRational::from_integer(ticks.burst.into());
        let keeps = matches!(carry, Carry::AsIs | Carry::Additive);
        let after = next.clone();
        self.carry(from, to, keeps, |short, old| {
            let (o, n) = (burst(&old.ticks), burst(&after));
            let t = &o - BigRational::new(short.into(), old.ticks.per_permit.into());
            let zero = BigRational::from_integer(BigInt::ZERO);
            let there = match carry {
                Carry::Reset => n.clone(),
                Carry::AsIs => t.min(n.clone()),
                Carry::Proportional if t < zero => t,
                Carry::Proportional => t * &n / &o,
                Carry::Additive => t.min(n.clone()) + (&n - &o).max(zero),
            };
            let short = (n - there) * BigInt::from(after.per_permit);
            short.ceil().to_integer().try_into().unwrap_or(AHEAD)
        });
        self.ticks = next;
        self.origin = Some(origin);
    }

    /// Whether `permits` can be promised at `at_ns` to one who waits for `timeout_ns`.
    fn can_promise(&self, at_ns: u128, permits: u32, timeout_ns: Option<u64>) -> bool {
        let tick = self.reading(at_ns);
        let in_time = timeout_ns
            .is_none_or(|timeout| self.has(self.reading(at_ns + u128::from(timeout)), permits));
        let taken = self.short(tick) + i128::from(permits) * self.ticks.per_permit;
        in_time && taken <= AHEAD
    }

    /// `Ok` with the wait, or the refusal; takes nothing.
    fn promise(&self, now_ns: u64, permits: u32, timeout_ns: Option<u64>) -> Result<u64, Verdict> {
        let nanos = |nanos: u128| u64::try_from(nanos).expect("every wait fits 64 bits");
        if permits > self.ticks.burst {
            return Err(Verdict::ExceedsLimit);
        }
        let now = u128::from(now_ns);
        if self.can_promise(now, permits, timeout_ns) {
            let wait = first(|wait| self.has(self.reading(now + wait), permits));
            Ok(nanos(wait))
        } else {
            let wait = first(|wait| self.can_promise(now + wait, permits, timeout_ns));
            Err(Verdict::RetryAfter(nanos(wait)))
        }
    }

    fn take(&mut self, tick: i128, permits: u32) {
        self.full_at = self.full_at.max(tick) + i128::from(permits) * self.ticks.per_permit;
    }

    fn verdict(&mut self, now_ns: u64, permits: u32) -> Verdict {
        if permits == 0 {
            return Verdict::Granted;
        }
        self.tick(now_ns);
        match self.promise(now_ns, permits, Some(0)) {
            Ok(_) => Verdict::Granted,
            Err(refused) => refused,
        }
    }

    fn reserve(&mut self, now_ns: u64, id: &str, permits: u32, timeout: Option<u64>) -> Answer {
        let mut promise = Promise { id: id.to_owned(), ready_at: now_ns, moved: None, changes: 0 };
        let mut wait = 0;
        if permits > 0 {
            let tick = self.tick(now_ns);
            match self.promise(now_ns, permits, timeout) {
                Ok(after) => wait = after,
                Err(refused) => return Answer::Asked(refused),
            }
            self.take(tick, permits);
            let ticks = i128::from(permits) * self.ticks.per_permit;
            promise.moved = Some((self.full_at - ticks, self.full_at));
            promise.ready_at = now_ns.saturating_add(wait).min(LAST_INSTANT);
        }
        self.promises.push(promise);
        Answer::ReadyAfter(wait)
    }

    fn cancel(&mut self, now_ns: u64, id: &str) -> bool {
        let index = self.promises.iter().position(|promise| promise.id == id);
        let promise = self.promises.remove(index.expect("it was reserved"));
        let Some((began, level)) = promise.moved else { return false };
        if now_ns > promise.ready_at {
            return false;
        }
        let taken_since = (self.full_at - level).max(0);
        let back = level - began - taken_since;
        if back > 0 {
            self.full_at -= back;
        }
        back > 0
    }
}

impl Front for Model {
    const NAME: &'static str = "slow model";

    fn new(quota: Quota, initial: Option<u32>) -> Self {
        Self {
            ticks: Ticks::new(quota),
            initial: initial.unwrap_or(quota.burst()),
            origin: None,
            full_at: 0,
            promises: Vec::new(),
            moves: 0,
        }
    }

    fn answer(&mut self, now_ns: u64, operation: &Operation) -> Answer {
        match operation {
            Operation::TryAcquire(permits) => {
                let verdict = self.verdict(now_ns, *permits);
                if verdict == Verdict::Granted && *permits > 0 {
                    let tick = self.tick(now_ns);
                    self.take(tick, *permits);
                }
                Answer::Asked(verdict)
            }
            Operation::Peek(permits) => {
                let tick = self.tick(now_ns);
                let verdict = self.verdict(now_ns, *permits);
                let there = self.there(tick).floor().to_integer().max(BigInt::ZERO);
                let burst = self.ticks.burst;
                let full = first(|wait| self.has(self.reading(u128::from(now_ns) + wait), burst));
                Answer::Peeked {
                    verdict,
                    remaining: there.try_into().expect("at most the burst"),
                    reset_after_ns: full.try_into().expect("every wait fits 64 bits"),
                }
            }
            Operation::Reserve { id, permits, timeout_ns } => {
                self.reserve(now_ns, id, *permits, *timeout_ns)
            }
            Operation::Cancel(id) => Answer::Gave(self.cancel(now_ns, id)),
            Operation::SetQuota { permits, period_ns, burst, carry } => {
                self.set_quota(now_ns, checked(*permits, *period_ns, *burst), *carry);
                Answer::Done
            }
        }
    }
}
