//! Defects, put between the world and a primitive: each has to make an oracle speak.

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bend {
    /// A refused request of the bucket is granted after all.
    BucketGrantsMore,
    /// A granted request of the bucket is refused, with a second to wait.
    BucketRefusesMore,
    /// A wait is told a nanosecond too short.
    BucketTellsTooShort,
    /// A reservation is told to be due later than it is.
    ReservationIsLate,
    /// A reservation is told to be due earlier than it is.
    ReservationIsEarly,
    /// A refused request of the period limiter is granted after all.
    PeriodGrantsMore,
    /// The last permit is not told to be the last.
    PeriodHidesTheLast,
    /// A slot of the queue comes at once.
    QueueForgetsThePace,
    /// The breaker refuses once more after it has recovered.
    BreakerSticks,
    /// The breaker lets through what it refused.
    BreakerGivesWay,
    /// An outcome is not recorded.
    OutcomeIsLost,
    /// A sample is recorded twice.
    SampleCountsTwice,
    /// A flight is forgotten, so that a key has two leaders.
    FlightIsForgotten,
}

/// All of them.
pub const ALL: &[Bend] = &[
    Bend::BucketGrantsMore,
    Bend::BucketRefusesMore,
    Bend::BucketTellsTooShort,
    Bend::ReservationIsLate,
    Bend::ReservationIsEarly,
    Bend::PeriodGrantsMore,
    Bend::PeriodHidesTheLast,
    Bend::QueueForgetsThePace,
    Bend::BreakerSticks,
    Bend::BreakerGivesWay,
    Bend::OutcomeIsLost,
    Bend::SampleCountsTwice,
    Bend::FlightIsForgotten,
];
