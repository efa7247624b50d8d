//! The breaker's one word: its mode, and until when anything but success is in its window.
//!
//! `mode (2 bits) | until (62 bits)`. `until` is the first bucket whose window holds no failure and no
//! refusal that counts; 0 if none is known. So a word of 0 says: enabled, and nothing but successes, with
//! which no law of this library refuses (a multiplier is at least 1).
//! Invariant: once a failure is recorded, `until` exceeds every bucket whose window holds it.

/// What a breaker does with what it decides.
///
/// ```
/// use resil_core::sre_breaker::Mode;
/// use resil_core::SreBreaker;
///
/// let breaker = SreBreaker::default();
/// breaker.set_mode(Mode::DryRun);
/// assert_eq!(breaker.snapshot().mode, Mode::DryRun);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Refuses as it decides.
    #[default]
    Enabled,
    /// Decides nothing and lets everything through; outcomes are recorded.
    Disabled,
    /// Refuses everything, without a draw. Its refusals are in the snapshot, never in the window; calls that
    /// were let through before still settle.
    ForcedOpen,
    /// Decides, and lets everything through: would-be refusals are in the snapshot only, and the window
    /// sees what the calls really came to.
    DryRun,
}

const MODE_SHIFT: u32 = 62;
const UNTIL: u64 = (1 << MODE_SHIFT) - 1;

/// Mode and trouble, as one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gate(pub(crate) u64);

impl Gate {
    /// Enabled, and nothing but successes: every call passes.
    #[inline]
    pub(crate) const fn is_clear(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn mode(self) -> Mode {
        match self.0 >> MODE_SHIFT {
            0 => Mode::Enabled,
            1 => Mode::Disabled,
            2 => Mode::ForcedOpen,
            _ => Mode::DryRun,
        }
    }

    pub(crate) const fn with_mode(self, mode: Mode) -> Self {
        let mode = match mode {
            Mode::Enabled => 0,
            Mode::Disabled => 1,
            Mode::ForcedOpen => 2,
            Mode::DryRun => 3,
        };
        Self((mode << MODE_SHIFT) | (self.0 & UNTIL))
    }

    /// Whether the window of `bucket` may hold anything but successes.
    pub(crate) const fn is_troubled(self, bucket: u64) -> bool {
        self.0 & UNTIL > bucket
    }

    /// The gate after trouble that lasts until bucket `until`; `None` if that is known already.
    ///
    /// Buckets are at least 1 us wide: their numbers fit 54 bits.
    #[inline]
    pub(crate) const fn raised(self, until: u64) -> Option<Self> {
        if until > self.0 & UNTIL { Some(Self((self.0 & !UNTIL) | until)) } else { None }
    }

    /// The gate without trouble.
    pub(crate) const fn cleared(self) -> Self {
        Self(self.0 & !UNTIL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_and_mode_do_not_touch_each_other() {
        let troubled = Gate::default().raised(77).unwrap();
        for mode in [Mode::Disabled, Mode::ForcedOpen, Mode::DryRun, Mode::Enabled] {
            let gate = troubled.with_mode(mode);
            assert_eq!(gate.mode(), mode);
            assert!(gate.is_troubled(76) && !gate.is_troubled(77));
            assert_eq!(gate.raised(77), None);
            assert_eq!(gate.raised(78).map(Gate::mode), Some(mode));
            assert_eq!(gate.cleared().mode(), mode);
            assert_eq!(gate.cleared().is_clear(), mode == Mode::Enabled);
        }
        assert_eq!(troubled.with_mode(Mode::DryRun).with_mode(Mode::Enabled), troubled);
    }
}
