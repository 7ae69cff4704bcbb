//! The folder in which one step works on a lake that is elsewhere: files come when they are opened, and what the
//! step writes is brought back.

use super::{Objects, unavailable};
use crate::lake::error::LakeError;
use crate::lake::store::{Origin, Store};
use crate::program_folder;
use crate::run::Keys;
use crate::trouble::{Trouble, TroubleCode};
use rungs_engine::program::Versions;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;

/// Manifests that are fetched at once.
const FETCHES: usize = 16;

/// Files of a lake that are fetched when they are opened.
#[derive(Debug)]
struct Fetched {
    objects: Arc<dyn Objects>,
    prefix: String,
    /// Their names: they need not be brought back.
    names: Mutex<BTreeSet<String>>,
}

impl Fetched {
    /// Fetches a file; false if there is none. Another thread may fetch it at the same time.
    fn fetch(&self, name: &str, path: &Path) -> Result<bool, LakeError> {
        let key = format!("{}{name}", self.prefix);
        let cannot = |cause: std::io::Error| unavailable(&key, cause);
        let folder = path.parent().unwrap_or(path);
        std::fs::create_dir_all(folder).map_err(cannot)?;
        let draft = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
        if !self.objects.fetch(&key, draft.path())? {
            return Ok(false);
        }
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(name.to_owned());
        drop(names);
        draft.persist(path).map_err(|cause| cannot(cause.error))?;
        Ok(true)
    }

    /// Fetches small objects by their keys: it is their number that takes time, so several at once, and more of them than
    /// there are processors. Each thread waits for its own; none takes up other work of this process meanwhile.
    fn fetch_all(&self, keys: &[String], root: &Path) -> Result<(), LakeError> {
        let one = |key: &String| {
            let name = key.strip_prefix(&self.prefix).unwrap_or(key);
            self.fetch(name, &root.join(name)).map(|_| ())
        };
        if keys.len() <= 1 {
            return keys.iter().try_for_each(one);
        }
        std::thread::scope(|threads| {
            let each = keys.len().div_ceil(FETCHES);
            let all: Vec<_> = (keys.chunks(each))
                .map(|some| threads.spawn(move || some.iter().try_for_each(one)))
                .collect();
            all.into_iter().try_for_each(|thread| {
                let panicked = |_| Err(unavailable(&self.prefix, "a thread panicked"));
                thread.join().unwrap_or_else(panicked)
            })
        })
    }
}

impl Origin for Fetched {
    fn bring(&self, name: &str, path: &Path) -> Result<(), LakeError> {
        self.fetch(name, path).map(|_| ())
    }
}

/// A step's folder, removed when the step ends.
#[derive(Debug)]
pub(super) struct WorkingCopy {
    folder: TempDir,
    fetched: Arc<Fetched>,
    /// The programme's versions.
    pub versions: Versions,
    /// Its lake.
    pub store: Store,
}

impl WorkingCopy {
    /// An empty folder with the programme's text and the names of its runs; a lake that is not there yet is made, of
    /// `shards` shards.
    pub fn new(
        objects: &Arc<dyn Objects>,
        scratch: &Path,
        (program, lake): (&str, &str),
        shards: u16,
    ) -> Result<WorkingCopy, Trouble> {
        plain(program)?;
        plain(lake)?;
        let folder = tempfile::tempdir_in(scratch)
            .map_err(|cause| unavailable("the working folder", cause))?;
        let fetched = Arc::new(Fetched {
            objects: Arc::clone(objects),
            prefix: format!("lake/{lake}/"),
            names: Mutex::default(),
        });
        let versions = versions(&**objects, program, folder.path())?;
        let root = folder.path().join("lake");
        let marker = root.join("store.json");
        if !fetched.fetch("store.json", &marker)? {
            Store::create(&root, program, shards)?;
            let key = format!("{}store.json", fetched.prefix);
            if !objects.put_new(&key, &marker)? {
                fetched.fetch("store.json", &marker)?;
            }
        }
        let runs = objects.list(&format!("{}runs/", fetched.prefix))?;
        fetched.fetch_all(&runs, &root)?;
        let origin: Arc<dyn Origin> = fetched.clone();
        let store = Store::open_of(&root, program)?.from_origin(origin);
        Ok(WorkingCopy {
            folder,
            fetched,
            versions,
            store,
        })
    }

    /// The programme's keys.
    pub fn keys(&self) -> Result<Keys, Trouble> {
        let key = format!("keys/{}.toml", self.store.program());
        let path = self.folder.path().join("keys.toml");
        let draft = tempfile::NamedTempFile::new_in(self.folder.path());
        // A temporary file is its owner's alone, as keys have to be.
        let draft = draft.map_err(|cause| unavailable(&key, cause))?;
        if !self.fetched.objects.fetch(&key, draft.path())? {
            return Err(Trouble::new(
                TroubleCode::KeysUnreadable,
                format!("there is no object `{key}`"),
                "write `draw = \"…\"` and `pseudonym = \"…\"`, 64 random hexadecimal digits each, into a file, and upload it there once",
            ));
        }
        let draft = draft.persist(&path);
        draft.map_err(|cause| unavailable(&key, cause.error))?;
        Keys::read(&path)
    }

    /// A path for something that is no part of the lake.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Fetches files of the lake that steps left there; false if one is missing.
    pub fn fetch(&self, names: impl IntoIterator<Item = String>) -> Result<bool, Trouble> {
        let mut all = true;
        for name in names {
            all &= self.fetched.fetch(&name, &self.store.path(&name))?;
        }
        Ok(all)
    }

    /// The bytes of a file that a step before left in the lake.
    pub fn handed(&self, name: &str) -> Result<Vec<u8>, Trouble> {
        if !self.fetch([name.to_owned()])? {
            return Err(Trouble::new(
                TroubleCode::PartsMissing,
                format!("there is no object `{}`", self.key(name)),
                "cut the night again, and do its steps in their order",
            ));
        }
        let bytes = std::fs::read(self.store.path(name));
        Ok(bytes.map_err(|cause| unavailable(&self.key(name), cause))?)
    }

    /// Fetches a file of the lake, if there is one, that the step will write anew.
    pub fn fetch_to_change(&self, name: &str) -> Result<(), Trouble> {
        self.fetched.fetch(name, &self.store.path(name))?;
        let mut names = self
            .fetched
            .names
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        names.remove(name);
        Ok(())
    }

    /// Brings back one file.
    pub fn put(&self, name: &str) -> Result<(), LakeError> {
        self.fetched
            .objects
            .put(&self.key(name), &self.store.path(name))
    }

    /// The key of a file of the lake.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.fetched.prefix)
    }

    /// Brings back what was written below some folders of the lake; all of it if none are named.
    pub fn bring_back(&self, folders: &[&str]) -> Result<(), Trouble> {
        let mut written = Vec::new();
        let root = self.store.folder();
        match folders {
            [] => walk(root, root, &mut written)?,
            folders => {
                for folder in folders {
                    walk(&root.join(folder), root, &mut written)?;
                }
            }
        }
        // A night's figures last: who finds them finds all that follows a manifest.
        written.sort_by_key(|name| name.starts_with("reports/") && name.ends_with(".json"));
        let mut names = self
            .fetched
            .names
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for name in written {
            if name != "lock" && names.insert(name.clone()) {
                let path = self.store.path(&name);
                self.fetched.objects.put(&self.key(&name), &path)?;
            }
        }
        Ok(())
    }

    /// Brings back a file that must not be there yet. False if another one is; the same bytes are as good as none.
    pub fn bring_back_new(&self, name: &str) -> Result<bool, Trouble> {
        let mut names = self
            .fetched
            .names
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        names.insert(name.to_owned());
        drop(names);
        let (key, path) = (self.key(name), self.store.path(name));
        if self.fetched.objects.put_new(&key, &path)? {
            return Ok(true);
        }
        let there = self.path("there");
        let cannot = |cause: std::io::Error| unavailable(&key, cause);
        self.fetched.objects.fetch(&key, &there)?;
        Ok(std::fs::read(&there).map_err(cannot)? == std::fs::read(&path).map_err(cannot)?)
    }
}

/// Names of the files below a folder, by their path under `root`.
fn walk(folder: &Path, root: &Path, names: &mut Vec<String>) -> Result<(), LakeError> {
    let access = |cause| LakeError::access(folder, cause);
    // A table without rows has no folder. Any other error would leave out files that a manifest names.
    if !folder.try_exists().map_err(access)? {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(access)? {
        let path = entry.map_err(access)?.path();
        if path.is_dir() {
            walk(&path, root, names)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            names.push(name.to_string_lossy().replace('\\', "/"));
        }
    }
    names.sort();
    Ok(())
}

/// A programme's id is a part of keys and paths.
fn plain(program: &str) -> Result<(), Trouble> {
    let bad = |letter: char| letter == '/' || letter == '\\' || letter.is_control();
    match program.is_empty() || program.starts_with('.') || program.contains(bad) {
        false => Ok(()),
        true => Err(Trouble::new(
            TroubleCode::Programme,
            format!("`{}` is no id of a programme", program.escape_debug()),
            "name the programme's folder below `programs/`",
        )),
    }
}

/// The programme, fetched and checked.
fn versions(objects: &dyn Objects, program: &str, folder: &Path) -> Result<Versions, Trouble> {
    let prefix = format!("programs/{program}/");
    let here = folder.join("programs").join(program);
    std::fs::create_dir_all(&here).map_err(|cause| unavailable(&prefix, cause))?;
    for key in objects.list(&prefix)? {
        let name = key.strip_prefix(&prefix).unwrap_or_default();
        if name.ends_with(".toml") && !name.contains('/') {
            objects.fetch(&key, &here.join(name))?;
        }
    }
    let read = program_folder::read(&here);
    let found = read.findings.first().map(|finding| {
        let file = finding.file.rsplit('/').next().unwrap_or_default();
        format!(": {file}: {}", finding.message)
    });
    read.versions.ok_or_else(|| {
        Trouble::new(
            TroubleCode::Programme,
            format!(
                "the programme at `{prefix}` is not sound{}",
                found.unwrap_or_default()
            ),
            "`rungs check` says what is wrong; deploy only what it finds nothing in",
        )
    })
}
