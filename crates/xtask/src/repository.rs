//! The repository: where it is, which files it holds, how they are read and written.

use std::path::{Path, PathBuf};

/// Folders that hold no sources: made by tools, never committed.
const MADE: &[&str] = &[
    ".git",
    "target",
    ".venv",
    ".rungs",
    ".pytest_cache",
    "__pycache__",
];

/// The root of the workspace, without `..` in it.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .and_then(Path::parent)
        .unwrap_or(here)
        .to_path_buf()
}

/// A file of the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    /// From the root, with `/` on every system.
    pub path: String,
    /// What it holds; none where that is not UTF-8.
    pub text: Option<String>,
}

impl File {
    /// What the name ends in, after the last point of its last part.
    pub fn ending(&self) -> &str {
        let name = self
            .path
            .rsplit_once('/')
            .map_or(&*self.path, |(_, name)| name);
        name.rsplit_once('.').map_or("", |(_, ending)| ending)
    }
}

/// All files under `root` but those that tools made, by path. Texts of data files are left out.
///
/// # Errors
/// If a folder or file cannot be read.
pub fn files(root: &Path) -> Result<Vec<File>, String> {
    let mut found = Vec::new();
    gather(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn gather(folder: &Path, prefix: &str, found: &mut Vec<File>) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|error| cannot("list", folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| cannot("list", folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry
            .file_type()
            .map_err(|error| cannot("look at", &entry.path(), &error))?;
        if kind.is_dir() {
            if !MADE.contains(&name.as_str()) && path != "bench/data" {
                gather(&entry.path(), &format!("{path}/"), found)?;
            }
        } else if name != ".git" {
            let bytes = std::fs::read(entry.path())
                .map_err(|error| cannot("read", &entry.path(), &error))?;
            found.push(File {
                path,
                text: String::from_utf8(bytes).ok(),
            });
        }
    }
    Ok(())
}

/// Writes a file and the folders it needs.
///
/// # Errors
/// If the file system refuses.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    }
    std::fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

/// Reads a text.
///
/// # Errors
/// If there is no such file or it is not UTF-8.
pub fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| cannot("read", path, &error))
}

/// What could not be done to a path, and why.
pub fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} `{}`: {error}", path.display())
}
