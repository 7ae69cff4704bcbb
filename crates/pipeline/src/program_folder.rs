//! Programme folders: `programs/<id>/2026-01-01.toml`, and the scenario tests beside them.

use crate::ingest;
use rungs_engine::finding::{Code, Finding, Place};
use rungs_engine::language::{self, Source};
use rungs_engine::program::{Program, Versions};
use std::fs;
use std::path::{Path, PathBuf};

/// What was found in a programme folder.
#[derive(Debug)]
pub struct Folder {
    /// All versions of the programme, if nothing is wrong with them.
    pub versions: Option<Versions>,
    /// Everything that was found, in order of file and place.
    pub findings: Vec<Finding>,
    /// The texts that findings point into: (file as it is named in findings, text).
    pub texts: Vec<(String, String)>,
}

impl Folder {
    /// The text of a file that a finding names.
    pub fn text(&self, file: &str) -> &str {
        self.texts
            .iter()
            .find(|(name, _)| name == file)
            .map_or("", |(_, text)| text)
    }

    /// Whether something stops a run.
    pub fn has_errors(&self) -> bool {
        self.versions.is_none()
    }
}

/// Reads and checks all versions of the programme in a folder.
pub fn read(folder: &Path) -> Folder {
    let mut all = Folder {
        versions: None,
        findings: Vec::new(),
        texts: Vec::new(),
    };
    let shown = folder.display().to_string();
    let id = fs::canonicalize(folder)
        .ok()
        .and_then(|path| {
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned())
        })
        .unwrap_or_else(|| shown.clone());
    let files = match toml_files(folder) {
        Ok(files) => files,
        Err(error) => {
            all.findings.push(Finding::new(
                Code::NoVersion,
                &shown,
                Place {
                    start: 0,
                    end: 0,
                    line: 1,
                },
                format!("cannot read the folder `{shown}`"),
                error.to_string(),
                "name a folder that holds a programme file such as `2026-01-01.toml`",
            ));
            return all;
        }
    };
    if files.is_empty() {
        all.findings.push(Finding::new(
            Code::NoVersion,
            &shown,
            Place {
                start: 0,
                end: 0,
                line: 1,
            },
            format!("no programme file in `{shown}`"),
            "nothing here ends in `.toml`",
            "add a file named by the day from which it rules, such as `2026-01-01.toml`",
        ));
        return all;
    }
    let mut programs = Vec::new();
    for file in &files {
        let name = file.display().to_string();
        match text_of(file) {
            Ok(text) => {
                let checked = language::check(&Source {
                    id: &id,
                    file: &name,
                    text: &text,
                });
                all.findings.extend(checked.findings);
                if let Some(program) = checked.program {
                    let found = patterns(&program, &name);
                    if found.is_empty() {
                        programs.push((name.clone(), program));
                    }
                    all.findings.extend(found);
                }
                all.texts.push((name, text));
            }
            Err(finding) => all.findings.push(*finding),
        }
    }
    // What versions say of each other is asked where each of them is sound.
    if programs.len() == files.len() {
        match Versions::of(programs) {
            Ok(versions) => all.versions = Some(versions),
            Err(findings) => all.findings.extend(findings),
        }
    }
    all
}

/// Refuses what the engine cannot see, because it knows no files: patterns that match nothing at all.
fn patterns(program: &Program, file: &str) -> Vec<Finding> {
    program
        .datasets
        .iter()
        .filter_map(|dataset| {
            let problem = ingest::pattern_problem(&dataset.file)?;
            Some(Finding::new(
                Code::WrongValue,
                file,
                dataset.place,
                format!("`file` of dataset `{}` is not a pattern", dataset.id),
                format!("`{}`: {problem}", dataset.file),
                "write it like `orders/**` or `till/*.csv`",
            ))
        })
        .collect()
}

/// The scenario files of a programme folder, sorted.
pub fn scenario_files(folder: &Path) -> Vec<PathBuf> {
    toml_files(&folder.join("tests")).unwrap_or_default()
}

/// Reads a text file: UTF-8, with or without a byte-order mark.
pub fn text_of(path: &Path) -> Result<String, Box<Finding>> {
    let name = path.display().to_string();
    let place = Place {
        start: 0,
        end: 0,
        line: 1,
    };
    let bytes = fs::read(path).map_err(|error| {
        Box::new(Finding::new(
            Code::NoVersion,
            &name,
            place,
            format!("cannot read `{name}`"),
            error.to_string(),
            "see that the file exists and may be read",
        ))
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Box::new(Finding::new(
            Code::NotUtf8,
            &name,
            Place {
                line: line as u32,
                ..place
            },
            format!("`{name}` is not UTF-8 text"),
            format!("line {line} holds a byte that is not UTF-8"),
            "save the file as UTF-8",
        ))
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

fn toml_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml") && path.is_file())
        .collect();
    files.sort();
    Ok(files)
}
