//! `rungs settle`: the benchmark's view of settlement alone.

use super::{place, print, run::could_not};
use crate::Ended;
use crate::arguments::Settle;
use rungs_pipeline::run::settle_again;

/// Settles the lake's history again and says how long it took.
pub fn settle(asked: &Settle) -> Ended {
    let (versions, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let begun = std::time::Instant::now();
    match settle_again(
        &versions,
        &store,
        (!asked.figures_only).then_some(asked.scratch.as_path()),
    ) {
        Ok(figures) => {
            let seconds = begun.elapsed().as_secs_f64();
            print(&format!(
                "{}\n",
                serde_json::json!({"seconds": seconds, "figures": figures})
            ));
            Ended::Fine
        }
        Err(trouble) => could_not(trouble),
    }
}
