//! A DynamoDB for this machine: dynoxide, built once into the target folder. Its SQLite is another than ours, so it cannot
//! be a dependency.

use crate::step::{command, run, say, works};
use crate::test;
use std::path::{Path, PathBuf};

/// The release that is tested with.
const VERSION: &str = "3.2.0";

/// The server's binary; builds it where it is missing.
///
/// # Errors
/// If it cannot be built.
pub fn server(root: &Path) -> Result<PathBuf, String> {
    let tools = test::target(root)?.join("tools").join(VERSION);
    let binary = tools.join("bin").join("dynoxide");
    if !works(&mut command(
        root,
        &[&binary.to_string_lossy(), "--version"],
    )) {
        say("   dynoxide is missing: building it once, which takes about two minutes");
        let words = ["cargo", "install", "dynoxide-rs", "--locked", "--quiet"];
        let parts = [
            "--no-default-features",
            "--features",
            "native-sqlite,http-server,cli",
        ];
        run(command(root, &words)
            .args(["--version", VERSION])
            .args(parts)
            .arg("--root")
            .arg(&tools))?;
    }
    Ok(binary)
}
