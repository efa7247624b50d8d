//! A hash of keys in memory, under a secret: two multiplications for a number, three for a short text.
//!
//! Each step multiplies two words into 128 bits and folds the halves together, with a secret in both factors. Not
//! cryptographic: it makes collisions unlikely for who does not know the secret and cannot see hashes. Never for what
//! is stored or sent; another version may hash differently.
//! Source: the folded multiplication of wyhash (Wang Yi).

use core::hash::{BuildHasher, Hasher};

/// Hashes keys under a secret: the default of [`SingleFlight`](crate::SingleFlight).
///
/// [`new`](Self::new) draws the secret from where std's `RandomState` takes its own, so no two objects hash alike and
/// nobody can prepare keys that collide. It is quicker than `RandomState` (some 8 ns a key) and weaker: it withstands
/// keys chosen blindly, not somebody who can time many single lookups or read hashes and work out the secret. Who must
/// fear that hands over a `RandomState`.
///
/// ```
/// use resil_core::SingleFlight;
/// use std::hash::RandomState;
///
/// let quick: SingleFlight<u64, u64> = SingleFlight::new();
/// let wary: SingleFlight<u64, u64, RandomState> = SingleFlight::with_hasher(RandomState::new());
/// assert_eq!(*quick.run(7, || 1).unwrap(), *wary.run(7, || 1).unwrap());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyedHash {
    start: u64,
    factor: u64,
}

impl KeyedHash {
    /// The hash under these secrets, the same for the same two. Any will do; whoever knows them can make keys collide.
    ///
    /// ```
    /// use resil_core::single_flight::KeyedHash;
    /// use std::hash::BuildHasher;
    ///
    /// let hash = |a, b| KeyedHash::with_secrets(a, b).hash_one("user:17");
    /// assert_eq!(hash(1, 2), hash(1, 2));
    /// assert_ne!(hash(1, 2), hash(2, 1));
    /// ```
    #[must_use]
    pub const fn with_secrets(a: u64, b: u64) -> Self {
        // Spread first, so that simple secrets make as good factors as random ones. The fractions of pi.
        Self {
            start: folded(a ^ 0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345),
            // Odd: the low half of a product then loses nothing of the other factor.
            factor: folded(b ^ 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89) | 1,
        }
    }
}

impl core::fmt::Debug for KeyedHash {
    /// Says nothing of the secrets.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyedHash").finish_non_exhaustive()
    }
}

impl BuildHasher for KeyedHash {
    type Hasher = KeyedHasher;

    #[inline]
    fn build_hasher(&self) -> KeyedHasher {
        KeyedHasher { state: self.start, factor: self.factor }
    }
}

/// What [`KeyedHash`] hashes one key with.
#[derive(Clone)]
pub struct KeyedHasher {
    state: u64,
    factor: u64,
}

impl core::fmt::Debug for KeyedHasher {
    /// Says nothing of the secrets.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyedHasher").finish_non_exhaustive()
    }
}

impl KeyedHasher {
    #[inline]
    fn pair(&mut self, a: u64, b: u64) {
        self.state = folded(self.state ^ a, self.factor ^ b);
    }
}

impl Hasher for KeyedHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while rest.len() > 16 {
            self.pair(eight(rest), eight(&rest[8..]));
            rest = &rest[16..];
        }
        let (first, last) = ends(bytes, rest);
        // Turned by the length: two texts whose ends read alike are of different lengths.
        self.state = self.state.rotate_right(bytes.len() as u32 & 63);
        self.pair(first, last);
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    #[inline]
    fn write_u16(&mut self, number: u16) {
        self.write_u64(number.into());
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.pair(number, 0);
    }

    #[inline]
    fn write_u128(&mut self, number: u128) {
        self.pair(number as u64, (number >> 64) as u64);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        // A high bit of the last number has reached few bits of the state.
        folded(self.state, 0x4528_21e6_38d0_1377)
    }
}

/// The two halves of the product, one on the other.
#[inline]
const fn folded(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// Two words that hold every byte of `rest`, which are at most 16 and the last of `bytes`. They overlap where there are
/// fewer; the length, which is hashed too, tells how.
#[inline]
fn ends(bytes: &[u8], rest: &[u8]) -> (u64, u64) {
    match rest.len() {
        0 => (0, 0),
        n @ 1..4 => {
            let [first, middle, last] = [rest[0], rest[n / 2], rest[n - 1]].map(u64::from);
            (first << 16 | middle << 8 | last, 0)
        }
        n @ 4..8 => (four(rest), four(&rest[n - 4..])),
        // Of longer texts these are the last 16, some of which were hashed already.
        n => match bytes.len().checked_sub(16) {
            Some(before) => (eight(&bytes[before..]), eight(&bytes[before + 8..])),
            None => (eight(rest), eight(&rest[n - 8..])),
        },
    }
}

/// The first eight bytes, of at least as many.
#[inline]
fn eight(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

/// The first four bytes, of at least as many.
#[inline]
fn four(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |first| u32::from_le_bytes(*first).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Secrets as simple as they come, and some that are not.
    fn some() -> impl Iterator<Item = KeyedHash> {
        let simple = [(0, 0), (0, 1), (1, 0), (u64::MAX, u64::MAX)].into_iter();
        simple
            .chain((1..5).map(|n| (spread(n), spread(n + 100))))
            .map(|(a, b)| KeyedHash::with_secrets(a, b))
    }

    fn spread(n: u64) -> u64 {
        folded(n ^ 0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9)
    }

    #[test]
    fn each_bit_of_a_number_turns_each_bit_of_its_hash_half_of_the_time() {
        const TIMES: u64 = 4_096;
        let mut turned = vec![[0_u64; 64]; 64];
        for n in 0..TIMES {
            let hash = KeyedHash::with_secrets(spread(n), spread(!n));
            let number = spread(n << 20);
            for (bit, turned) in turned.iter_mut().enumerate() {
                let difference = hash.hash_one(number) ^ hash.hash_one(number ^ 1 << bit);
                for (at, turned) in turned.iter_mut().enumerate() {
                    *turned += difference >> at & 1;
                }
            }
        }
        for (bit, turned) in turned.iter().enumerate() {
            for (at, times) in turned.iter().enumerate() {
                let share = *times as f64 / TIMES as f64;
                assert!((0.46..0.54).contains(&share), "bit {bit} turns bit {at}: {share}");
            }
        }
    }

    #[test]
    fn numbers_in_a_row_do_not_collide_and_fill_places_evenly_by_any_bits() {
        const PLACES: usize = 64;
        const NUMBERS: u64 = 1 << 14;
        for hash in some() {
            for shift in [0, 8, 16, 32, 48] {
                let mut hashes = HashSet::new();
                let mut filled = [[0_u32; PLACES]; 3];
                for number in 0..NUMBERS {
                    let hashed = hash.hash_one(number << shift);
                    assert!(hashes.insert(hashed), "{number} << {shift}");
                    for (filled, bits) in filled.iter_mut().zip([0, 29, 58]) {
                        filled[(hashed >> bits) as usize % PLACES] += 1;
                    }
                }
                // 256 each on average, so 16 is one standard deviation of a random function.
                for filled in filled.as_flattened() {
                    assert!((160..=352).contains(filled), "{filled} << {shift}");
                }
            }
        }
    }

    #[test]
    fn texts_of_any_length_and_each_change_of_one_byte_have_hashes_of_their_own() {
        for hash in some() {
            let mut hashes = HashSet::new();
            let mut texts = 0;
            let mut add = |text: &[u8]| {
                texts += 1;
                let mut hasher = hash.build_hasher();
                hasher.write(text);
                hashes.insert(hasher.finish());
            };
            for len in 0..100 {
                let mut text = vec![b'a'; len];
                add(&text);
                for at in 0..len {
                    for byte in [0, b'`', b'b', 0xff] {
                        text[at] = byte;
                        add(&text);
                    }
                    text[at] = b'a';
                }
            }
            assert_eq!(hashes.len(), texts);
        }
    }

    #[test]
    fn keys_that_collide_under_one_secret_do_not_under_another() {
        let [known, other] = [1, 2].map(|n| KeyedHash::with_secrets(n, 7));
        let low = |hash: &KeyedHash, number: u64| hash.hash_one(number) & 0xff;
        let prepared: Vec<_> =
            (0..100_000_u64).filter(|number| low(&known, *number) == 0).collect();
        assert!(prepared.len() > 300);
        let still = prepared.iter().filter(|number| low(&other, **number) == 0).count();
        assert!(still < 12, "{still} of {}", prepared.len());
    }

    #[test]
    fn each_part_of_a_key_counts_and_so_does_their_order() {
        let hash = KeyedHash::with_secrets(1, 2);
        let mut hashes = HashSet::new();
        for a in 0..40_u8 {
            for b in 0..40_u8 {
                assert!(hashes.insert(hash.hash_one((a, b))));
                assert!(hashes.insert(hash.hash_one((u32::from(a), "x", u128::from(b) << 64))));
                assert!(hashes.insert(hash.hash_one((a.to_string(), b.to_string()))));
            }
        }
    }

    #[test]
    fn neither_the_hash_nor_the_hasher_shows_its_secrets() {
        let hash = KeyedHash::with_secrets(1, 2);
        assert_eq!(format!("{hash:?}"), "KeyedHash { .. }");
        assert_eq!(format!("{:?}", hash.build_hasher()), "KeyedHasher { .. }");
    }

    #[test]
    fn texts_of_every_form_of_end_hash_as_a_slow_model_says() {
        // By the description above in numbers of any length (Python); each byte is seven more than the one before.
        for (length, hashed) in [
            (0, 0x0038_b64b_a9b1_f49a),
            (1, 0x12ea_8d14_ad2c_5e83),
            (2, 0x6bb8_0d8c_1848_ee21),
            (3, 0xe313_4043_6496_0aa8),
            (4, 0x05df_f481_4119_7029),
            (7, 0x5da8_5562_51fb_5f4a),
            (8, 0x7460_8ab7_5b8d_784e),
            (15, 0x7486_9e8a_8945_93b9),
            (16, 0xd4bb_de01_b237_c813),
            (17, 0xd59b_158c_0942_5278),
            (18, 0xf502_6132_0810_2402),
            (20, 0x75ea_ffcf_d38c_956d),
            (27, 0xf1f4_9dc1_a5d7_401c),
            (33, 0x607d_25c0_cc90_aeb0),
            (100, 0x8b5f_dec3_18b6_d3a4),
        ] {
            let text: Vec<u8> = (0..length).map(|at: u32| (7 * at + 1) as u8).collect();
            let mut hasher = KeyedHash::with_secrets(1, 2).build_hasher();
            hasher.write(&text);
            assert_eq!(hasher.finish(), hashed, "{length}");
        }
    }

    #[test]
    fn numbers_of_every_width_hash_as_a_slow_model_says() {
        let number = 0x0123_4567_89ab_cdef_u64;
        let both = u128::from(number) | 0xfedc_ba98_7654_3210 << 64;
        let hash = KeyedHash::with_secrets(3, 4);
        assert_eq!(hash.hash_one(number as u8), 0xea1a_0ed4_675c_e794);
        assert_eq!(hash.hash_one(number as u16), 0xdc16_cc1f_ed9b_4929);
        assert_eq!(hash.hash_one(number as u32), 0x835a_0d9e_004d_33c3);
        assert_eq!(hash.hash_one(number), 0x120f_6eff_4b6c_db45);
        assert_eq!(hash.hash_one(7_usize), hash.hash_one(7_u64));
        assert_eq!(hash.hash_one(both), 0x3080_9c8f_e4af_bb5a);
    }
}
