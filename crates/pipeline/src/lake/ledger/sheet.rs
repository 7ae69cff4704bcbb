//! The rows of one table on their way into its file: set in a page, packed page by page, and written as row
//! groups of whole accounts.

use super::tables::Columns;
use crate::lake::encode::PAGE_ROWS;
use crate::lake::encode::filled::{AccountColumn, NumberColumn};
use crate::lake::error::{At, LakeError};
use crate::lake::file::TableWriter;
use crate::lake::manifest::LakeFile;
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use arrow_schema::SchemaRef;
use parquet::errors::{ParquetError, Result as ParquetResult};
use rungs_engine::calendar::Instant;

/// Rows after which a row group is written, at the end of the account.
const GROUP_ROWS: usize = 65_536;

/// Where the files of a task stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) store: &'a Store,
    pub(super) run: u32,
    pub(super) range: ShardRange,
}

/// One table. Every table begins with account, instant and cause.
pub(super) struct Sheet<C> {
    schema: SchemaRef,
    account: AccountColumn,
    at: NumberColumn<i64>,
    cause: NumberColumn<i32>,
    columns: C,
    /// Rows of the page at hand.
    filled: usize,
    /// Rows of the pages before it in the row group.
    before: usize,
    /// Why a page could not be packed: said when the row group is written.
    failed: Option<ParquetError>,
    file: Option<TableWriter>,
    /// Which numbers of causes were used.
    used: Vec<bool>,
}

impl<C: Columns> Sheet<C> {
    pub(super) fn new(schema: SchemaRef, columns: C, causes: usize) -> Sheet<C> {
        Sheet {
            schema,
            account: AccountColumn::new(),
            at: NumberColumn::required(true),
            cause: NumberColumn::required(false),
            columns,
            filled: 0,
            before: 0,
            failed: None,
            file: None,
            used: vec![false; causes],
        }
    }

    /// Adds a row: its place in the page, and the columns that are still to be set.
    #[inline(always)]
    pub(super) fn row(&mut self, at: Instant, cause: i32) -> (usize, &mut C) {
        if self.filled >= PAGE_ROWS {
            self.turn();
            // Said here too, where the compiler sees that every row lies in the page.
            self.filled = 0;
        }
        let row = self.filled;
        self.filled = row + 1;
        self.at.set(row, at);
        self.cause.set(row, cause);
        (row, &mut self.columns)
    }

    #[cold]
    fn turn(&mut self) {
        if let Err(error) = self.page() {
            self.failed.get_or_insert(error);
        }
    }

    fn page(&mut self) -> ParquetResult<()> {
        let rows = std::mem::take(&mut self.filled);
        self.before += rows;
        for cause in self.cause.rows(rows) {
            if let Some(used) = self.used.get_mut(*cause as usize) {
                *used = true;
            }
        }
        self.at.page(rows)?;
        self.cause.page(rows)?;
        self.columns.page(rows)
    }

    fn rows(&self) -> usize {
        self.before + self.filled
    }

    /// The rows since the last call are of this account. Writes the row group if it is long enough, or if
    /// the shard ends.
    pub(super) fn account(
        &mut self,
        account: &str,
        ends: bool,
        place: Place<'_>,
        shard: u16,
    ) -> Result<(), LakeError> {
        let rows = self.rows();
        self.account.fill(rows, account);
        if rows > 0 && (ends || rows >= GROUP_ROWS) {
            self.write(place, shard)?;
        }
        Ok(())
    }

    fn write(&mut self, place: Place<'_>, shard: u16) -> Result<(), LakeError> {
        if self.filled > 0 {
            self.turn();
        }
        let rows = std::mem::take(&mut self.before);
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let (run, folder) = (place.run, C::TABLE.folder());
                let name = format!("{folder}/{run:05}/{}.parquet", place.range);
                none.insert(TableWriter::create(place.store, &name, run, &self.schema)?)
            }
        };
        if let Some(error) = self.failed.take() {
            return Err(error).at(file.path());
        }
        file.write_columns(shard, rows, |to| {
            let mut chunks = vec![
                self.account.drain(&to[0])?,
                self.at.drain(&to[1])?,
                self.cause.drain(&to[2])?,
            ];
            chunks.extend(self.columns.drain(rows, &to[3..])?);
            Ok(chunks)
        })
    }

    /// Ends the table: its file, if it has rows, and which causes it used. All rows have their account.
    pub(super) fn finish(
        mut self,
        place: Place<'_>,
        shard: u16,
    ) -> Result<(Option<LakeFile>, Vec<bool>), LakeError> {
        if self.rows() > 0 {
            self.write(place, shard)?;
        }
        let file = self.file.map(|file| file.finish(place.range, &[]));
        Ok((file.transpose()?, self.used))
    }
}
