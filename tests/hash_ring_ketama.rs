//! libketama's own test: the md5 over a million lines of where its eight servers' keys go.

use std::fmt::Write;

use resil_core::HashRing;
use resil_core::hash_ring::Mode;

/// The servers of that test and their memory.
const SERVERS: [(&str, u32); 8] = [
    ("10.0.1.1:11211", 600),
    ("10.0.1.2:11211", 300),
    ("10.0.1.3:11211", 200),
    ("10.0.1.4:11211", 350),
    ("10.0.1.5:11211", 1000),
    ("10.0.1.6:11211", 800),
    ("10.0.1.7:11211", 950),
    ("10.0.1.8:11211", 100),
];

/// What libketama's test script compares with: a million keys.
const PUBLISHED: &str = "5672b131391f5aa2b280936aec1eea74";
/// The same of the first keys, by a model that gives the published one of all (tests/vectors/hash_ring_model.py).
const FIRST: (u32, &str) = (50_000, "5d8779a331b5426f71ed79ed4593f474");

/// MD5 by RFC 1321, apart from the library's.
struct Md5 {
    state: [u32; 4],
    sines: [u32; 64],
    rest: Vec<u8>,
    length: u64,
}

impl Md5 {
    fn new() -> Self {
        let sines = std::array::from_fn(|i| ((i as f64 + 1.0).sin().abs() * 2f64.powi(32)) as u32);
        let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
        Self { state, sines, rest: Vec::new(), length: 0 }
    }

    fn block(&mut self, block: &[u8]) {
        const ROTATIONS: [[u32; 4]; 4] =
            [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
        let word = |at: usize| u32::from_le_bytes(block[4 * at..4 * at + 4].try_into().unwrap());
        let [mut a, mut b, mut c, mut d] = self.state;
        for step in 0..64 {
            let (mixed, at) = match step / 16 {
                0 => (b & c | !b & d, step),
                1 => (d & b | !d & c, (5 * step + 1) % 16),
                2 => (b ^ c ^ d, (3 * step + 5) % 16),
                _ => (c ^ (b | !d), 7 * step % 16),
            };
            let sum = a.wrapping_add(mixed).wrapping_add(self.sines[step]).wrapping_add(word(at));
            let turned = sum.rotate_left(ROTATIONS[step / 16][step % 4]);
            (a, b, c, d) = (d, b.wrapping_add(turned), b, c);
        }
        for (state, value) in self.state.iter_mut().zip([a, b, c, d]) {
            *state = state.wrapping_add(value);
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.rest.extend(bytes);
        let rest = std::mem::take(&mut self.rest);
        let blocks = rest.chunks_exact(64);
        self.rest = blocks.remainder().to_vec();
        blocks.for_each(|block| self.block(block));
    }

    fn words(mut self) -> [u32; 4] {
        let bits = 8 * self.length;
        self.update(&[0x80]);
        let zeros = (56 + 64 - self.rest.len()) % 64;
        self.update(&[0; 64][..zeros]);
        self.update(&bits.to_le_bytes());
        self.state
    }
}

fn md5(text: &str) -> [u32; 4] {
    let mut md5 = Md5::new();
    md5.update(text.as_bytes());
    md5.words()
}

/// A server's points, ascending; libketama prints the one that a key lands on.
fn points(server: &str, memory: u32) -> Vec<u32> {
    let all: u32 = SERVERS.iter().map(|(_, memory)| memory).sum();
    let digests = memory * 40 * SERVERS.len() as u32 / all;
    let mut points: Vec<_> = (0..digests).flat_map(|k| md5(&format!("{server}-{k}"))).collect();
    points.sort_unstable();
    points
}

/// The digest of the lines for so many keys: hash, point, server.
fn digest(keys: u32) -> String {
    let ring = HashRing::compatible(Mode::Ketama);
    let mut servers = Vec::new();
    for (server, memory) in SERVERS {
        let id = ring.insert(server, memory).unwrap().id();
        servers.push((id, server, points(server, memory)));
    }
    assert_eq!(servers.iter().map(|(.., points)| points.len()).sum::<usize>(), 1264);

    let mut digest = Md5::new();
    // Its program first prints an empty error message.
    let mut lines = "\n".to_owned();
    for key in 0..keys {
        let key = key.to_string();
        let id = ring.lookup(&key).unwrap();
        let (_, server, points) = servers.iter().find(|(of, ..)| *of == id).unwrap();
        let hash = md5(&key)[0];
        let point = points[points.partition_point(|&point| point < hash) % points.len()];
        let _ = writeln!(lines, "{hash} {point} {server}");
        if lines.len() > 4_096 {
            digest.update(lines.as_bytes());
            lines.clear();
        }
    }
    digest.update(lines.as_bytes());
    let bytes = digest.words().into_iter().flat_map(u32::to_le_bytes);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn md5_is_md5() {
    assert_eq!(md5("abc"), [0x9850_0190, 0xb04f_d23c, 0x7d3f_96d6, 0x727f_e128]);
}

#[test]
fn the_first_keys_go_where_libketama_sends_them() {
    assert_eq!(digest(FIRST.0), FIRST.1);
}

#[test]
fn a_million_keys_go_where_libketama_sends_them() {
    assert_eq!(digest(1_000_000), PUBLISHED);
}
