//! Rewards that are issued, and what the desk and the member do: redeem, adjust, birthdays.

use super::account::Account;
use super::earn::find;
use super::measure::Key;
use super::prepared::{Row, ask};
use super::sink::{NotIssued, Sink, WhyNot};
use super::state::Gift;
use super::unredeem::Redemption;
use super::view::View;
use crate::calendar::{Day, Instant, MonthDay, date_of};
use crate::condition::evaluate::{At, Value, evaluate};
use crate::ledger::{EntryKind, EventRef, Issued, Rule};
use crate::program::{MetricKind, Pool};

impl<S: Sink> Account<'_, '_, S> {
    /// Issues the rewards whose condition held before the event.
    pub(super) fn issue_candidates(&mut self, row: usize, member: usize, event: &EventRef) {
        self.scratch.given.clear();
        for index in 0..self.scratch.candidates.len() {
            let reward = self.scratch.candidates[index];
            self.issue(reward, member, Some(row), Some(event));
        }
    }

    /// Issues a reward unless its dates or caps say no.
    fn issue(
        &mut self,
        reward: usize,
        member: usize,
        row: Option<usize>,
        event: Option<&EventRef>,
    ) {
        let plan = self.plan;
        let declared = &plan.program.rewards[reward];
        let inside = declared.from.is_none_or(|from| self.day >= from)
            && declared.before.is_none_or(|before| self.day < before);
        if !inside {
            return self.not_issued(event, member, reward, WhyNot::Window);
        }
        let mut uses = Vec::with_capacity(plan.reward_caps[reward].len());
        for cap in &plan.reward_caps[reward] {
            let Some(window) = &plan.caps[*cap].window else {
                continue;
            };
            let owner = if plan.caps[*cap].pool == Pool::Member {
                member as u16
            } else {
                0
            };
            let each = match (plan.caps[*cap].each, row) {
                (Some(expr), Some(row)) => {
                    let place = Row {
                        batch: self.batch,
                        row,
                        days: &self.prepared.day,
                    };
                    let view = View {
                        plan,
                        state: self.state,
                        member,
                        at: self.at,
                        moment: None,
                    };
                    ask(expr, place, plan, &view)
                        .ok()
                        .and_then(|value| super::earn::key_of(&value))
                }
                _ => None,
            };
            let (at, day) = (self.at, self.day);
            let used = find(&mut self.state.caps, *cap, owner, each.as_ref()).map_or(0, |used| {
                used.slide(window, at, day, MetricKind::Events);
                used.total()
            });
            if used >= *plan.caps[*cap].limit.at(usize::from(self.state.rung)) {
                return self.not_issued(event, member, reward, WhyNot::Cap);
            }
            uses.push((*cap, window, owner, each));
        }
        if let (true, Some(event)) = (plan.revokes, event) {
            let each = uses.iter().map(|(.., each)| each.clone()).collect();
            self.give(reward, member, event, each);
        }
        for (cap, window, owner, each) in uses {
            self.use_cap(cap, window, owner, each, 1);
        }
        let issued = self.issue_line(reward, member, event, 1);
        self.sink.issued(issued);
    }

    /// Notes a reward that a refund may take back.
    fn give(&mut self, reward: usize, member: usize, event: &EventRef, each: Vec<Option<Key>>) {
        self.scratch.given.push(Gift {
            reward: reward as u16,
            member: member as u16,
            event: event.clone(),
            at: self.at,
            until: self.lapses_at(reward),
            used: false,
            each,
        });
    }

    /// When a reward that is issued now lapses.
    fn lapses_at(&self, reward: usize) -> Instant {
        let valid = &self.plan.program.rewards[reward].valid;
        let length = valid.at(usize::from(self.state.rung));
        length.end(self.at, &self.plan.program.zone)
    }

    fn not_issued(&mut self, event: Option<&EventRef>, member: usize, reward: usize, why: WhyNot) {
        if S::TRACE {
            let (at, event, member) = (self.at, event.cloned(), self.member_name(member));
            self.sink.not_issued(NotIssued {
                at,
                event,
                member,
                reward,
                version: self.version,
                why,
            });
        }
    }

    /// A reward that is issued now, as it is booked.
    fn issue_line(
        &self,
        reward: usize,
        member: usize,
        event: Option<&EventRef>,
        occurrence: u32,
    ) -> Issued {
        let declared = &self.plan.program.rewards[reward];
        Issued {
            at: self.at,
            reward: reward as u16,
            member: self.member_name(member),
            rule: Rule::Reward(reward as u16),
            event: event.cloned(),
            occurrence,
            until: self.lapses_at(reward),
            cost: declared.cost.unwrap_or(0),
            revoked_by: None,
            version: self.version,
        }
    }

    /// The member; the account where single members are not remembered.
    pub(super) fn member_name(&self, member: usize) -> String {
        let known = self.state.members.get(member);
        known.map_or_else(|| self.account.to_owned(), |member| member.id.clone())
    }

    /// The moment `rung_reached`.
    pub(super) fn issue_reached(
        &mut self,
        former: u8,
        rung: u8,
        until: Option<Day>,
        event: Option<&EventRef>,
    ) {
        let plan = self.plan;
        self.scratch.given.clear();
        for reward in &plan.reached {
            let member = usize::from(self.current_member);
            if self.asked(*reward, member, Some((rung, former, until))) {
                self.issue(*reward, member, None, event);
            } else {
                self.not_issued(event, member, *reward, WhyNot::When);
            }
        }
        self.state.gifts.append(&mut self.scratch.given);
    }

    /// Asks a reward's condition at a moment, with the state of now.
    fn asked(
        &mut self,
        reward: usize,
        member: usize,
        moment: Option<(u8, u8, Option<Day>)>,
    ) -> bool {
        let Some(expr) = &self.plan.program.rewards[reward].when else {
            return true;
        };
        self.slide_all();
        let view = View {
            plan: self.plan,
            state: self.state,
            member,
            at: self.at,
            moment,
        };
        let name = self
            .state
            .members
            .get(member)
            .map_or(self.account, |member| member.id.as_str());
        let at = At::instant(
            self.at,
            self.day,
            &self.plan.program.zone,
            self.account,
            name,
        );
        evaluate(expr, &at, &view) == Ok(Value::Number(1))
    }

    /// Finds the member's next birthday from the present day on.
    pub(super) fn plan_birthday(&mut self, member: usize) {
        let (Some(column), false) = (self.plan.birthday_column, self.plan.birthday.is_empty())
        else {
            return;
        };
        let first = self.day;
        let next = {
            let Some(member) = self.state.members.get(member) else {
                return;
            };
            let birthday = member
                .profile
                .iter()
                .find(|(index, _)| usize::from(*index) == column);
            match (birthday, member.enrolled) {
                (Some((_, super::measure::Key::Number(packed))), Some(_)) => {
                    Some(self.birthday_from(MonthDay::unpacked(*packed), first))
                }
                _ => None,
            }
        };
        self.quiet_until = Instant::MIN;
        // The day on which it became known is over at 00:00 already; it counts if it is still to come.
        self.state.members[member].birthday = next;
    }

    /// 00:00 of the first birthday whose 00:00 is after the present instant.
    fn birthday_from(&self, birthday: MonthDay, day: Day) -> Instant {
        let program = self.plan.program;
        let year = date_of(day).year();
        (0..)
            .map(|n| {
                program
                    .zone
                    .midnight(birthday.in_year(year + n, program.leap_day))
            })
            .find(|at| *at > self.at)
            .unwrap_or(super::state::NEVER)
    }

    /// The moment `birthday`.
    pub(super) fn birthdays(&mut self) {
        for member in 0..self.state.members.len() {
            if self.state.members[member].birthday != Some(self.at) {
                continue;
            }
            let plan = self.plan;
            for reward in &plan.birthday {
                if self.asked(*reward, member, None) {
                    self.issue(*reward, member, None, None);
                } else {
                    self.not_issued(None, member, *reward, WhyNot::When);
                }
            }
            self.plan_birthday(member);
        }
    }

    /// A reward is bought. Where that is undone later, what it takes and buys is noted.
    pub(super) fn redeem(&mut self, row: usize, event: &EventRef, awaited: bool) {
        let (plan, named) = (self.plan, self.plan.named);
        let text = named
            .redeem_reward
            .and_then(|column| self.batch.text(column, row));
        let reward = text.and_then(|id| {
            plan.program
                .rewards
                .iter()
                .position(|reward| reward.id == id && !reward.absent)
        });
        let quantity = named
            .redeem_quantity
            .and_then(|column| self.batch.number(column, row))
            .unwrap_or(1)
            .clamp(0, 1_000);
        let points = named
            .redeem_points
            .and_then(|column| self.batch.number(column, row))
            .or_else(|| {
                let price = plan.program.rewards[reward?].price.as_ref()?;
                price.at(usize::from(self.state.rung)).checked_mul(quantity)
            });
        let points = points.unwrap_or(0).max(0);
        let (rule, wallet) = match reward {
            Some(reward) => (
                Rule::Reward(reward as u16),
                plan.program.rewards[reward].wallet,
            ),
            None => match self.named_wallet(row, named.redeem_wallet, points > 0) {
                Some(wallet) => (Rule::Redeem(wallet), wallet),
                None => return,
            },
        };
        self.scratch.taken = awaited.then(Vec::new);
        self.consume(wallet, (EntryKind::Redeem, rule), event, points);
        let taken = self.scratch.taken.take();
        let member = usize::from(self.current_member);
        let mut bought = Vec::new();
        for metric in &plan.spent {
            if points > 0 && plan.program.metrics[*metric].wallet == wallet {
                self.add(*metric, member, points);
            }
        }
        if let Some(reward) = reward {
            for occurrence in 1..=quantity {
                let issued = self.issue_line(reward, member, Some(event), occurrence as u32);
                if awaited {
                    bought.push(issued.clone());
                }
                self.sink.issued(issued);
            }
        }
        if let Some(taken) = taken {
            let covered: i64 = taken.iter().map(|lot| lot.left).sum();
            self.scratch.pass.redemptions.push(Redemption {
                event: event.clone(),
                version: self.state.version,
                at: self.at,
                day: self.day,
                member,
                rule,
                wallet,
                taken,
                short: points - covered,
                bought,
            });
        }
    }
}
