//! MurmurHash3, the 128-bit variant for 64-bit machines, of which the first half is used.
//!
//! Source: Austin Appleby's public-domain description, x64-128, seed 0.

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

const BLOCK: usize = 16;

/// The first 64 of the 128 bits.
pub(crate) fn murmur3(bytes: &[u8]) -> u64 {
    let (mut low, mut high) = (0_u64, 0_u64);
    let mut blocks = bytes.chunks_exact(BLOCK);
    for block in &mut blocks {
        let (first, second) = halves(block);
        low = (low ^ stirred_first(first)).rotate_left(27).wrapping_add(high);
        low = low.wrapping_mul(5).wrapping_add(0x52dc_e729);
        high = (high ^ stirred_second(second)).rotate_left(31).wrapping_add(low);
        high = high.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    // What is not there is 0, and stirring 0 gives 0.
    let (first, second) = halves(blocks.remainder());
    high ^= stirred_second(second);
    low ^= stirred_first(first);

    let length = bytes.len() as u64;
    (low, high) = (low ^ length, high ^ length);
    low = low.wrapping_add(high);
    high = high.wrapping_add(low);
    finished(low).wrapping_add(finished(high))
}

/// Up to 16 bytes as two little-endian words.
fn halves(bytes: &[u8]) -> (u64, u64) {
    let mut padded = [0; BLOCK];
    padded[..bytes.len()].copy_from_slice(bytes);
    let both = u128::from_le_bytes(padded);
    (both as u64, (both >> 64) as u64)
}

fn stirred_first(word: u64) -> u64 {
    word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn stirred_second(word: u64) -> u64 {
    word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finished(mut word: u64) -> u64 {
    word = (word ^ word >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    word = (word ^ word >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ word >> 33
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values_come_out() {
        for (text, hash) in [
            ("", 0),
            ("a", 0x8555_5565_f659_7889),
            ("hello", 0xcbd8_a7b3_41bd_9b02),
            ("localhost:10", 0xdfa7_b4eb_1d46_ae8e),
            ("16777619:1000", 0xff92_5fb5_8d2b_69a5),
            ("The quick brown fox jumps over the lazy dog", 0xe34b_bc7b_bc07_1b6c),
        ] {
            assert_eq!(murmur3(text.as_bytes()), hash, "{text}");
        }
    }
}
