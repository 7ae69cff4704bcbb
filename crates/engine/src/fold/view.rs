//! The account as conditions see it.

use super::measure::{Key, Measure};
use super::plan::Plan;
use super::state::AccountState;
use crate::calendar::{Day, Instant};
use crate::condition::evaluate::State;
use crate::condition::expression::{AccountColumn, MemberColumn, MomentColumn};
use crate::program::MetricKind;

/// The account as conditions see it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The programme.
    pub plan: &'a Plan<'a>,
    /// The account; its measures must have slid to `at`.
    pub state: &'a AccountState,
    /// Index of the member.
    pub member: usize,
    /// When it is asked.
    pub at: Instant,
    /// rung, former and end of a moment.
    pub moment: Option<(u8, u8, Option<Day>)>,
}

impl View<'_> {
    fn measured(&self, measures: &[Measure], metric: usize) -> Option<i64> {
        let kind = self.plan.program.metrics[metric].kind;
        let measure = measures.get(metric)?;
        match kind {
            MetricKind::First | MetricKind::Last => match measure.key(kind)? {
                Key::Number(number) => Some(*number),
                Key::Text(_) => None,
            },
            _ => Some(measure.before(&self.plan.windows[metric], self.at)),
        }
    }

    fn profile(&self, column: usize) -> Option<&Key> {
        let member = self.state.members.get(self.member)?;
        member
            .profile
            .iter()
            .find(|(index, _)| usize::from(*index) == column)
            .map(|(_, key)| key)
    }
}

impl State for View<'_> {
    fn account(&self, column: AccountColumn) -> Option<i64> {
        let state = self.state;
        match column {
            AccountColumn::Rung => Some(i64::from(state.rung)),
            AccountColumn::FormerRung => state.former.map(i64::from),
            AccountColumn::RungSince => Some(i64::from(state.since)),
            AccountColumn::RungUntil => state.until.map(i64::from),
            AccountColumn::Enrolled => state.enrolled.map(i64::from),
            AccountColumn::Members => Some(state.members.len().max(1) as i64),
            AccountColumn::Balance(wallet) => {
                Some(state.purses.get(wallet).map_or(0, |purse| purse.open))
            }
            AccountColumn::Metric(metric) => self.measured(&state.measures, metric),
        }
    }

    fn member_number(&self, column: MemberColumn) -> Option<i64> {
        match column {
            // Where single members are not remembered, the account is its only member.
            MemberColumn::Enrolled => match self.state.members.get(self.member) {
                Some(member) => member.enrolled.map(i64::from),
                None => self.state.enrolled.map(i64::from),
            },
            MemberColumn::Profile(column) => match self.profile(column)? {
                Key::Number(number) => Some(*number),
                Key::Text(_) => None,
            },
            MemberColumn::Metric(metric) => {
                self.measured(&self.state.members.get(self.member)?.measures, metric)
            }
        }
    }

    fn member_text(&self, column: MemberColumn) -> Option<&str> {
        let key = match column {
            MemberColumn::Profile(column) => self.profile(column)?,
            MemberColumn::Metric(metric) => {
                let kind = self.plan.program.metrics[metric].kind;
                self.state
                    .members
                    .get(self.member)?
                    .measures
                    .get(metric)?
                    .key(kind)?
            }
            MemberColumn::Enrolled => return None,
        };
        match key {
            Key::Text(text) => Some(text),
            Key::Number(_) => None,
        }
    }

    fn account_text(&self, column: AccountColumn) -> Option<&str> {
        let AccountColumn::Metric(metric) = column else {
            return None;
        };
        match self
            .state
            .measures
            .get(metric)?
            .key(self.plan.program.metrics[metric].kind)?
        {
            Key::Text(text) => Some(text),
            Key::Number(_) => None,
        }
    }

    fn moment(&self, column: MomentColumn) -> Option<i64> {
        let (rung, former, ends) = self.moment?;
        match column {
            MomentColumn::Rung => Some(i64::from(rung)),
            MomentColumn::Former => Some(i64::from(former)),
            MomentColumn::Ends => ends.map(i64::from),
        }
    }
}
