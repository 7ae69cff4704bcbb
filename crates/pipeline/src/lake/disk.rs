//! Everything that changes files of a store. Each change is a point at which a run can die; in tests it
//! does, at every one of them ([`faults`](super::faults)).
//!
//! Waiting for a disk is no work, so the run goes on meanwhile; its manifest waits for all files that are
//! still on their way.

use super::error::{At, LakeError};
#[cfg(test)]
pub(crate) use super::faults::about_to_change;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Threads that wait: a disk takes several files at once, and a night writes hundreds.
const THREADS: usize = 4;

/// Something is about to be changed on the disk.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn about_to_change(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file; one that is there is emptied.
    pub(crate) fn create(path: &Path) -> std::io::Result<NewFile> {
        about_to_change(path)?;
        Ok(NewFile {
            file: File::create(path)?,
            path: path.to_owned(),
        })
    }

    /// Waits until what was written is safe from a loss of power.
    pub(crate) fn sync(&self) -> std::io::Result<()> {
        about_to_change(&self.path)?;
        self.file.sync_data()
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        about_to_change(&self.path)?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Makes a folder, with those above it.
pub(crate) fn make_folder(path: &Path) -> std::io::Result<()> {
    about_to_change(path)?;
    std::fs::create_dir_all(path)
}

/// Removes a file.
pub(crate) fn remove_file(path: &Path) -> std::io::Result<()> {
    about_to_change(path)?;
    std::fs::remove_file(path)
}

/// Removes a folder with all that is in it.
pub(crate) fn remove_folder(path: &Path) -> std::io::Result<()> {
    about_to_change(path)?;
    std::fs::remove_dir_all(path)
}

/// Gives a file another name, in one step.
pub(crate) fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    about_to_change(to)?;
    std::fs::rename(from, to)
}

/// Makes names in a folder safe from a loss of power.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    about_to_change(folder)?;
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened as files elsewhere; the file system orders renames by itself.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Files that are written but perhaps not yet safe from a loss of power.
#[derive(Debug, Clone, Default)]
pub(super) struct Underway(Arc<Mutex<Option<Waiting>>>);

#[derive(Debug)]
struct Waiting {
    files: Sender<NewFile>,
    threads: Vec<JoinHandle<Result<(), LakeError>>>,
}

impl Underway {
    /// Sends a file on its way.
    pub(super) fn send(&self, file: NewFile) -> Result<(), LakeError> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = match &mut *waiting {
            Some(waiting) => waiting,
            none => none.insert(Waiting::begin().at(&file.path)?),
        };
        // Nobody takes it only after all threads have failed, which they say when they are waited for.
        let _ = waiting.files.send(file);
        Ok(())
    }

    /// Waits until all are there.
    pub(super) fn arrive(&self) -> Result<(), LakeError> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Waiting { files, threads }) = waiting.take() else {
            return Ok(());
        };
        drop(files);
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(arrived) => arrived,
                Err(panic) => std::panic::resume_unwind(panic),
            })
    }
}

impl Waiting {
    fn begin() -> std::io::Result<Waiting> {
        let (files, sent) = channel::<NewFile>();
        let sent = Arc::new(Mutex::new(sent));
        let wait = |_| {
            let sent = sent.clone();
            let next = move || sent.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let name = "to the disk".to_owned();
            Builder::new().name(name).spawn(move || {
                while let Ok(file) = next() {
                    file.sync().at(&file.path)?;
                }
                Ok(())
            })
        };
        let threads = (0..THREADS).map(wait).collect::<Result<_, _>>()?;
        Ok(Waiting { files, threads })
    }
}
