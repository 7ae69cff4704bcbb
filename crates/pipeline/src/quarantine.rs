//! What the runs of a store refused.

use crate::lake::quarantine::read_quarantine;
use crate::lake::store::Store;
use crate::trouble::Trouble;
use rungs_engine::program::Program;
use std::path::Path;

pub use crate::lake::quarantine::QuarantineRow;

/// Every row in quarantine: run by run, within a run by object and line.
pub fn list(program: &Program, store: &Path) -> Result<Vec<QuarantineRow>, Trouble> {
    let store = Store::open_of(store, &program.id)?;
    let mut rows = Vec::new();
    for manifest in store.manifests()? {
        rows.extend(read_quarantine(&store, &manifest)?);
    }
    Ok(rows)
}
