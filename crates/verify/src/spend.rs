//! Events that use points or say what there is: redemptions, the desk, what members bring along.

use crate::account::Account;
use crate::exact::{Exact, fraction, narrow, rounded, times, unit, whole};
use crate::lots::{Lot, Taken};
use crate::measure::{Worth, in_units, points_in_units};
use crate::undo::Redemption;
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Rule, RungReason};
use rungs_engine::number::Rounding;
use rungs_engine::program::MetricKind;

impl Account<'_> {
    /// A column's number as scaled points.
    pub(crate) fn scaled(&self, column: Option<usize>, row: usize) -> Option<i64> {
        let column = column?;
        let stored = self.batch.number(column, row)?;
        let number = fraction(i128::from(stored), unit(self.reading.digits(column)));
        let scaled = times(number, Exact::from_integer(unit(self.reading.scale()))).ok()?;
        narrow(rounded(scaled, Rounding::HalfEven)).ok()
    }

    /// A redemption: the row's points are the fact; without them the price is.
    pub(crate) fn redeem(&mut self, record: usize, row: usize) {
        let columns = &self.reading.redeem;
        let reward = columns
            .reward
            .and_then(|column| self.batch.text(column, row))
            .and_then(|id| {
                self.reading
                    .program
                    .rewards
                    .iter()
                    .position(|reward| reward.id == id && !reward.absent)
            });
        let quantity = columns
            .quantity
            .and_then(|column| {
                let stored = self.batch.number(column, row)?;
                i64::try_from(i128::from(stored) / unit(self.reading.digits(column))).ok()
            })
            .unwrap_or(1);
        let price = reward
            .and_then(|reward| self.reading.program.rewards[reward].price.as_ref())
            .map_or(0, |price| *price.at(self.held.rung));
        let points = self
            .scaled(columns.points, row)
            .unwrap_or_else(|| price.saturating_mul(quantity));
        let wallet = match reward {
            Some(reward) => Some(self.reading.program.rewards[reward].wallet),
            None => self.meant_wallet(columns.wallet, row),
        };
        let rule = match reward {
            Some(reward) => Rule::Reward(reward as u16),
            None => Rule::Redeem(wallet.unwrap_or(0)),
        };
        let (at, day, member) = {
            let record = &self.records[record];
            (record.at, record.day, record.member)
        };
        let event = self.records[record].event.clone();
        let (mut way, mut uncovered) = (Vec::new(), 0);
        // Where nobody knows which points are meant, none are taken.
        let Some(wallet) = wallet else {
            return;
        };
        if !self.purses.is_empty() {
            (way, uncovered) = self.debit(at, wallet, EntryKind::Redeem, rule, &event, points);
        }
        for (metric, declared) in self.reading.program.metrics.iter().enumerate() {
            if declared.kind == MetricKind::Spent && declared.wallet == wallet {
                let worth = Worth {
                    amount: points_in_units(self.reading, metric, points.max(0)),
                    values: Vec::new(),
                };
                self.measures.add(metric, worth, record, at, day, member);
            }
        }
        let first = self.issued.len();
        if let Some(reward) = reward {
            self.issue_bought(at, reward, quantity, member, &event);
        }
        let redemption = Redemption {
            record,
            rule,
            wallet,
            way,
            uncovered,
            bought: first..self.issued.len(),
        };
        self.redemptions.entry(event.1).or_insert(redemption);
    }

    /// The wallet that a row means: the one that it names, or the only one that there is.
    fn meant_wallet(&self, column: Option<usize>, row: usize) -> Option<u8> {
        let named = column.and_then(|column| self.batch.text(column, row));
        let wallets = self.reading.program.wallets.iter().zip(0..);
        let mut there = wallets.filter(|(wallet, _)| !wallet.absent);
        match named {
            Some(id) => there.find(|(wallet, _)| wallet.id == id).map(|(_, at)| at),
            None => match (there.next(), there.next()) {
                (Some((_, only)), None) => Some(only),
                _ => None,
            },
        }
    }

    /// Takes points from open lots of a wallet; what they do not cover is a shortage. Returns what came from where, and
    /// what did not.
    fn debit(
        &mut self,
        at: Instant,
        wallet: u8,
        kind: EntryKind,
        rule: Rule,
        event: &EventRef,
        points: i64,
    ) -> (Vec<Taken>, i64) {
        let taken = self.lots(wallet).consume(points);
        let covered: i64 = taken.iter().map(|part| part.points).sum();
        for part in &taken {
            let lot = Some(part.named());
            self.book(at, kind, rule, event.clone(), lot, -part.points);
        }
        let missing = (points - covered).max(0);
        self.shortage(self.version, at, wallet, event, missing);
        (taken, missing)
    }

    /// The desk: points, a rung or a metric.
    pub(crate) fn adjust(&mut self, record: usize, row: usize) {
        let columns = &self.reading.adjust;
        let text = |column: Option<usize>| column.and_then(|column| self.batch.text(column, row));
        let (at, day, member) = {
            let record = &self.records[record];
            (record.at, record.day, record.member)
        };
        let event = self.records[record].event.clone();
        let program = self.reading.program;
        if let Some(points) = self.scaled(columns.points, row)
            && let Some(wallet) = self.meant_wallet(columns.wallet, row)
        {
            let expires = self.expires(wallet, at);
            let (kind, rule) = (EntryKind::Adjust, Rule::Adjust(wallet));
            self.put(wallet, kind, rule, at, &event, points, expires);
        }
        let metric = text(columns.metric).and_then(|id| {
            program
                .metrics
                .iter()
                .position(|metric| metric.id == id && !metric.absent)
        });
        if let (Some(metric), Some(column)) = (metric, columns.value)
            && let Some(stored) = self.batch.number(column, row)
        {
            let value = fraction(i128::from(stored), unit(self.reading.digits(column)));
            // What is finer than the metric's own unit is refused, and so is what leaves 64 bits in it.
            let own = value * whole(program.metrics[metric].den.max(1));
            let fits = own.is_integer() && i64::try_from(own.to_integer()).is_ok();
            if fits && let Ok(amount) = in_units(value, self.reading.units[metric]) {
                let values = Vec::new();
                let worth = Worth { amount, values };
                self.measures.add(metric, worth, record, at, day, member);
            }
        }
        let rung = text(columns.rung).and_then(|id| {
            let rungs = &program.tiers.as_ref()?.rungs;
            rungs.iter().position(|rung| rung.id == id && !rung.absent)
        });
        if let Some(rung) = rung {
            let ends = columns
                .ends
                .and_then(|column| self.batch.number(column, row))
                .and_then(|day| Day::try_from(day).ok());
            self.set_rung(at, rung, ends, RungReason::Adjusted, &event);
        }
    }

    /// Books a lot that a member brings along, and the rung that was held where it comes from.
    pub(crate) fn opening(&mut self, record: usize, row: usize) {
        let columns = &self.reading.opening;
        let day = |column: Option<usize>| {
            let stored = column.and_then(|column| self.batch.number(column, row))?;
            Day::try_from(stored).ok()
        };
        let (ends, until) = (day(columns.expires), day(columns.rung_until));
        let text = |column: Option<usize>| column.and_then(|column| self.batch.text(column, row));
        let rung = text(columns.rung);
        let at = self.records[record].at;
        let event = self.records[record].event.clone();
        let program = self.reading.program;
        if let Some(points) = self.scaled(columns.points, row)
            && let Some(wallet) = self.meant_wallet(columns.wallet, row)
        {
            // What should have ended before it came ends as it comes.
            let expires = match ends {
                Some(day) => Some(self.reading.days.midnight(day).max(at)),
                None => self.expires(wallet, at),
            };
            let (kind, rule) = (EntryKind::Opening, Rule::Opening(wallet));
            self.put(wallet, kind, rule, at, &event, points, expires);
        }
        let rung = rung.and_then(|id| {
            let rungs = &program.tiers.as_ref()?.rungs;
            rungs.iter().position(|rung| rung.id == id && !rung.absent)
        });
        if let Some(rung) = rung {
            self.set_rung(at, rung, until, RungReason::Opening, &event);
        }
    }

    /// Points that somebody says are there, as a lot of its own, or are not there.
    #[allow(clippy::too_many_arguments)]
    fn put(
        &mut self,
        wallet: u8,
        kind: EntryKind,
        rule: Rule,
        at: Instant,
        event: &EventRef,
        points: i64,
        expires: Option<Instant>,
    ) {
        if points < 0 {
            self.debit(at, wallet, kind, rule, event, -points);
            return;
        }
        if points == 0 {
            return;
        }
        self.entries.push(Entry {
            at,
            kind,
            rule,
            event: event.clone(),
            lot: None,
            points,
            expires,
            rung: self.held.rung as u8,
            version: self.version as u16,
        });
        self.points_come(at, wallet);
        self.lots(wallet).add(Lot {
            id: event.clone(),
            granted: at,
            expires,
            release: at,
            pending: 0,
            open: points,
        });
        self.pay_debt(at, wallet, &(event.clone(), expires));
    }
}
