//! The settled events of one shard, in levels: each run adds a file, and small ones are merged. Every
//! row group holds whole accounts, so a level is read a row group at a time, and several levels are
//! merged a stretch of accounts at a time.

pub use super::column_set::ColumnSet;
use super::error::{At, LakeError};
use super::layout::{FIXED_COLUMNS, Known, Layout};
use super::manifest::{LakeFile, Manifest, Table};
use super::merge::{merge_stretch, next_stretch};
use super::reader::{Group, TableReader};
use super::resolve::Resolver;
use super::shard::ShardRange;
use super::store::Store;
use super::superseded::Superseded;
use parquet::arrow::arrow_reader::RowSelection;
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, Texts};
use rungs_engine::program::Program;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Rows of a row group, more or less: accounts are not divided.
pub const GROUP_ROWS: usize = 65_536;

/// The levels of one shard.
pub struct History {
    levels: Vec<TableReader>,
    shard: u16,
    layout: Layout,
    resolver: Resolver,
    superseded: Superseded,
    /// The accounts of the row group that was searched last, by level and place: accounts are mostly
    /// asked for in their order.
    searched: Mutex<Option<(usize, usize, Texts)>>,
}

impl History {
    /// The history of a shard as a manifest has it.
    pub fn open(
        store: &Store,
        manifest: &Manifest,
        shard: u16,
        program: &Program,
    ) -> Result<History, LakeError> {
        let layout = Layout::of(program);
        let resolver = Resolver::of(program, &layout);
        let shards = ShardRange {
            first: shard,
            last: shard,
        };
        let superseded = Superseded::read(store, manifest, shards)?;
        let files = manifest.files(Table::History);
        let history = History::of_files(store, files, shard, &layout)?;
        Ok(History {
            resolver,
            superseded,
            ..history
        })
    }

    /// The history of a shard in these files, oldest level first, with rows that do not stand any more.
    pub(crate) fn of_files(
        store: &Store,
        files: &[LakeFile],
        shard: u16,
        layout: &Layout,
    ) -> Result<History, LakeError> {
        let mut layout = layout.clone();
        let mut levels = Vec::new();
        for file in files.iter().filter(|file| file.range().contains(shard)) {
            let reader = TableReader::open(store, file, true)?;
            // Columns and datasets that the programme no longer has are carried along, not dropped.
            layout.extend(reader.schema(), &reader.sources()?);
            if reader.groups_of(shard).next().is_some() {
                levels.push(reader);
            }
        }
        Ok(History {
            levels,
            shard,
            layout,
            resolver: Resolver::default(),
            superseded: Superseded::default(),
            searched: Mutex::default(),
        })
    }

    /// A shard without history.
    pub fn empty(shard: u16, program: &Program) -> History {
        let layout = Layout::of(program);
        History {
            levels: Vec::new(),
            shard,
            resolver: Resolver::of(program, &layout),
            superseded: Superseded::default(),
            layout,
            searched: Mutex::default(),
        }
    }

    /// Without these rows.
    pub(crate) fn without(mut self, superseded: Superseded) -> History {
        self.superseded = superseded;
        self
    }

    /// Rows of its files that do not stand any more.
    pub(crate) fn superseded(&self) -> &Superseded {
        &self.superseded
    }

    /// How many levels have rows of the shard.
    pub fn levels(&self) -> usize {
        self.levels.len()
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        let groups = self
            .levels
            .iter()
            .flat_map(|level| level.groups_of(self.shard));
        groups.map(|group| group.rows).sum()
    }

    /// The layout of the batches.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// All events, each batch of whole accounts, accounts in order. Nothing is copied that Arrow has in
    /// the form of a batch already, and columns without values in a row group are not read.
    pub fn batches<'a>(&'a self, columns: &ColumnSet) -> Batches<'a> {
        let wanted = columns.columns.clone();
        let mut columns = columns.clone();
        // Levels can only be merged by the whole order.
        columns.ids |= self.levels.len() > 1;
        let columns = self.resolver.needs(columns);
        Batches {
            history: self,
            next: vec![0; self.levels.len()],
            open: vec![VecDeque::new(); self.levels.len()],
            columns,
            wanted,
            raw: false,
        }
    }

    /// As [`History::batches`], as they are stored: members only where they are not the accounts, no
    /// derived amounts.
    pub(crate) fn stored_batches<'a>(&'a self, columns: &ColumnSet) -> Batches<'a> {
        Batches {
            raw: true,
            columns: columns.clone(),
            ..self.batches(columns)
        }
    }

    /// The events of an account, in order.
    pub fn account(&self, account: &str, columns: &ColumnSet) -> Result<Batch, LakeError> {
        let found = self.accounts(&[account], columns)?;
        match found.into_iter().next() {
            Some(batch) => Ok(batch),
            None => Ok(super::rows::concat(&[])),
        }
    }

    /// The events of these accounts (sorted, each once), each batch of whole accounts, accounts in
    /// order. Only the pages that they stand on are read.
    pub fn accounts(
        &self,
        accounts: &[&str],
        columns: &ColumnSet,
    ) -> Result<Vec<Batch>, LakeError> {
        let columns = self.resolver.needs(ColumnSet {
            ids: true,
            ..columns.clone()
        });
        let mut found = Vec::new();
        for (place, level) in self.levels.iter().enumerate() {
            for group in level.groups_of(self.shard) {
                let from = accounts.partition_point(|account| *account < group.first.as_str());
                let to = accounts.partition_point(|account| *account <= group.last.as_str());
                if let Some(selection) = self.select(place, group, &accounts[from..to])? {
                    found.push(self.read(level, group, &columns, Some(selection))?);
                }
            }
        }
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let batches = match self.levels.len() {
            1 => found,
            _ => {
                let parts: Vec<&Batch> = found.iter().collect();
                let whole: Vec<(usize, usize, usize)> = found
                    .iter()
                    .enumerate()
                    .map(|(part, batch)| (part, 0, batch.rows))
                    .collect();
                vec![merge_stretch(&parts, &whole, &self.layout)]
            }
        };
        Ok(batches
            .into_iter()
            .map(|batch| self.resolver.resolve(batch))
            .collect())
    }

    /// Where accounts stand in a row group of a level; nothing if they do not.
    fn select(
        &self,
        level: usize,
        group: &Group,
        accounts: &[&str],
    ) -> Result<Option<RowSelection>, LakeError> {
        if accounts.is_empty() {
            return Ok(None);
        }
        let mut searched = self.searched.lock().unwrap_or_else(PoisonError::into_inner);
        let known = searched
            .take()
            .filter(|(of, place, _)| (*of, *place) == (level, group.index));
        let texts = match known {
            Some((_, _, texts)) => texts,
            None => {
                let level = &self.levels[level];
                let column = level.schema().index_of("account").at(level.path())?;
                let record = level.read(group, &[column], None)?;
                super::layout::texts(record.column(0), level.path())?
            }
        };
        let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
        for account in accounts {
            let rows = rows_of(&texts, account);
            match ranges.last_mut() {
                Some(range) if range.end == rows.start => range.end = rows.end,
                _ if rows.is_empty() => {}
                _ => ranges.push(rows),
            }
        }
        *searched = Some((level, group.index, texts));
        let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), group.rows);
        Ok(selection.selects_any().then_some(selection))
    }

    pub(crate) fn open_levels(&self) -> &[TableReader] {
        &self.levels
    }

    pub(crate) fn shard(&self) -> u16 {
        self.shard
    }

    /// The rows of a row group as they are stored, those that still stand.
    fn read(
        &self,
        level: &TableReader,
        group: &Group,
        columns: &ColumnSet,
        selection: Option<RowSelection>,
    ) -> Result<Batch, LakeError> {
        let rows = group.start..group.start + group.rows as u64;
        let selection = match (selection, self.superseded.standing(level.name(), rows)) {
            (Some(selection), Some(standing)) => Some(selection.intersection(&standing)),
            (selection, standing) => selection.or(standing),
        };
        self.read_all(level, group, columns, selection)
    }

    /// The rows of a row group as they are stored, whether they stand or not.
    pub(crate) fn read_all(
        &self,
        level: &TableReader,
        group: &Group,
        columns: &ColumnSet,
        selection: Option<RowSelection>,
    ) -> Result<Batch, LakeError> {
        let known = self.known(level, group, columns);
        let wanted: Vec<usize> = (level.schema().fields().iter().enumerate())
            .filter(|(_, field)| self.wants(field.name(), columns, known))
            .filter(|(_, field)| level.has_values(group, field.name()))
            .map(|(index, _)| index)
            .collect();
        let record = level.read(group, &wanted, selection)?;
        self.layout.batch(&record, known, level.path())
    }

    /// What bounds alone say: a column with one value need not be read.
    fn known(&self, level: &TableReader, group: &Group, columns: &ColumnSet) -> Known {
        let only = |column: &str| {
            let (least, largest) = level.texts(group, column)?;
            (least == largest).then_some(least)
        };
        let line = level
            .numbers(group, "line")
            .filter(|(least, largest)| least == largest)
            .and_then(|(line, _)| i32::try_from(line).ok());
        Known {
            kind: only("kind")
                .and_then(|kind| Kind::from_text(&kind))
                .map(|kind| kind as u8),
            source: only("source").and_then(|source| self.layout.source(&source)),
            line,
            without_ids: !columns.ids && line.is_some(),
        }
    }

    fn wants(&self, name: &str, columns: &ColumnSet, known: Known) -> bool {
        match name {
            "account" | "time" | "void" => true,
            "kind" => known.kind.is_none(),
            "source" => known.source.is_none(),
            "line" => known.line.is_none(),
            "id_number" | "id" => !known.without_ids,
            "member" => columns.member,
            "channel" => columns.channel,
            "store" => columns.store,
            _ => {
                debug_assert!(!FIXED_COLUMNS.contains(&name));
                let index = self.layout.column(name);
                let wanted = |index| columns.columns.get(index).copied();
                index.is_some_and(|index| wanted(index).unwrap_or(false))
            }
        }
    }
}

/// The rows of an account in a column that is sorted.
pub(crate) fn rows_of(accounts: &Texts, account: &str) -> std::ops::Range<usize> {
    let name = |code: &i32| accounts.dictionary.value(*code as usize);
    let start = accounts.codes.partition_point(|code| name(code) < account);
    let rest = &accounts.codes[start..];
    start..start + rest.partition_point(|code| name(code) == account)
}

/// A walk over a shard's history.
pub struct Batches<'a> {
    history: &'a History,
    /// By level: how many of its row groups were opened.
    next: Vec<usize>,
    /// By level: what is open and from which row on it was not handed out.
    open: Vec<VecDeque<(Batch, usize)>>,
    /// What is read: what is wanted, and what that needs.
    columns: ColumnSet,
    wanted: Vec<bool>,
    raw: bool,
}

impl Batches<'_> {
    fn step(&mut self) -> Result<Option<Batch>, LakeError> {
        for level in 0..self.next.len() {
            if self.open[level].is_empty() {
                self.open_next(level)?;
            }
        }
        if let [only] = self.open.as_mut_slice() {
            return Ok(only.pop_front().map(|(batch, _)| batch));
        }
        let heads: Vec<Option<(&Batch, usize)>> = self
            .open
            .iter()
            .map(|open| open.front().map(|(batch, from)| (batch, *from)))
            .collect();
        let Some(stretch) = next_stretch(&heads) else {
            return Ok(None);
        };
        let parts: Vec<&Batch> = heads.iter().flatten().map(|(batch, _)| *batch).collect();
        let merged = merge_stretch(&parts, &stretch.spans, &self.history.layout);
        for (open, end) in self.open.iter_mut().zip(&stretch.ends) {
            if let Some((batch, from)) = open.front_mut() {
                *from = *end;
                if *from == batch.rows {
                    open.pop_front();
                }
            }
        }
        Ok(Some(merged))
    }

    fn open_next(&mut self, level: usize) -> Result<(), LakeError> {
        let reader = &self.history.levels[level];
        let group = reader.groups_of(self.history.shard).nth(self.next[level]);
        if let Some(group) = group {
            self.next[level] += 1;
            let batch = self.history.read(reader, group, &self.columns, None)?;
            self.open[level].push_back((batch, 0));
        }
        Ok(())
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<Batch, LakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.step().transpose()?;
        Some(match self.raw {
            true => batch,
            false => batch.map(|batch| {
                let wanted = |column: usize| self.wanted.get(column).copied().unwrap_or(false);
                self.history.resolver.resolve_only(batch, wanted)
            }),
        })
    }
}
