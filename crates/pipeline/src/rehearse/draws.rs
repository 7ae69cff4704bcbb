//! Who wins a surprise in a scenario: whom `draw` names, if he may draw at all. The names stand in the
//! order of their tickets, so a budget goes to the first of them.

use rungs_engine::calendar::{Day, Instant};
use rungs_engine::cron::occurrences;
use rungs_engine::fold::{Plans, WhyNot, Win};
use rungs_engine::language::scenario::Scenario;
use rungs_engine::rehearsal::{EventTable, TableProblem, rehearse};
use std::collections::BTreeMap;

/// What was drawn in a scenario.
#[derive(Debug)]
pub struct Drawn<'s> {
    /// Wins by account, by time.
    pub wins: BTreeMap<String, Vec<Win>>,
    /// Named in `draw` without winning: (surprise, member, day, why).
    pub lost: Vec<(usize, &'s str, Day, WhyNot)>,
    tables: &'s [EventTable],
}

impl<'s> Drawn<'s> {
    /// Decides every occurrence that a scenario names, one after the other.
    pub fn of(
        plans: &Plans<'_>,
        scenario: &'s Scenario,
        tables: &'s [EventTable],
        accounts: &BTreeMap<&str, &str>,
    ) -> Result<Drawn<'s>, Vec<TableProblem>> {
        let (versions, zone) = (plans.versions, &plans.newest().program.zone);
        let mut due: BTreeMap<(Instant, usize), Vec<&'s str>> = BTreeMap::new();
        for draw in &scenario.draw {
            let found = versions
                .on(draw.on)
                .surprises
                .iter()
                .enumerate()
                .find(|(_, surprise)| surprise.id == draw.surprise && !surprise.absent);
            let Some((index, surprise)) = found else {
                continue;
            };
            let Some((_, at)) = occurrences(&surprise.schedule, zone, draw.on, draw.on + 1)
                .into_iter()
                .next()
            else {
                continue;
            };
            let members = due.entry((at, index)).or_default();
            for member in &draw.members {
                if !members.contains(&member.as_str()) {
                    members.push(member);
                }
            }
        }
        let mut drawn = Drawn {
            wins: BTreeMap::new(),
            lost: Vec::new(),
            tables,
        };
        for ((at, surprise), members) in due {
            let day = zone.day(at);
            let mut room = versions.on(day).surprises[surprise]
                .budget
                .unwrap_or(u64::MAX);
            let refused = drawn.refused(plans, surprise, at, &members, accounts)?;
            for (member, why) in members.into_iter().zip(refused) {
                let why = why.or((room == 0).then_some(WhyNot::Budget));
                if let Some(why) = why {
                    drawn.lost.push((surprise, member, day, why));
                    continue;
                }
                room -= 1;
                let account = accounts.get(member).copied().unwrap_or(member);
                let win = Win {
                    surprise,
                    at,
                    day,
                    member: member.to_owned(),
                };
                drawn.wins.entry(account.to_owned()).or_default().push(win);
            }
        }
        Ok(drawn)
    }

    /// Why these members may not draw at an occurrence; nothing for those who may.
    pub fn refused(
        &self,
        plans: &Plans<'_>,
        surprise: usize,
        at: Instant,
        members: &[&str],
        accounts: &BTreeMap<&str, &str>,
    ) -> Result<Vec<Option<WhyNot>>, Vec<TableProblem>> {
        let day = plans.newest().program.zone.day(at);
        // The audience is asked with the state in which the day begins.
        let mut eve = rehearse(plans, self.tables, &self.wins, day - 1)?;
        let plan = &plans.all()[plans.versions.at(day)];
        let mut all = Vec::new();
        for member in members {
            let account = accounts.get(member).copied().unwrap_or(member);
            all.push(match eve.get_mut(account) {
                None => Some(WhyNot::Enrolment),
                Some(settled) => {
                    let state = &mut settled.state;
                    // Where members are not remembered, the account is its only member.
                    let index = state
                        .members
                        .iter()
                        .position(|known| known.id == *member)
                        .unwrap_or(0);
                    state.why_no_draw(plan, surprise, index, account, at, day)
                }
            });
        }
        Ok(all)
    }
}
