//! Whether the programme's files are those by which a store was settled.

use crate::lake::manifest::Manifest;
use crate::trouble::{Trouble, TroubleCode};
use rungs_engine::calendar::Day;
use rungs_engine::program::Versions;

/// What was settled stays settled: every version by which nights up to `settled` were settled must still be
/// there as it was, and none may have come in between.
///
/// # Errors
/// Names the file that was changed, removed or put in between.
pub fn agreed(versions: &Versions, manifest: &Manifest, settled: Day) -> Result<(), Trouble> {
    for known in &manifest.versions {
        let mut all = versions.all().iter();
        match all.find(|program| program.file == known.file) {
            Some(program) if program.digest == known.digest => {}
            _ => return Err(Trouble::programme_changed(&known.file)),
        }
    }
    let ruled = versions.at(settled);
    for program in &versions.all()[..=ruled] {
        let mut known = manifest.versions.iter();
        if !known.any(|known| known.file == program.file) {
            return Err(Trouble::new(
                TroubleCode::ProgrammeChanged,
                format!(
                    "`{}` would rule nights that are settled already",
                    program.file
                ),
                "name it by a day after the last settled night; `rungs report` shows which that is",
            ));
        }
    }
    Ok(())
}
