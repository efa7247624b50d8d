//! The library exports what the header declares, nothing else, and both carry cargo's version.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn header() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/resil.h");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The header's code: no comments, no preprocessor.
fn declarations() -> String {
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    header().lines().filter(|line| !line.starts_with('#')).map(code).collect::<Vec<_>>().join("\n")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The functions that the header declares: a name before each opening parenthesis. Callbacks are types.
fn declared() -> BTreeSet<String> {
    let code = declarations();
    let code = code.split(';').filter(|part| !part.trim_start().starts_with("typedef"));
    let code = code.collect::<Vec<_>>().join(";");
    let mut pieces: Vec<&str> = code.split('(').collect();
    pieces.pop();
    pieces.iter().filter_map(|piece| words(piece).last()).map(str::to_owned).collect()
}

/// The macros that the header defines, with their values.
fn macros() -> Vec<(String, String)> {
    let header = header();
    let defines = header.lines().filter_map(|line| line.strip_prefix("#define "));
    let split = |define: &str| {
        let (name, value) = define.split_once(' ').unwrap_or((define, ""));
        (name.to_owned(), value.to_owned())
    };
    defines.map(split).collect()
}

fn macro_value(name: &str) -> String {
    let found = macros().into_iter().find(|(defined, _)| defined == name);
    found.unwrap_or_else(|| panic!("resil.h defines {name}")).1
}

/// Builds the shared library where this test was built, and says where it is.
fn shared_library() -> PathBuf {
    let target_dir =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it lies in the target");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", "resil-ffi", "--lib"])
        .args(["--message-format", "json", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir)
        .output()
        .expect("cargo runs");
    let messages = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{messages}\n{}", String::from_utf8_lossy(&output.stderr));
    // Each file name is a JSON string of its own; ours has no character that JSON would escape.
    let name = format!("{}resil{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let found = messages.split('"').find(|text| text.ends_with(&format!("/{name}")));
    PathBuf::from(found.unwrap_or_else(|| panic!("cargo builds {name}: {messages}")))
}

fn tool(command: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(command).args(arguments).arg(file).output();
    let output = output.unwrap_or_else(|error| panic!("{command} (of binutils) runs: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("names are ASCII")
}

#[test]
#[cfg(target_os = "linux")]
fn the_library_exports_exactly_what_the_header_declares() {
    let symbols = tool("nm", &["--dynamic", "--defined-only"], &shared_library());
    let exported: BTreeSet<String> =
        symbols.lines().filter_map(|line| line.split(' ').next_back()).map(str::to_owned).collect();
    let declared = declared();
    assert!(declared.len() > 20, "the header is read wrongly: {declared:?}");
    let undeclared: Vec<_> = exported.difference(&declared).collect();
    let missing: Vec<_> = declared.difference(&exported).collect();
    assert!(
        undeclared.is_empty() && missing.is_empty(),
        "exported, not declared: {undeclared:?}; declared, not exported: {missing:?}. If the source is right: \
         RESIL_BLESS=1 cargo test -p resil-ffi --test header"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn the_library_carries_its_abi_in_its_soname() {
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let abi = if major == "0" { format!("0.{minor}") } else { major.to_owned() };
    let dynamic = tool("readelf", &["--dynamic", "--wide"], &shared_library());
    let soname = dynamic.lines().find(|line| line.contains("(SONAME)")).unwrap_or("none");
    assert!(soname.ends_with(&format!("[libresil.so.{abi}]")), "{soname}");
}

#[test]
fn every_name_in_the_header_is_the_librarys_own() {
    for function in declared() {
        assert!(function.starts_with("resil_"), "{function}");
    }
    for (name, _) in macros() {
        assert!(name.starts_with("RESIL_"), "{name}");
    }
    let code = declarations();
    let tokens: Vec<&str> = words(&code).collect();
    let tags: Vec<&str> = tokens
        .windows(2)
        .filter(|pair| ["struct", "enum"].contains(&pair[0]))
        .map(|pair| pair[1])
        .collect();
    assert!(tags.contains(&"resil_token_bucket_t"), "the header is read wrongly: {tags:?}");
    for tag in tags {
        assert!(tag.starts_with("resil_") && tag.ends_with("_t"), "{tag}");
    }
    for (name, _) in code.lines().filter_map(|line| line.trim().split_once(" = ")) {
        assert!(name.starts_with("RESIL_"), "{name}");
    }
}

#[test]
fn the_version_macros_equal_cargos_version() {
    let version =
        ["MAJOR", "MINOR", "PATCH"].map(|part| macro_value(&format!("RESIL_VERSION_{part}")));
    assert_eq!(version.join("."), env!("CARGO_PKG_VERSION"));
    assert_eq!(macro_value("RESIL_VERSION_STRING"), format!("\"{}\"", env!("CARGO_PKG_VERSION")));

    let number = |text: &str| text.parse::<u32>().expect("a number");
    let [major, minor, patch] = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ]
    .map(number);
    let combined = major * 1_000_000 + minor * 1_000 + patch;
    assert_eq!(number(&macro_value("RESIL_VERSION")), combined);
    let abi = if major == 0 { minor } else { major * 1_000 };
    assert_eq!(number(&macro_value("RESIL_ABI_VERSION")), abi);
}

#[test]
fn every_exported_function_is_guarded_under_its_own_name() {
    let mut guarded = BTreeSet::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = fs::read_to_string(&path).expect("the source can be read");
        for function in source.split("#[unsafe(no_mangle)]").skip(1) {
            let (signature, body) = function.split_once("{\n").expect("a function has a body");
            let (head, _) = signature.split_once('(').expect("a function has parameters");
            let name = words(head).last().expect("a function has a name");
            let body = body.trim_start();
            assert!(
                guarded_as(body, name),
                "{name} in {} begins with `guard(\"{name}\", …)`, `answer(\"{name}\", …)` or \
                 `answer_around(\"{name}\", …)`",
                path.display()
            );
            guarded.insert(name.to_owned());
        }
    }
    assert_eq!(guarded, declared());
}

/// Whether a body runs in a guard that knows the function's name.
fn guarded_as(body: &str, name: &str) -> bool {
    // Where an argument is called as its guard is.
    let body = body.strip_prefix("self::").unwrap_or(body);
    let guards = ["guard", "answer", "answer_around"].iter();
    let called = guards.filter_map(|guard| body.strip_prefix(guard)?.strip_prefix('('));
    called.map(str::trim_start).any(|rest| rest.starts_with(&format!("\"{name}\",")))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the source can be listed");
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("the source can be listed").path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
