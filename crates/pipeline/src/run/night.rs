//! The fold of a range of shards: states before, new events and decisions in; ledger, states and totals
//! out. Accounts never read each other, so ranges are settled at the same time and the result does not
//! depend on how many there are.

use super::books::Books;
use super::counting::Counting;
use super::draws::Nothing;
use super::replay::{past_and_all, replay};
use super::totals::Totals;
use crate::lake::cut::Cut;
use crate::lake::error::LakeError;
use crate::lake::history::{ColumnSet, History};
use crate::lake::ledger::{CauseNumbers, Decoder, Ledger, LedgerFiles, LedgerWriter};
use crate::lake::manifest::{LakeFile, Manifest, Table};
use crate::lake::quarantine::QuarantineRow;
use crate::lake::rows::pieces;
use crate::lake::shard::ShardRange;
use crate::lake::states::{Remembered, StateReader, StateRow, StateWriter};
use crate::lake::store::Store;
use crate::serving::{Changes, MemberRow};
use rungs_engine::calendar::{Day, Instant, day_text};
use rungs_engine::event::{Batch, EventId};
use rungs_engine::fold::{
    AccountState, FORMAT, Fold, Given, NEVER, Piece, Plans, Ready, Win, account_rows, undone_events,
};
use rungs_engine::kpi::Together;
use rungs_engine::ledger::Issued;
use rungs_engine::program::Program;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

/// What all shards of a run share.
pub struct Night<'a> {
    /// The programme.
    pub plans: &'a Plans<'a>,
    /// The version that rules on the run's last night.
    pub program: &'a Program,
    /// States were written under other names: they are made anew from the history.
    pub stale: bool,
    /// Every account is looked at: a version begins, or states are stale.
    pub everybody: bool,
    /// The store.
    pub store: &'a Store,
    /// The run before; none in the first run.
    pub before: Option<&'a Manifest>,
    /// Number of this run.
    pub run: u32,
    /// End of the last night that was settled before.
    pub settled: Instant,
    /// End of this run's last night.
    pub until: Instant,
    /// This run's last night.
    pub as_of: Day,
    /// Numbers of causes.
    pub numbers: &'a CauseNumbers,
    /// Whether rows of the serving copy are made.
    pub serves: bool,
    /// All wins by account, those of earlier runs too, by time.
    pub wins: &'a BTreeMap<String, Vec<Win>>,
    /// The ledger of the runs before, opened when an account is settled again.
    pub booked: OnceLock<Result<(Ledger<'a>, Decoder), LakeError>>,
}

/// What a range gave.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Settled {
    /// Files of the ledger.
    pub ledger: LedgerFiles,
    /// File of the states.
    pub states: Option<LakeFile>,
    /// Sums.
    pub totals: Totals,
    /// Events that could not be settled.
    pub rejected: Vec<QuarantineRow>,
    /// Rows for the serving copy.
    #[serde(skip)]
    pub served: Changes,
    /// What was added to the sums over all accounts, if that was asked for.
    #[serde(skip)]
    pub together: Option<Together>,
}

/// Settles a range of shards.
pub struct RangeFold<'n, 'a> {
    night: &'n Night<'a>,
    ledger: LedgerWriter<'a>,
    states: StateWriter<'a>,
    fold: Fold,
    state: AccountState,
    bytes: Vec<u8>,
    row: StateRow,
    counting: Option<Counting<'a>>,
    done: Settled,
}

impl<'n, 'a> RangeFold<'n, 'a> {
    /// Begins a range.
    pub fn new(night: &'n Night<'a>, range: ShardRange) -> RangeFold<'n, 'a> {
        let program = night.program;
        let scale = program.scale();
        RangeFold {
            night,
            ledger: LedgerWriter::new(
                night.store,
                night.run,
                range,
                night.numbers,
                scale,
                program.currency_digits,
            ),
            states: StateWriter::new(night.store, night.run, range),
            fold: Fold::default(),
            state: AccountState::default(),
            bytes: Vec::new(),
            row: StateRow::default(),
            counting: None,
            done: Settled::default(),
        }
    }

    /// Also counts what the run adds to the sums over all accounts.
    pub fn counting(mut self) -> RangeFold<'n, 'a> {
        let night = self.night;
        let versions = night.plans.versions;
        self.counting = Some(Counting::new(versions, night.as_of, night.everybody));
        self
    }

    /// Settles one shard.
    pub fn shard(&mut self, shard: u16, cut: &Cut) -> Result<(), LakeError> {
        let batches: Vec<Batch> = cut
            .events()
            .flat_map(|batch| pieces(&batch).collect::<Vec<_>>())
            .collect();
        let history = match self.night.before {
            Some(before) => History::open(self.night.store, before, shard, self.night.program)?,
            None => History::empty(shard, self.night.program),
        };
        let states = match self.night.before {
            Some(before) => StateReader::open(self.night.store, before, shard)?,
            None => StateReader::empty(shard),
        };
        let mut names: BTreeSet<&str> = batches
            .iter()
            .flat_map(account_rows)
            .map(|(account, _)| account)
            .collect();
        for account in self
            .night
            .wins
            .iter()
            .filter(|(_, wins)| wins.iter().any(|win| win.at >= self.night.settled))
        {
            if crate::lake::shard::shard_of(account.0, self.night.store.shards()) == shard {
                names.insert(account.0);
            }
        }
        names.extend(cut.replays.keys().map(String::as_str));
        let names: Vec<&str> = names.into_iter().collect();
        let gone = |account: &str| cut.replays.get(account).map(Vec::as_slice);
        let touched = match self.night.everybody {
            true => states.everybody()?,
            false => states.touched(&names, self.night.as_of)?,
        };
        let mut known = touched.into_iter().peekable();
        let empty = Batch::empty();
        let nothing = Ready::new(self.night.plans, &empty);
        let idle = Piece::new(self.night.plans, &empty, &nothing);
        for batch in &batches {
            let prepared = Ready::new(self.night.plans, batch);
            let piece = Piece::new(self.night.plans, batch, &prepared);
            for (account, rows) in account_rows(batch) {
                while let Some((name, row)) = known.next_if(|(name, _)| name.as_str() < account) {
                    let past = (&history, gone(&name));
                    self.account(shard, &name, Some(row), past, &idle, 0..0)?;
                }
                let row = known
                    .next_if(|(name, _)| name == account)
                    .map(|(_, row)| row);
                let past = (&history, gone(account));
                self.account(shard, account, row, past, &piece, rows)?;
            }
        }
        for (name, row) in known {
            let past = (&history, gone(&name));
            self.account(shard, &name, Some(row), past, &idle, 0..0)?;
        }
        Ok(())
    }

    /// Settles a shard from its history, as if for the first time.
    pub fn history(
        &mut self,
        shard: u16,
        history: &History,
        columns: &ColumnSet,
    ) -> Result<(), LakeError> {
        let none = History::empty(shard, self.night.program);
        for batch in history.batches(columns) {
            for batch in pieces(&batch?) {
                let prepared = Ready::new(self.night.plans, &batch);
                let piece = Piece::new(self.night.plans, &batch, &prepared);
                for (account, rows) in account_rows(&batch) {
                    self.account(shard, account, None, (&none, None), &piece, rows)?;
                }
            }
        }
        Ok(())
    }

    fn account(
        &mut self,
        shard: u16,
        account: &str,
        known: Option<Remembered>,
        (history, gone): (&History, Option<&[(u16, EventId)]>),
        piece: &Piece<'_>,
        rows: Range<usize>,
    ) -> Result<(), LakeError> {
        let (night, plans) = (self.night, self.night.plans);
        let batch = piece.batch;
        let metrics = plans.newest().program.metrics.len();
        match &known {
            Some(row) => {
                let state = AccountState::from_bytes(&row.state).filter(|_| !night.stale);
                self.state = match state {
                    Some(state) => state,
                    None => self.settled_before(account, history)?,
                };
                self.done.totals.add(&self.state, -1);
            }
            None => {
                self.state.clear(metrics);
                self.done.totals.accounts += 1;
            }
        }
        if let Some(counting) = &mut self.counting {
            counting.account();
            if known.is_some() {
                counting.state(&self.state, -1);
            }
        }
        self.done.totals.touched += 1;
        self.ledger.account(shard, account)?;
        let mut rejected = Vec::new();
        let no_wins = Vec::new();
        let wins = night.wins.get(account).unwrap_or(&no_wins);
        let mut books = Books {
            ledger: &mut self.ledger,
            totals: &mut self.done.totals,
            rejected: &mut rejected,
            first_reward: self.done.served.rewards.len(),
            served: &mut self.done.served,
            counting: self.counting.as_mut(),
            night: (night.program, account),
            from: night.settled,
            error: None,
        };
        // Whatever undoes an event of an earlier run needs the account's history, and so does another past, or one
        // that begins to count, or that a version settles anew.
        let counts_back = known.is_some() && plans.counts_back(&self.state, batch, rows.clone());
        let moves = |state| {
            plans.takes_back(state, rows.len(), night.until)
                || plans.converts(state, rows.len(), night.until)
        };
        let anew = known.is_some() && moves(&self.state);
        let undoes = || piece.ready.undoes && reaches_back(plans, batch, rows.clone());
        let asks_history =
            gone.is_some() || history.levels() > 0 && (counts_back || anew || undoes());
        let replayed = asks_history
            .then(|| {
                past_and_all(
                    account,
                    history,
                    plans,
                    gone.unwrap_or(&[]),
                    batch,
                    rows.clone(),
                )
            })
            .transpose()?;
        let wins = match &replayed {
            Some(_) => {
                self.state.clear(metrics);
                wins.as_slice()
            }
            None => &wins[wins.partition_point(|win| win.at < night.settled)..],
        };
        let given = Given {
            account,
            wins,
            until: night.until,
        };
        let state = &mut self.state;
        let wake = match &replayed {
            Some((past, all)) if gone.is_some() => {
                let events = (past, all);
                let kept = night.kept(account)?;
                let known = (night.settled, kept.as_slice());
                let booked = replay(&mut self.fold, plans, events, given, known, state);
                books.correct(&booked);
                booked.wake
            }
            Some((_, all)) => {
                let prepared = Ready::new(plans, all);
                let (piece, rows) = (Piece::new(plans, all, &prepared), 0..all.rows);
                self.fold.account(&piece, given, state, rows, &mut books)
            }
            None => {
                let rows = rows.clone();
                self.fold.account(piece, given, state, rows, &mut books)
            }
        };
        let error = books.error.take();
        if let Some(error) = error {
            return Err(error);
        }
        let rejecting = replayed.as_ref().map_or(batch, |(_, all)| all);
        for (row, why) in rejected {
            // Of a replay that changes nothing of the past, what was refused before is known. Before joining nothing
            // was.
            if gone.is_some() || counts_back || rejecting.time[row] >= night.settled {
                let source = night
                    .program
                    .datasets
                    .get(usize::from(rejecting.source[row]));
                let source = source.map_or("", |dataset| &dataset.id);
                let id = rejecting.id.get(row).to_string();
                self.done
                    .rejected
                    .push(QuarantineRow::of_event(source, &id, &why));
            }
        }
        self.done.totals.add(&self.state, 1);
        let mut orders = known.map_or(0, |row| row.orders);
        if let Some(counting) = &mut self.counting {
            counting.state(&self.state, 1);
            orders = match &replayed {
                Some((past, all)) => counting.events_again(past, all),
                None => counting.events(batch, rows, orders),
            };
        }
        self.row.orders = orders;
        self.keep(shard, account, wake)
    }

    /// The state of an account after the run before, from its history: that which is stored has an older
    /// form.
    fn settled_before(
        &mut self,
        account: &str,
        history: &History,
    ) -> Result<AccountState, LakeError> {
        let (night, plans) = (self.night, self.night.plans);
        let past = history.account(account, &ColumnSet::all(plans.newest().program))?;
        let mut state = AccountState::default();
        state.clear(plans.newest().program.metrics.len());
        let wins = night.wins.get(account).map_or(&[][..], Vec::as_slice);
        let given = Given {
            account,
            wins: &wins[..wins.partition_point(|win| win.at < night.settled)],
            until: night.settled,
        };
        let prepared = Ready::new(plans, &past);
        let piece = Piece::new(plans, &past, &prepared);
        let rows = 0..past.rows;
        self.fold
            .account(&piece, given, &mut state, rows, &mut Nothing);
        Ok(state)
    }

    /// Writes the state, and the row of the serving copy.
    fn keep(&mut self, shard: u16, account: &str, wake: Instant) -> Result<(), LakeError> {
        let program = self.night.program;
        let rung = program
            .tiers
            .as_ref()
            .and_then(|tiers| tiers.rungs.get(usize::from(self.state.rung)));
        self.state.to_bytes(&mut self.bytes);
        self.row.wake = (wake != NEVER).then(|| program.zone.day(wake));
        self.row.version = i32::from(FORMAT);
        self.row.balance = self.state.purses[0].open;
        self.row.pending = self.state.purses[0].pending;
        self.row.debt = self.state.purses[0].debt;
        self.row.rung.clear();
        self.row.rung.push_str(rung.map_or("", |rung| &rung.id));
        self.row.rung_until = self.state.until;
        std::mem::swap(&mut self.row.state, &mut self.bytes);
        self.states.push(shard, account, &self.row)?;
        std::mem::swap(&mut self.row.state, &mut self.bytes);
        if !self.night.serves {
            return Ok(());
        }
        let night = day_text(self.night.as_of);
        let row = MemberRow::of(program, account, &self.state, night);
        self.done.served.members.push(row);
        Ok(())
    }

    /// Ends the range.
    pub fn finish(mut self) -> Result<Settled, LakeError> {
        self.done.ledger = self.ledger.finish()?;
        self.done.states = self.states.finish()?;
        self.done.together = self.counting.map(|counting| counting.together);
        Ok(self.done)
    }
}

impl Night<'_> {
    /// Rewards of an account that earlier nights found undeserved, or taken back, but used. Nothing is used
    /// where the programme does not hear of it.
    fn kept(&self, account: &str) -> Result<Vec<Issued>, LakeError> {
        if self.plans.newest().named.reward_id.is_none() {
            return Ok(Vec::new());
        }
        let open = || {
            let ledger = Ledger::open(self.store)?;
            let decoder = Decoder::new(&ledger, self.plans.versions);
            Ok((ledger, decoder))
        };
        let (ledger, decoder) = self
            .booked
            .get_or_init(open)
            .as_ref()
            .map_err(Clone::clone)?;
        let booked = ledger.account_in(account, &[Table::Rewards])?;
        let standing = decoder.standing(&booked).unwrap_or_default();
        Ok(standing.kept.into_iter().chain(standing.undone).collect())
    }
}

/// Whether the rows undo an order or a redemption that is not among them.
fn reaches_back(plans: &Plans<'_>, batch: &Batch, rows: Range<usize>) -> bool {
    let undone = undone_events(plans, batch, rows.clone());
    undone.iter().any(|(kind, id)| {
        let mut rows = rows.clone();
        !rows.any(|row| batch.kind_at(row) == Some(*kind) && batch.id.get(row) == *id)
    })
}
