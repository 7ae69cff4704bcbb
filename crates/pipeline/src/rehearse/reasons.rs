//! `why_not`: whether a rule, reward or surprise really did not fire, and for which reason.

use super::Difference;
use super::expected::Asked;
use crate::explain::inputs;
use rungs_engine::calendar::{Day, day_text};
use rungs_engine::cron::occurrences;
use rungs_engine::event::EventId;
use rungs_engine::fold::{Rejection, WhyNot};
use rungs_engine::language::scenario;
use rungs_engine::ledger::canonical::points_text;
use rungs_engine::ledger::{EventRef, Rule};
use rungs_engine::program::{Reward, Trigger};
use serde_json::Value;

/// What became of a rule on one occasion.
struct Outcome {
    /// Why it did not fire; none: it did, or what is said in `words` stopped it.
    why: Option<WhyNot>,
    fired: bool,
    words: String,
}

impl Asked<'_> {
    pub(super) fn why_not(self) -> Option<Difference> {
        let wanted = self.expect.why_not.as_ref()?;
        let outcomes = self.outcomes(wanted);
        let reason_fits = |outcome: &Outcome| match (&wanted.reason, outcome.why) {
            (Some(reason), Some(why)) => why.text() == reason,
            (Some(_), None) => false,
            (None, _) => true,
        };
        if !outcomes.iter().any(|it| it.fired) && outcomes.iter().any(reason_fits) {
            return None;
        }
        // What fired contradicts; what did not is told only if nothing else is.
        let fired: Vec<&Outcome> = outcomes.iter().filter(|it| it.fired).collect();
        let told: Vec<&Outcome> = if fired.is_empty() {
            outcomes.iter().collect()
        } else {
            fired
        };
        let words: Vec<&str> = told
            .iter()
            .rev()
            .take(3)
            .rev()
            .map(|it| it.words.as_str())
            .collect();
        let event = wanted
            .event
            .as_ref()
            .map_or_else(String::new, |event| format!(" for `{event}`"));
        let reason = wanted
            .reason
            .as_ref()
            .map_or_else(String::new, |reason| format!(": {reason}"));
        let expected = format!("`{}` does not fire{event}{reason}", wanted.rule);
        let difference = self.values("why_not", expected, words.join("; "));
        Some(Difference {
            line: wanted.place.line,
            ..difference
        })
    }

    /// Every occasion that is asked about, in the order of time; never empty.
    fn outcomes(self, wanted: &scenario::WhyNot) -> Vec<Outcome> {
        let program = self.program();
        let id = &wanted.rule;
        let outcomes = if let Some(rule) = program.earn.iter().position(|rule| rule.id == *id) {
            self.earned(rule, wanted)
        } else if let Some(reward) = program.rewards.iter().position(|reward| reward.id == *id) {
            self.issued(reward, wanted)
        } else if let Some(surprise) = program
            .surprises
            .iter()
            .position(|surprise| surprise.id == *id)
        {
            self.drawn(surprise)
        } else {
            Vec::new()
        };
        if outcomes.is_empty() {
            vec![self.never(wanted)]
        } else {
            outcomes
        }
    }

    /// Whether an occasion is asked about: by the event's id, or since the last expectation.
    fn asks(self, wanted: &scenario::WhyNot, event: Option<&EventRef>, at: i64) -> bool {
        match &wanted.event {
            Some(id) => event.is_some_and(|event| event.1 == EventId::of(id)) && at < self.end(),
            None => self.is_new(at),
        }
    }

    /// First row of an event.
    fn row(self, event: &EventRef) -> Option<usize> {
        let batch = &self.settled?.batch;
        (0..batch.rows)
            .find(|row| usize::from(batch.source[*row]) == event.0 && batch.id.get(*row) == event.1)
    }

    fn earned(self, rule: usize, wanted: &scenario::WhyNot) -> Vec<Outcome> {
        let Some(settled) = self.settled else {
            return Vec::new();
        };
        let id = &self.program().earn[rule].id;
        let mut all = Vec::new();
        for step in settled.kept.steps.iter().filter(|step| step.rule == rule) {
            let Some(row) = self.row(&step.event) else {
                continue;
            };
            let own = settled.batch.member_at(row) == self.expect.member;
            if !own || !self.asks(wanted, Some(&step.event), settled.batch.time[row]) {
                continue;
            }
            let words = match step.why_not {
                None => format!(
                    "`{id}` gave {} for `{}`",
                    points_text(self.program(), step.booked),
                    step.event.1
                ),
                Some(why) => {
                    let with = seen(&inputs(self.program(), &settled.batch, step));
                    format!(
                        "`{id}` does not fire for `{}`: {}{with}",
                        step.event.1,
                        why.text()
                    )
                }
            };
            all.push(Outcome {
                why: step.why_not,
                fired: step.why_not.is_none(),
                words,
            });
        }
        all
    }

    fn issued(self, reward: usize, wanted: &scenario::WhyNot) -> Vec<Outcome> {
        let Some(settled) = self.settled else {
            return Vec::new();
        };
        let id = &self.program().rewards[reward].id;
        let occasion = |event: Option<&EventRef>, at: i64| {
            let day = day_text(self.program().zone.day(at));
            event.map_or_else(
                || format!("on {day}"),
                |event| format!("for `{}` on {day}", event.1),
            )
        };
        let issued = settled.kept.issued.iter().filter(|issued| {
            issued.rule == Rule::Reward(reward as u16)
                && self.is_member(&issued.member)
                && self.asks(wanted, issued.event.as_ref(), issued.at)
        });
        let mut all: Vec<Outcome> = issued
            .map(|issued| {
                let words = format!(
                    "`{id}` was issued {}",
                    occasion(issued.event.as_ref(), issued.at)
                );
                Outcome {
                    why: None,
                    fired: true,
                    words,
                }
            })
            .collect();
        let not = settled.kept.not_issued.iter().filter(|not| {
            not.reward == reward
                && self.is_member(&not.member)
                && self.asks(wanted, not.event.as_ref(), not.at)
        });
        all.extend(not.map(|not| {
            let words = format!(
                "`{id}` was not issued {}: {}",
                occasion(not.event.as_ref(), not.at),
                not.why.text()
            );
            Outcome {
                why: Some(not.why),
                fired: false,
                words,
            }
        }));
        all
    }

    /// The occurrences that `draw` names the member for; without one, the last occurrence.
    fn drawn(self, surprise: usize) -> Vec<Outcome> {
        let program = self.program();
        let (id, zone) = (&program.surprises[surprise].id, &program.zone);
        let member = self.expect.member.as_str();
        let mut all: Vec<(Day, Outcome)> = Vec::new();
        let wins = self.drawn.wins.get(self.account).into_iter().flatten();
        for win in wins
            .filter(|win| win.surprise == surprise && win.member == member && self.is_new(win.at))
        {
            let words = format!("`{member}` won `{id}` on {}", day_text(win.day));
            all.push((
                win.day,
                Outcome {
                    why: None,
                    fired: true,
                    words,
                },
            ));
        }
        for (_, _, day, why) in self
            .drawn
            .lost
            .iter()
            .filter(|lost| lost.0 == surprise && lost.1 == member)
        {
            if self.is_new(zone.midnight(*day)) {
                let words = format!(
                    "`{member}` did not win `{id}` on {}: {}",
                    day_text(*day),
                    why.text()
                );
                all.push((
                    *day,
                    Outcome {
                        why: Some(*why),
                        fired: false,
                        words,
                    },
                ));
            }
        }
        if all.is_empty() {
            let first = self
                .settled
                .and_then(|it| it.batch.time.first())
                .map(|at| zone.day(*at));
            let from = self
                .after
                .map(|day| day + 1)
                .or(first)
                .unwrap_or(self.expect.on);
            let last = occurrences(
                &program.surprises[surprise].schedule,
                zone,
                from,
                self.expect.on + 1,
            )
            .pop();
            let Some((_, at)) = last else {
                return Vec::new();
            };
            let accounts = [(member, self.account)].into();
            let refused = self
                .drawn
                .refused(self.plans, surprise, at, &[member], &accounts);
            let why = refused
                .ok()
                .and_then(|all| all.into_iter().next())
                .flatten();
            let cause = why.map_or("`draw` does not name the member for this day", WhyNot::text);
            let words = format!(
                "`{member}` did not win `{id}` on {}: {cause}",
                day_text(zone.day(at))
            );
            all.push((
                zone.day(at),
                Outcome {
                    why,
                    fired: false,
                    words,
                },
            ));
        }
        all.sort_by_key(|(day, _)| *day);
        all.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// Why nobody even asked the rule.
    fn never(self, wanted: &scenario::WhyNot) -> Outcome {
        let program = self.program();
        let said = |words: String, why: Option<WhyNot>| Outcome {
            why,
            fired: false,
            words,
        };
        let id = &wanted.rule;
        let Some(settled) = self.settled else {
            return said(
                format!(
                    "`{}` has no events, so nothing asked `{id}`",
                    self.expect.member
                ),
                None,
            );
        };
        let batch = &settled.batch;
        let named = |row: &usize| match &wanted.event {
            Some(event) => batch.id.get(*row) == EventId::of(event),
            None => self.is_new(batch.time[*row]),
        };
        let earn = program
            .earn
            .iter()
            .find(|rule| rule.id == *id)
            .map(|rule| rule.on);
        let reward = program.rewards.iter().find(|reward| reward.id == *id);
        let on = earn.or_else(|| reward.and_then(on_event));
        let rows: Vec<usize> = (0..batch.rows).filter(named).collect();
        let fits = rows.iter().find(|row| {
            batch.kind_at(**row).is_some() && (on.is_none() || batch.kind_at(**row) == on)
        });
        let rejected = settled
            .kept
            .rejected
            .iter()
            .find(|(row, _)| rows.contains(row));
        match (fits, rejected, on) {
            _ if rows.is_empty() => {
                let text = wanted.event.as_ref().map_or_else(
                    || "nothing happened".to_owned(),
                    |event| {
                        format!(
                            "`{event}` is no event of `{}` up to {}",
                            self.expect.member,
                            day_text(self.expect.on)
                        )
                    },
                );
                said(format!("{text}, so nothing asked `{id}`"), None)
            }
            (_, Some((_, why)), _) => {
                said(format!("the event was refused: {}", refusal(why)), None)
            }
            (Some(_), None, Some(_)) => {
                let enrolment = WhyNot::Enrolment;
                said(
                    format!(
                        "`{id}` was not asked: {} (the account had not enrolled)",
                        enrolment.text()
                    ),
                    Some(enrolment),
                )
            }
            (None, None, Some(on)) => {
                said(format!("`{id}` looks at `{}` events only", on.text()), None)
            }
            (_, None, None) => said(format!("no occasion for `{id}` came"), None),
        }
    }
}

fn on_event(reward: &Reward) -> Option<rungs_engine::canonical::Kind> {
    match reward.on {
        Some(Trigger::Event(kind)) => Some(kind),
        _ => None,
    }
}

fn refusal(why: &Rejection) -> String {
    match why {
        Rejection::UnknownOrder(order) => format!("there is no order `{order}` before it"),
        Rejection::OverRefund(order) => format!("it asks for more than is left of order `{order}`"),
        Rejection::TrimmedRefund(order) => {
            format!("it asks for more than is left of order `{order}`, and took what was left")
        }
        Rejection::UnknownRedeem(redeem) => format!("there is no redemption `{redeem}` before it"),
        Rejection::Overflow(rule) => format!("a number leaves 64 bits in `{rule}`"),
        Rejection::WhichWallet => "it does not say which wallet it means".to_owned(),
        Rejection::UnknownName(name) => format!("the programme has no `{name}`"),
        Rejection::FinerThanMetric(metric) => {
            format!("the number is finer than what `{metric}` counts in")
        }
    }
}

/// What the rule saw, in words.
fn seen(inputs: &Value) -> String {
    let Value::Object(inputs) = inputs else {
        return String::new();
    };
    let plain = |value: &Value| match value {
        Value::Null => "empty".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let value = |value: &Value| match value {
        Value::Array(lines) => lines.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => plain(other),
    };
    let all: Vec<String> = inputs
        .iter()
        .map(|(column, it)| format!("{column} is {}", value(it)))
        .collect();
    if all.is_empty() {
        String::new()
    } else {
        format!(" ({})", all.join("; "))
    }
}
