//! Vectors are written by scripts, never by hand.

use std::env;
use std::path::Path;
use std::process::Command;

/// Asks the script of a file of `tests/vectors` whether the file is what it writes.
///
/// # Panics
/// Where it is not.
pub fn assert_written_by_its_script(row: &str) {
    let python = env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/{row}.py"));
    let check = Command::new(python).arg("-B").arg(script).arg("--check").output();
    let output = check.expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
