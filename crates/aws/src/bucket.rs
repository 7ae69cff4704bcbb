//! Objects in a bucket of S3.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use rungs_pipeline::lake::error::LakeError;
use rungs_pipeline::objects::{Objects, unavailable};
use std::io::Write;
use std::path::Path;
use tokio::runtime::Handle;

/// A bucket. Its calls wait for the network, so they must not be made on the thread of the event loop.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
    events: Handle,
}

impl Bucket {
    /// By its name; `events` is the loop that drives the network.
    pub fn new(client: Client, name: &str, events: Handle) -> Bucket {
        Bucket {
            client,
            name: name.to_owned(),
            events,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn write(&self, key: &str, from: &Path, new: bool) -> Result<bool, LakeError> {
        self.events.block_on(async {
            let body = ByteStream::from_path(from).await;
            let body = body.map_err(|cause| unavailable(key, cause))?;
            let put = self
                .client
                .put_object()
                .bucket(&self.name)
                .key(key)
                .body(body);
            let put = match new {
                true => put.if_none_match("*"),
                false => put,
            };
            match put.send().await {
                Ok(_) => Ok(true),
                // There is one already.
                Err(error) if new && error.code() == Some("PreconditionFailed") => Ok(false),
                Err(error) => Err(failed(key, error)),
            }
        })
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
        self.events.block_on(async {
            let got = self.client.get_object().bucket(&self.name).key(key);
            let mut body = match got.send().await {
                Ok(got) => got.body,
                Err(error) if error.code() == Some("NoSuchKey") => return Ok(false),
                Err(error) => return Err(failed(key, error)),
            };
            let cannot = |cause: std::io::Error| unavailable(key, cause);
            let mut file = std::fs::File::create(to).map_err(cannot)?;
            while let Some(bytes) = body.next().await {
                let bytes = bytes.map_err(|cause| unavailable(key, cause))?;
                file.write_all(&bytes).map_err(cannot)?;
            }
            Ok(true)
        })
    }

    fn put(&self, key: &str, from: &Path) -> Result<(), LakeError> {
        self.write(key, from, false).map(|_| ())
    }

    fn put_new(&self, key: &str, from: &Path) -> Result<bool, LakeError> {
        self.write(key, from, true)
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
