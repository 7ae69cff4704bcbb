//! A disk that fails, for tests: at its n-th change it refuses to do anything, once or for good. Folders are
//! watched by themselves, so tests can run at the same time.
#![allow(clippy::unwrap_used)]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What becomes of changes after the one that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// They fail too: the process is as good as dead.
    Dead,
    /// They work again: the disk was full for a moment.
    Well,
}

struct Watched {
    folder: PathBuf,
    fails_at: u64,
    after: After,
    changes: u64,
}

static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());

/// A folder whose disk fails; well again when this is dropped.
pub(crate) struct Fault(PathBuf);

impl Fault {
    /// The `fails_at`-th change in the folder (from 1) fails.
    pub(crate) fn of(folder: &Path, fails_at: u64, after: After) -> Fault {
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        watched.push(Watched {
            folder: folder.to_owned(),
            fails_at,
            after,
            changes: 0,
        });
        Fault(folder.to_owned())
    }

    /// How many changes there were.
    pub(crate) fn changes(&self) -> u64 {
        let watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        watched
            .iter()
            .find(|it| it.folder == self.0)
            .unwrap()
            .changes
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|it| it.folder != self.0);
    }
}

/// Something is about to be changed on the disk.
pub(crate) fn about_to_change(path: &Path) -> io::Result<()> {
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    for it in watched.iter_mut().filter(|it| path.starts_with(&it.folder)) {
        it.changes += 1;
        let fails = match it.after {
            After::Dead => it.changes >= it.fails_at,
            After::Well => it.changes == it.fails_at,
        };
        if fails {
            return Err(io::Error::other(format!(
                "the disk failed at change {}",
                it.fails_at
            )));
        }
    }
    Ok(())
}
