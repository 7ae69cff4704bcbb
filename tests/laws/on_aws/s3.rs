//! S3, as far as the functions use it, around objects in memory.

use super::wire::{Answer, Request, Service};
use percent_encoding::percent_decode_str;
use rungs_pipeline::objects::{MemoryObjects, Objects};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Keys of a list's page: few, so that there are pages.
const PAGE: usize = 25;

#[derive(Debug)]
pub struct S3 {
    objects: Arc<MemoryObjects>,
    uploads: Mutex<BTreeMap<String, BTreeMap<usize, Vec<u8>>>>,
}

impl S3 {
    pub fn new(objects: Arc<MemoryObjects>) -> S3 {
        S3 {
            objects,
            uploads: Mutex::default(),
        }
    }

    fn write(&self, key: &str, body: &[u8], request: &Request) -> Answer {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), body).unwrap();
        let written = match request.header("if-none-match") {
            Some("*") => self.objects.put_new(key, file.path()).unwrap(),
            _ => {
                self.objects.put(key, file.path()).unwrap();
                true
            }
        };
        match written {
            true => Answer::new(200, "<CompleteMultipartUploadResult/>"),
            false => error(412, "PreconditionFailed"),
        }
    }

    fn get(&self, key: &str, request: &Request) -> Answer {
        let Some(bytes) = self.objects.bytes(key) else {
            return error(404, "NoSuchKey");
        };
        let etag = format!("\"{}\"", bytes.len());
        let Some(range) = request.header("range") else {
            return Answer {
                status: 200,
                headers: vec![("etag", etag)],
                body: bytes,
            };
        };
        let (from, to) = range
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        let from: usize = from.parse().unwrap();
        if from >= bytes.len() {
            return error(416, "InvalidRange");
        }
        let to = to.parse::<usize>().unwrap().min(bytes.len() - 1);
        Answer {
            status: 206,
            headers: vec![
                ("etag", etag),
                (
                    "content-range",
                    format!("bytes {from}-{to}/{}", bytes.len()),
                ),
            ],
            body: bytes[from..=to].to_vec(),
        }
    }

    fn list(&self, query: &BTreeMap<String, String>) -> Answer {
        let prefix = query.get("prefix").map_or("", String::as_str);
        let after = query.get("continuation-token");
        let keys = self.objects.list(prefix).unwrap();
        let mut left = keys.iter().filter(|key| after.is_none_or(|at| *key > at));
        let page: Vec<&String> = left.by_ref().take(PAGE).collect();
        let more = left.next().is_some();
        let mut text = format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>");
        if let (true, Some(last)) = (more, page.last()) {
            let last = escaped(last);
            text.push_str(&format!(
                "<NextContinuationToken>{last}</NextContinuationToken>"
            ));
        }
        for key in page {
            let key = escaped(key);
            text.push_str(&format!("<Contents><Key>{key}</Key></Contents>"));
        }
        text.push_str("</ListBucketResult>");
        Answer::new(200, text)
    }

    fn part(&self, upload: &str, number: &str, body: &[u8]) -> Answer {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = uploads.entry(upload.to_owned()).or_default();
        parts.insert(number.parse().unwrap(), body.to_vec());
        Answer {
            status: 200,
            headers: vec![("etag", format!("\"{number}\""))],
            body: Vec::new(),
        }
    }

    fn complete(&self, key: &str, upload: &str, request: &Request) -> Answer {
        let uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = uploads.get(upload).unwrap();
        let named = String::from_utf8_lossy(&request.body).into_owned();
        let named = named.matches("<PartNumber>").count();
        assert_eq!(
            named,
            parts.len(),
            "an upload is completed with all its parts"
        );
        let whole: Vec<u8> = parts.values().flatten().copied().collect();
        self.write(key, &whole, request)
    }
}

impl Service for S3 {
    fn answer(&self, request: &Request) -> Answer {
        let (path, query) = request.uri.split_once('?').unwrap_or((&request.uri, ""));
        // By path: the bucket comes first.
        let path = path.trim_start_matches('/');
        let key = path.split_once('/').map_or("", |(_, key)| key);
        let key = decoded(key);
        let query: BTreeMap<String, String> = (query.split('&'))
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        let upload = query.get("uploadId");
        match (request.method.as_str(), upload) {
            ("GET", _) if query.contains_key("list-type") => self.list(&query),
            ("GET", _) => self.get(&key, request),
            ("PUT", Some(upload)) => self.part(upload, &query["partNumber"], &request.body),
            ("PUT", None) => self.write(&key, &request.body, request),
            ("POST", Some(upload)) => self.complete(&key, upload, request),
            ("POST", None) if query.contains_key("uploads") => {
                let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
                let id = format!("upload-{}", uploads.len());
                uploads.insert(id.clone(), BTreeMap::new());
                let id = format!("<UploadId>{id}</UploadId>");
                Answer::new(
                    200,
                    format!("<InitiateMultipartUploadResult>{id}</InitiateMultipartUploadResult>"),
                )
            }
            _ => error(405, "MethodNotAllowed"),
        }
    }

    fn throttled(&self) -> Answer {
        error(503, "SlowDown")
    }

    fn in_part(&self, _: &Request) -> Option<Answer> {
        None
    }
}

fn error(status: u16, code: &str) -> Answer {
    Answer::new(status, format!("<Error><Code>{code}</Code></Error>"))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
