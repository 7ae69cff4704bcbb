//! Counting: shards in parallel, merged in their order.

use super::facts::AccountSource;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rungs_engine::kpi::{Measures, Partials};

/// Counts every account of every shard. The result does not depend on the number of shards or
/// threads. The first shard that cannot be read ends it.
pub fn count<S: AccountSource>(source: &S, measures: &Measures<'_>) -> Result<Partials, S::Error> {
    let shards: Vec<Partials> = (0..source.shards())
        .into_par_iter()
        .map(|shard| {
            let mut counted = measures.start();
            source.for_each(shard, &mut |facts| measures.observe(facts, &mut counted))?;
            Ok(counted)
        })
        .collect::<Result<_, S::Error>>()?;
    let mut all = measures.start();
    for counted in &shards {
        all.merge(counted);
    }
    Ok(all)
}
