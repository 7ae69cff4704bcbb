//! Ledgers as readable lines.

use rungs_engine::calendar::Instant;
use rungs_engine::ledger::{Entry, EntryKind, Issued, Rule, RungMove};
use rungs_engine::program::Program;
use rungs_verify::Recount;

/// A recount as lines.
pub struct Told {
    pub program: Program,
    pub recount: Recount,
}

impl Told {
    fn at(&self, at: Instant) -> String {
        let stamp = jiff::Timestamp::from_microsecond(at).unwrap();
        let local = self.program.zone.jiff().to_datetime(stamp);
        let text = local.strftime("%Y-%m-%d %H:%M").to_string();
        match local.subsec_nanosecond() / 1_000 {
            0 => text,
            micros => format!("{text}+{micros}us"),
        }
    }

    fn rule(&self, rule: Rule) -> String {
        match rule {
            Rule::Earn(index) => self.program.earn[usize::from(index)].id.clone(),
            Rule::Reward(index) => self.program.rewards[usize::from(index)].id.clone(),
            Rule::Surprise(index) => self.program.surprises[usize::from(index)].id.clone(),
            other => {
                // Without the wallet: here is only one.
                let text = format!("{other:?}").to_lowercase();
                text.split('(').next().unwrap_or_default().to_owned()
            }
        }
    }

    fn entry(&self, entry: &Entry) -> String {
        let mut text = format!(
            "{} {} {} {}",
            self.at(entry.at),
            entry.kind.text(),
            self.rule(entry.rule),
            entry.event.1
        );
        if let Some(lot) = entry.lot.as_ref().filter(|lot| **lot != entry.event) {
            text += &format!("@{}", lot.1);
        }
        text += &format!(" {}", entry.points);
        // Of lines that take points the end says which lot it is; where that matters a test looks at it.
        let takes = matches!(
            entry.kind,
            EntryKind::Expire | EntryKind::Release | EntryKind::Repay
        );
        if let Some(expires) = entry.expires.filter(|_| entry.points > 0 && !takes) {
            text += &format!(" until {}", self.at(expires));
        }
        text
    }

    pub fn entries(&self) -> Vec<String> {
        let entries = &self.recount.entries;
        entries.iter().map(|entry| self.entry(entry)).collect()
    }

    fn moved(&self, moved: &RungMove) -> String {
        let rungs = &self.program.tiers.as_ref().unwrap().rungs;
        let until = moved
            .until
            .map_or("-".to_owned(), rungs_engine::calendar::day_text);
        let event = moved
            .event
            .as_ref()
            .map_or("-".to_owned(), |event| event.1.to_string());
        format!(
            "{} {}>{} until {until} {} {event}",
            self.at(moved.at),
            rungs[usize::from(moved.from)].id,
            rungs[usize::from(moved.to)].id,
            moved.reason.text(),
        )
    }

    pub fn rungs(&self) -> Vec<String> {
        self.recount
            .rungs
            .iter()
            .map(|moved| self.moved(moved))
            .collect()
    }

    fn issue(&self, issued: &Issued) -> String {
        let event = issued
            .event
            .as_ref()
            .map_or("-".to_owned(), |event| event.1.to_string());
        format!(
            "{} {} by {} for {} on {event} #{} until {}",
            self.at(issued.at),
            self.program.rewards[usize::from(issued.reward)].id,
            self.rule(issued.rule),
            issued.member,
            issued.occurrence,
            self.at(issued.until)
        )
    }

    pub fn issued(&self) -> Vec<String> {
        self.recount
            .issued
            .iter()
            .map(|issued| self.issue(issued))
            .collect()
    }

    /// Balance, pending, debt.
    pub fn sums(&self) -> (i64, i64, i64) {
        let closing = self.recount.closing.points[0];
        (closing.balance, closing.pending, closing.debt)
    }
}
