//! Staging: events on their way from uploaded objects to their shards.
//!
//! Objects come in any order and mix all accounts; a shard must find its own rows without reading the
//! others. Rows are put in order of shards a batch at a time, collected up to [`COLLECTED`] rows, and
//! written as chunks, each a whole Arrow IPC stream of one shard. Chunks are read once and deleted:
//! Parquet would cost about ten times the processor time to write and read them.
//!
//! The index of chunks stays in memory: a run that was killed stages again.

use super::disk::NewFile;
use super::error::{At, LakeError};
use super::layout::{Known, Layout};
use super::rows::{Span, gather, take};
use super::shape::Shape;
use super::shard::shard_of;
use super::store::Store;
use super::versions::object_of;
use arrow::ipc::reader::StreamDecoder;
use arrow::ipc::writer::StreamWriter;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_buffer::Buffer;
use rungs_engine::event::{Batch, Texts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Rows that a writer holds before it writes them out.
pub const COLLECTED: usize = 1 << 18;

/// Where rows of a shard are.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Chunk {
    shard: u16,
    offset: u64,
    bytes: usize,
    rows: usize,
}

/// Takes the events of uploaded objects. Several can work at once, each with a number of its own.
pub struct StagingWriter {
    layout: Layout,
    shards: u16,
    name: String,
    path: PathBuf,
    file: BufWriter<NewFile>,
    offset: u64,
    chunks: Vec<Chunk>,
    /// Batches in the order of shards, with the first row of each shard.
    collected: Vec<(Batch, Vec<u32>)>,
    rows: usize,
    /// The dictionary of accounts seen last, with the shard of each.
    accounts: Option<(StringArray, Vec<u16>)>,
}

/// What was staged by one writer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StagedPart {
    /// Its name in the store.
    name: String,
    chunks: Vec<Chunk>,
    /// The number of the only object that is in it, where that was not known when it was written.
    object: Option<u32>,
}

impl StagedPart {
    /// The part as that of one object alone, which has this number in the run.
    pub fn of_object(self, number: u32) -> StagedPart {
        StagedPart {
            object: Some(number),
            ..self
        }
    }
}

/// The staged events of a run.
#[derive(Debug, Default)]
pub struct Staged {
    parts: Vec<StagedPart>,
    discarded: BTreeSet<u32>,
}

/// As many writers as objects are read at once: however many objects there are, files and buffers stay
/// few, and small objects share chunks.
pub struct Staging {
    store: Store,
    layout: Layout,
    run: u32,
    free: Mutex<Vec<StagingWriter>>,
    made: AtomicUsize,
    discarded: Mutex<BTreeSet<u32>>,
}

impl Staging {
    /// Begins staging for a run.
    pub fn new(store: &Store, layout: &Layout, run: u32) -> Staging {
        Staging {
            store: store.clone(),
            layout: layout.clone(),
            run,
            free: Mutex::default(),
            made: AtomicUsize::new(0),
            discarded: Mutex::default(),
        }
    }

    /// Lends a writer, for one object.
    pub fn with<T, E: From<LakeError>>(
        &self,
        work: impl FnOnce(&mut StagingWriter) -> Result<T, E>,
    ) -> Result<T, E> {
        let free = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut writer = match free {
            Some(writer) => writer,
            None => {
                let part = self.made.fetch_add(1, Ordering::Relaxed);
                let name = format!("staged/{:05}/part-{part:03}.arrows", self.run);
                StagingWriter::create(&self.store, &self.layout, name)?
            }
        };
        let done = work(&mut writer);
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(writer);
        done
    }

    /// Throws away what was staged of an object, given by its number.
    pub fn discard(&self, object: u32) {
        self.discarded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(object);
    }

    /// All that was staged.
    pub fn finish(self) -> Result<Staged, LakeError> {
        let writers = self
            .free
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut staged = Staged::of(writers)?;
        staged.discarded = self
            .discarded
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(staged)
    }
}

impl StagingWriter {
    /// Begins staging into a file, given by its name in the store.
    pub fn create(
        store: &Store,
        layout: &Layout,
        name: String,
    ) -> Result<StagingWriter, LakeError> {
        let path = store.path(&name);
        store.folder_of(&path)?;
        let file = NewFile::create(&path).at(&path)?;
        Ok(StagingWriter {
            layout: layout.clone(),
            shards: store.shards(),
            name,
            path,
            file: BufWriter::with_capacity(1 << 20, file),
            offset: 0,
            chunks: Vec::new(),
            collected: Vec::new(),
            rows: 0,
            accounts: None,
        })
    }

    /// Takes events of an object, given by its number within the run. The columns are those of
    /// [`crate::schema::event_schema`]; any that has no value may be left out.
    pub fn add(&mut self, object: u32, record: &RecordBatch) -> Result<(), LakeError> {
        if record.num_rows() == 0 {
            return Ok(());
        }
        let mut batch = self.layout.batch(record, Known::default(), &self.path)?;
        self.layout.of_object(&mut batch, object);
        let (order, starts) = self.order(&batch.account);
        let batch = match self.shards {
            1 => batch,
            _ => take(&batch, &order),
        };
        self.rows += batch.rows;
        self.collected.push((batch, starts));
        match self.rows >= COLLECTED {
            true => self.write_out(),
            false => Ok(()),
        }
    }

    /// The rows in the order of their shards, and where each shard begins.
    fn order(&mut self, accounts: &Texts) -> (Vec<u32>, Vec<u32>) {
        let known = self
            .accounts
            .take()
            .filter(|(dictionary, _)| dictionary.to_data().ptr_eq(&accounts.dictionary.to_data()));
        let (_, shard_of_code) = self.accounts.insert(known.unwrap_or_else(|| {
            let dictionary = &accounts.dictionary;
            let shards = (0..dictionary.len())
                .map(|code| shard_of(dictionary.value(code), self.shards))
                .collect();
            (dictionary.clone(), shards)
        }));
        let mut starts = vec![0_u32; usize::from(self.shards) + 1];
        for code in &accounts.codes {
            starts[usize::from(shard_of_code[*code as usize]) + 1] += 1;
        }
        for shard in 0..usize::from(self.shards) {
            starts[shard + 1] += starts[shard];
        }
        let mut next = starts.clone();
        let mut order = vec![0_u32; accounts.codes.len()];
        for (row, code) in accounts.codes.iter().enumerate() {
            let place = &mut next[usize::from(shard_of_code[*code as usize])];
            order[*place as usize] = row as u32;
            *place += 1;
        }
        (order, starts)
    }

    fn write_out(&mut self) -> Result<(), LakeError> {
        let collected = std::mem::take(&mut self.collected);
        self.rows = 0;
        let parts: Vec<&Batch> = collected.iter().map(|(batch, _)| batch).collect();
        for shard in 0..self.shards {
            let at = usize::from(shard);
            let spans: Vec<Span> = collected
                .iter()
                .enumerate()
                .map(|(part, (_, starts))| Span {
                    part,
                    start: starts[at] as usize,
                    len: (starts[at + 1] - starts[at]) as usize,
                })
                .filter(|span| span.len > 0)
                .collect();
            if !spans.is_empty() {
                let batch = match (parts.as_slice(), spans.as_slice()) {
                    // One batch alone would be a view with all its accounts in the dictionary.
                    ([only], [span]) if only.account.dictionary.len() > span.len => {
                        gather(&[only, only], &[*span])
                    }
                    _ => gather(&parts, &spans),
                };
                self.write_chunk(shard, &batch)?;
            }
        }
        Ok(())
    }

    fn write_chunk(&mut self, shard: u16, batch: &Batch) -> Result<(), LakeError> {
        let shape = Shape::of([batch], &self.layout, true);
        let record = shape.record(batch, &self.layout, &self.path)?;
        let mut bytes = Vec::with_capacity(record.get_array_memory_size() + 4_096);
        let mut stream = StreamWriter::try_new(&mut bytes, shape.schema()).at(&self.path)?;
        stream.write(&record).at(&self.path)?;
        stream.finish().at(&self.path)?;
        drop(stream);
        self.file.write_all(&bytes).at(&self.path)?;
        self.chunks.push(Chunk {
            shard,
            offset: self.offset,
            bytes: bytes.len(),
            rows: batch.rows,
        });
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Ends staging with this writer: its buffers and its file are let go of.
    pub fn finish(mut self) -> Result<StagedPart, LakeError> {
        if self.rows > 0 {
            self.write_out()?;
        }
        self.file.flush().at(&self.path)?;
        self.chunks.sort_by_key(|chunk| (chunk.shard, chunk.offset));
        Ok(StagedPart {
            name: self.name,
            chunks: self.chunks,
            object: None,
        })
    }
}

impl Staged {
    /// All that these writers staged.
    pub fn of(writers: impl IntoIterator<Item = StagingWriter>) -> Result<Staged, LakeError> {
        let parts = writers
            .into_iter()
            .map(StagingWriter::finish)
            .collect::<Result<_, _>>()?;
        Ok(Staged::of_parts(parts))
    }

    /// All of these parts.
    pub fn of_parts(parts: Vec<StagedPart>) -> Staged {
        Staged {
            parts,
            discarded: BTreeSet::new(),
        }
    }

    /// How many rows were staged.
    pub fn rows(&self) -> u64 {
        let chunks = self.parts.iter().flat_map(|part| &part.chunks);
        chunks.map(|chunk| chunk.rows as u64).sum()
    }

    /// The staged rows of a shard, in no particular order.
    pub fn read(
        &self,
        store: &Store,
        shard: u16,
        layout: &Layout,
    ) -> Result<Vec<Batch>, LakeError> {
        let mut batches = Vec::new();
        for part in &self.parts {
            let path = store.path(&part.name);
            let chunks: Vec<&Chunk> = part
                .chunks
                .iter()
                .filter(|chunk| chunk.shard == shard)
                .collect();
            if chunks.is_empty() {
                continue;
            }
            let mut file = store.open_file(&part.name)?;
            for chunk in chunks {
                let mut bytes = vec![0; chunk.bytes];
                file.seek(SeekFrom::Start(chunk.offset)).at(&path)?;
                file.read_exact(&mut bytes).at(&path)?;
                let mut buffer = Buffer::from_vec(bytes);
                let mut stream = StreamDecoder::new();
                while !buffer.is_empty() {
                    if let Some(record) = stream.decode(&mut buffer).at(&path)? {
                        let mut batch = layout.batch(&record, Known::default(), &path)?;
                        if let Some(number) = part.object {
                            layout.of_object(&mut batch, number);
                        }
                        batches.push(self.kept(batch, layout));
                    }
                }
            }
        }
        Ok(batches)
    }

    /// A batch without the rows of objects that were thrown away.
    fn kept(&self, batch: Batch, layout: &Layout) -> Batch {
        if self.discarded.is_empty() {
            return batch;
        }
        let rows: Vec<u32> = (0..batch.rows as u32)
            .filter(|row| {
                let object = object_of(&batch, layout, *row);
                object.is_none_or(|object| !self.discarded.contains(&object))
            })
            .collect();
        match rows.len() == batch.rows {
            true => batch,
            false => take(&batch, &rows),
        }
    }
}
