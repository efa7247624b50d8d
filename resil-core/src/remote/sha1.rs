//! SHA-1: how a server names a script. Computed when this library is compiled. Source: FIPS 180-4.

/// The digest of `text`, as 40 hexadecimal digits in lower case.
pub(super) const fn sha1(text: &[u8]) -> [u8; 40] {
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    // The text, a bit, and the length in bits at the very end of a block.
    let blocks = (text.len() + 9).div_ceil(64);
    let mut block = 0;
    while block < blocks {
        let mut words = [0; 80];
        let mut at = 0;
        while at < 16 {
            let begin = block * 64 + at * 4;
            words[at] = u32::from_be_bytes([
                padded(text, blocks, begin),
                padded(text, blocks, begin + 1),
                padded(text, blocks, begin + 2),
                padded(text, blocks, begin + 3),
            ]);
            at += 1;
        }
        mix(&mut state, words);
        block += 1;
    }
    hex(state)
}

const fn padded(text: &[u8], blocks: usize, at: usize) -> u8 {
    if at < text.len() {
        text[at]
    } else if at == text.len() {
        0x80
    } else if at + 8 >= blocks * 64 {
        (text.len() as u64 * 8).to_be_bytes()[at + 8 - blocks * 64]
    } else {
        0
    }
}

const fn mix(state: &mut [u32; 5], mut words: [u32; 80]) {
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    let mut at = 0;
    while at < 80 {
        if at >= 16 {
            let mixed = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
            words[at] = mixed.rotate_left(1);
        }
        let (chosen, key) = match at / 20 {
            0 => ((b & c) | (!b & d), 0x5a82_7999_u32),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let next = a
            .rotate_left(5)
            .wrapping_add(chosen)
            .wrapping_add(e)
            .wrapping_add(key)
            .wrapping_add(words[at]);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        at += 1;
    }
    *state = [
        state[0].wrapping_add(a),
        state[1].wrapping_add(b),
        state[2].wrapping_add(c),
        state[3].wrapping_add(d),
        state[4].wrapping_add(e),
    ];
}

const fn hex(state: [u32; 5]) -> [u8; 40] {
    let mut digits = [0; 40];
    let mut at = 0;
    while at < 40 {
        let four = state[at / 8] >> (28 - at % 8 * 4) & 0xf;
        digits[at] = b"0123456789abcdef"[four as usize];
        at += 1;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_s_examples_come_out() {
        let digest = |text: &[u8]| String::from_utf8(sha1(text).to_vec()).unwrap();
        assert_eq!(digest(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(digest(two_blocks), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_eq!(digest(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(digest(&[b'a'; 1_000]), "291e9a6c66994949b57ba5e650361e98fc36b1ba");
    }
}
