//! Files on their way to the disk. Waiting for a disk is no work, so the run goes on meanwhile; its manifest
//! waits for all of them.

use super::error::{At, LakeError};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

type Sent = JoinHandle<Result<(), LakeError>>;

/// Files that are written but perhaps not yet safe from a loss of power.
#[derive(Debug, Clone, Default)]
pub(super) struct Underway(Arc<Mutex<Vec<Sent>>>);

impl Underway {
    /// Sends a file on its way.
    pub(super) fn send(&self, file: File, path: PathBuf) -> Result<(), LakeError> {
        let place = path.clone();
        let name = "to the disk".to_owned();
        let sent = Builder::new()
            .name(name)
            .spawn(move || file.sync_data().at(&path))
            .at(&place)?;
        let mut underway = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        underway.push(sent);
        Ok(())
    }

    /// Waits until all are there.
    pub(super) fn arrive(&self) -> Result<(), LakeError> {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        all.into_iter().try_for_each(|one| match one.join() {
            Ok(arrived) => arrived,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }
}
