//! Objects in a bucket of S3. Large ones come and go in parts, several at once: one connection alone has a tenth of what
//! a function's network gives.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use rungs_pipeline::lake::error::LakeError;
use rungs_pipeline::objects::{Objects, unavailable};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Bytes of a part. S3 wants at least 5 MiB of each but the last, and at most 10,000 of them.
const PART: u64 = 16 * 1024 * 1024;

/// Parts of an object that are on their way at once.
const UNDERWAY: usize = 4;

/// A bucket. Its calls wait for the network, so they must not be made on the thread of the event loop.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
    events: Handle,
    part: u64,
}

/// A part of an object: its number from 1, where it begins, and its bytes.
#[derive(Clone, Copy)]
struct Part {
    number: i32,
    from: u64,
    length: u64,
}

impl Bucket {
    /// By its name; `events` is the loop that drives the network.
    pub fn new(client: Client, name: &str, events: Handle) -> Bucket {
        Bucket {
            client,
            name: name.to_owned(),
            events,
            part: PART,
        }
    }

    /// With parts of so many bytes, for tests.
    pub fn in_parts_of(self, part: u64) -> Bucket {
        Bucket { part, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn parts(&self, length: u64) -> impl Iterator<Item = Part> + use<> {
        let part = self.part;
        let starts = (0..length.div_ceil(part)).map(move |index| index * part);
        (1..).zip(starts).map(move |(number, from)| Part {
            number,
            from,
            length: part.min(length - from),
        })
    }

    /// True if it was written; false if one is there and it was to be new.
    async fn write(&self, key: &str, from: &Path, new: bool) -> Result<bool, LakeError> {
        let file = std::fs::metadata(from).map_err(|cause| unavailable(key, cause))?;
        let written = match file.len() > self.part {
            true => self.write_parts(key, from, file.len(), new).await?,
            false => {
                let body = ByteStream::from_path(from).await;
                let body = body.map_err(|cause| unavailable(key, cause))?;
                let put = self
                    .client
                    .put_object()
                    .bucket(&self.name)
                    .key(key)
                    .set_content_type(content_type(key));
                let put = put
                    .body(body)
                    .set_if_none_match(new.then(|| "*".to_owned()));
                refused(key, put.send().await.map(drop))?
            }
        };
        Ok(written)
    }

    async fn write_parts(
        &self,
        key: &str,
        from: &Path,
        length: u64,
        new: bool,
    ) -> Result<bool, LakeError> {
        let begin = self.client.create_multipart_upload();
        let begin = begin.bucket(&self.name).key(key);
        let begin = begin.set_content_type(content_type(key)).send().await;
        let begun = begin.map_err(|error| failed(key, error))?;
        let upload = begun.upload_id.unwrap_or_default();
        let mut all = Vec::new();
        let sent = |part: Part| {
            let put = self.client.upload_part().bucket(&self.name).key(key);
            let put = put.upload_id(&upload).part_number(part.number);
            let (key, from) = (key.to_owned(), from.to_owned());
            async move {
                let body = ByteStream::read_from().path(from).offset(part.from);
                let body = body.length(Length::Exact(part.length)).build().await;
                let body = body.map_err(|cause| unavailable(&key, cause))?;
                let done = put.body(body).send().await;
                let done = done.map_err(|error| failed(&key, error))?;
                let named = CompletedPart::builder().part_number(part.number);
                Ok(named.set_e_tag(done.e_tag).build())
            }
        };
        each(key, self.parts(length).map(sent), |part| all.push(part)).await?;
        all.sort_by_key(CompletedPart::part_number);
        let whole = CompletedMultipartUpload::builder().set_parts(Some(all));
        let end = self.client.complete_multipart_upload().bucket(&self.name);
        let end = end.key(key).upload_id(&upload);
        let end = end.multipart_upload(whole.build());
        let end = end.set_if_none_match(new.then(|| "*".to_owned()));
        refused(key, end.send().await.map(drop))
    }

    async fn read(&self, key: &str, to: &Path) -> Result<bool, LakeError> {
        let cannot = |cause: std::io::Error| unavailable(key, cause);
        let got = self.client.get_object().bucket(&self.name).key(key);
        let range = format!("bytes=0-{}", self.part - 1);
        let got = match got.range(range).send().await {
            Ok(got) => got,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(false),
            // An empty object has no first byte.
            Err(error) if error.code() == Some("InvalidRange") => {
                return File::create(to).map(|_| true).map_err(cannot);
            }
            Err(error) => return Err(failed(key, error)),
        };
        // `bytes 0-8388607/20000000`; without it all of it has come.
        let range = got.content_range.as_deref().unwrap_or_default();
        let length: u64 = range
            .rsplit('/')
            .next()
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        let file = Arc::new(File::create(to).map_err(cannot)?);
        save(got.body, &file, 0).await.map_err(cannot)?;
        let rest = self.parts(length).skip(1).map(|part| {
            let get = self.client.get_object().bucket(&self.name).key(key);
            let last = part.from + part.length - 1;
            let get = get
                .range(format!("bytes={}-{last}", part.from))
                // Another object under this name would give a file of two halves.
                .set_if_match(got.e_tag.clone());
            let (key, file) = (key.to_owned(), Arc::clone(&file));
            async move {
                let got = get.send().await.map_err(|error| failed(&key, error))?;
                let saved = save(got.body, &file, part.from).await;
                saved.map_err(|cause| unavailable(&key, cause))
            }
        });
        each(key, rest, drop).await?;
        Ok(true)
    }
}

/// What a browser is told of an object that people open.
fn content_type(key: &str) -> Option<String> {
    let (_, ending) = key.rsplit_once('.')?;
    let known = match ending {
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    };
    Some(known.to_owned())
}

/// Writes what comes into a file, from a place on.
async fn save(mut body: ByteStream, file: &File, mut at: u64) -> std::io::Result<()> {
    while let Some(bytes) = body.next().await {
        let bytes = bytes?;
        file.write_all_at(&bytes, at)?;
        at += bytes.len() as u64;
    }
    Ok(())
}

/// Does all of them, a few at once; the first error ends it.
async fn each<W, T>(
    key: &str,
    work: impl Iterator<Item = W>,
    mut done: impl FnMut(T),
) -> Result<(), LakeError>
where
    W: Future<Output = Result<T, LakeError>> + Send + 'static,
    T: Send + 'static,
{
    let mut underway = JoinSet::new();
    for one in work {
        if underway.len() >= UNDERWAY
            && let Some(ended) = underway.join_next().await
        {
            done(ended.map_err(|cause| unavailable(key, cause))??);
        }
        underway.spawn(one);
    }
    while let Some(ended) = underway.join_next().await {
        done(ended.map_err(|cause| unavailable(key, cause))??);
    }
    Ok(())
}

/// True if it was written, false if S3 refused it because there is one already.
fn refused<E, R>(key: &str, written: Result<(), SdkError<E, R>>) -> Result<bool, LakeError>
where
    SdkError<E, R>: std::error::Error + ProvideErrorMetadata,
{
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Some("PreconditionFailed") => Ok(false),
        Err(error) => Err(failed(key, error)),
    }
}

fn failed<E, R>(key: &str, error: SdkError<E, R>) -> LakeError
where
    SdkError<E, R>: std::error::Error,
{
    unavailable(key, DisplayErrorContext(error))
}

impl Objects for Bucket {
    fn fetch(&self, key: &str, to: &Path) -> Result<bool, LakeError> {
        self.events.block_on(self.read(key, to))
    }

    fn put(&self, key: &str, from: &Path) -> Result<(), LakeError> {
        self.events
            .block_on(self.write(key, from, false))
            .map(|_| ())
    }

    fn put_new(&self, key: &str, from: &Path) -> Result<bool, LakeError> {
        self.events.block_on(self.write(key, from, true))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        self.events.block_on(async {
            let list = self.client.list_objects_v2();
            let mut pages = list
                .bucket(&self.name)
                .prefix(prefix)
                .into_paginator()
                .send();
            let mut keys = Vec::new();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| failed(prefix, error))?;
                let found = page.contents.unwrap_or_default().into_iter();
                keys.extend(found.filter_map(|object| object.key));
            }
            keys.sort();
            Ok(keys)
        })
    }
}
