//! `rungs.toml` at the root of a repository supplies defaults for options that are left out.
//!
//! ```toml
//! [defaults]
//! program = "programs/coffee"
//! inbox = "samplelocal/{program}"   # {program} is the programme folder's name
//! store = ".rungs/{program}"
//! ```

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The file's content.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Defaults of options.
    #[serde(default)]
    pub defaults: Defaults,
    /// Where the file was found.
    #[serde(skip)]
    root: PathBuf,
}

/// Defaults of options.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// The programme folder.
    pub program: Option<String>,
    /// The programme's inbox.
    pub inbox: Option<String>,
    /// The programme's store.
    pub store: Option<String>,
}

impl Settings {
    /// Looks for `rungs.toml` in a folder and those above it.
    pub fn find(from: &Path) -> Result<Settings, String> {
        for folder in from.ancestors() {
            let path = folder.join("rungs.toml");
            if path.is_file() {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                let mut settings: Settings = toml::from_str(&text)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                settings.root = folder.to_owned();
                return Ok(settings);
            }
        }
        Ok(Settings::default())
    }

    /// The programme folder: what was given, else the default.
    pub fn program(&self, given: Option<&Path>) -> Option<PathBuf> {
        given.map(Path::to_owned).or_else(|| {
            self.defaults
                .program
                .as_ref()
                .map(|path| self.root.join(path))
        })
    }

    /// The inbox of a programme.
    pub fn inbox(&self, given: Option<&Path>, program: &Path) -> Option<PathBuf> {
        self.filled(given, self.defaults.inbox.as_ref(), program)
    }

    /// The store of a programme.
    pub fn store(&self, given: Option<&Path>, program: &Path) -> Option<PathBuf> {
        self.filled(given, self.defaults.store.as_ref(), program)
    }

    /// The folder that holds a store for each programme, if the default is such a folder.
    pub fn stores(&self, given: Option<&Path>) -> Option<PathBuf> {
        let parent = |path: &String| {
            path.strip_suffix("/{program}")
                .map(|path| self.root.join(path))
        };
        let default = || self.defaults.store.as_ref().and_then(parent);
        given.map(Path::to_owned).or_else(default)
    }

    fn filled(
        &self,
        given: Option<&Path>,
        default: Option<&String>,
        program: &Path,
    ) -> Option<PathBuf> {
        let name = program
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        given
            .map(Path::to_owned)
            .or_else(|| default.map(|path| self.root.join(path.replace("{program}", &name))))
    }
}
