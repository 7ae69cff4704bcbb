//! Earn rules whose past a version settles anew on its first day: what each would have given is worked out with the
//! event, compared with what stands of it, and the difference is booked.

use crate::account::Account;
use crate::ask::{Question, View};
use crate::earn::{Owner, Rooms, earned, limit};
use crate::events::Taking;
use crate::exact::Checked;
use crate::lots::Lot;
use rungs_engine::calendar::{Instant, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::ledger::{EntryKind, Rule};
use rungs_engine::program::{Limit, Pool};

/// What a rule of a later version would have given for an event.
#[derive(Debug, Clone)]
pub(crate) struct Would {
    pub(crate) version: usize,
    pub(crate) rule: usize,
    /// Scaled points, less what refunds took before that version began.
    pub(crate) points: i64,
    /// The room under its own caps, if it had ruled since the day from which its past is settled.
    rooms: Rooms,
}

/// What stands of what a rule gave for an event, and the version that settled it.
#[derive(Debug, Clone)]
pub(crate) struct Stands {
    pub(crate) rule: usize,
    pub(crate) points: i64,
    pub(crate) version: usize,
}

impl Account<'_> {
    /// What later versions would have given for an event.
    pub(crate) fn would_give(
        &self,
        taking: &Taking,
        question: &Question<'_>,
        view: &View<'_>,
    ) -> Vec<Would> {
        let mut all = Vec::new();
        for version in self.version + 1..self.readings.count() {
            let reading = self.readings.version(version);
            for said in &reading.program.migrate.regrants {
                let rule = &reading.program.earn[said.rule];
                if rule.on != taking.kind || taking.day < said.from {
                    continue;
                }
                let mut rooms = Rooms::new();
                for (number, cap) in rule.caps.iter().enumerate() {
                    let used = self.would_have_used(version, said.rule, number, taking);
                    let room = limit(cap, question.state.rung).saturating_sub(used);
                    rooms.insert((Owner::Rule(said.rule), number), room);
                }
                let question = Question {
                    reading,
                    ..*question
                };
                let (kind, only) = (taking.kind, [said.rule]);
                let gives = earned(reading, kind, &question, view, &rooms, Some(&only));
                // What cannot be said leaves what was given.
                if let Ok(gives) = gives {
                    all.push(Would {
                        version,
                        rule: said.rule,
                        points: gives.points.iter().map(|(_, points)| *points).sum(),
                        rooms,
                    });
                }
            }
        }
        all
    }

    /// What the rule of a later version would have used of one of its caps so far.
    fn would_have_used(&self, version: usize, rule: usize, cap: usize, taking: &Taking) -> i64 {
        let reading = self.readings.version(version);
        let cap = &reading.program.earn[rule].caps[cap];
        if matches!(cap.per, Per::Event | Per::Line) {
            return 0;
        }
        let window = reading.days.window(cap.per, taking.at, taking.day);
        let mut used = 0;
        for record in &self.records {
            let other = cap.pool == Pool::Member && record.member != taking.member;
            if other || !window.holds(record.at, record.day) {
                continue;
            }
            let same = |it: &&Would| it.version == version && it.rule == rule;
            let points = record.would.iter().find(same).map_or(0, |it| it.points);
            used += match cap.limit {
                Limit::Points(_) => points,
                Limit::Count(_) => i64::from(points > 0),
            };
        }
        used
    }

    /// What each of those rules would have given for what is left of an order.
    pub(crate) fn would_be_left(
        &self,
        record: usize,
        question: &Question<'_>,
        view: &View<'_>,
    ) -> Checked<Vec<i64>> {
        let mut all = Vec::new();
        for would in &self.records[record].would {
            let reading = self.readings.version(would.version);
            let question = Question {
                reading,
                ..*question
            };
            let only = [would.rule];
            let kind = Kind::Order;
            let gives = earned(reading, kind, &question, view, &would.rooms, Some(&only))?;
            all.push(gives.points.iter().map(|(_, points)| *points).sum());
        }
        Ok(all)
    }

    /// What stands of the points of an event, by rule in the order of their ids.
    pub(crate) fn standing(&self, record: usize) -> Vec<Stands> {
        let record = &self.records[record];
        let booked = || {
            let version = record.version;
            let stands = |(rule, points): &(usize, i64)| Stands {
                rule: *rule,
                points: *points,
                version,
            };
            record.booked.iter().map(stands).collect()
        };
        record.stands.clone().unwrap_or_else(booked)
    }

    /// The version that begins settles the past of its rules: what they would have given more is granted first, then
    /// what they would have given less is taken.
    pub(crate) fn settle_past(&mut self, at: Instant) {
        let mut rules: Vec<usize> = (self.reading.program.migrate.regrants.iter())
            .map(|said| said.rule)
            .collect();
        rules.sort_unstable();
        let mut differences = Vec::new();
        for rule in rules {
            for record in 0..self.records.len() {
                let here = |it: &&Would| it.version == self.version && it.rule == rule;
                let Some(would) = self.records[record].would.iter().find(here) else {
                    continue;
                };
                let would = would.points;
                let mut standing = self.standing(record);
                let given = standing.iter().find(|it| it.rule == rule);
                let given = given.map_or(0, |it| it.points);
                standing.retain(|it| it.rule != rule);
                standing.push(Stands {
                    rule,
                    points: would,
                    version: self.version,
                });
                standing.sort_by_key(|it| it.rule);
                self.records[record].stands = Some(standing);
                differences.push((rule, record, would - given));
            }
        }
        for (rule, record, more) in differences.iter().filter(|it| it.2 > 0) {
            self.grant_more(at, *rule, *record, *more);
        }
        for (rule, record, less) in differences.iter().filter(|it| it.2 < 0) {
            let event = self.records[*record].event.clone();
            let wallet = self.reading.program.earn[*rule].wallet;
            let taken = self.lots(wallet).reverse(&event, -less);
            let covered: i64 = taken.iter().map(|part| part.points).sum();
            for part in taken {
                let (kind, rule) = (EntryKind::Reverse, Rule::Earn(*rule as u16));
                let named = Some(part.named());
                self.book(at, kind, rule, event.clone(), named, -part.points);
            }
            self.shortage(self.version, at, wallet, &event, -less - covered);
        }
    }

    /// Points that come late for an event: they wait with what waits of its points, else they can be spent at once.
    fn grant_more(&mut self, at: Instant, rule: usize, record: usize, points: i64) {
        let declared = &self.reading.program.earn[rule];
        let wallet = declared.wallet;
        let expires = match &declared.expiry {
            Some(own) => self.end_of(own, at),
            None => self.expires(wallet, at),
        };
        let event = self.records[record].event.clone();
        let granted = self.records[record].at.max(self.joined);
        let named = (event.clone(), expires);
        let (kind, by) = (EntryKind::Grant, Rule::Earn(rule as u16));
        self.book(at, kind, by, event.clone(), Some(named.clone()), points);
        self.points_come(at, wallet);
        let repaid = self.lots(wallet).add_late(Lot {
            id: event.clone(),
            granted,
            expires,
            release: granted,
            pending: 0,
            open: points,
        });
        let Some(repaid) = repaid else { return };
        // A grant is held back where the version that books it holds back, until the books say otherwise.
        let wallets = &self.reading.program.wallets;
        if wallets[usize::from(wallet)].pending.is_some() {
            let (kind, by) = (EntryKind::Release, Rule::Pending(wallet));
            self.book(at, kind, by, event.clone(), Some(named.clone()), points);
        }
        if repaid > 0 {
            let (kind, by) = (EntryKind::Repay, Rule::Shortage(wallet));
            self.book(at, kind, by, event, Some(named), -repaid);
        }
    }
}
