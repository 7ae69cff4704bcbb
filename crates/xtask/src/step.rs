//! Steps that a person can follow: a heading, the program's own output, the time it took.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Writes a line for people. Standard output belongs to the programs that are called.
pub fn say(line: &str) {
    eprintln!("{line}");
}

/// Runs `work` under a heading and says how long it took.
///
/// # Errors
/// Those of `work`, with the heading before them.
pub fn step<T>(heading: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    say(&format!("\n== {heading}"));
    let start = Instant::now();
    let done = work().map_err(|problem| format!("{heading}: {problem}"))?;
    say(&format!(
        "   {heading}: {:.1} s",
        start.elapsed().as_secs_f64()
    ));
    Ok(done)
}

/// A command of `words`, run from `root`.
pub fn command(root: &Path, words: &[&str]) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().copied().unwrap_or_default());
    command.args(words).current_dir(root);
    command
}

/// Runs a command to its end, its output shown.
///
/// # Errors
/// If it cannot be started or ends with another code than 0.
pub fn run(command: &mut Command) -> Result<(), String> {
    let text = written(command);
    let status = command
        .status()
        .map_err(|error| format!("cannot start `{text}`: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{text}` failed ({status})"))
    }
}

/// Runs a command and gives what it printed on standard output; standard error is shown.
///
/// # Errors
/// If it cannot be started or ends with another code than 0.
pub fn output(command: &mut Command) -> Result<String, String> {
    let text = written(command);
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start `{text}`: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{text}` failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{text}` printed text that is not UTF-8"))
}

/// Whether a command can be started and ends well; it prints nothing.
pub fn works(command: &mut Command) -> bool {
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as one would type it.
fn written(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
