//! The grid of ARCHITECTURE.md, checked: a folder per rule, a file per primitive, imports downward only.

use std::fs;
use std::path::{Path, PathBuf};

/// Every primitive, and the columns it is not in yet or never will be.
const ROWS: &[Row] = &[
    Row { name: "ewma", parts: &[], without: &[] },
    Row { name: "hash_ring", parts: &[], without: &[] },
    Row { name: "leaky_bucket", parts: &[], without: &[] },
    Row { name: "period_limiter", parts: &[], without: &[] },
    Row { name: "rolling_window", parts: &["rolling_counter"], without: &[] },
    Row {
        name: "single_flight",
        parts: &[],
        // Nothing is decided: the rest is between callers, where timelines do not reach.
        without: &["pure", "vectors", "fuzz"],
    },
    Row {
        name: "spin_lock",
        parts: &[],
        // Nothing is decided: there is no pure form, nothing to replay, and no model but the count of what was
        // done.
        without: &["pure", "python", "vectors", "model", "fuzz"],
    },
    Row { name: "sre_breaker", parts: &["permit", "run"], without: &[] },
    Row { name: "token_bucket", parts: &[], without: &[] },
];

struct Row {
    name: &'static str,
    /// Its files in `concurrent` whose name does not begin with its own.
    parts: &'static [&'static str],
    without: &'static [&'static str],
}

/// Where a row has a file: the column's name and its path with `{row}` for the row's name.
const COLUMNS: &[(&str, &str)] = &[
    ("pure", "resil-core/src/pure/{row}.rs"),
    ("concurrent", "resil-core/src/concurrent/{row}.rs"),
    ("loom", "resil-core/tests/loom_{row}.rs"),
    ("c", "resil-ffi/src/{row}.rs"),
    ("python", "resil-py/src/{row}.rs"),
    ("vectors", "tests/vectors/{row}.toml"),
    ("model", "tests/{row}_model.rs"),
    ("fuzz", "fuzz/fuzz_targets/{row}.rs"),
    ("bench", "benches/benches/{row}.rs"),
];

/// Rows that also decide in a store: the codec and script, and who asks it over a client.
const IN_A_STORE: &[&str] = &["leaky_bucket", "period_limiter", "token_bucket"];

/// Each folder of the core: what its first line begins with, and which folders it may import from.
const FOLDERS: &[(&str, &str, &[&str])] = &[
    ("pure", "//! Decides:", &["pure"]),
    ("sync", "//! Excludes:", &["sync"]),
    ("input", "//! Asks the machine:", &["input", "pure", "sync"]),
    ("concurrent", "//! What users hold:", &["concurrent", "input", "pure", "sync"]),
    ("remote", "//! Decides in a store:", &["remote", "concurrent", "input", "pure", "sync"]),
];

/// Files in `concurrent` that several rows are made of.
const SHARED_BY_ROWS: &[&str] = &["lanes", "level"];

/// Files that may name std's atomics and locks themselves, and why.
const CHOOSE_THEIR_OWN: &[(&str, &str)] = &[
    ("sync/primitive.rs", "the one place that chooses"),
    ("input/draw.rs", "process-wide statics, which no model checker has; nothing modelled draws"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn core() -> PathBuf {
    root().join("resil-core/src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The code before the file's unit tests, without comments.
fn shipped_code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let shipped = text.split("\n#[cfg(test)]").next().unwrap();
    let shipped = shipped.split("\n#[cfg(all(test").next().unwrap();
    shipped.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

#[test]
fn every_row_has_its_file_in_every_column() {
    let mut wrong = Vec::new();
    for row in ROWS {
        for (column, pattern) in COLUMNS {
            let path = pattern.replace("{row}", row.name);
            match (root().join(&path).exists(), row.without.contains(column)) {
                (false, false) => {
                    wrong.push(format!("{path} is missing: the {column} of {}", row.name))
                }
                (true, true) => {
                    wrong.push(format!("{path} is there: take `{column}` out of `without`"))
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn rows_in_a_store_have_their_codec_and_their_client_and_only_resil_redis_knows_one() {
    for row in IN_A_STORE {
        for folder in ["resil-core/src/remote", "resil-redis/src"] {
            let path = format!("{folder}/{row}.rs");
            assert!(root().join(&path).exists(), "{path} is missing");
        }
    }
    for folder in ["resil-core", "resil-ffi", "resil-py"] {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        // Features may be called so.
        let is_client = |line: &str| line.starts_with("redis") && !line.contains("= [");
        assert!(!manifest.lines().any(is_client), "{folder} names a client");
    }
}

#[test]
fn every_primitive_users_hold_is_a_row() {
    for path in rust_files(&core().join("concurrent")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let part_of_one = ROWS.iter().any(|row| {
            name.starts_with(row.name)
                || row.parts.contains(&name)
                || shown(&path).contains(&format!("/{}/", row.name))
        });
        let shared = name == "mod" || SHARED_BY_ROWS.contains(&name);
        assert!(shared || part_of_one, "{} belongs to no row: add it to ROWS", shown(&path));
    }
}

#[test]
fn every_folder_says_its_rule_and_imports_downward_only() {
    let mut wrong = Vec::new();
    for (folder, rule, allowed) in FOLDERS {
        let module = fs::read_to_string(core().join(folder).join("mod.rs")).unwrap();
        if !module.starts_with(rule) {
            wrong.push(format!("{folder}/mod.rs must begin with `{rule}`"));
        }
        for path in rust_files(&core().join(folder)) {
            for (number, line) in shipped_code(&path).lines().enumerate() {
                for part in line.split("crate::").skip(1) {
                    let to = part.split([':', ';', ' ', ')', '>', '{']).next().unwrap();
                    if FOLDERS.iter().any(|(name, ..)| *name == to) && !allowed.contains(&to) {
                        let place = format!("{}:{}", shown(&path), number + 1);
                        wrong.push(format!("{place}: `{folder}` must not import from `{to}`"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn pure_code_names_nothing_but_core() {
    for path in rust_files(&core().join("pure")) {
        for (number, line) in shipped_code(&path).lines().enumerate() {
            for foreign in ["std::", "libc::", "parking_lot", "crossbeam", "unsafe "] {
                let place = format!("{}:{}", shown(&path), number + 1);
                assert!(!line.contains(foreign), "{place}: pure code must not use `{foreign}`");
            }
        }
    }
}

#[test]
fn atomics_and_locks_are_chosen_in_one_place() {
    for path in rust_files(&core()) {
        let name = path.strip_prefix(core()).unwrap().display().to_string();
        if CHOOSE_THEIR_OWN.iter().any(|(file, _)| *file == name) {
            continue;
        }
        let code = shipped_code(&path);
        for own in [
            "sync::atomic",
            "std::sync::Mutex",
            "std::sync::Condvar",
            "parking_lot::",
            "loom::",
            "shuttle::",
        ] {
            assert!(!code.contains(own), "{name} names `{own}`: take it from sync/primitive.rs");
        }
    }
}

#[test]
fn only_sync_and_input_may_be_unsafe() {
    for (folder, ..) in FOLDERS {
        let module = fs::read_to_string(core().join(folder).join("mod.rs")).unwrap();
        let forbids = module.contains("#![forbid(unsafe_code)]");
        assert_eq!(
            forbids,
            !["sync", "input"].contains(folder),
            "{folder}/mod.rs: forbid(unsafe_code)"
        );
    }
}

#[test]
fn only_what_python_hands_over_may_be_unsafe_in_its_front() {
    for path in rust_files(&root().join("resil-py/src")) {
        let code = shipped_code(&path);
        let mut words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let is_unsafe = words.any(|word| word == "unsafe");
        assert_eq!(is_unsafe, path.ends_with("given.rs"), "{}: unsafe code", shown(&path));
    }
}

#[test]
fn no_file_is_a_drawer_for_everything() {
    for folder in
        ["resil-core/src", "resil-ffi/src", "resil-py/src", "resil-redis/src", "examples", "tests"]
    {
        for path in rust_files(&root().join(folder)) {
            let name = shown(&path);
            for drawer in ["util", "utils", "common", "helpers", "types", "misc"] {
                let parts: Vec<_> = name.split(['/', '.']).collect();
                assert!(!parts.contains(&drawer), "{name}: name the file after its idea");
            }
        }
    }
}

#[test]
fn files_stay_small() {
    let mut lengths = Vec::new();
    for folder in ["resil-core/src", "resil-ffi/src", "resil-py/src", "resil-redis/src"] {
        for path in rust_files(&root().join(folder)) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 600, "{} has {lines} lines: split it by idea", shown(&path));
            lengths.push(lines);
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= 150, "the median file has {median} lines");
}

#[test]
fn every_crate_carries_the_licences_of_the_root() {
    for crate_folder in [
        "resil-core",
        "resil-ffi",
        "resil-py",
        "resil-redis",
        "benches",
        "tests",
        "examples/rust",
        "fuzz",
    ] {
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let text = fs::read(root().join(licence)).unwrap();
            let copy = fs::read(root().join(crate_folder).join(licence)).ok();
            assert!(
                copy == Some(text),
                "{crate_folder}/{licence} differs: cp {licence} {crate_folder}/"
            );
        }
    }
}
