//! Counting: shards in parallel, merged in their order.

use super::facts::AccountSource;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rungs_engine::kpi::{AccountFacts, Measures, Partials};

/// Counts every account of every shard. The result does not depend on the number of shards or
/// threads. The first shard that cannot be read ends it.
pub fn count<S: AccountSource>(source: &S, measures: &Measures<'_>) -> Result<Partials, S::Error> {
    let start = || measures.start();
    let shards = count_by(source, start, |facts, counted| {
        measures.observe(facts, counted);
    })?;
    let mut all = measures.start();
    for counted in &shards {
        all.merge(counted);
    }
    Ok(all)
}

/// What `observe` counts in each shard, beginning with `start`.
pub(super) fn count_by<S: AccountSource, T: Send>(
    source: &S,
    start: impl Fn() -> T + Sync,
    observe: impl Fn(&AccountFacts<'_>, &mut T) + Sync,
) -> Result<Vec<T>, S::Error> {
    (0..source.shards())
        .into_par_iter()
        .map(|shard| {
            let mut counted = start();
            source.for_each(shard, &mut |facts| observe(facts, &mut counted))?;
            Ok(counted)
        })
        .collect()
}
