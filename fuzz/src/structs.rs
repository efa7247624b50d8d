//! Structs that the library reads: quotas, options, configurations; right ones and wrong ones.

use std::ffi::c_void;
use std::ptr;

use crate::border::{Border, Frame};
use crate::callbacks::{DESTROY, DRAW};
use crate::header::*;

/// A struct that the library reads.
pub(crate) trait Input: 'static {
    fn drawn(frame: &Frame<'_>) -> Self;
}

impl Frame<'_> {
    /// The size of the struct; a wrong one at times.
    fn size_of<T>(&self) -> usize {
        let right = size_of::<T>();
        match self.border.byte() {
            255 => usize::MAX,
            254 => 0,
            253 => right - 1,
            252 => right + 8,
            _ => right,
        }
    }

    /// A flag: 0 or 1, or something else.
    fn flag(&self) -> u32 {
        self.border.one_of(&[0, 0, 0, 1, 1, 1, 1, 2])
    }

    fn clock(&self) -> (i32, *const resil_manual_clock_t) {
        let clock = self.border.one_of(&[
            RESIL_CLOCK_MANUAL,
            RESIL_CLOCK_MANUAL,
            RESIL_CLOCK_MANUAL,
            RESIL_CLOCK_MONOTONIC,
            RESIL_CLOCK_COARSE,
            RESIL_CLOCK_UNIX,
            -1,
            4,
        ]);
        let wants = clock == RESIL_CLOCK_MANUAL || self.border.byte() == 255;
        let manual =
            if wants { self.border.object::<resil_manual_clock_t>().0 } else { ptr::null_mut() };
        if clock == RESIL_CLOCK_MANUAL {
            self.with(|note| note.manual = !manual.is_null());
            if manual.is_null() {
                self.null.set(true);
            }
        }
        (clock, manual)
    }
}

impl Input for resil_quota_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let border = frame.border;
        if border.byte() % 4 == 0 {
            return Self { permits: border.u32(), burst: border.u32(), period_ns: border.u64() };
        }
        let period_ns = border.one_of(&[1_000, 1_000_000, 1_000_000_000, 86_400_000_000_000]);
        Self {
            permits: border.one_of(&[1, 3, 7, 100]),
            burst: border.one_of(&[1, 2, 10, 100]),
            period_ns,
        }
    }
}

impl Input for resil_token_bucket_options_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let has_initial = frame.flag();
        let initial =
            if has_initial == 1 || frame.border.byte() == 255 { frame.border.u32() } else { 0 };
        let (clock, manual_clock) = frame.clock();
        Self { struct_size: frame.size_of::<Self>(), has_initial, initial, clock, manual_clock }
    }
}

impl Input for resil_leaky_bucket_options_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let (clock, manual_clock) = frame.clock();
        Self { struct_size: frame.size_of::<Self>(), clock, manual_clock }
    }
}

impl Input for resil_period_limiter_options_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let (clock, manual_clock) = frame.clock();
        Self { struct_size: frame.size_of::<Self>(), clock, manual_clock }
    }
}

impl Input for resil_rolling_window_options_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let (clock, manual_clock) = frame.clock();
        Self {
            struct_size: frame.size_of::<Self>(),
            leave_out_current: frame.flag(),
            clock,
            manual_clock,
        }
    }
}

impl Input for resil_ewma_options_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let (clock, manual_clock) = frame.clock();
        let warm_up = frame.border.one_of(&[0, 0, 1, 2, 10, u32::MAX]);
        Self { struct_size: frame.size_of::<Self>(), warm_up, clock, manual_clock }
    }
}

impl Input for resil_single_flight_options_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let destroys = frame.border.byte() % 4 != 0;
        frame.with(|note| note.destroys = destroys);
        Self {
            struct_size: frame.size_of::<Self>(),
            destroy: if destroys { DESTROY } else { None },
        }
    }
}

impl Input for resil_hash_ring_options_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let mode = frame.border.one_of(&[
            RESIL_HASH_RING_MODE_DEFAULT,
            RESIL_HASH_RING_MODE_DEFAULT,
            RESIL_HASH_RING_MODE_DEFAULT,
            RESIL_HASH_RING_MODE_GO_ZERO,
            RESIL_HASH_RING_MODE_KETAMA,
            3,
            -1,
        ]);
        // 2^24 points at once are right and take seconds: not here.
        let virtual_nodes = match mode {
            RESIL_HASH_RING_MODE_DEFAULT => {
                frame.border.one_of(&[0, 1, 7, 40, 300, (1 << 24) + 1, u32::MAX])
            }
            _ => frame.border.one_of(&[0, 0, 0, 1]),
        };
        frame.with(|note| note.many_points = virtual_nodes == 300);
        Self { struct_size: frame.size_of::<Self>(), virtual_nodes, mode }
    }
}

impl Input for resil_sre_breaker_options_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let (clock, manual_clock) = frame.clock();
        let draws = frame.border.byte() % 2 == 0;
        let with_data = draws || frame.border.byte() == 255;
        let border: *const Border = frame.border;
        Self {
            struct_size: frame.size_of::<Self>(),
            clock,
            manual_clock,
            draw: if draws { DRAW } else { None },
            draw_user_data: if with_data {
                border.cast_mut().cast::<c_void>()
            } else {
                ptr::null_mut()
            },
        }
    }
}

impl Input for resil_sre_breaker_config_t {
    fn drawn(frame: &Frame<'_>) -> Self {
        let border = frame.border;
        // SAFETY: all zeros are a configuration that is not filled in yet.
        let mut config: Self = unsafe { std::mem::zeroed() };
        let preset = border.pick(6) as i32;
        // SAFETY: it points to a configuration.
        let filled = unsafe { resil_sre_breaker_config_init(&raw mut config, preset) };
        assert_eq!(filled, RESIL_STATUS_GRANTED, "preset {preset}");
        config.struct_size = frame.size_of::<Self>();
        for _ in 0..border.byte() % 4 {
            match border.pick(16) {
                0 => config.bucket_width_ns = border.u64(),
                1 => config.bucket_count = border.u32(),
                2 => config.refusals = border.i32(),
                3 => config.has_success_ratio = frame.flag(),
                4 => config.has_min_multiplier = frame.flag(),
                5 => config.multiplier = border.f64() * 2.0,
                6 => config.success_ratio = border.f64(),
                7 => config.min_multiplier = border.f64() * 2.0,
                8 => config.protection = border.u64(),
                9 => config.padding = border.f64(),
                10 => config.min_requests = border.u64(),
                11 => config.min_rps = border.u32(),
                12 => config.recovery = frame.flag(),
                13 => config.aggression = border.f64() * 2.0,
                14 => config.max_drop_ratio = border.f64(),
                _ => {
                    config.forced_pass_after_ns = border.u64();
                    config.has_forced_pass_after = frame.flag();
                }
            }
        }
        config
    }
}
