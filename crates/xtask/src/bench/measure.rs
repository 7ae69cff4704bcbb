//! How long a program ran, how much memory it held at most, which bytes it wrote.

use crate::repository::cannot;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime};

/// One run of a program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Wall time.
    pub seconds: f64,
    /// The most memory that was resident; 0 where the system does not say.
    pub peak_bytes: u64,
}

/// Runs a command to its end.
///
/// # Errors
/// If it cannot be started or ends with another code than 0.
pub fn measure(command: &mut Command) -> Result<Measured, String> {
    let start = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?;
    let mut peak_bytes = 0;
    let status = loop {
        // The kernel keeps the high-water mark, so looking now and then loses only the last moment.
        peak_bytes = peak_bytes.max(high_water(&child));
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(format!("cannot wait for {command:?}: {error}")),
        }
    };
    if !status.success() {
        return Err(format!("{command:?} failed ({status})"));
    }
    Ok(Measured {
        seconds: start.elapsed().as_secs_f64(),
        peak_bytes,
    })
}

/// The most memory that a process has held so far, from Linux's `/proc`.
fn high_water(child: &Child) -> u64 {
    std::fs::read_to_string(format!("/proc/{}/status", child.id()))
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .map_or(0, |kilobytes| kilobytes * 1024)
}

/// Length and time of each file of a folder.
pub type Files = BTreeMap<PathBuf, (u64, SystemTime)>;

/// The files under a folder.
///
/// # Errors
/// If it cannot be listed.
pub fn files(folder: &Path) -> Result<Files, String> {
    let mut found = Files::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|error| cannot("list", &folder, &error))?;
        for entry in entries {
            let looked = entry.and_then(|entry| {
                let data = entry.metadata()?;
                Ok((entry.path(), data.is_dir(), data.len(), data.modified()?))
            });
            let (path, is_folder, length, modified) =
                looked.map_err(|error| cannot("look into", &folder, &error))?;
            if is_folder {
                folders.push(path);
            } else {
                found.insert(path, (length, modified));
            }
        }
    }
    Ok(found)
}

/// Bytes of the files that are new or changed.
///
/// # Errors
/// If the folder cannot be listed.
pub fn written_since(folder: &Path, before: &Files) -> Result<u64, String> {
    let now = files(folder)?;
    Ok(now
        .iter()
        .filter(|(path, data)| before.get(*path) != Some(data))
        .map(|(_, (length, _))| length)
        .sum())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_timed_and_its_memory_is_seen() {
        let measured = measure(Command::new("sleep").arg("0.05")).unwrap();
        assert!(measured.seconds >= 0.05);
        if cfg!(target_os = "linux") {
            assert!(measured.peak_bytes > 100_000);
        }
        assert!(measure(&mut Command::new("false")).is_err());
    }
}
