//! `include/resil.h` says what the source says.
//!
//! `RESIL_BLESS=1 cargo test -p resil-ffi --test header` writes it anew.

use std::path::{Path, PathBuf};
use std::{env, fs};

use cbindgen::{Builder, Config};

const MEND: &str = "RESIL_BLESS=1 cargo test -p resil-ffi --test header";

fn header_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/resil.h")
}

/// The macros that tell a program which header it was compiled with.
fn version_macros() -> String {
    let [major, minor, patch] = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ]
    .map(|part| part.parse::<u32>().expect("a version consists of numbers"));
    let combined = major * 1_000_000 + minor * 1_000 + patch;
    let abi = if major == 0 { minor } else { major * 1_000 };
    format!(
        r#"
// The version of this header; resil_version() tells the one of the library that runs.
#define RESIL_VERSION_MAJOR {major}
#define RESIL_VERSION_MINOR {minor}
#define RESIL_VERSION_PATCH {patch}
// major * 1000000 + minor * 1000 + patch: versions compare as these numbers do.
#define RESIL_VERSION {combined}
#define RESIL_VERSION_STRING "{text}"
// Goes up whenever a program must be compiled anew; resil_abi_version() tells the one of the library that runs.
#define RESIL_ABI_VERSION {abi}"#,
        text = env!("CARGO_PKG_VERSION"),
    )
}

fn generated() -> String {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config =
        Config::from_file(crate_dir.join("cbindgen.toml")).expect("cbindgen.toml is well-formed");
    let after = config.after_includes.take().unwrap_or_default();
    config.after_includes = Some(format!("{}\n{}", version_macros(), after.trim_end()));
    let bindings = Builder::new()
        .with_src(crate_dir.join("src/lib.rs"))
        .with_config(config)
        .generate()
        .expect("cbindgen reads the source");
    let mut text = Vec::new();
    bindings.write(&mut text);
    String::from_utf8(text).expect("the source is UTF-8")
}

#[test]
fn the_header_says_what_the_source_says() {
    let generated = generated();
    if env::var_os("RESIL_BLESS").is_some_and(|bless| bless == "1") {
        fs::write(header_path(), &generated).expect("include/ can be written");
    }
    let header = fs::read_to_string(header_path()).unwrap_or_default();
    let differs = header.lines().zip(generated.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| header.lines().count().min(generated.lines().count()));
    assert!(
        header == generated,
        "include/resil.h, line {}, is not what the source says:\n- {}\n+ {}\nTo write it anew: {MEND}",
        line + 1,
        header.lines().nth(line).unwrap_or("(end)"),
        generated.lines().nth(line).unwrap_or("(end)"),
    );
}

#[test]
fn the_header_speaks_to_readers_of_c() {
    for line in generated().lines() {
        assert!(!line.contains("# Safety"), "a heading for readers of Rust: {line}");
        assert!(!line.contains("[`"), "a link for readers of Rust: {line}");
        assert!(!line.contains("Option<"), "a type of Rust: {line}");
    }
}
