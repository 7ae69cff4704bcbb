//! Where a booked ledger differs from the recount.

use crate::{Reading, Recount};
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Issued, Rule, RungMove, RungReason};
use rungs_engine::number::decimal;
use rungs_engine::program::Program;
use std::collections::BTreeMap;

/// In which table of the ledger a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Entries of points.
    Entries,
    /// Moves on the ladder.
    Rungs,
    /// Rewards issued.
    Rewards,
    /// The identities of a ledger with itself.
    Lots,
    /// Wins of surprises.
    Draws,
}

/// One difference between what is booked and what should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The account, or for draws the member.
    pub account: String,
    /// Where.
    pub table: Table,
    /// The instant of the line in question.
    pub at: Instant,
    /// The rule in question, by its id.
    pub rule: String,
    /// What the recount expects; none where it expects no such line.
    pub expected: Option<String>,
    /// What is booked; none where no such line is.
    pub booked: Option<String>,
    /// All of it in a sentence.
    pub sentence: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.sentence)
    }
}

/// A line of the ledger in canonical form. What comes first says which line it is, what comes after it
/// what the line says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Entry {
        at: Instant,
        kind: EntryKind,
        rule: Rule,
        event: EventRef,
        lot: Option<EventRef>,
        points: i64,
        expires: Option<Instant>,
        rung: u8,
        version: u16,
    },
    Rung {
        at: Instant,
        reason: RungReason,
        event: Option<EventRef>,
        from: u8,
        to: u8,
        until: Option<Day>,
        version: u16,
    },
    Reward {
        at: Instant,
        reward: u16,
        member: String,
        rule: Rule,
        event: Option<EventRef>,
        occurrence: u32,
        until: Instant,
        cost: i64,
        revoked_by: Option<EventRef>,
        version: u16,
    },
}

fn entry_line(entry: &Entry) -> Line {
    // A lot is named where it is not the event's own; here it always is. What is owed or let go has none.
    let lot = match entry.kind {
        EntryKind::Debt | EntryKind::Forgive => None,
        _ => Some(entry.lot.clone().unwrap_or_else(|| entry.event.clone())),
    };
    Line::Entry {
        at: entry.at,
        kind: entry.kind,
        rule: entry.rule,
        event: entry.event.clone(),
        lot,
        points: entry.points,
        expires: entry.expires,
        rung: entry.rung,
        version: entry.version,
    }
}

fn rung_line(moved: &RungMove) -> Line {
    Line::Rung {
        at: moved.at,
        reason: moved.reason,
        event: moved.event.clone(),
        from: moved.from,
        to: moved.to,
        until: moved.until,
        version: moved.version,
    }
}

fn reward_line(issued: &Issued) -> Line {
    Line::Reward {
        at: issued.at,
        reward: issued.reward,
        member: issued.member.clone(),
        rule: issued.rule,
        event: issued.event.clone(),
        occurrence: issued.occurrence,
        until: issued.until,
        cost: issued.cost,
        revoked_by: issued.revoked_by.clone(),
        version: issued.version,
    }
}

/// Lines with what of them is too much: above 0 the recount has more of it, below 0 the ledger.
fn surplus(
    expected: impl Iterator<Item = Line>,
    booked: impl Iterator<Item = Line>,
) -> (Vec<Line>, Vec<Line>) {
    let mut counts: BTreeMap<Line, i64> = BTreeMap::new();
    for line in expected {
        *counts.entry(line).or_default() += 1;
    }
    for line in booked {
        *counts.entry(line).or_default() -= 1;
    }
    let repeated = |wanted: i64| {
        let times = move |count: i64| usize::try_from(count * wanted).unwrap_or(0);
        counts
            .iter()
            .flat_map(move |(line, count)| std::iter::repeat_n(line.clone(), times(*count)))
            .collect::<Vec<_>>()
    };
    (repeated(1), repeated(-1))
}

/// Compares the booked ledger of one account with its recount, as sets in which a line may stand more than
/// once: the order of lines does not matter, and a line that is booked twice is a difference.
pub fn compare(
    program: &Program,
    account: &str,
    recount: &Recount,
    booked_entries: &[Entry],
    booked_rungs: &[RungMove],
    booked_issued: &[Issued],
) -> Vec<Difference> {
    Reading::of(program).compare(
        account,
        recount,
        booked_entries,
        booked_rungs,
        booked_issued,
    )
}

impl Reading<'_> {
    /// As [`compare()`], for many accounts of one programme.
    pub fn compare(
        &self,
        account: &str,
        recount: &Recount,
        booked_entries: &[Entry],
        booked_rungs: &[RungMove],
        booked_issued: &[Issued],
    ) -> Vec<Difference> {
        let expected = recount
            .entries
            .iter()
            .map(entry_line)
            .chain(recount.rungs.iter().map(rung_line))
            .chain(recount.issued.iter().map(reward_line));
        let booked = booked_entries
            .iter()
            .map(entry_line)
            .chain(booked_rungs.iter().map(rung_line))
            .chain(booked_issued.iter().map(reward_line));
        let (missing, mut surplus) = surplus(expected, booked);
        let say = Say { reading: self };
        let mut differences = Vec::new();
        for line in missing {
            // The booked line that was meant, if there is one: same place, other content.
            let meant = surplus.iter().position(|other| line.same_place(other));
            let other = meant.map(|index| surplus.remove(index));
            differences.push(say.difference(account, Some(&line), other.as_ref()));
        }
        for line in surplus {
            differences.push(say.difference(account, None, Some(&line)));
        }
        differences.sort_by(|a, b| (a.at, a.table, &a.sentence).cmp(&(b.at, b.table, &b.sentence)));
        differences
    }
}

impl Line {
    fn at(&self) -> Instant {
        match self {
            Line::Entry { at, .. } | Line::Rung { at, .. } | Line::Reward { at, .. } => *at,
        }
    }

    fn table(&self) -> Table {
        match self {
            Line::Entry { .. } => Table::Entries,
            Line::Rung { .. } => Table::Rungs,
            Line::Reward { .. } => Table::Rewards,
        }
    }

    /// Whether two lines stand for the same thing, whatever they say of it.
    fn same_place(&self, other: &Line) -> bool {
        match (self, other) {
            (
                Line::Entry {
                    kind, rule, event, ..
                },
                Line::Entry {
                    kind: other_kind,
                    rule: other_rule,
                    event: other_event,
                    ..
                },
            ) => (kind, rule, event) == (other_kind, other_rule, other_event),
            (Line::Rung { at, .. }, Line::Rung { at: other_at, .. }) => at == other_at,
            (
                Line::Reward {
                    reward,
                    member,
                    rule,
                    event,
                    occurrence,
                    at,
                    revoked_by,
                    ..
                },
                Line::Reward {
                    reward: other_reward,
                    member: other_member,
                    rule: other_rule,
                    event: other_event,
                    occurrence: other_occurrence,
                    at: other_at,
                    revoked_by: other_revoked,
                    ..
                },
            ) => {
                (reward, member, rule, event, occurrence, revoked_by)
                    == (
                        other_reward,
                        other_member,
                        other_rule,
                        other_event,
                        other_occurrence,
                        other_revoked,
                    )
                    && (event.is_some() || at == other_at)
            }
            _ => false,
        }
    }
}

/// Lines in words.
struct Say<'a> {
    reading: &'a Reading<'a>,
}

impl Say<'_> {
    fn difference(
        &self,
        account: &str,
        expected: Option<&Line>,
        booked: Option<&Line>,
    ) -> Difference {
        let line = expected.or(booked);
        let at = line.map_or(0, Line::at);
        let when = self.reading.days.wall_text(at, ' ');
        let (expected, booked) = (
            expected.map(|line| self.content(line)),
            booked.map(|line| self.content(line)),
        );
        let what = line.map(|line| self.subject(line)).unwrap_or_default();
        let rule = line.map(|line| self.rule_of(line)).unwrap_or_default();
        let says = match (&expected, &booked) {
            (Some(expected), Some(booked)) => {
                format!("the recount expects {expected}, booked is {booked}")
            }
            (Some(expected), None) => format!("the recount expects {expected}, nothing is booked"),
            (None, Some(booked)) => format!("booked is {booked}, the recount expects nothing"),
            (None, None) => String::new(),
        };
        Difference {
            account: account.to_owned(),
            table: line.map_or(Table::Entries, Line::table),
            at,
            sentence: format!("account `{account}`, {when}, {what}: {says}"),
            rule,
            expected,
            booked,
        }
    }

    fn rung(&self, rung: u8) -> String {
        let tiers = self.reading.program.tiers.as_ref();
        tiers
            .and_then(|tiers| tiers.rungs.get(usize::from(rung)))
            .map_or_else(|| rung.to_string(), |rung| format!("`{}`", rung.id))
    }

    fn event(&self, event: &EventRef) -> String {
        let source = self.reading.program.datasets.get(event.0);
        let source = source.map_or_else(|| event.0.to_string(), |dataset| dataset.id.clone());
        format!("`{source}/{}`", event.1)
    }

    fn reward(&self, reward: u16) -> String {
        let rewards = &self.reading.program.rewards;
        rewards
            .get(usize::from(reward))
            .map_or_else(|| reward.to_string(), |reward| format!("`{}`", reward.id))
    }

    fn rule_of(&self, line: &Line) -> String {
        match line {
            Line::Entry { rule, .. } | Line::Reward { rule, .. } => {
                rule_name(self.reading.program, *rule)
            }
            Line::Rung { .. } => rule_name(self.reading.program, Rule::Tiers),
        }
    }

    /// Which line it is.
    fn subject(&self, line: &Line) -> String {
        match line {
            Line::Entry { kind, event, .. } => format!(
                "{} by `{}` for {}",
                kind.text(),
                self.rule_of(line),
                self.event(event)
            ),
            Line::Rung { event, .. } => match event {
                Some(event) => format!("rung for {}", self.event(event)),
                None => "rung".to_owned(),
            },
            Line::Reward { member, rule, .. } => format!(
                "reward for `{member}` by `{}`",
                rule_name(self.reading.program, *rule)
            ),
        }
    }

    /// What the line says.
    fn content(&self, line: &Line) -> String {
        let days = &self.reading.days;
        let by = |version: u16| match version {
            0 => String::new(),
            later => format!(", by version {}", later + 1),
        };
        let until_text = |until: &Option<Day>| match until {
            Some(day) => format!("until {}", crate::days::day_text(*day)),
            None => "without end".to_owned(),
        };
        match line {
            Line::Entry {
                at,
                points,
                lot,
                expires,
                rung,
                version,
                ..
            } => {
                let mut text = format!(
                    "{} points at {} at rung {}",
                    decimal(*points, self.reading.scale()),
                    days.wall_text(*at, ' '),
                    self.rung(*rung)
                );
                if let Some(lot) = lot {
                    text += &format!(", lot {}", self.event(lot));
                }
                if let Some(expires) = expires {
                    text += &format!(", until {}", days.wall_text(*expires, ' '));
                }
                text + &by(*version)
            }
            Line::Rung {
                from,
                to,
                until,
                reason,
                version,
                ..
            } => format!(
                "{} to {} {} ({}){}",
                self.rung(*from),
                self.rung(*to),
                until_text(until),
                reason.text(),
                by(*version)
            ),
            Line::Reward {
                at,
                reward,
                occurrence,
                until,
                cost,
                revoked_by,
                version,
                ..
            } => format!(
                "{} number {occurrence} at {} until {} at a cost of {}{}{}",
                self.reward(*reward),
                days.wall_text(*at, ' '),
                days.wall_text(*until, ' '),
                decimal(*cost, self.reading.program.currency_digits),
                revoked_by.as_ref().map_or_else(String::new, |refund| {
                    format!(", taken back by {}", self.event(refund))
                }),
                by(*version)
            ),
        }
    }
}

/// The id of a rule, or the word for what is not declared as a rule.
pub(crate) fn rule_name(program: &Program, rule: Rule) -> String {
    let missing = |index: u16| index.to_string();
    match rule {
        Rule::Earn(index) => program
            .earn
            .get(usize::from(index))
            .map_or_else(|| missing(index), |rule| rule.id.clone()),
        Rule::Reward(index) => program
            .rewards
            .get(usize::from(index))
            .map_or_else(|| missing(index), |reward| reward.id.clone()),
        Rule::Surprise(index) => program
            .surprises
            .get(usize::from(index))
            .map_or_else(|| missing(index), |surprise| surprise.id.clone()),
        Rule::Expiry(_) => "expiry".to_owned(),
        Rule::Pending(_) => "pending".to_owned(),
        Rule::Tiers => "tiers".to_owned(),
        Rule::Redeem(_) => "redeem".to_owned(),
        Rule::Shortage(_) => "refunds.shortage".to_owned(),
        Rule::Adjust(_) => "adjust".to_owned(),
        Rule::Opening(_) => "opening".to_owned(),
        Rule::RungUp(_) => "on_rung_up".to_owned(),
        Rule::RungDown(_) => "on_rung_down".to_owned(),
        Rule::Converted(_) => "migrate.points".to_owned(),
    }
}
