//! `cargo xtask <task>`: the workspace's own tasks.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "cargo xtask cdnow PATH-TO-CDNOW_master.txt\n\
                     cargo xtask coffee [--seed 7] [--out samplelocal/coffee]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["cdnow", source] => xtask::cdnow::run(Path::new(source), &root()),
        ["coffee", options @ ..] => xtask::coffee::run(options, &root()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(3)
        }
    }
}

/// The repository's root: two folders above this package.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
