//! Building a C program of `tests/c` against the static library, for the lanes that replay timelines in C.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the library and `tests/c/<name>.c`, and answers the program's path.
pub fn c_program(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().unwrap();
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = temporary.parent().unwrap();
    run(Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "resil-ffi", "--target-dir"])
        .arg(target)
        .current_dir(root));
    let program = temporary.join(name);
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    run(Command::new(compiler)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-I"])
        .arg(root.join("include"))
        .arg(here.join("c").join(name).with_extension("c"))
        .arg(target.join("debug/libresil.a"))
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program));
    program
}

/// Runs a command that must succeed, and shows what it said if it does not.
pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
