//! Numbers of every type, at the edges more often than bytes alone would bring them there.

use crate::border::Border;

impl Border {
    pub(crate) fn u64(&self) -> u64 {
        const EDGES: &[u64] = &[
            0,
            1,
            2,
            999,
            1_000,
            1_000_000,
            100_000_000,
            1_000_000_000,
            60_000_000_000,
            (1 << 32) - 1,
            1 << 32,
            1 << 58,
            1 << 59,
            1 << 60,
            (1 << 52) * 1_000,
            (1 << 52) * 1_000 + 1,
            u64::MAX / 2 - 1,
            u64::MAX / 2,
            u64::MAX / 2 + 1,
            u64::MAX - 1,
            u64::MAX,
        ];
        match self.byte() % 8 {
            0 => self.one_of(EDGES),
            1 => self.number(6),
            2 => u64::from(self.byte()),
            3 => 1_000_000_000,
            4 => self.now.get().wrapping_sub(u64::from(self.byte())),
            5 => self.now.get() + self.number(2),
            _ => self.now.get() + self.number(4),
        }
    }

    pub(crate) fn u32(&self) -> u32 {
        const EDGES: &[u32] = &[
            0,
            1,
            2,
            100,
            1_000,
            65_535,
            65_536,
            65_537,
            1 << 24,
            (1 << 24) + 1,
            1 << 31,
            u32::MAX,
        ];
        match self.byte() % 4 {
            0 => self.one_of(EDGES),
            1 => u32::from(self.byte()),
            _ => 1 + u32::from(self.byte() % 8),
        }
    }

    pub(crate) fn i32(&self) -> i32 {
        const EDGES: &[i32] =
            &[-1, 4, 5, 6, 9, 64, 3_600, 86_399, 86_400, -86_399, -86_400, i32::MIN, i32::MAX];
        match self.byte() % 4 {
            0 => self.one_of(EDGES),
            _ => i32::from(self.byte() % 4),
        }
    }

    pub(crate) fn f64(&self) -> f64 {
        const EDGES: &[f64] = &[
            0.0,
            -0.0,
            1.0,
            1.5,
            -1.0,
            0.999_999_999,
            1.000_000_001,
            1e9,
            1e-300,
            5e-324,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        match self.byte() % 2 {
            0 => self.one_of(EDGES),
            _ => f64::from(self.byte()) / 256.0,
        }
    }
}
