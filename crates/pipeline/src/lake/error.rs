//! What can go wrong in a store, and what to do about it.

use std::fmt;
use std::path::Path;

/// The codes of [`LakeError`]. A code is never used again for another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LakeCode {
    /// The file system refused.
    Access,
    /// Another run holds the store.
    Locked,
    /// The folder is not a store.
    NotAStore,
    /// The store belongs to another programme.
    OtherProgram,
    /// The store's format is newer than this version.
    Format,
    /// A file of the store is not what it should be.
    Damaged,
    /// A column changed its type between versions.
    ColumnType,
    /// A number does not fit.
    Overflow,
}

impl LakeCode {
    /// As it is shown.
    pub fn text(self) -> &'static str {
        match self {
            LakeCode::Access => "store/access",
            LakeCode::Locked => "store/locked",
            LakeCode::NotAStore => "store/not-a-store",
            LakeCode::OtherProgram => "store/other-program",
            LakeCode::Format => "store/format",
            LakeCode::Damaged => "store/damaged",
            LakeCode::ColumnType => "store/column-type",
            LakeCode::Overflow => "store/overflow",
        }
    }
}

/// Why a store cannot be read or written: a code, a place, the cause and the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeError {
    /// Which error.
    pub code: LakeCode,
    /// File or folder.
    pub place: String,
    /// What is wrong there.
    pub cause: String,
    /// What to do.
    pub help: String,
}

impl LakeError {
    /// An error at a file or folder.
    pub fn new(
        code: LakeCode,
        place: &Path,
        cause: impl Into<String>,
        help: impl Into<String>,
    ) -> LakeError {
        LakeError {
            code,
            place: place.display().to_string(),
            cause: cause.into(),
            help: help.into(),
        }
    }

    pub(crate) fn access(place: &Path, cause: std::io::Error) -> LakeError {
        LakeError::new(
            LakeCode::Access,
            place,
            cause.to_string(),
            "check that the folder exists, may be written and has room",
        )
    }

    pub(crate) fn damaged(place: &Path, cause: impl fmt::Display) -> LakeError {
        LakeError::new(
            LakeCode::Damaged,
            place,
            cause.to_string(),
            "restore the file from a copy, or settle again into an empty store",
        )
    }
}

impl fmt::Display for LakeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: `{}`: {}; {}",
            self.code.text(),
            self.place,
            self.cause,
            self.help
        )
    }
}

impl std::error::Error for LakeError {}

/// Adds the place to errors of the file system and of files.
pub(crate) trait At<T> {
    /// The file or folder it happened at.
    fn at(self, place: &Path) -> Result<T, LakeError>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, place: &Path) -> Result<T, LakeError> {
        self.map_err(|cause| LakeError::access(place, cause))
    }
}

impl<T> At<T> for Result<T, parquet::errors::ParquetError> {
    fn at(self, place: &Path) -> Result<T, LakeError> {
        self.map_err(|cause| LakeError::damaged(place, cause))
    }
}

impl<T> At<T> for Result<T, arrow_schema::ArrowError> {
    fn at(self, place: &Path) -> Result<T, LakeError> {
        self.map_err(|cause| LakeError::damaged(place, cause))
    }
}

impl<T> At<T> for serde_json::Result<T> {
    fn at(self, place: &Path) -> Result<T, LakeError> {
        self.map_err(|cause| LakeError::damaged(place, cause))
    }
}
