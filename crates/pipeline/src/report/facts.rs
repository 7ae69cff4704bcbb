//! From the history and the ledger of an account to what KPIs see of it.

use super::amounts::Columns;
use super::refunds::Refunds;
use hashbrown::{HashMap, HashSet};
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, EventId};
use rungs_engine::kpi::{AccountFacts, OrderFact, PointsFact, RewardFact, RungFact};
use rungs_engine::ledger::{Booking, Entry, EntryKind, EventRef, Issued, RungMove};
use rungs_engine::program::{Enrol, Program, Versions};
use std::ops::Range;

/// Accounts with their facts, in shards that can be read at the same time. Every account is in one
/// shard, and is visited once.
pub trait AccountSource: Sync {
    /// Why a shard cannot be read.
    type Error: Send;

    /// How many shards there are.
    fn shards(&self) -> usize;

    /// Visits every account of a shard.
    fn for_each(
        &self,
        shard: usize,
        visit: &mut dyn FnMut(&AccountFacts<'_>),
    ) -> Result<(), Self::Error>;
}

/// Makes the facts of one account after another; its lists are used again for each.
///
/// For every account: [`clear`](FactsReader::clear), [`history`](FactsReader::history) with its rows,
/// the ledger in the order of time, [`facts`](FactsReader::facts).
#[derive(Debug)]
pub struct FactsReader<'p> {
    versions: &'p Versions,
    program: &'p Program,
    as_of: Day,
    columns: Columns,
    held: Held<'p>,
    enrolled: Option<Day>,
    orders: Vec<OrderFact>,
    rungs: Vec<RungFact>,
    points: Vec<PointsFact>,
    rewards: Vec<RewardFact>,
    /// First row of each order.
    starts: Vec<usize>,
}

/// What entries of an account add to the points that are held back.
#[derive(Debug)]
pub struct Held<'p> {
    versions: &'p Versions,
    /// By wallet and version: from when on the version rules, and whether it holds grants back, so that one must know
    /// which lots were released.
    back: Vec<Vec<(Instant, bool)>>,
    any: bool,
    /// Lots that can be spent, with the instants at which they were released: what comes late for an event may join a lot
    /// that can be spent.
    released: HashMap<HeldLot, Vec<Instant>>,
    /// Lots that points of another wallet came to, and when: what was released before says nothing of them.
    converted: HashMap<HeldLot, Instant>,
    /// Where only some versions hold grants back: the lots of those that do.
    of_these: HashSet<HeldLot>,
}

/// A lot: its wallet, the event that granted it, and its end.
type HeldLot = (u8, EventRef, Option<Instant>);

impl<'p> Held<'p> {
    /// For a programme's wallets.
    pub fn new(versions: &'p Versions) -> Held<'p> {
        let of_wallet = |place: usize| {
            let all = versions.all().iter().enumerate();
            let back = all.map(|(at, program)| {
                let start = match at {
                    0 => Instant::MIN,
                    _ => program.zone.midnight(program.from),
                };
                let wallet = program.wallets.get(place);
                (start, wallet.is_some_and(|wallet| wallet.pending.is_some()))
            });
            back.collect::<Vec<_>>()
        };
        let back: Vec<_> = (0..versions.newest().wallets.len())
            .map(of_wallet)
            .collect();
        Held {
            versions,
            any: back.iter().flatten().any(|(_, back)| *back),
            back,
            released: HashMap::new(),
            converted: HashMap::new(),
            of_these: HashSet::new(),
        }
    }

    /// Another account begins.
    pub fn clear(&mut self) {
        self.released.clear();
        self.converted.clear();
        self.of_these.clear();
    }

    /// Whether what is granted at an instant is held back. The rule may be of an earlier version than the lot, where an
    /// order from before joining is credited.
    fn at(&self, wallet: u8, at: Instant) -> bool {
        let mut latest = self
            .back
            .get(usize::from(wallet))
            .into_iter()
            .flatten()
            .rev();
        latest
            .find(|(start, _)| *start <= at)
            .is_some_and(|(_, back)| *back)
    }

    fn opened(&mut self, booking: Booking, lot: HeldLot, at: Instant) {
        let released = self.released.entry(lot).or_default();
        released.retain(|known| *known != at);
        if booking != Booking::Withdrawn {
            released.push(at);
        }
    }

    /// What an entry adds to the pending points. Entries come as they were booked, and from the grant of
    /// every lot that is reversed.
    #[inline]
    pub fn back(&mut self, booking: Booking, entry: &Entry) -> i64 {
        if !self.any {
            return 0;
        }
        let wallet = self.versions.wallet_of(entry);
        let event = entry.lot.as_ref().unwrap_or(&entry.event);
        let lot = || (wallet, event.clone(), entry.expires);
        let points = booking.sign() * entry.points;
        let mut back = self.back.get(usize::from(wallet)).into_iter().flatten();
        let all = back.all(|(_, back)| *back);
        match entry.kind {
            EntryKind::Grant | EntryKind::Convert
                if entry.points > 0 && self.at(wallet, entry.at) =>
            {
                if !all {
                    self.of_these.insert(lot());
                }
                if entry.kind == EntryKind::Convert {
                    match booking {
                        Booking::Withdrawn => self.converted.remove(&lot()),
                        _ => self.converted.insert(lot(), entry.at),
                    };
                }
                points
            }
            EntryKind::Release => {
                self.opened(booking, lot(), entry.at);
                -points
            }
            EntryKind::Renew if entry.points > 0 => {
                self.opened(booking, lot(), entry.at);
                0
            }
            EntryKind::Reverse | EntryKind::Convert if entry.points < 0 => {
                let held = all || self.of_these.contains(&lot());
                let since = self.converted.get(&lot()).copied().unwrap_or(Instant::MIN);
                let released = self.released.get(&lot());
                let released = released.is_some_and(|all| all.iter().any(|at| *at >= since));
                match held && !released {
                    true => points,
                    false => 0,
                }
            }
            _ => 0,
        }
    }
}

impl<'p> FactsReader<'p> {
    /// For a report of the day `as_of`.
    pub fn new(versions: &'p Versions, as_of: Day) -> FactsReader<'p> {
        let program = versions.on(as_of);
        FactsReader {
            versions,
            program,
            as_of,
            columns: Columns::of(program),
            held: Held::new(versions),
            enrolled: None,
            orders: Vec::new(),
            rungs: Vec::new(),
            points: Vec::new(),
            rewards: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// Columns (indices in `Program::columns`) that [`history`](FactsReader::history) reads. Ids are
    /// read too if there are refunds.
    pub fn columns(&self) -> Vec<usize> {
        self.columns.all()
    }

    /// Whether [`history`](FactsReader::history) reads the ids of events.
    pub fn needs_ids(&self) -> bool {
        self.columns.refund_order.is_some()
    }

    /// Forgets the account before.
    pub fn clear(&mut self) {
        self.enrolled = None;
        self.orders.clear();
        self.rungs.clear();
        self.points.clear();
        self.rewards.clear();
        self.starts.clear();
        self.held.clear();
    }

    /// All events of the account: neighbouring rows of a batch as settlement reads it, in their total
    /// order. `passes` are the answers to [`rungs_engine::kpi::Measures::filters`] for the first row of
    /// each order, by row of the batch; empty where no KPI has a condition.
    pub fn history(&mut self, batch: &Batch, rows: Range<usize>, passes: &[u64]) {
        let zone = &self.program.zone;
        let (mut day, mut until) = (Day::MIN, Instant::MIN);
        let mut refunds = Vec::new();
        let mut row = rows.start;
        while row < rows.end {
            let mut end = row + 1;
            while end < rows.end && batch.continues(end) {
                end += 1;
            }
            // Rows are in order of time, and many fall on one day.
            if batch.time[row] >= until {
                day = zone.day(batch.time[row]);
                until = zone.midnight(day + 1);
            }
            if day > self.as_of {
                break;
            }
            let kind = batch.kind_at(row);
            let joins = match self.versions.on(day).enrol {
                Enrol::Automatic => true,
                Enrol::FirstOrder => kind == Some(Kind::Order),
                Enrol::OptIn => kind == Some(Kind::Enrol),
            };
            if joins && self.enrolled.is_none() {
                self.enrolled = Some(day);
            }
            match kind {
                Some(Kind::Order) => {
                    let (gross, net) = self.columns.order(batch, row..end);
                    self.starts.push(row);
                    self.orders.push(OrderFact {
                        day,
                        time: batch.time[row],
                        gross,
                        net,
                        refunded: 0,
                        whole: false,
                        passes: passes.get(row).copied().unwrap_or(0),
                    });
                }
                Some(Kind::Refund) => refunds.push(row..end),
                _ => {}
            }
            row = end;
        }
        if !refunds.is_empty() {
            self.give_back(batch, rows.end, &refunds);
        }
    }

    /// Takes refunds off the orders that they name.
    fn give_back(&mut self, batch: &Batch, end: usize, refunds: &[Range<usize>]) {
        let mut by_id: HashMap<EventId, usize> = HashMap::new();
        let mut orders = self.starts.iter().enumerate().peekable();
        let mut given_back = Refunds::default();
        for refund in refunds {
            // Only what was ordered before can come back.
            while let Some((index, start)) = orders.next_if(|order| *order.1 < refund.start) {
                by_id.insert(batch.id.get(*start), index);
            }
            let order = self
                .columns
                .refund_order
                .and_then(|column| batch.text(column, refund.start))
                .and_then(|id| by_id.get(&EventId::of(id)));
            let Some(order) = order.copied() else {
                continue;
            };
            let start = self.starts[order];
            let rows = start..self.rows_end(batch, start, end);
            // By the version that granted.
            let over = self.versions.on(self.orders[order].day).refunds.over;
            let order = (order, rows);
            given_back.add(&self.columns, batch, order, refund.clone(), over);
        }
        for (order, refunded) in given_back.finish(&self.columns, batch) {
            if let Some(fact) = self.orders.get_mut(order) {
                fact.whole = refunded.whole;
                fact.refunded = if refunded.whole {
                    fact.net
                } else {
                    refunded.net
                };
            }
        }
    }

    fn rows_end(&self, batch: &Batch, start: usize, end: usize) -> usize {
        let mut next = start + 1;
        while next < end && batch.continues(next) {
            next += 1;
        }
        next
    }

    /// An entry of the ledger, how it was booked, and by which night. What was corrected counts on the
    /// day when it was booked, so that months that were reported stay as they were.
    pub fn entry(&mut self, booking: Booking, entry: &Entry, night: Day) {
        let pending = self.held.back(booking, entry);
        let day = self.booked(booking, entry.at, night);
        self.points.push(PointsFact {
            day,
            wallet: self.versions.wallet_of(entry),
            kind: entry.kind,
            points: booking.sign() * entry.points,
            taken: entry.points < 0,
            pending,
        });
    }

    fn booked(&self, booking: Booking, at: Instant, night: Day) -> Day {
        match booking {
            Booking::OnTime => self.program.zone.day(at),
            _ => night,
        }
    }

    /// A move on the ladder that stands; a new end of the same rung is none.
    pub fn rung_move(&mut self, moved: &RungMove) {
        if moved.from != moved.to {
            self.rungs.push(RungFact {
                day: self.program.zone.day(moved.at),
                from: moved.from,
                to: moved.to,
            });
        }
    }

    /// A reward, how it was booked, and by which night.
    pub fn reward(&mut self, booking: Booking, issued: &Issued, night: Day) {
        let day = self.booked(booking, issued.at, night);
        self.rewards.push(RewardFact {
            day,
            reward: issued.reward,
            number: booking.sign() * issued.number(),
            cost: booking.sign() * issued.cost,
        });
    }

    /// The facts of the account. Ledgers of several runs may have come one after the other; they are
    /// brought into the order of days here.
    pub fn facts<'a>(&'a mut self, account: &'a str) -> AccountFacts<'a> {
        if !self.points.is_sorted_by_key(|fact| fact.day) {
            self.points.sort_by_key(|fact| fact.day);
        }
        if !self.rungs.is_sorted_by_key(|fact| fact.day) {
            self.rungs.sort_by_key(|fact| fact.day);
        }
        if !self.rewards.is_sorted_by_key(|fact| fact.day) {
            self.rewards.sort_by_key(|fact| fact.day);
        }
        AccountFacts {
            account,
            enrolled: self.enrolled,
            orders: &self.orders,
            rungs: &self.rungs,
            points: &self.points,
            rewards: &self.rewards,
        }
    }
}
