//! Stored rows as the engine books them, for what compares, explains or reports in its terms: each line
//! as it was booked, and the lines that stand once later nights have taken some back.

use super::cause::{Cause, CauseKind, all_rules, ladder, rule_kind, wallet_of};
use super::read::{AccountLedger, EntryRow, Ledger, RewardRow, RungRow};
use rungs_engine::event::EventId;
use rungs_engine::ledger::canonical::rule_text;
use rungs_engine::ledger::{
    Booking, Entry, EntryKind, EventRef, Issued, NO_SOURCE, Rule, RungMove, RungReason,
};
use rungs_engine::program::{Program, Versions};

/// Translates stored rows into the terms of a programme, whose versions have one place for each rule,
/// dataset, reward and rung: they are found by their ids. What no version has cannot be translated.
pub struct Decoder {
    /// By number of the cause.
    causes: Vec<Option<Known>>,
    /// The ladders that causes name: where each of their rungs is now.
    ladders: Vec<(Vec<String>, Vec<u8>)>,
    rungs: Vec<String>,
    rewards: Vec<String>,
}

#[derive(Clone, Copy)]
struct Known {
    kind: CauseKind,
    booking: Booking,
    rule: Rule,
    source: Option<u16>,
    lot_source: Option<u16>,
    version: u16,
    /// Place in [`Decoder::ladders`].
    ladder: usize,
}

impl Decoder {
    /// For a ledger and a programme.
    pub fn new(ledger: &Ledger<'_>, versions: &Versions) -> Decoder {
        let program = versions.newest();
        let all = versions.all();
        let mut names: Vec<String> = Vec::new();
        for version in all {
            if ladder(version).len() > names.len() {
                names = ladder(version);
            }
        }
        let mut ladders: Vec<(Vec<String>, Vec<u8>)> = Vec::new();
        let rules = all_rules(program);
        let rule = |cause: &Cause| {
            rules.iter().copied().find(|rule| {
                // A rule or reward that changed its wallet is the same all the same.
                let named = matches!(rule, Rule::Earn(_) | Rule::Reward(_));
                rule_kind(*rule) == cause.rule_kind
                    && rule_text(program, *rule) == cause.rule
                    && (named || wallet_of(program, *rule) == cause.wallet)
            })
        };
        let source = |name: &Option<String>| {
            let name = name.as_ref()?;
            let place = program
                .datasets
                .iter()
                .position(|dataset| dataset.id == *name);
            place.map(|place| place as u16)
        };
        let mut causes = Vec::new();
        for (number, cause) in ledger.causes() {
            let place = *number as usize;
            if causes.len() <= place {
                causes.resize(place + 1, None);
            }
            let known = ladders.iter().position(|(ids, _)| *ids == cause.ladder);
            let ladder = known.unwrap_or_else(|| {
                let place = |id: &String| names.iter().position(|name| name == id);
                let places = cause.ladder.iter().map(|id| place(id).unwrap_or(0) as u8);
                ladders.push((cause.ladder.clone(), places.collect()));
                ladders.len() - 1
            });
            // A rule that is taken back may lead to the very text of an earlier version.
            let same =
                |version: &Program| version.digest == cause.version && version.file == cause.file;
            let version = all.iter().position(same);
            causes[place] = rule(cause).zip(version).map(|(rule, version)| Known {
                kind: cause.kind,
                booking: cause.booking,
                rule,
                source: source(&cause.source),
                lot_source: source(&cause.lot_source),
                version: version as u16,
                ladder,
            });
        }
        Decoder {
            causes,
            ladders,
            rungs: names,
            rewards: program
                .rewards
                .iter()
                .map(|reward| reward.id.clone())
                .collect(),
        }
    }

    fn cause(&self, number: i32) -> Option<Known> {
        *self.causes.get(usize::try_from(number).ok()?)?
    }

    /// An entry, and how it was booked. Of one that was taken back, the line that it takes back.
    pub fn entry(&self, row: &EntryRow) -> Option<(Booking, Entry)> {
        let cause = self.cause(row.cause)?;
        let CauseKind::Entry(kind) = cause.kind else {
            return None;
        };
        let entry = Entry {
            at: row.at,
            kind,
            rule: cause.rule,
            event: reference(cause.source, &row.event),
            lot: row.lot.as_ref().map(|lot| reference(cause.lot_source, lot)),
            points: cause.booking.sign() * row.points,
            expires: row.expires,
            rung: self.ladders[cause.ladder]
                .1
                .get(usize::from(row.rung))
                .copied()
                .unwrap_or(row.rung),
            version: cause.version,
        };
        Some((cause.booking, entry))
    }

    /// A move on the ladder, and how it was booked.
    pub fn rung(&self, row: &RungRow) -> Option<(Booking, RungMove)> {
        const REASONS: [RungReason; 7] = [
            RungReason::Reached,
            RungReason::Kept,
            RungReason::Shortfall,
            RungReason::Refunded,
            RungReason::Adjusted,
            RungReason::Opening,
            RungReason::Version,
        ];
        let cause = self.cause(row.cause)?;
        let rung = |id: &str| {
            let place = self.rungs.iter().position(|rung| rung == id)?;
            u8::try_from(place).ok()
        };
        let moved = RungMove {
            at: row.at,
            from: rung(&row.from)?,
            to: rung(&row.to)?,
            until: row.until,
            reason: REASONS
                .into_iter()
                .find(|reason| reason.text() == row.reason)?,
            event: row
                .event
                .as_ref()
                .map(|event| reference(cause.source, event)),
            version: cause.version,
        };
        Some((cause.booking, moved))
    }

    /// A reward, and how it was booked; it has its cost where the row says it.
    pub fn reward(&self, row: &RewardRow) -> Option<(Booking, Issued)> {
        let cause = self.cause(row.cause)?;
        let place = self
            .rewards
            .iter()
            .position(|reward| *reward == row.reward)?;
        let issued = Issued {
            at: row.at,
            reward: place as u16,
            member: row.member.clone(),
            rule: cause.rule,
            event: row
                .event
                .as_ref()
                .map(|event| reference(cause.source, event)),
            occurrence: row.occurrence,
            until: row.until,
            cost: cause.booking.sign() * row.cost,
            revoked_by: (row.revoked_by.as_ref()).map(|refund| reference(cause.lot_source, refund)),
            version: cause.version,
        };
        Some((cause.booking, issued))
    }

    /// What stands of all that was booked for an account; nothing if a part of it cannot be translated.
    pub fn standing(&self, ledger: &AccountLedger) -> Option<Standing> {
        let mut standing = Standing::default();
        for row in &ledger.entries {
            let (booking, entry) = self.entry(row)?;
            standing.lost += stand(&mut standing.entries, booking, entry);
        }
        for row in &ledger.rungs {
            let (booking, moved) = self.rung(row)?;
            standing.lost += stand(&mut standing.rungs, booking, moved);
        }
        for row in &ledger.rewards {
            let (booking, issued) = self.reward(row)?;
            standing.reward(booking, issued);
        }
        Some(standing)
    }

    /// The moves on the ladder that stand, by time.
    pub fn moves(&self, rows: &[RungRow]) -> Vec<RungMove> {
        let mut moves = Vec::with_capacity(rows.len());
        for (booking, moved) in rows.iter().filter_map(|row| self.rung(row)) {
            stand(&mut moves, booking, moved);
        }
        moves.sort_by_key(|moved| moved.at);
        moves
    }

    /// The kind of an entry, without translating the rest.
    pub fn kind(&self, row: &EntryRow) -> Option<EntryKind> {
        match self.cause(row.cause)?.kind {
            CauseKind::Entry(kind) => Some(kind),
            _ => None,
        }
    }
}

/// What stands of an account's ledger once later nights have taken back what did not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Points.
    pub entries: Vec<Entry>,
    /// Moves on the ladder.
    pub rungs: Vec<RungMove>,
    /// Rewards that are deserved.
    pub issued: Vec<Issued>,
    /// Rewards that are not, and stay because they were used.
    pub kept: Vec<Issued>,
    /// Among the issued: lines by which refunds take back what was used before that was known, so that it
    /// stays all the same.
    pub undone: Vec<Issued>,
    /// Lines that take back what was never booked: a ledger of this version has none.
    pub lost: usize,
}

impl Standing {
    /// Books a line of the rewards. What is kept or restored names no cost: it has that of the line by which
    /// the reward was issued.
    fn reward(&mut self, booking: Booking, line: Issued) {
        let at_cost = |cost: i64| Issued {
            cost,
            ..line.clone()
        };
        let of = |lines: &[Issued]| lines.iter().rposition(|other| other.same_reward(&line));
        match (booking, line.revoked_by.is_some()) {
            (Booking::Kept, false) => match of(&self.issued) {
                Some(place) => self.kept.push(self.issued.remove(place)),
                None => self.lost += 1,
            },
            (Booking::Restored, false) => match of(&self.kept) {
                Some(place) => {
                    let cost = self.kept.remove(place).cost;
                    self.issued.push(at_cost(cost));
                }
                None => self.lost += 1,
            },
            (Booking::Kept, true) => match of(&self.issued) {
                Some(place) => {
                    let back = at_cost(-self.issued[place].cost);
                    self.issued.push(back.clone());
                    self.undone.push(back);
                }
                None => self.lost += 1,
            },
            (Booking::Restored, true) => match of(&self.undone) {
                Some(place) => {
                    let back = self.undone.remove(place);
                    self.lost += stand(&mut self.issued, Booking::Withdrawn, back);
                }
                None => self.lost += 1,
            },
            _ => self.lost += stand(&mut self.issued, booking, line),
        }
    }

    /// Whether nothing stands.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.rungs.is_empty() && self.issued.is_empty()
    }
}

/// Books a line, or takes it back; returns how many lines were to be taken back that are not there.
fn stand<T: PartialEq>(lines: &mut Vec<T>, booking: Booking, line: T) -> usize {
    match booking {
        Booking::Withdrawn => match lines.iter().rposition(|other| *other == line) {
            Some(place) => {
                lines.remove(place);
                0
            }
            None => 1,
        },
        _ => {
            lines.push(line);
            0
        }
    }
}

fn reference(source: Option<u16>, id: &EventId) -> EventRef {
    (source.map_or(NO_SOURCE, usize::from), id.clone())
}
