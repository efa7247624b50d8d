//! One line of a web log in the combined format of Apache and nginx.
//!
//! ```text
//! 192.0.2.7 - ann [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8.5.0"
//! ```

use jiff::civil::DateTime;
use jiff::tz::Offset;
use resil_core::Instant;

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Who asked, and when; `None` if `line` is not all of the nine fields with a valid date.
///
/// A line end is allowed, LF or CRLF.
pub fn parse(line: &[u8]) -> Option<(&str, Instant)> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.contains(&0) {
        return None;
    }

    let mut fields = Fields { rest: line };
    let address = fields.word()?;
    fields.skip(b" ")?;
    fields.word()?; // identity
    fields.skip(b" ")?;
    fields.word()?; // user
    fields.skip(b" [")?;
    let at = fields.date()?;
    fields.skip(b"] ")?;
    fields.quoted()?; // request
    fields.skip(b" ")?;
    let status = fields.word()?;
    fields.skip(b" ")?;
    let size = fields.word()?;
    fields.skip(b" ")?;
    fields.quoted()?; // referer
    fields.skip(b" ")?;
    fields.quoted()?; // user agent
    let complete = fields.rest.is_empty()
        && status.len() == 3
        && is_number(status)
        && (is_number(size) || size == b"-");
    if !complete {
        return None;
    }
    Some((std::str::from_utf8(address).ok()?, at))
}

/// What is left of a line.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn skip(&mut self, literal: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(field)
    }

    /// Everything up to a space or a control character: at least one byte.
    fn word(&mut self) -> Option<&'a [u8]> {
        let ends = |&byte: &u8| byte <= b' ' || byte == 0x7f;
        let length = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        if length == 0 { None } else { self.bytes(length) }
    }

    /// A string in quotes, in which a backslash takes the next byte with it.
    fn quoted(&mut self) -> Option<()> {
        self.skip(b"\"")?;
        let mut length = 0;
        loop {
            match self.rest.get(length)? {
                b'"' => break,
                b'\\' => length += 2,
                _ => length += 1,
            }
        }
        self.bytes(length)?;
        self.skip(b"\"")
    }

    /// The instant of a date such as `17/May/2015:10:05:03 +0000`, as Unix time.
    fn date(&mut self) -> Option<Instant> {
        let day = self.number(2)?;
        self.skip(b"/")?;
        let name = self.bytes(3)?;
        let month = MONTHS.iter().position(|&month| month == name)? + 1;
        self.skip(b"/")?;
        let year = self.number(4)?;
        self.skip(b":")?;
        let hour = self.number(2)?;
        self.skip(b":")?;
        let minute = self.number(2)?;
        self.skip(b":")?;
        let second = self.number(2)?;
        self.skip(b" ")?;
        let sign = match self.bytes(1)? {
            b"+" => 1,
            b"-" => -1,
            _ => return None,
        };
        let (hours, minutes): (i32, i32) = (self.number(2)?, self.number(2)?);
        if hours > 23 || minutes > 59 {
            return None;
        }

        let month = i8::try_from(month).ok()?;
        let local = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let offset = Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?;
        let unix = offset.to_timestamp(local).ok()?.as_nanosecond();
        // Before 1970 there is no such u64, and past the April of 2262 no such Instant.
        Instant::from_nanos(u64::try_from(unix).ok()?)
    }

    fn number<T: TryFrom<u32>>(&mut self, digits: usize) -> Option<T> {
        let mut value = 0;
        for &digit in self.bytes(digits)? {
            value = value * 10 + char::from(digit).to_digit(10)?;
        }
        T::try_from(value).ok()
    }
}

fn is_number(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}
