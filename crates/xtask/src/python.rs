//! Python beside Rust: a virtual environment of the repository's own, with pinned packages.

use crate::repository::{cannot, read, write};
use crate::step::{command, run, say, works};
use std::path::Path;

/// What the independent recounts in `tests/python` need.
pub const CHECKS: &str = "tests/python/requirements.txt";
/// What the local AWS stack and its checks need.
pub const AWS: &str = "tests/aws/requirements.txt";
/// What drives a browser over the report's page.
pub const PAGE: &str = "tests/page/requirements.txt";
/// What the benchmark's peers need.
pub const PEERS: &str = "bench/requirements.txt";

/// The interpreter of the environment in `.venv`, with the packages of a requirements file installed.
///
/// Installing is left out where it was done before with the same list.
///
/// # Errors
/// If there is no Python, or a package cannot be had.
pub fn environment(root: &Path, requirements: &str) -> Result<String, String> {
    let folder = root.join(".venv");
    let interpreter = folder
        .join(if cfg!(windows) { "Scripts" } else { "bin" })
        .join("python")
        .to_string_lossy()
        .into_owned();
    if !works(&mut command(
        root,
        &[&interpreter, "-m", "pip", "--version"],
    )) {
        create(root, &folder)?;
    }
    let wanted = read(&root.join(requirements))?;
    let marker = folder.join(format!("installed-{}", requirements.replace('/', "-")));
    if std::fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    say(&format!("   installing {requirements}"));
    run(
        command(root, &[&interpreter, "-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--only-binary", ":all:"])
            .args(["--requirement", requirements]),
    )?;
    write(&marker, &wanted)?;
    Ok(interpreter)
}

/// Makes the environment; on Debian `venv` is a package of its own, which an administrator can install here.
fn create(root: &Path, folder: &Path) -> Result<(), String> {
    let python = ["python3", "python"]
        .into_iter()
        .find(|name| works(&mut command(root, &[name, "--version"])))
        .ok_or("there is no `python3`; install Python 3.11 or newer and run again")?;
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|error| cannot("remove", folder, &error))?;
    }
    let make = || {
        let words = [python, "-m", "venv", ".venv"];
        run(&mut command(root, &words))
    };
    if make().is_ok() {
        return Ok(());
    }
    say("   `venv` is missing: installing python3-venv");
    let apt = |words: &[&str]| {
        run(command(root, &[&["apt-get"], words].concat()).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "--quiet"])
        .and_then(|()| apt(&["install", "--yes", "--quiet", "python3-venv"]))
        .and_then(|()| make())
        .map_err(|problem| {
            format!("{problem}; install your system's package for `python3 -m venv` and run again")
        })
}
