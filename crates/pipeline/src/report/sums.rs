//! What all accounts did up to the last night, kept beside the lake: the next night adds what it
//! brought, so that a report need not read the whole history again. It is a cache, of one run: without
//! it, or after a run that was killed before it wrote its own, everything is counted anew.

use crate::lake::error::LakeError;
use crate::lake::store::{Store, write_whole};
use rungs_engine::calendar::{Day, day_from, day_text};
use rungs_engine::kpi::{DayOfPoints, OpenEnds, PointsSum, Together};
use rungs_engine::ledger::EntryKind;
use rungs_engine::program::Program;
use serde::{Deserialize, Serialize};

/// Its name in the store.
pub const NAME: &str = "sums.json";

/// The sums as they are kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sums {
    run: u32,
    first: Option<String>,
    customers: i128,
    orders: i128,
    revenue: i128,
    refunded: i128,
    members: i128,
    rungs: Vec<i128>,
    points: Vec<Points>,
    /// Day, reward, number, cost.
    rewards: Vec<(String, String, i128, i128)>,
    /// When open points of each wallet end; nothing where that is not known.
    ends: Option<Vec<Ends>>,
}

/// Day, wallet, kind of entry, whether they were taken, points, of these pending.
type Points = (String, String, String, bool, i128, i128);

/// Open points of a wallet by when they end.
#[derive(Debug, Serialize, Deserialize)]
struct Ends {
    wallet: String,
    never: i128,
    days: Vec<(String, i128)>,
}

impl Sums {
    /// Those of a run.
    pub fn of(program: &Program, run: u32, all: &Together) -> Sums {
        let points = all.all_points().into_iter();
        let rewards = all.all_rewards().into_iter();
        Sums {
            run,
            first: all.first().map(day_text),
            customers: all.customers,
            orders: all.orders,
            revenue: all.revenue,
            refunded: all.refunded,
            members: all.members,
            rungs: all.rungs.clone(),
            points: points
                .filter_map(|of| {
                    let wallet = program.wallet(of.wallet)?.id.clone();
                    let (day, kind) = (day_text(of.day), of.kind.text().to_owned());
                    let (points, pending) = (of.sum.points, of.sum.pending);
                    Some((day, wallet, kind, of.taken, points, pending))
                })
                .collect(),
            rewards: rewards
                .filter_map(|(day, reward, number, cost)| {
                    let id = program.rewards.get(usize::from(reward))?.id.clone();
                    Some((day_text(day), id, number, cost))
                })
                .collect(),
            ends: all.ends.as_ref().map(|ends| {
                let wallets = program.wallets.iter().zip(ends);
                let kept = wallets.map(|(wallet, ends)| Ends {
                    wallet: wallet.id.clone(),
                    never: ends.never,
                    days: ends
                        .days()
                        .map(|(day, points)| (day_text(day), points))
                        .collect(),
                });
                kept.collect()
            }),
        }
    }

    /// The sums as they are added up; nothing if they do not fit the programme.
    pub fn together(self, program: &Program) -> Option<Together> {
        let mut all = Together::new(program);
        let wallet = |id: &str| program.wallets.iter().position(|known| known.id == id);
        if all.rungs.len() != self.rungs.len() {
            return None;
        }
        all.customers = self.customers;
        all.orders = self.orders;
        all.revenue = self.revenue;
        all.refunded = self.refunded;
        all.members = self.members;
        all.rungs = self.rungs;
        if let Some(first) = self.first {
            all.seen(day_from(&first)?);
        }
        all.ends = match self.ends {
            None => None,
            Some(kept) => {
                let mut ends = OpenEnds::none(program);
                for of_wallet in kept {
                    let ends = &mut ends[wallet(&of_wallet.wallet)?];
                    ends.never = of_wallet.never;
                    for (on, points) in of_wallet.days {
                        ends.on(day_from(&on)?, points);
                    }
                }
                Some(ends)
            }
        };
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
        for (on, of, kind, taken, points, pending) in self.points {
            let mut kinds = EntryKind::ALL.iter();
            let kind = kinds.find(|known| known.text() == kind)?;
            all.points(DayOfPoints {
                day: day(on)?,
                wallet: u8::try_from(wallet(&of)?).ok()?,
                kind: *kind,
                taken,
                sum: PointsSum { points, pending },
            });
        }
        for (on, reward, number, cost) in self.rewards {
            let mut rewards = program.rewards.iter();
            let reward = rewards.position(|known| known.id == reward)?;
            all.rewards(day(on)?, u16::try_from(reward).ok()?, number, cost);
        }
        Some(all)
    }
}

/// Keeps the sums as those of a finished run.
pub fn keep(store: &Store, program: &Program, run: u32, all: &Together) -> Result<(), LakeError> {
    let path = store.path(NAME);
    let sums = Sums::of(program, run, all);
    let bytes = serde_json::to_vec(&sums).map_err(|cause| LakeError::damaged(&path, cause))?;
    write_whole(&path, &bytes)
}

/// The sums of a run; nothing if those that are kept are not its own, or cannot be read.
pub fn kept(store: &Store, program: &Program, run: u32) -> Option<Together> {
    let bytes = std::fs::read(store.path(NAME)).ok()?;
    let sums: Sums = serde_json::from_slice(&bytes).ok()?;
    (sums.run == run).then(|| sums.together(program)).flatten()
}
