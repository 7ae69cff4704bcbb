//! A browser for the checks of the report's page: Chromium, as the system has it.

use crate::step::{command, run, say, works};
use std::path::Path;

/// Names under which systems know it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What Debian installs: the browser, and a font for Chinese, without which the page would be measured with empty boxes.
const PACKAGES: [&str; 2] = ["chromium", "fonts-noto-cjk"];

/// The name of the browser's command; an administrator of a Debian gets it where it is missing.
///
/// # Errors
/// If there is none and it cannot be installed.
pub fn chromium(root: &Path) -> Result<&'static str, String> {
    if let Some(name) = found(root) {
        return Ok(name);
    }
    say(&format!(
        "   no browser: installing {}",
        PACKAGES.join(" and ")
    ));
    let apt = |words: &[&str]| {
        run(command(root, &[&["apt-get"], words].concat()).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    let problem = apt(&["update", "--quiet"])
        .and_then(|()| apt(&[&install[..], &PACKAGES].concat()))
        .err();
    found(root).ok_or_else(|| {
        format!(
            "{}none of {} is on the path; install Chromium and run again",
            problem.map_or(String::new(), |problem| format!("{problem}; ")),
            NAMES.join(", ")
        )
    })
}

fn found(root: &Path) -> Option<&'static str> {
    NAMES
        .into_iter()
        .find(|name| works(&mut command(root, &[name, "--version"])))
}
