//! Links the programs of this package with [`src/malloc.c`], where that is of use.

use std::env;

const SOURCE: &str = "src/malloc.c";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={SOURCE}");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        // Nothing calls it by name: out of an archive the linker would leave it.
        for object in cc::Build::new().file(SOURCE).compile_intermediates() {
            println!("cargo:rustc-link-arg={}", object.display());
        }
    }
}
