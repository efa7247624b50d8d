//! Rates as people write them: permits/period.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// `permits` in each `period`, as in `100/s`, `1/10s` or `5/250ms`.
#[derive(Clone, Debug)]
pub struct Rate {
    /// Permits in each period.
    pub permits: u32,
    /// The period in which they come back.
    pub period: Duration,
    text: String,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (permits, period) =
            text.split_once('/').ok_or("expected permits/period, such as 100/s or 1/10s")?;
        let unit_at = period.find(|it: char| !it.is_ascii_digit()).unwrap_or(period.len());
        let (count, unit) = period.split_at(unit_at);
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err("the period needs a unit: ms, s, m or h".to_owned()),
        };
        let count = if count.is_empty() { 1 } else { whole_number::<u64>(count)? };
        let period_ms = count.checked_mul(unit_ms).ok_or("the period is too long")?;
        Ok(Self {
            permits: whole_number(permits)?,
            period: Duration::from_millis(period_ms),
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A number written with digits alone: no sign, no spaces.
pub fn whole_number<T: FromStr>(text: &str) -> Result<T, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or_else(|| format!("{text:?} is no whole number in range"))
}
