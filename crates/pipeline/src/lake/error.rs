//! What can go wrong in a store, and what to do about it.

use crate::codes::codes;
use std::fmt;
use std::path::Path;

codes! {
    /// What can be wrong with a store.
    LakeCode;
    /// The file system refused to read or write a file of the store: permissions, a full disk, a folder that is not
    /// there.
    Access = "store/access";
    /// Another run is settling the store. Two at once would settle nights twice, so the second one ends.
    Locked = "store/locked";
    /// The folder has no `store.json`, so it is no store. Look at the path; `rungs run` makes a store.
    NotAStore = "store/not-a-store";
    /// The store was made for another programme. Each programme has a store of its own.
    OtherProgram = "store/other-program";
    /// The store was written in a form that this version of Rungs does not know.
    Format = "store/format";
    /// A file of the store is missing, cut short or changed. Files of a store are written once and never edited, so
    /// a copy from a backup is as good; else settle everything anew from the uploads.
    Damaged = "store/damaged";
    /// Objects or tables elsewhere, in which a programme's files are, could not be reached.
    Unavailable = "store/unavailable";
    /// Events are stored with this column as another type than the programme gives it now.
    ColumnType = "store/column-type";
    /// The store cannot number more: the programme has so many rules and datasets, or an event so many rewards, that
    /// their numbers leave their type.
    Overflow = "store/overflow";
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
            crate::trouble::without_prefix(&cause.to_string()),
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
        self.map_err(|cause| match cause.is_eof() {
            true => LakeError::damaged(place, "it ends in the middle"),
            false => LakeError::damaged(place, cause),
        })
    }
}
