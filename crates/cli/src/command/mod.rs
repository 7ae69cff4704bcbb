//! One file per command.

pub mod check;
pub mod explain;
pub mod index;
pub mod ledger;
pub mod quarantine;
pub mod rebuild;
pub mod report;
pub mod run;
pub mod schema;
pub mod settle;
pub mod simulate;
pub mod test;
pub mod verify;

use crate::Ended;
use crate::arguments::Place;
use crate::defaults::Settings;
use crate::findings;
use rungs_engine::program::Versions;
use rungs_pipeline::program_folder::{self, Folder};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Writes data to standard output; a reader that went away is not an error.
pub fn print(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// A number with its noun.
pub fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Whether findings are shown in colour.
pub fn colour() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Defaults of the repository in which we stand.
pub fn settings() -> Result<Settings, Ended> {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    Settings::find(&here).map_err(|message| Ended::WrongUse {
        message,
        help: "mend rungs.toml: [defaults] takes program, inbox and store".into(),
    })
}

/// The programme folders that were named, or the default, or all in `programs`.
pub fn folders(named: &[PathBuf]) -> Result<Vec<PathBuf>, Ended> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    if let Some(program) = settings()?.program(None) {
        return Ok(vec![program]);
    }
    let mut all: Vec<PathBuf> = std::fs::read_dir("programs")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir())
        .collect();
    all.sort();
    if all.is_empty() {
        return Err(Ended::WrongUse {
            message: "no programme was named, and there is no folder `programs` here".into(),
            help: "name a programme folder: `rungs check programs/coffee`".into(),
        });
    }
    Ok(all)
}

/// All versions of the programme and its store, or what is wrong with them.
pub fn place(place: &Place) -> Result<(Versions, PathBuf, PathBuf), Ended> {
    let settings = settings()?;
    let program = settings
        .program(place.program.as_deref())
        .ok_or_else(|| Ended::WrongUse {
            message: "no programme was named".into(),
            help: "add `--program programs/<id>`, or name a default in rungs.toml".into(),
        })?;
    let store = settings
        .store(place.store.as_deref(), &program)
        .ok_or_else(|| Ended::WrongUse {
            message: "no store was named".into(),
            help: "add `--store DIR`, or name a default in rungs.toml".into(),
        })?;
    Ok((checked(&program)?, program, store))
}

/// All versions of the programme of a folder; their findings go to standard error.
pub fn checked(folder: &Path) -> Result<Versions, Ended> {
    let read: Folder = program_folder::read(folder);
    match read.versions {
        Some(versions) => Ok(versions),
        None => {
            let text = findings::render(&[read], findings::Format::Text, colour());
            anstream::eprint!("{text}");
            Err(Ended::Findings)
        }
    }
}
