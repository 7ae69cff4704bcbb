//! What a metric was in earlier versions: under which ids it went.

use super::{Metric, Program};
use crate::calendar::Day;

/// A version that is over, and what it has of a metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earlier<'f> {
    /// The version.
    pub program: &'f Program,
    /// The day from which it rules; the first judges what is older as well.
    pub from: Day,
    /// The metric, if it has it.
    pub metric: Option<&'f Metric>,
}

/// The versions before the last of these that rule on or after a day, the newest first.
pub(super) fn ruled_since(files: &[(String, Program)], since: Day) -> Vec<&Program> {
    let steps = files.windows(2).rev();
    let steps = steps.filter_map(|step| Some((&step.first()?.1, &step.last()?.1)));
    let ruled = steps.take_while(|(_, next)| next.from > since);
    ruled.map(|(program, _)| program).collect()
}

/// The versions before the last of these that rule on or after a day, the newest first, each with what a metric of the
/// last one is there.
pub(super) fn earlier<'f>(
    files: &'f [(String, Program)],
    since: Day,
    metric: &'f Metric,
) -> Vec<Earlier<'f>> {
    let mut id = Some(metric.id.as_str());
    let mut all = Vec::new();
    for (place, step) in files.windows(2).enumerate().rev() {
        let [(_, old), (_, new)] = step else { break };
        if new.from <= since {
            break;
        }
        let moved = &new.migrate.metrics;
        let renamed = moved
            .iter()
            .find(|it| it.to.as_deref() == id && id.is_some());
        let taken = moved
            .iter()
            .any(|it| Some(it.from.as_str()) == id && it.to.is_some());
        id = match renamed {
            Some(renamed) => Some(renamed.from.as_str()),
            None => id.filter(|_| !taken),
        };
        all.push(Earlier {
            program: old,
            from: if place == 0 { Day::MIN } else { old.from },
            metric: old.metrics.iter().find(|was| Some(was.id.as_str()) == id),
        });
    }
    all
}
