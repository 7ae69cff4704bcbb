//! The folder of a store: creating, opening, locking it, its manifests, and what a killed run left.

use super::disk::{self, NewFile, Underway, sync_folder};
use super::error::{At, LakeCode, LakeError};
use super::manifest::{FORMAT, Manifest, StoreFile, THIS, Table};
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A store in a folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    file: StoreFile,
    origin: Option<Arc<dyn Origin>>,
    pub(super) underway: Underway,
}

/// Where the files of a store are that are not in its folder yet. Files are written once, so one that is there
/// is the right one.
pub trait Origin: std::fmt::Debug + Send + Sync {
    /// Brings a file (its name in the store, with `/`) to a path, whole or not at all. Several may be asked for at
    /// the same time, and one of them twice.
    fn bring(&self, name: &str, path: &Path) -> Result<(), LakeError>;
}

/// Held by a run for as long as it writes. The operating system lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct StoreLock {
    file: File,
}

impl Drop for StoreLock {
    /// Lets go at once: closing the file would not be enough while a program that was just being started
    /// by another thread still has a copy of it.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Store {
    /// A new store in a folder that is empty or does not exist.
    pub fn create(folder: &Path, program: &str, shards: u16) -> Result<Store, LakeError> {
        let marker = folder.join("store.json");
        if marker.exists() {
            return Err(LakeError::new(
                LakeCode::NotAStore,
                folder,
                "the folder is a store already",
                "open it, or name another folder",
            ));
        }
        disk::make_folder(folder).at(folder)?;
        let file = StoreFile {
            format: FORMAT,
            program: program.to_owned(),
            shards: shards.clamp(1, super::shard::BUCKETS),
            created_by: THIS.to_owned(),
        };
        write_whole(&marker, &json(&file, &marker)?)?;
        Ok(Store {
            folder: folder.to_owned(),
            file,
            origin: None,
            underway: Underway::default(),
        })
    }

    /// The store in a folder.
    pub fn open(folder: &Path) -> Result<Store, LakeError> {
        let marker = folder.join("store.json");
        if !marker.exists() {
            return Err(LakeError::new(
                LakeCode::NotAStore,
                folder,
                "there is no `store.json` in this folder",
                "check the path; `rungs run` creates a store",
            ));
        }
        let bytes = std::fs::read(&marker).at(&marker)?;
        let file: StoreFile = serde_json::from_slice(&bytes).at(&marker)?;
        check_format(file.format, &marker)?;
        if !(1..=super::shard::BUCKETS).contains(&file.shards) {
            return Err(LakeError::damaged(
                &marker,
                format!("{} shards", file.shards),
            ));
        }
        Ok(Store {
            folder: folder.to_owned(),
            file,
            origin: None,
            underway: Underway::default(),
        })
    }

    /// The store in a folder; a new one where there is none. It must belong to the programme.
    pub fn open_or_create(folder: &Path, program: &str, shards: u16) -> Result<Store, LakeError> {
        if !folder.join("store.json").exists() {
            return Store::create(folder, program, shards);
        }
        Store::open_of(folder, program)
    }

    /// The store in a folder, which must belong to the programme.
    pub fn open_of(folder: &Path, program: &str) -> Result<Store, LakeError> {
        let store = Store::open(folder)?;
        if store.file.program != program {
            return Err(LakeError::new(
                LakeCode::OtherProgram,
                folder,
                format!("the store belongs to programme `{}`", store.file.program),
                format!("name the store of `{program}`, or another folder"),
            ));
        }
        Ok(store)
    }

    /// The store with files that may still be elsewhere.
    pub fn from_origin(mut self, origin: Arc<dyn Origin>) -> Store {
        self.origin = Some(origin);
        self
    }

    /// Opens a file of the store by its name; one that is nowhere is damage, not a wrong path.
    pub(super) fn open_file(&self, name: &str) -> Result<File, LakeError> {
        let path = self.path(name);
        if let Some(origin) = &self.origin
            && !path.exists()
        {
            self.folder_of(&path)?;
            origin.bring(name, &path)?;
        }
        File::open(&path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => LakeError::damaged(&path, "the file is missing"),
            _ => LakeError::access(&path, cause),
        })
    }

    /// How many shards, for the store's life.
    pub fn shards(&self) -> u16 {
        self.file.shards
    }

    /// The programme's id.
    pub fn program(&self) -> &str {
        &self.file.program
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of a file of the store, by its name with `/`.
    pub fn path(&self, name: &str) -> PathBuf {
        name.split('/')
            .fold(self.folder.clone(), |path, part| path.join(part))
    }

    /// Claims the store for a run.
    pub fn lock(&self) -> Result<StoreLock, LakeError> {
        Store::claim(&self.folder)
    }

    /// Claims a folder, whether it is a store already or is about to become one.
    pub fn claim(folder: &Path) -> Result<StoreLock, LakeError> {
        disk::make_folder(folder).at(folder)?;
        let path = folder.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .at(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(StoreLock { file }),
            Err(TryLockError::WouldBlock) => Err(LakeError::new(
                LakeCode::Locked,
                folder,
                "another `rungs run` is settling this store",
                "wait until it ends; if its process was stopped the lock is gone with it",
            )),
            Err(TryLockError::Error(cause)) => Err(LakeError::access(&path, cause)),
        }
    }

    /// Name of a manifest.
    pub fn manifest_name(run: u32) -> String {
        format!("runs/{run:05}.json")
    }

    /// The number of the last finished run, 0 before the first.
    pub fn last_run(&self) -> Result<u32, LakeError> {
        Ok(self.runs()?.last().copied().unwrap_or(0))
    }

    /// Numbers of the finished runs: 1, 2, 3 and so on.
    fn runs(&self) -> Result<Vec<u32>, LakeError> {
        let folder = self.path("runs");
        let mut runs = Vec::new();
        for name in names(&folder)? {
            if let Some(run) = name.strip_suffix(".json").and_then(|run| run.parse().ok()) {
                runs.push(run);
            }
        }
        runs.sort_unstable();
        match (1..).zip(&runs).find(|(expected, run)| expected != *run) {
            Some((missing, _)) => Err(LakeError::damaged(
                &self.path(&Store::manifest_name(missing)),
                "the manifest of this run is missing",
            )),
            None => Ok(runs),
        }
    }

    /// The manifest of a finished run.
    pub fn manifest(&self, run: u32) -> Result<Manifest, LakeError> {
        let path = self.path(&Store::manifest_name(run));
        let bytes = std::fs::read(&path).at(&path)?;
        let manifest: Manifest = serde_json::from_slice(&bytes).at(&path)?;
        check_format(manifest.format, &path)?;
        Ok(manifest)
    }

    /// The manifest of the last finished run.
    pub fn latest(&self) -> Result<Option<Manifest>, LakeError> {
        match self.last_run()? {
            0 => Ok(None),
            run => self.manifest(run).map(Some),
        }
    }

    /// All manifests, oldest first.
    pub fn manifests(&self) -> Result<Vec<Manifest>, LakeError> {
        self.runs()?
            .into_iter()
            .map(|run| self.manifest(run))
            .collect()
    }

    /// Waits until all files that were written so far are safe on the disk.
    pub fn arrive(&self) -> Result<(), LakeError> {
        self.underway.arrive()
    }

    /// Makes a run count: once its files are safe on the disk its manifest appears, whole or not at all.
    pub fn finish(&self, manifest: &Manifest) -> Result<(), LakeError> {
        self.arrive()?;
        let path = self.path(&Store::manifest_name(manifest.run));
        self.folder_of(&path)?;
        let folders: BTreeSet<PathBuf> = manifest
            .files
            .values()
            .flatten()
            .filter_map(|file| self.path(&file.name).parent().map(Path::to_owned))
            .collect();
        // Files that other processes wrote need not be here.
        let here = |folder: &&PathBuf| self.origin.is_none() || folder.exists();
        for folder in folders.iter().filter(here) {
            sync_folder(folder).at(folder)?;
        }
        write_whole(&path, &json(manifest, &path)?)
    }

    /// Removes what no manifest names: leftovers of a killed run and files that a merge replaced.
    pub fn clean(&self, lock: &StoreLock) -> Result<(), LakeError> {
        let manifests = self.manifests()?;
        let mut named = BTreeSet::new();
        for (position, manifest) in manifests.iter().enumerate() {
            let last = position + 1 == manifests.len();
            for (table, files) in &manifest.files {
                if last || !table.whole() {
                    named.extend(files.iter().map(|file| self.path(&file.name)));
                }
            }
        }
        for table in Table::ALL {
            remove_unnamed(&self.path(table.folder()), &named)?;
        }
        self.remove_staged(lock)
    }

    /// Removes staged events: once a run is finished they are in the history, in what waits or in
    /// quarantine.
    pub fn remove_staged(&self, _lock: &StoreLock) -> Result<(), LakeError> {
        let staged = self.path("staged");
        match staged.exists() {
            true => disk::remove_folder(&staged).at(&staged),
            false => Ok(()),
        }
    }

    /// Sees to it that the folder of a file exists.
    pub(crate) fn folder_of(&self, path: &Path) -> Result<(), LakeError> {
        match path.parent() {
            Some(folder) => disk::make_folder(folder).at(folder),
            None => Ok(()),
        }
    }
}

fn check_format(format: u32, place: &Path) -> Result<(), LakeError> {
    match format == FORMAT {
        true => Ok(()),
        false => Err(LakeError::new(
            LakeCode::Format,
            place,
            format!("format {format}; this version of rungs knows format {FORMAT}"),
            "use the version of rungs that wrote the store, or a newer one",
        )),
    }
}

fn json(value: &impl serde::Serialize, place: &Path) -> Result<Vec<u8>, LakeError> {
    let mut bytes = serde_json::to_vec_pretty(value).at(place)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes a file so that it is there whole or not at all, even if the power goes.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let draft = path.with_extension("draft");
    let mut file = NewFile::create(&draft).at(&draft)?;
    file.write_all(bytes).at(&draft)?;
    file.sync().at(&draft)?;
    disk::rename(&draft, path).at(path)?;
    match path.parent() {
        Some(folder) => sync_folder(folder).at(folder),
        None => Ok(()),
    }
}

fn names(folder: &Path) -> Result<Vec<String>, LakeError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).at(folder)? {
        names.push(entry.at(folder)?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

fn remove_unnamed(folder: &Path, named: &BTreeSet<PathBuf>) -> Result<(), LakeError> {
    for name in names(folder)? {
        let path = folder.join(name);
        if path.is_dir() {
            remove_unnamed(&path, named)?;
            if names(&path)?.is_empty() {
                disk::remove_folder(&path).at(&path)?;
            }
        } else if !named.contains(&path) {
            disk::remove_file(&path).at(&path)?;
        }
    }
    Ok(())
}
