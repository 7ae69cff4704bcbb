//! What a night leaves for people to read beside its figures: pages, and that it failed.

use super::{Night, Remote, unavailable};
use crate::lake::error::LakeError;
use crate::report::nights::{self, Failed};
use crate::trouble::Trouble;
use rungs_engine::calendar::day_text;

/// A night of which it is kept that it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedNight {
    /// Its date: `2026-11-21`.
    pub night: String,
    /// What people call the programme.
    pub name: String,
    /// The last night that is settled, if there is one.
    pub last: Option<String>,
}

impl Remote {
    /// Keeps a page beside the reports: that of a night under its date, that over all nights as `index`.
    pub fn keep_page(&self, name: &str, html: &str) -> Result<(), LakeError> {
        let key = format!("lake/{}/reports/{name}.html", self.lake);
        let cannot = |cause| unavailable(&key, cause);
        let page = tempfile::NamedTempFile::new_in(&self.scratch).map_err(cannot)?;
        std::fs::write(page.path(), html).map_err(cannot)?;
        self.objects.put(&key, page.path())
    }

    /// Keeps among what each night said that one failed, and why; nothing if it is settled by now.
    pub fn keep_failed(
        &self,
        night: Night,
        failed: &Failed,
    ) -> Result<Option<FailedNight>, Trouble> {
        let work = self.working_copy()?;
        let day = night.day(&work);
        work.fetch_to_change(nights::NAME)?;
        if !nights::keep_failed(&work.store, day, failed)? {
            return Ok(None);
        }
        work.put(nights::NAME)?;
        Ok(Some(FailedNight {
            night: day_text(day),
            name: work.versions.newest().name.clone(),
            last: work.store.latest()?.map(|manifest| manifest.nights.to),
        }))
    }
}
