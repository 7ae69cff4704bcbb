//! Rewards: on events, on rungs reached, on birthdays, bought, and won by surprise.

use crate::Win;
use crate::account::Account;
use crate::ask::{Moved, Question, Value};
use crate::earn::{in_range, limit};
use crate::exact::Checked;
use rungs_engine::calendar::{Day, Instant, Per};
use rungs_engine::canonical::{Kind, Moment};
use rungs_engine::ledger::{EventRef, Issued, Rule};
use rungs_engine::program::{Pool, Trigger};

/// What caps need to know of an issued reward (in the order of `Account::issued`).
pub(crate) struct Fact {
    day: Day,
    /// By cap: the value of `each` when it was issued.
    each: Vec<Option<Value<'static>>>,
}

/// A reward that is due, with the values of `each` of its caps.
pub(crate) struct Given {
    pub(crate) reward: usize,
    each: Vec<Option<Value<'static>>>,
}

/// Why a reward is issued.
struct Cause {
    rule: Rule,
    event: Option<EventRef>,
    /// Number among the rewards with this cause.
    occurrence: u32,
}

impl Account<'_> {
    /// Which rewards with this occasion are due: their conditions hold and their caps have room.
    pub(crate) fn due_rewards(
        &self,
        trigger: Trigger,
        question: &Question<'_>,
    ) -> Checked<Vec<Given>> {
        let mut due = Vec::new();
        for (index, reward) in self.reading.program.rewards.iter().enumerate() {
            if reward.on != Some(trigger)
                || !in_range(reward.from, reward.before, question.day)
                || !question.holds_or_none(reward.when.as_ref())?
            {
                continue;
            }
            let mut each = Vec::new();
            for cap in &reward.caps {
                each.push(match &cap.each {
                    Some(each) => question.value(each)?.map(Value::kept),
                    None => None,
                });
            }
            if self.has_room(index, &each, question) {
                due.push(Given {
                    reward: index,
                    each,
                });
            }
        }
        Ok(due)
    }

    fn has_room(
        &self,
        reward: usize,
        each: &[Option<Value<'static>>],
        question: &Question<'_>,
    ) -> bool {
        let caps = &self.reading.program.rewards[reward].caps;
        caps.iter().enumerate().all(|(number, cap)| {
            let limit = limit(cap, question.state.rung);
            if matches!(cap.per, Per::Event | Per::Line) {
                return limit >= 1;
            }
            let window = self.reading.days.window(cap.per, question.at, question.day);
            let issued = self
                .issued
                .iter()
                .zip(&self.issued_facts)
                .enumerate()
                .filter(|(place, (issued, fact))| {
                    let then = usize::from(issued.version);
                    let readings = self.readings;
                    let issued_as = (usize::from(issued.reward), then);
                    readings.same_reward_cap((reward, number), self.version, issued_as)
                        && !self.is_taken_back(*place)
                        && window.holds(issued.at, fact.day)
                        && (cap.pool == Pool::Account || issued.member == question.member)
                        && (cap.each.is_none() || fact.each.get(number) == each.get(number))
                })
                .count();
            (issued as i64) < limit
        })
    }

    /// Issues a reward whose life begins at `at` with the validity of a rung.
    fn issue(
        &mut self,
        at: Instant,
        reward: usize,
        member: &str,
        cause: Cause,
        rung: usize,
        each: Vec<Option<Value<'static>>>,
    ) {
        let declared = &self.reading.program.rewards[reward];
        self.issued.push(Issued {
            at,
            reward: reward as u16,
            member: member.to_owned(),
            rule: cause.rule,
            event: cause.event,
            occurrence: cause.occurrence,
            until: self.reading.days.life(at, *declared.valid.at(rung)),
            cost: declared.cost.unwrap_or(0),
            revoked_by: None,
            version: self.version as u16,
        });
        self.issued_facts.push(Fact {
            day: self.reading.days.day(at),
            each,
        });
    }

    /// Issues what was due on an event, with the validity of the rung before it.
    pub(crate) fn issue_due(
        &mut self,
        at: Instant,
        due: Vec<Given>,
        member: usize,
        event: Option<EventRef>,
        rung: usize,
    ) {
        let member = self.members[member].name.clone();
        for Given { reward, each } in due {
            let cause = Cause {
                rule: Rule::Reward(reward as u16),
                event: event.clone(),
                occurrence: 1,
            };
            self.issue(at, reward, &member, cause, rung, each);
        }
    }

    /// Issues a reward that was bought, as often as it was.
    pub(crate) fn issue_bought(
        &mut self,
        at: Instant,
        reward: usize,
        quantity: i64,
        member: usize,
        event: &EventRef,
    ) {
        let member = self.members[member].name.clone();
        let rung = self.held.rung;
        let nothing = vec![None; self.reading.program.rewards[reward].caps.len()];
        for occurrence in 1..=u32::try_from(quantity).unwrap_or(0) {
            let cause = Cause {
                rule: Rule::Reward(reward as u16),
                event: Some(event.clone()),
                occurrence,
            };
            self.issue(at, reward, &member, cause, rung, nothing.clone());
        }
    }

    /// Issues what reaching the rung that is held now brings.
    pub(crate) fn issue_rung_reached(
        &mut self,
        member: usize,
        at: Instant,
        event: Option<&EventRef>,
    ) {
        let trigger = Trigger::Moment(Moment::RungReached);
        let rewards = &self.reading.program.rewards;
        if !rewards.iter().any(|reward| reward.on == Some(trigger))
            || self.members.get(member).is_none()
        {
            return;
        }
        let day = self.reading.days.day(at);
        let state = self.state(member, at, day, &self.reading.asked_between);
        let question = Question {
            moved: Some(Moved {
                rung: self.held.rung,
                former: self.held.former.unwrap_or(0),
                ends: self.held.until,
            }),
            ..self.question(None, member, &state, at)
        };
        // A number out of range at a moment has no event that could be turned away: nothing is issued.
        let due = self.due_rewards(trigger, &question).unwrap_or_default();
        self.issue_due(at, due, member, event.cloned(), state.rung);
    }

    /// 00:00 of a member's birthday.
    pub(crate) fn issue_birthday(&mut self, member: usize, at: Instant) {
        let day = self.reading.days.day(at);
        let state = self.state(member, at, day, &self.reading.asked_between);
        let question = self.question(None, member, &state, at);
        let due = self
            .due_rewards(Trigger::Moment(Moment::Birthday), &question)
            .unwrap_or_default();
        self.issue_due(at, due, member, None, state.rung);
    }

    /// A win of a surprise, which is a decision that was taken: it is issued as it is.
    pub(crate) fn issue_win(&mut self, win: &Win) {
        let Some(surprise) = self.reading.program.surprises.get(win.surprise) else {
            return;
        };
        let rung = self.held.rung;
        let cause = Cause {
            rule: Rule::Surprise(win.surprise as u16),
            event: None,
            occurrence: 1,
        };
        let caps = self.reading.program.rewards[surprise.reward].caps.len();
        let nothing = vec![None; caps];
        self.issue(
            win.occurrence,
            surprise.reward,
            &win.member,
            cause,
            rung,
            nothing,
        );
    }

    pub(crate) fn is_taken_back(&self, place: usize) -> bool {
        self.taken_back.iter().any(|(back, _)| *back == place)
    }

    /// What a reward is called: rule, cause, member and occurrence.
    fn number_of(&self, issued: &Issued) -> String {
        let cause = match &issued.event {
            Some((source, id)) => {
                let dataset = self.reading.program.datasets.get(*source);
                format!("{}/{id}", dataset.map_or("", |dataset| dataset.id.as_str()))
            }
            None => issued.at.to_string(),
        };
        let rule = crate::compare::rule_name(self.reading.program, issued.rule);
        format!("{rule}/{cause}/{}/{}", issued.member, issued.occurrence)
    }

    /// A row that says that a reward was used, or that it was not after all.
    pub(crate) fn reward_used(&mut self, row: usize) {
        let [id, state] = self
            .reading
            .reward
            .map(|column| self.batch.text(column?, row));
        match (id, state) {
            (Some(id), Some("used")) => {
                self.used.insert(id.to_owned());
            }
            (Some(id), Some("returned")) => {
                self.used.remove(id);
            }
            _ => {}
        }
    }

    /// The rewards, by place, that an order gave by its own worth and that a refund has not taken back.
    pub(crate) fn given_by(&self, order: &EventRef) -> Vec<usize> {
        let by_order = |issued: &Issued| {
            let granting = self.readings.version(usize::from(issued.version)).program;
            let reward = &granting.rewards[usize::from(issued.reward)];
            reward.on == Some(Trigger::Event(Kind::Order)) && issued.event.as_ref() == Some(order)
        };
        (0..self.issued.len())
            .filter(|place| by_order(&self.issued[*place]) && !self.is_taken_back(*place))
            .collect()
    }

    /// A refund takes back those of some rewards that live and were not used, where the programme wants that.
    /// What a version has let go since stays.
    pub(crate) fn take_rewards_back(&mut self, at: Instant, places: &[usize], refund: &EventRef) {
        let known = |place: &usize| {
            let issued = &self.issued[*place];
            let (reward, then) = (usize::from(issued.reward), usize::from(issued.version));
            !self.readings.let_go(reward, then, self.version)
        };
        let known: Vec<usize> = places.iter().copied().filter(known).collect();
        self.hand_back(at, &known, refund);
    }

    /// Takes back those of some rewards that live and were not used.
    pub(crate) fn hand_back(&mut self, at: Instant, places: &[usize], refund: &EventRef) {
        for place in places {
            let issued = &self.issued[*place];
            let granting = self.readings.version(usize::from(issued.version));
            if !granting.program.refunds.revokes_rewards
                || issued.until <= at
                || self.used.contains(&self.number_of(issued))
            {
                continue;
            }
            let back = Issued {
                at,
                cost: -issued.cost,
                revoked_by: Some(refund.clone()),
                ..issued.clone()
            };
            self.taken_back.push((*place, back));
        }
    }
}
