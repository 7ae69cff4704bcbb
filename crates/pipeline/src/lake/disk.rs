//! Files on their way to the disk. Waiting for a disk is no work, so the run goes on meanwhile; its manifest
//! waits for all of them.

use super::error::{At, LakeError};
use std::fs::File;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Threads that wait: a disk takes several files at once, and a night writes hundreds.
const THREADS: usize = 4;

/// Files that are written but perhaps not yet safe from a loss of power.
#[derive(Debug, Clone, Default)]
pub(super) struct Underway(Arc<Mutex<Option<Waiting>>>);

#[derive(Debug)]
struct Waiting {
    files: Sender<(File, PathBuf)>,
    threads: Vec<JoinHandle<Result<(), LakeError>>>,
}

impl Underway {
    /// Sends a file on its way.
    pub(super) fn send(&self, file: File, path: PathBuf) -> Result<(), LakeError> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = match &mut *waiting {
            Some(waiting) => waiting,
            none => none.insert(Waiting::begin().at(&path)?),
        };
        // Nobody takes it only after all threads have failed, which they say when they are waited for.
        let _ = waiting.files.send((file, path));
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
        let (files, sent) = channel::<(File, PathBuf)>();
        let sent = Arc::new(Mutex::new(sent));
        let wait = |_| {
            let sent = sent.clone();
            let next = move || sent.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let name = "to the disk".to_owned();
            Builder::new().name(name).spawn(move || {
                while let Ok((file, path)) = next() {
                    file.sync_data().at(&path)?;
                }
                Ok(())
            })
        };
        let threads = (0..THREADS).map(wait).collect::<Result<_, _>>()?;
        Ok(Waiting { files, threads })
    }
}
