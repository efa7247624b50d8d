//! How many requests at once a node of a ring may have: its share of all of them, and a little more.
//!
//! Source: Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads" (2018).

use super::hash_ring::ConfigError;

/// See [`HashRing::bounded_load_limit`](crate::HashRing::bounded_load_limit).
pub(crate) fn bounded_load_limit(
    in_flight: u64,
    weight: u32,
    total_weight: u64,
    epsilon: f64,
) -> Result<u64, ConfigError> {
    if !(epsilon.is_finite() && epsilon >= 0.0) {
        return Err(ConfigError::EpsilonOutOfRange);
    }
    if total_weight == 0 {
        return Err(ConfigError::TotalWeightIsZero);
    }
    if u64::from(weight) > total_weight {
        return Err(ConfigError::WeightAboveTotal);
    }
    let fair = (in_flight as f64 + 1.0) * f64::from(weight) / total_weight as f64;
    Ok(((1.0 + epsilon) * fair).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_load_is_its_share_rounded_up() {
        let limit = bounded_load_limit;
        assert_eq!([0, 9, 10].map(|others| limit(others, 1, 10, 0.0)), [Ok(1), Ok(1), Ok(2)]);
        assert_eq!(limit(99, 1, 4, 0.25), Ok(32));
        assert_eq!(limit(99, 0, 4, 0.25), Ok(0));
        assert_eq!(limit(u64::MAX, 4, 4, 1.0), Ok(u64::MAX));
        assert_eq!(limit(0, 1, 1, f64::NAN), Err(ConfigError::EpsilonOutOfRange));
        assert_eq!(limit(0, 1, 1, -0.1), Err(ConfigError::EpsilonOutOfRange));
        assert_eq!(limit(0, 1, 1, f64::INFINITY), Err(ConfigError::EpsilonOutOfRange));
        assert_eq!(limit(0, 0, 0, 0.1), Err(ConfigError::TotalWeightIsZero));
        assert_eq!(limit(0, 2, 1, 0.1), Err(ConfigError::WeightAboveTotal));
    }
}
