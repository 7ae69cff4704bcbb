//! Objects in memory, for tests.

use super::{Objects, unavailable};
use crate::lake::error::LakeError;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Objects that are gone with the process.
#[derive(Debug, Default)]
pub struct MemoryObjects(Mutex<BTreeMap<String, Vec<u8>>>);

impl MemoryObjects {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of an object.
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.all().get(key).cloned()
    }

    /// Without an object.
    pub fn remove(&self, key: &str) {
        self.all().remove(key);
    }
}

impl Objects for MemoryObjects {
    fn fetch(&self, key: &str, to: &Path) -> Result<bool, LakeError> {
        match self.bytes(key) {
            None => Ok(false),
            Some(bytes) => match std::fs::write(to, bytes) {
                Ok(()) => Ok(true),
                Err(cause) => Err(unavailable(key, cause)),
            },
        }
    }

    fn put(&self, key: &str, from: &Path) -> Result<(), LakeError> {
        let bytes = std::fs::read(from).map_err(|cause| unavailable(key, cause))?;
        self.all().insert(key.to_owned(), bytes);
        Ok(())
    }

    fn put_new(&self, key: &str, from: &Path) -> Result<bool, LakeError> {
        let bytes = std::fs::read(from).map_err(|cause| unavailable(key, cause))?;
        let mut all = self.all();
        if all.contains_key(key) {
            return Ok(false);
        }
        all.insert(key.to_owned(), bytes);
        Ok(true)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        let all = self.all();
        let keys = all.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }
}
