//! The timelines of `tests/vectors/hash_ring.toml`, and the contract on the page `docs/hash_ring.md`.

use std::fmt::Write;
use std::path::Path;

use resil_core::HashRing;
use resil_core::hash_ring::{Inserted, Mode, NodeId};
use resil_core::pure::hash_ring::Layout;
use toml::Table;

const VECTORS: &str = include_str!("vectors/hash_ring.toml");
const PAGE: &str = include_str!("../docs/hash_ring.md");

/// A node or key: a word, or `0x` and its bytes.
fn bytes(word: &str) -> Vec<u8> {
    let Some(digits) = word.strip_prefix("0x") else { return word.into() };
    assert!(digits.len().is_multiple_of(2), "{word}");
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// A ring and the words that its nodes were inserted with.
struct Lane {
    ring: HashRing,
    words: Vec<String>,
}

impl Lane {
    fn new(timeline: &Table) -> Self {
        let virtual_nodes = timeline.get("virtual_nodes").map(|count| count.as_integer().unwrap());
        let ring = match (timeline["mode"].as_str().unwrap(), virtual_nodes) {
            ("default", None) => HashRing::new(),
            ("default", Some(count)) => {
                HashRing::with_virtual_nodes(count.try_into().unwrap()).unwrap()
            }
            ("go_zero", None) => HashRing::compatible(Mode::GoZero),
            ("ketama", None) => HashRing::compatible(Mode::Ketama),
            other => panic!("unknown mode {other:?}"),
        };
        Self { ring, words: Vec::new() }
    }

    /// The node as the file spells it.
    fn shown(&self, id: NodeId) -> String {
        let node = self.ring.node(id).expect("what a lookup answers is there");
        let spelt = self.words.iter().find(|word| bytes(word) == *node.name);
        spelt.expect("what a lookup answers was inserted").clone()
    }

    fn answer(&mut self, words: &[&str]) -> String {
        let none = || "none".to_owned();
        match *words {
            ["insert", node, weight] => {
                let weight = weight.parse().unwrap();
                let before = self.ring.snapshot();
                match self.ring.insert(bytes(node), weight) {
                    Ok(inserted) => {
                        self.words.push(node.into());
                        let known = self.ring.node(inserted.id()).unwrap();
                        assert_eq!((&*known.name, known.weight), (&*bytes(node), weight));
                        match inserted {
                            Inserted::New(_) => "inserted".into(),
                            Inserted::Reweighted(_) => "reweighted".into(),
                        }
                    }
                    Err(error) => {
                        assert_eq!(self.ring.snapshot(), before, "a refusal changed something");
                        // The message begins with the field.
                        let message = error.to_string();
                        let field = message.split([' ', ':']).next().unwrap();
                        format!("refused {field}")
                    }
                }
            }
            ["remove", node] => {
                if self.ring.remove(bytes(node)) {
                    "removed".into()
                } else {
                    "absent".into()
                }
            }
            ["lookup", key] => self.ring.lookup(bytes(key)).map_or_else(none, |id| self.shown(id)),
            ["lookup_n", key, n] => {
                let ids = self.ring.lookup_n(bytes(key), n.parse().unwrap());
                if ids.is_empty() {
                    return none();
                }
                ids.into_iter().map(|id| self.shown(id)).collect::<Vec<_>>().join(" ")
            }
            ["lookup_where", key, refused] => {
                let refused = refused.split(',').map(bytes).collect::<Vec<_>>();
                let accepts = |id| {
                    // What is asked about is in the ring: nothing else changes it here.
                    let name = self.ring.node(id).unwrap().name;
                    !refused.iter().any(|node| **node == *name)
                };
                self.ring.lookup_where(bytes(key), accepts).map_or_else(none, |id| self.shown(id))
            }
            _ => panic!("unknown step {words:?}"),
        }
    }
}

/// Replays steps; answers how many there were, and writes down those that differ.
fn replay(lane: &mut Lane, name: &str, steps: &str, wrong: &mut String) -> usize {
    for line in steps.lines() {
        let (step, expected) = line.split_once("->").expect("a step has an answer");
        let words: Vec<_> = step.split_whitespace().collect();
        let got = lane.answer(&words);
        if got != expected.trim() {
            let _ = writeln!(wrong, "{name}: {line}\n    got {got}");
        }
    }
    steps.lines().count()
}

#[test]
fn every_timeline_comes_out_as_written() {
    let vectors: Table = VECTORS.parse().unwrap();
    let timelines = vectors["timeline"].as_array().unwrap();
    let mut wrong = String::new();
    let mut steps = 0;
    for timeline in timelines {
        let timeline = timeline.as_table().unwrap();
        let text = |key: &str| timeline[key].as_str().unwrap();
        steps += replay(&mut Lane::new(timeline), text("name"), text("steps"), &mut wrong);
    }
    assert!(timelines.len() >= 39 && steps >= 2_500, "{} {steps}", timelines.len());
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_page_gives_lookups_as_the_library_does() {
    let mut lane = Lane { ring: HashRing::new(), words: Vec::new() };
    let block = PAGE.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    let mut wrong = String::new();
    let steps = replay(&mut lane, "docs/hash_ring.md", block.expect("a block of text"), &mut wrong);
    assert!(steps >= 12, "{steps}");
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_page_gives_points_where_the_library_has_them() {
    // The rows of the table of points: node, number, the bytes that are hashed, position.
    let rows = PAGE.lines().filter_map(|line| {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, node, index, hashed, position, _] = cells[..] else { return None };
        let position = u64::from_str_radix(position, 16).ok()?;
        Some((node, index.parse::<usize>().ok()?, bytes(&format!("0x{hashed}")), position << 32))
    });
    let layout = Layout::own(160).unwrap();
    let mut points = 0;
    for (node, index, hashed, position) in rows {
        let positions = layout.positions(node.as_bytes(), index as u64 + 1);
        assert_eq!(positions[index], position, "{node} {index}");
        assert_eq!(layout.position(&hashed), position, "the bytes of {node} {index}");
        points += 1;
    }
    assert_eq!(points, 6);
}

#[test]
fn what_the_scripts_write_is_what_is_there() {
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors"));
    for script in ["hash_ring.py", "hash_ring_docs.py"] {
        let mut check = std::process::Command::new(&python);
        let check = check.arg("-B").arg(folder.join(script)).arg("--check");
        let output = check.output().expect("python3 starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
