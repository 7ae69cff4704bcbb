//! `run`: what is new is taken in and cut, every night up to a date is settled, the figures are counted.
//! The run counts when its manifest is written, last; a run that was killed before leaves nothing
//! behind that counts, and the next one begins where the last finished run ended.

mod again;
mod draws;
mod intake;
mod keys;
mod night;
mod population;

pub use again::settle_again;
pub use keys::{Keys, Secret};
pub use night::Totals;

use crate::ingest::Refusal;
use crate::lake::cut::{Cut, ObjectCounts, Window, cut};
use crate::lake::decisions::{Decision, read_decisions, write_decisions};
use crate::lake::history::History;
use crate::lake::layout::Layout;
use crate::lake::ledger::cause::write_causes;
use crate::lake::ledger::{CauseNumbers, LedgerFiles};
use crate::lake::levels::{
    extend_by_waiting, merge_levels, read_waiting, write_level, write_waiting,
};
use crate::lake::manifest::{FORMAT, LakeFile, Manifest, Nights, Table};
use crate::lake::quarantine::{QuarantineRow, write_quarantine};
use crate::lake::resolve::Resolver;
use crate::lake::shard::ShardRange;
use crate::lake::states::compact_states;
use crate::lake::store::Store;
use crate::lake::views::write_views;
use crate::progress::Progress;
use crate::report;
use crate::serving::{Changes, Serving};
use crate::trouble::Trouble;
use intake::Intake;
use night::{Night, RangeFold, Settled};
use rayon::prelude::*;
use rungs_engine::calendar::{Day, Instant, day_text};
use rungs_engine::fold::{Plan, Rejection, Win};
use rungs_engine::ledger::EntryKind;
use rungs_engine::program::Program;
use std::collections::BTreeMap;
use std::path::Path;

/// Rows of a shard when the number of shards is chosen.
const SHARD_ROWS: u64 = 250_000;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The programme.
    pub program: &'a Program,
    /// Its inbox.
    pub inbox: &'a Path,
    /// Its store; created if there is none.
    pub store: &'a Path,
    /// The last night to settle.
    pub as_of: Day,
    /// Shards of a new store.
    pub shards: Option<u16>,
    /// The keys of draws and pseudonyms.
    pub keys: &'a Keys,
}

/// What came out.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Number of the run; 0 if there was nothing to do.
    pub run: u32,
    /// Objects that were refused whole.
    pub refused: Vec<(String, Refusal)>,
    /// Files that match no dataset.
    pub unmatched: Vec<String>,
    /// Columns that no dataset asks for: (dataset, column).
    pub ignored_columns: Vec<(String, String)>,
    /// Rows in quarantine.
    pub rejected: u64,
    /// Accounts that were touched.
    pub touched: u64,
    /// Entries that were booked.
    pub entries: u64,
}

/// Runs.
pub fn run(request: &Request<'_>, progress: &dyn Progress) -> Result<Outcome, Trouble> {
    let program = request.program;
    let plan = plan(program)?;
    // Before anything is read: what another run finishes meanwhile would be missed, and settled twice.
    let lock = Store::claim(request.store)?;
    let known = request.store.join("store.json").exists();
    let manifests = if known {
        Store::open(request.store)?.manifests()?
    } else {
        Vec::new()
    };
    let (objects, unmatched) = intake::unseen(program, request.inbox, &manifests)?;
    let shards = request
        .shards
        .unwrap_or_else(|| shards_for(objects.iter().map(|(object, _)| object.bytes).sum()));
    let store = Store::open_or_create(request.store, &program.id, shards)?;
    store.clean(&lock)?;
    let before = manifests.last();
    let settled_day = before
        .map(|before| before.nights.last(request.store))
        .transpose()?;
    if let Some(settled) = settled_day
        && request.as_of <= settled
    {
        return up_to_date(request, settled, progress);
    }
    if let Some(version) = before.and_then(|before| before.versions.last())
        && version.digest != program.digest
    {
        return Err(Trouble::new(
            format!(
                "the store was settled by `{}` as it was before: its digest has changed",
                version.file
            ),
            "versions and restatement come with a later edition; restore the file, or name a new store",
        ));
    }
    let run = before.map_or(0, |before| before.run) + 1;
    let mut layout = Layout::of(program);
    if let Some(before) = before {
        extend_by_waiting(&store, before, &mut layout)?;
    }
    let intake = intake::take_in(
        program,
        &store,
        &layout,
        run,
        objects,
        request.keys,
        progress,
    )?;
    let zone = &program.zone;
    let window = Window {
        settled: settled_day.map_or(Instant::MIN, |day| zone.midnight(day + 1)),
        before: zone.midnight(request.as_of + 1),
    };
    let numbers = CauseNumbers::new(&store, before, &[program])?;
    let decisions = read_decisions(&store, &manifests)?;
    let resolver = Resolver::of(program, &layout);
    let cutting = Cutting {
        program,
        store: &store,
        before,
        layout: &layout,
        resolver: &resolver,
        intake: &intake,
        window,
    };
    let mut wins = wins(program, &decisions);

    // Draws need everybody at once; without one due, shards come and go.
    let ranges = ShardRange::split(store.shards(), parts(&store));
    let first = settled_day.map_or(Day::MIN, |day| day + 2);
    let mut drawn = Vec::new();
    let mut cuts: BTreeMap<u16, Cut> = BTreeMap::new();
    if !program.surprises.is_empty() {
        progress.stage("drawing", 1);
        let all: Vec<(u16, Cut)> = (0..store.shards())
            .into_par_iter()
            .map(|shard| Ok((shard, cutting.cut(shard)?)))
            .collect::<Result<_, Trouble>>()?;
        cuts.extend(all);
        drawn = population::draw(&plan, &store, before, request, first, window, &cuts, &wins)?;
        for decision in drawn.iter().filter(|decision| decision.won) {
            add_win(program, decision, &mut wins);
        }
    }
    let night = Night {
        plan: &plan,
        store: &store,
        before,
        run,
        settled: window.settled,
        until: window.before,
        as_of: request.as_of,
        numbers: &numbers,
        wins: &wins,
    };
    progress.stage("settling", ranges.len() as u64);
    let done: Vec<Part> = ranges
        .par_iter()
        .map(|range| {
            let part = settle(&night, &cutting, *range, &cuts);
            progress.advance(1);
            part
        })
        .collect::<Result<_, Trouble>>()?;
    drop(cuts);
    let outcome = finish(
        request, &night, &manifests, intake, unmatched, done, drawn, progress,
    )?;
    drop(lock);
    Ok(outcome)
}

/// The programme made ready, or what is too fine in it.
pub fn plan(program: &Program) -> Result<Plan<'_>, Trouble> {
    Plan::new(program).map_err(|error| {
        Trouble::new(
            format!(
                "the rates of `{}` together need more digits than 64 bits have",
                error.rule
            ),
            "use rates with smaller denominators",
        )
    })
}

fn up_to_date(
    request: &Request<'_>,
    settled: Day,
    progress: &dyn Progress,
) -> Result<Outcome, Trouble> {
    if request.as_of < settled {
        return Err(Trouble::new(
            format!("every night up to {} is settled already", day_text(settled)),
            format!(
                "ask for a later night, or read the report of that day: `rungs report --as-of {}`",
                day_text(request.as_of)
            ),
        ));
    }
    progress.done(&format!(
        "{} is settled already; new files wait for the next night",
        day_text(settled)
    ));
    Ok(Outcome::default())
}

/// Shards for so many bytes of uploads, at a guess of a hundred bytes a row.
fn shards_for(bytes: u64) -> u16 {
    let shards = (bytes / 40 / SHARD_ROWS).next_power_of_two().clamp(1, 64);
    if bytes > 4_000_000 {
        shards.max(8) as u16
    } else {
        shards as u16
    }
}

/// Tasks: enough that no core waits long for the last one.
fn parts(store: &Store) -> u16 {
    store
        .shards()
        .min((rayon::current_num_threads() * 4) as u16)
        .max(1)
}

/// What a range gave, with its files of events.
struct Part {
    settled: Settled,
    history: Option<LakeFile>,
    waiting: Option<LakeFile>,
    counts: BTreeMap<u32, ObjectCounts>,
    quarantined: Vec<(Option<u32>, QuarantineRow)>,
}

/// What is needed to cut a shard.
struct Cutting<'a> {
    program: &'a Program,
    store: &'a Store,
    before: Option<&'a Manifest>,
    layout: &'a Layout,
    resolver: &'a Resolver,
    intake: &'a Intake,
    window: Window,
}

impl Cutting<'_> {
    fn cut(&self, shard: u16) -> Result<Cut, Trouble> {
        let staged = self.intake.staged.read(shard, self.layout)?;
        let (waiting, history) = match self.before {
            Some(before) => (
                read_waiting(self.store, before, shard, self.layout)?,
                History::open(self.store, before, shard, self.program)?,
            ),
            None => (Vec::new(), History::empty(shard, self.program)),
        };
        Ok(cut(
            staged,
            waiting,
            &history,
            self.layout,
            self.resolver,
            self.window,
        )?)
    }
}

fn settle(
    night: &Night<'_>,
    cutting: &Cutting<'_>,
    range: ShardRange,
    cuts: &BTreeMap<u16, Cut>,
) -> Result<Part, Trouble> {
    let mut fold = RangeFold::new(night, range);
    let mut own: Vec<(u16, Cut)> = Vec::new();
    for shard in range.shards() {
        match cuts.get(&shard) {
            Some(cut) => fold.shard(shard, cut)?,
            None => {
                let cut = cutting.cut(shard)?;
                fold.shard(shard, &cut)?;
                own.push((shard, cut));
            }
        }
    }
    let all: Vec<(u16, &Cut)> = range
        .shards()
        .filter_map(|shard| cuts.get(&shard).map(|cut| (shard, cut)))
        .chain(own.iter().map(|(shard, cut)| (*shard, cut)))
        .collect();
    let stored: Vec<_> = all
        .iter()
        .map(|(shard, cut)| (*shard, cut.stored.as_slice()))
        .collect();
    let waiting: Vec<_> = all
        .iter()
        .map(|(shard, cut)| (*shard, cut.waiting.as_slice()))
        .collect();
    let history = write_level(night.store, night.run, range, &stored, cutting.layout)?;
    let waiting = write_waiting(night.store, night.run, range, &waiting, cutting.layout)?;
    let mut counts: BTreeMap<u32, ObjectCounts> = BTreeMap::new();
    let mut quarantined = Vec::new();
    for (_, cut) in &all {
        for (object, more) in &cut.counts {
            let count = counts.entry(*object).or_default();
            count.accepted += more.accepted;
            count.duplicates += more.duplicates;
            count.rejected += more.rejected;
        }
        for row in &cut.rejected {
            let object = row
                .object
                .and_then(|object| cutting.intake.objects.get(object as usize));
            quarantined.push((
                row.object,
                QuarantineRow::of_cut(object.map_or("", |object| &object.name), row),
            ));
        }
    }
    Ok(Part {
        settled: fold.finish()?,
        history,
        waiting,
        counts,
        quarantined,
    })
}

/// Wins by account, by time.
fn wins(program: &Program, decisions: &[Decision]) -> BTreeMap<String, Vec<Win>> {
    let mut wins = BTreeMap::new();
    let mut sorted: Vec<&Decision> = decisions.iter().filter(|decision| decision.won).collect();
    sorted.sort();
    for decision in sorted {
        add_win(program, decision, &mut wins);
    }
    wins
}

fn add_win(program: &Program, decision: &Decision, wins: &mut BTreeMap<String, Vec<Win>>) {
    // A surprise that the programme no longer has was issued while it had it.
    if let Some(surprise) = program
        .surprises
        .iter()
        .position(|surprise| surprise.id == decision.surprise)
    {
        wins.entry(decision.account.clone()).or_default().push(Win {
            surprise,
            at: decision.at,
            day: program.zone.day(decision.at),
            member: decision.member.clone(),
        });
    }
}

#[allow(clippy::too_many_arguments)]
fn finish(
    request: &Request<'_>,
    night: &Night<'_>,
    manifests: &[Manifest],
    intake: Intake,
    unmatched: Vec<String>,
    parts: Vec<Part>,
    drawn: Vec<Decision>,
    progress: &dyn Progress,
) -> Result<Outcome, Trouble> {
    let (store, run, program) = (night.store, night.run, request.program);
    let mut files: BTreeMap<Table, Vec<LakeFile>> = BTreeMap::new();
    let mut totals = Totals::default();
    let mut used = Vec::new();
    let mut objects = intake.objects;
    let mut quarantine: Vec<QuarantineRow> = intake
        .rejected
        .into_iter()
        .map(QuarantineRow::from)
        .collect();
    let mut served = Changes {
        lapsed_before: Some(night.until),
        ..Changes::default()
    };
    let kept = |table| {
        night
            .before
            .map_or(Vec::new(), |before| before.files(table).to_vec())
    };
    let (mut history, mut states) = (kept(Table::History), kept(Table::States));
    for part in parts {
        totals.merge(&part.settled.totals);
        LedgerFiles::join_used(&mut used, &part.settled.ledger.used);
        files
            .entry(Table::Entries)
            .or_default()
            .extend(part.settled.ledger.entries);
        files
            .entry(Table::Rungs)
            .or_default()
            .extend(part.settled.ledger.rungs);
        files
            .entry(Table::Rewards)
            .or_default()
            .extend(part.settled.ledger.rewards);
        files
            .entry(Table::Waiting)
            .or_default()
            .extend(part.waiting);
        history.extend(part.history);
        states.extend(part.settled.states);
        served.members.extend(part.settled.served.members);
        served.rewards.extend(part.settled.served.rewards);
        for (object, counts) in part.counts {
            if let Some(object) = objects.get_mut(object as usize) {
                object.accepted += counts.accepted;
                object.duplicates += counts.duplicates;
                object.rejected += counts.rejected;
            }
        }
        quarantine.extend(part.quarantined.into_iter().map(|(_, row)| row));
        quarantine.extend(
            part.settled
                .rejected
                .into_iter()
                .map(|(source, id, why)| rejection(&source, &id, &why)),
        );
    }
    files.insert(Table::History, merge_levels(store, run, history, program)?);
    files.insert(Table::States, compact_states(store, run, states)?);
    files
        .entry(Table::Causes)
        .or_default()
        .extend(write_causes(store, run, night.numbers, &used)?);
    let rejected = quarantine.len() as u64;
    let mut counts = counts(night, &totals, &quarantine);
    files
        .entry(Table::Quarantine)
        .or_default()
        .extend(write_quarantine(store, run, quarantine)?);
    files
        .entry(Table::Decisions)
        .or_default()
        .extend(write_decisions(store, run, drawn)?);
    files.retain(|_, list| !list.is_empty());
    let unread = unmatched.len() as u64 + intake.refused.len() as u64;
    counts.insert("unread".into(), unread);
    let from = night
        .before
        .and_then(|before| before.nights.last(request.store).ok())
        .map_or(program.from, |day| day + 1);
    let manifest = Manifest {
        format: FORMAT,
        run,
        program: program.id.clone(),
        nights: Nights::of(from, request.as_of),
        versions: night.numbers.versions().to_vec(),
        objects,
        counts,
        files,
    };
    store.finish(&manifest)?;
    // From here on the night counts; what follows can be made again from the lake.
    let mut serving = Serving::open(&store.path("serving.sqlite"))?;
    serving.apply(run, &manifest.nights.to, &served)?;
    write_views(store)?;
    let mut all = manifests.to_vec();
    all.push(manifest);
    progress.stage("counting", 1);
    report::write(store, program, &all)?;
    progress.done(&format!(
        "{}: {} settled; {} accounts, {} entries, {} rung moves, {} rewards",
        program.id,
        day_text(request.as_of),
        totals.touched,
        totals.entries,
        totals.moves,
        totals.rewards
    ));
    Ok(Outcome {
        run,
        refused: intake.refused,
        unmatched,
        ignored_columns: intake.ignored_columns.into_iter().collect(),
        rejected,
        touched: totals.touched,
        entries: totals.entries,
    })
}

fn rejection(source: &str, id: &str, why: &Rejection) -> QuarantineRow {
    use crate::ingest::RowCode;
    let (code, reason) = match why {
        Rejection::UnknownOrder(order) => (
            RowCode::UnknownOrder,
            format!(
                "the account has no order `{order}` before this refund; upload the order, or mend the refund"
            ),
        ),
        Rejection::Overflow(rule) => (
            RowCode::Overflow,
            format!(
                "a number leaves 64 bits in `{rule}`; declare `min` and `max` for the columns, and mend the row"
            ),
        ),
        Rejection::UnknownName(name) => (
            RowCode::NotAllowed,
            format!("the programme has no rung or metric `{name}`; mend the adjustment"),
        ),
    };
    QuarantineRow {
        object: String::new(),
        line: None,
        column: None,
        code: code.text().to_owned(),
        reason,
        value: Some(id.to_owned()),
        raw: Some(serde_json::json!({"source": source, "id": id}).to_string()),
    }
}

/// Figures of the manifest: of this run, and of all runs so far (`all.…`).
fn counts(
    night: &Night<'_>,
    totals: &Totals,
    quarantine: &[QuarantineRow],
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let before = |name: &str| {
        night
            .before
            .and_then(|before| before.counts.get(name))
            .copied()
            .unwrap_or(0)
    };
    let mut total = |name: String, change: i64| {
        let value = before(&name).saturating_add_signed(change);
        counts.insert(name, value);
    };
    for kind in EntryKind::ALL {
        let points = totals.booked[*kind as usize];
        match kind {
            // The only kind that goes both ways: two figures.
            EntryKind::Adjust => {
                total("all.adjust_up".into(), points.max(0));
                total("all.adjust_down".into(), (-points).max(0));
            }
            kind => total(format!("all.{}", kind.text()), points.abs()),
        }
    }
    total("all.open".into(), totals.open);
    total("all.pending".into(), totals.pending);
    total("all.owed".into(), totals.debt);
    total("all.accounts".into(), totals.accounts);
    total("all.enrolled".into(), totals.enrolled);
    total("all.rewards".into(), totals.rewards as i64);
    total("all.entries".into(), totals.entries as i64);
    let rungs = night
        .plan
        .program
        .tiers
        .as_ref()
        .map_or(0, |tiers| tiers.rungs.len());
    for rung in 0..rungs {
        let id = rungs_engine::ledger::canonical::rung_text(night.plan.program, rung as u8)
            .unwrap_or_default();
        total(
            format!("all.rung.{id}"),
            totals.rungs.get(&(rung as u8)).copied().unwrap_or(0),
        );
    }
    counts.insert("touched".into(), totals.touched);
    counts.insert("entries".into(), totals.entries);
    for row in quarantine {
        *counts
            .entry(format!("quarantine.{}", row.code))
            .or_default() += 1;
    }
    counts
}
