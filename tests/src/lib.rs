//! What several tests of Rungs share: invented histories, oracles, and where the built binary is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

pub mod golden;
pub mod peers;
pub mod scene;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("tests/ lies in the repository")
        .to_path_buf()
}

/// The binary `rungs` of the same build as the test that asks.
///
/// # Panics
/// If it was not built: `cargo build --workspace` (with `--release` for release tests) does.
pub fn rungs() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows itself");
    let built = test
        .ancestors()
        .nth(2)
        .expect("target/<profile>/deps/<test>");
    let binary = built.join(format!("rungs{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "`{}` is missing; run `cargo build --workspace` (with --release for release tests)",
        binary.display()
    );
    binary
}
