//! How far two doubles are apart, in units in the last place: how many steps from one to the next lie between.

/// The number of steps from one to the other; 0 for the two zeros. Not for what is no number.
#[must_use]
pub fn apart(a: f64, b: f64) -> u64 {
    // The bits of positive doubles count up with them; those of negative ones count down from the sign bit.
    let place = |x: f64| {
        let bits = (x.to_bits() & !(1 << 63)) as i64;
        if x.is_sign_negative() { -bits } else { bits }
    };
    place(a).abs_diff(place(b))
}

/// Whether `got` is the text `expected`, or both are finite doubles and so many units or fewer apart.
#[must_use]
pub fn agree(got: &str, expected: &str, ulps: u64) -> bool {
    let finite = |text: &str| text.parse().ok().filter(|x: &f64| x.is_finite());
    match (finite(got), finite(expected)) {
        (Some(got), Some(expected)) => apart(got, expected) <= ulps,
        _ => got == expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_apart_also_across_zero() {
        assert_eq!(apart(1.0, 1.0 + f64::EPSILON), 1);
        assert_eq!(apart(1.0 - f64::EPSILON, 1.0), 2);
        assert_eq!(apart(-5e-324, 5e-324), 2);
        assert_eq!(apart(0.0, -0.0), 0);
        assert_eq!(apart(f64::MAX, f64::MIN), 2 * apart(0.0, f64::MAX));
    }

    #[test]
    fn texts_agree_by_their_numbers_and_else_to_the_letter() {
        assert!(agree("0.30000000000000004", "0.3", 1) && !agree("0.30000000000000004", "0.3", 0));
        assert!(agree("none", "none", 0) && !agree("none", "0.0", 9) && !agree("0.0", "none", 9));
        assert!(!agree("inf", "1.7976931348623157e308", 9) && !agree("NaN", "0.0", u64::MAX));
    }
}
