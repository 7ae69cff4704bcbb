//! Open points by when they end, read from the states of all accounts: where no sums are kept, or they were counted
//! from the ledger, which does not tell what keeps points alive.

use crate::lake::error::LakeError;
use crate::lake::manifest::Manifest;
use crate::lake::states::StateReader;
use crate::lake::store::Store;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rungs_engine::fold::AccountState;
use rungs_engine::kpi::OpenEnds;
use rungs_engine::program::Program;

/// Those of each wallet after a run; nothing if a state has a form that is not known any more. The next run then makes all states
/// anew, and the sums with them.
pub fn open_ends(
    store: &Store,
    program: &Program,
    manifest: &Manifest,
) -> Result<Option<Vec<OpenEnds>>, LakeError> {
    let shards: Vec<Option<Vec<OpenEnds>>> = (0..store.shards())
        .into_par_iter()
        .map(|shard| {
            let mut ends = Some(OpenEnds::none(program));
            StateReader::open(store, manifest, shard)?.for_each(|_, row| {
                match (&mut ends, AccountState::from_bytes(&row.state)) {
                    (Some(ends), Some(state)) => OpenEnds::account(ends, program, &state, 1),
                    _ => ends = None,
                }
                Ok(())
            })?;
            Ok(ends)
        })
        .collect::<Result<_, LakeError>>()?;
    Ok(shards
        .into_iter()
        .try_fold(OpenEnds::none(program), |mut all, shard| {
            for (ends, more) in all.iter_mut().zip(&shard?) {
                ends.merge(more);
            }
            Some(all)
        }))
}
