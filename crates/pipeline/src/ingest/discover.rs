//! Which files of the inbox belong to which dataset.

use crate::trouble::{Trouble, TroubleCode};
use globset::{GlobBuilder, GlobMatcher};
use rungs_engine::finding::Place;
use rungs_engine::program::{Dataset, Versions};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// A file of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Index in `Program::datasets`, by the newest version that reads it.
    pub dataset: usize,
    /// The contracts that read it, by the day from which they hold: version and dataset. Versions that read it
    /// alike are one; the first also reads what is dated before it.
    pub readers: Vec<(usize, usize)>,
    /// Its path under the inbox, with `/`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// What an inbox holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inbox {
    /// The files of datasets, sorted by name.
    pub objects: Vec<Object>,
    /// Names of the files that match no dataset, sorted: they are named once in the report.
    pub unmatched: Vec<String>,
}

/// Which names belong to which datasets.
pub struct Contracts<'a> {
    versions: &'a Versions,
    /// By version and dataset; none where the version does not have it.
    patterns: Vec<Vec<Option<GlobMatcher>>>,
    contracts: Vec<Vec<String>>,
}

impl<'a> Contracts<'a> {
    /// Those of all versions.
    pub fn of(versions: &'a Versions) -> Result<Contracts<'a>, Trouble> {
        let mut patterns = Vec::new();
        for program in versions.all() {
            let datasets = program.datasets.iter();
            let of = datasets.map(|dataset| {
                let pattern = pattern(&dataset.id, &dataset.file)?;
                Ok((!dataset.absent).then_some(pattern))
            });
            patterns.push(of.collect::<Result<Vec<_>, Trouble>>()?);
        }
        let contracts = (versions.all().iter())
            .map(|program| program.datasets.iter().map(contract).collect())
            .collect();
        Ok(Contracts {
            versions,
            patterns,
            contracts,
        })
    }

    /// The object of a file, by its name in the inbox; nothing if no dataset asks for it. Trouble if two do.
    pub fn object(&self, name: &str, path: &Path, bytes: u64) -> Result<Option<Object>, Trouble> {
        let mut readers: Vec<(usize, usize)> = Vec::new();
        for (version, patterns) in self.patterns.iter().enumerate() {
            let matching = patterns.iter().enumerate().filter(|(_, pattern)| {
                let pattern = pattern.as_ref();
                pattern.is_some_and(|pattern| pattern.is_match(name))
            });
            let mut matching = matching.map(|(dataset, _)| dataset);
            let program = &self.versions.all()[version];
            match (matching.next(), matching.next()) {
                (None, _) => {}
                (Some(dataset), None) => {
                    let alike = |(other, known): &(usize, usize)| {
                        *known == dataset
                            && self.contracts[*other][dataset] == self.contracts[version][dataset]
                    };
                    if !readers.last().is_some_and(alike) {
                        readers.push((version, dataset));
                    }
                }
                (Some(first), Some(second)) => {
                    return Err(Trouble::new(
                        TroubleCode::TwoDatasets,
                        format!(
                            "the file `{name}` matches two datasets, `{}` and `{}`",
                            program.datasets[first].id, program.datasets[second].id
                        ),
                        "make the `file` patterns of the two so narrow that each file matches one",
                    ));
                }
            }
        }
        Ok(readers.last().copied().map(|(_, dataset)| Object {
            dataset,
            readers,
            name: name.to_owned(),
            path: path.to_owned(),
            bytes,
        }))
    }
}

/// Whether a name in the inbox is that of an upload in progress: a hidden file or folder (a name that begins with a
/// point), `*.tmp` or `*.part`.
pub fn in_progress(name: &str) -> bool {
    let part =
        |part: &str| part.starts_with('.') || part.ends_with(".tmp") || part.ends_with(".part");
    name.split('/').any(part)
}

/// Finds the files under `inbox` and the dataset of each. Uploads in progress are passed over ([`in_progress`]).
///
/// Trouble if a folder cannot be read, or if a file matches two datasets.
pub fn discover(versions: &Versions, inbox: &Path) -> Result<Inbox, Trouble> {
    let contracts = Contracts::of(versions)?;
    let mut files = Vec::new();
    let root = fs::canonicalize(inbox).map_err(|error| {
        Trouble::new(
            TroubleCode::Inbox,
            format!("the inbox `{}` cannot be opened: {error}", inbox.display()),
            "name the folder that holds one folder per dataset",
        )
    })?;
    walk(&root, "", &mut vec![root.clone()], &mut files)?;
    files.sort();
    let mut found = Inbox::default();
    for (name, path, bytes) in files {
        match contracts.object(&name, &path, bytes)? {
            Some(object) => found.objects.push(object),
            None => found.unmatched.push(name),
        }
    }
    Ok(found)
}

/// What a dataset says of its files, apart from where it stands.
fn contract(dataset: &Dataset) -> String {
    let dataset = Dataset {
        place: Place::default(),
        ..dataset.clone()
    };
    format!("{dataset:?}")
}

/// XXH3 (128 bits) of a file's bytes, hexadecimal. Every night looks at all that lies in the inbox, so it
/// must cost no more than reading; it tells files apart and does not protect from forgery.
pub fn digest(path: &Path) -> Result<String, Trouble> {
    let cannot = |error: std::io::Error| unreadable(path, &error);
    let mut file = File::open(path).map_err(cannot)?;
    let mut hasher = Xxh3::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(format!("{:032x}", hasher.digest128())),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(cannot(error)),
        }
    }
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(
        TroubleCode::Unreadable,
        format!("`{}` cannot be read: {error}", path.display()),
        "look at its permissions and at the disk",
    )
}

/// What is wrong with a dataset's `file` pattern, if something is.
pub fn pattern_problem(text: &str) -> Option<String> {
    let built = GlobBuilder::new(text).literal_separator(true).build();
    built.err().map(|error| error.kind().to_string())
}

fn pattern(dataset: &str, text: &str) -> Result<GlobMatcher, Trouble> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| {
            Trouble::new(
                TroubleCode::Unforeseen,
                format!("`file` of dataset `{dataset}` is not a pattern: {error}"),
                "write it like `orders/**` or `till/*.csv`",
            )
        })
}

/// Gathers the files of a folder. `above` holds the folders on the way, so that a link to one of them is no
/// endless way down.
fn walk(
    folder: &Path,
    name: &str,
    above: &mut Vec<PathBuf>,
    files: &mut Vec<(String, PathBuf, u64)>,
) -> Result<(), Trouble> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let path = entry.path();
        let last = entry.file_name().to_string_lossy().into_owned();
        if in_progress(&last) {
            continue;
        }
        let name = if name.is_empty() {
            last
        } else {
            format!("{name}/{last}")
        };
        let about = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
        if about.is_dir() {
            let real = fs::canonicalize(&path).map_err(|error| unreadable(&path, &error))?;
            if !above.contains(&real) {
                above.push(real);
                walk(&path, &name, above, files)?;
                above.pop();
            }
        } else if about.is_file() {
            files.push((name, path, about.len()));
        }
    }
    Ok(())
}
