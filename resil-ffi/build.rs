//! Gives the shared library its SONAME, which plain cargo does not.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let elf = ["linux", "android", "freebsd", "netbsd", "openbsd", "dragonfly"];
    if elf.contains(&variable("CARGO_CFG_TARGET_OS").as_str()) {
        let (major, minor) =
            (variable("CARGO_PKG_VERSION_MAJOR"), variable("CARGO_PKG_VERSION_MINOR"));
        // Below 1.0 every minor version may break the ABI; from then on only a major one.
        let abi = if major == "0" { format!("0.{minor}") } else { major };
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libresil.so.{abi}");
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}
