//! What all accounts did up to the last night, kept beside the lake: the next night adds what it
//! brought, so that a report need not read the whole history again. It is a cache, of one run: without
//! it, or after a run that was killed before it wrote its own, everything is counted anew.

use crate::lake::error::LakeError;
use crate::lake::store::{Store, write_whole};
use rungs_engine::calendar::{Day, day_from, day_text};
use rungs_engine::kpi::{PointsSum, Together};
use rungs_engine::ledger::EntryKind;
use rungs_engine::program::Program;
use serde::{Deserialize, Serialize};

/// Its name in the store.
pub const NAME: &str = "sums.json";

#[derive(Serialize, Deserialize)]
struct File {
    run: u32,
    first: Option<String>,
    customers: i128,
    orders: i128,
    revenue: i128,
    refunded: i128,
    members: i128,
    rungs: Vec<i128>,
    /// Day, kind of entry, whether they were taken, points, of these pending.
    points: Vec<(String, String, bool, i128, i128)>,
    /// Day, reward, number, cost.
    rewards: Vec<(String, String, i128, i128)>,
}

/// Keeps the sums as those of a finished run.
pub fn keep(store: &Store, program: &Program, run: u32, all: &Together) -> Result<(), LakeError> {
    let points = all.all_points().into_iter();
    let rewards = all.all_rewards().into_iter();
    let file = File {
        run,
        first: all.first().map(day_text),
        customers: all.customers,
        orders: all.orders,
        revenue: all.revenue,
        refunded: all.refunded,
        members: all.members,
        rungs: all.rungs.clone(),
        points: points
            .map(|(day, kind, taken, sum)| {
                let kind = kind.text().to_owned();
                (day_text(day), kind, taken, sum.points, sum.pending)
            })
            .collect(),
        rewards: rewards
            .filter_map(|(day, reward, number, cost)| {
                let id = program.rewards.get(usize::from(reward))?.id.clone();
                Some((day_text(day), id, number, cost))
            })
            .collect(),
    };
    let path = store.path(NAME);
    let bytes = serde_json::to_vec(&file).map_err(|cause| LakeError::damaged(&path, cause))?;
    write_whole(&path, &bytes)
}

/// The sums of a run; nothing if those that are kept are not its own, or cannot be read.
pub fn kept(store: &Store, program: &Program, run: u32) -> Option<Together> {
    let bytes = std::fs::read(store.path(NAME)).ok()?;
    let file: File = serde_json::from_slice(&bytes).ok()?;
    (file.run == run).then(|| together(program, file)).flatten()
}

fn together(program: &Program, file: File) -> Option<Together> {
    let mut all = Together::new(program);
    if all.rungs.len() != file.rungs.len() {
        return None;
    }
    all.customers = file.customers;
    all.orders = file.orders;
    all.revenue = file.revenue;
    all.refunded = file.refunded;
    all.members = file.members;
    all.rungs = file.rungs;
    if let Some(first) = file.first {
        all.seen(day_from(&first)?);
    }
    // Neighbouring rows are mostly of one day.
    let mut last: Option<(String, Day)> = None;
    let mut day = |text: String| match &last {
        Some((known, day)) if *known == text => Some(*day),
        _ => {
            let day = day_from(&text)?;
            last = Some((text, day));
            Some(day)
        }
    };
    for (on, kind, taken, points, pending) in file.points {
        let mut kinds = EntryKind::ALL.iter();
        let kind = kinds.find(|known| known.text() == kind)?;
        all.points(day(on)?, *kind, taken, PointsSum { points, pending });
    }
    for (on, reward, number, cost) in file.rewards {
        let mut rewards = program.rewards.iter();
        let reward = rewards.position(|known| known.id == reward)?;
        all.rewards(day(on)?, u16::try_from(reward).ok()?, number, cost);
    }
    Some(all)
}
