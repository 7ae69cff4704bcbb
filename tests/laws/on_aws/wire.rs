//! What the SDKs send, answered in this process instead of over the network, and what goes wrong on the way.

use aws_sdk_s3::config::SharedHttpClient;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A request as it comes.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub uri: String,
    headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

/// S3 or DynamoDB.
pub trait Service: Debug + Send + Sync {
    fn answer(&self, request: &Request) -> Answer;

    /// How it says that too much is asked of it.
    fn throttled(&self) -> Answer;

    /// Does a part of a request of many parts, and says which it left out; nothing if it is no such request.
    fn in_part(&self, request: &Request) -> Option<Answer>;
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing is done: the service has an error of its own.
    Failed,
    /// Nothing is done: too much is asked.
    Throttled,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// A part of it is done.
    Unprocessed,
}

/// Which requests go wrong, by a seed: the same ones in whatever order they come.
#[derive(Debug)]
pub struct Faults {
    seed: u64,
    /// Of a hundred requests so many go wrong.
    percent: u64,
    /// Each request goes wrong the first time.
    each_once: bool,
    came: Mutex<BTreeMap<u64, u64>>,
    happened: Mutex<BTreeMap<Fault, usize>>,
}

impl Faults {
    pub fn none() -> Arc<Faults> {
        Faults::new(0, 0, false)
    }

    pub fn new(seed: u64, percent: u64, each_once: bool) -> Arc<Faults> {
        Arc::new(Faults {
            seed,
            percent,
            each_once,
            came: Mutex::default(),
            happened: Mutex::default(),
        })
    }

    /// How often what went wrong.
    pub fn happened(&self) -> BTreeMap<Fault, usize> {
        let happened = self.happened.lock();
        happened.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn of(&self, request: &Request) -> Option<Fault> {
        // An upload in parts has another number each time.
        let uri = request.uri.split("uploadId").next().unwrap_or_default();
        // Attributes come in any order.
        let body = match serde_json::from_slice::<serde_json::Value>(&request.body) {
            Ok(body) => body.to_string().into_bytes(),
            Err(_) => request.body.clone(),
        };
        let what = [request.method.as_bytes(), uri.as_bytes(), &body].concat();
        let what = xxh3_64_with_seed(&what, self.seed);
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        let times = came.entry(what).or_default();
        *times += 1;
        let dice = xxh3_64_with_seed(&times.to_le_bytes(), what);
        let hit = match self.each_once {
            true => *times == 1,
            // Not for ever: what goes wrong five times would be another test.
            false => dice % 100 < self.percent && *times < 5,
        };
        let faults = [
            Fault::Failed,
            Fault::Throttled,
            Fault::AnswerLost,
            Fault::Unprocessed,
        ];
        hit.then(|| faults[(dice / 100 % 4) as usize])
    }

    fn note(&self, fault: Fault) {
        let mut happened = self.happened.lock().unwrap_or_else(PoisonError::into_inner);
        *happened.entry(fault).or_default() += 1;
    }
}

/// A client of the SDKs whose requests a service answers.
pub fn client(service: Arc<dyn Service>, faults: Arc<Faults>) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(InProcess { service, faults });
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug, Clone)]
struct InProcess {
    service: Arc<dyn Service>,
    faults: Arc<Faults>,
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let itself = self.clone();
        HttpConnectorFuture::new(async move {
            let request = received(request).await?;
            itself.serve(&request).and_then(sent)
        })
    }
}

impl InProcess {
    fn serve(&self, request: &Request) -> Result<Answer, ConnectorError> {
        let Some(fault) = self.faults.of(request) else {
            return Ok(self.service.answer(request));
        };
        if fault == Fault::Unprocessed {
            // A request that is whole or not at all goes well.
            let answer = self.service.in_part(request);
            return Ok(match answer {
                None => self.service.answer(request),
                Some(answer) => {
                    self.faults.note(fault);
                    answer
                }
            });
        }
        self.faults.note(fault);
        match fault {
            Fault::Throttled => Ok(self.service.throttled()),
            Fault::AnswerLost => {
                self.service.answer(request);
                Err(ConnectorError::io("the connection was closed".into()))
            }
            _ => Ok(Answer::new(500, "")),
        }
    }
}

async fn received(mut request: HttpRequest) -> Result<Request, ConnectorError> {
    let body = ByteStream::new(request.take_body()).collect().await;
    let body = body.map_err(|cause| ConnectorError::other(cause.into(), None))?;
    let headers = request.headers().iter();
    let headers: BTreeMap<String, String> = headers
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let uri = request.uri();
    let path = uri.find("://").map_or(0, |at| at + 3);
    let path = uri[path..].find('/').map_or(uri.len(), |at| path + at);
    let chunked = headers
        .get("content-encoding")
        .is_some_and(|encoding| encoding.contains("aws-chunked"));
    let body = body.to_vec();
    Ok(Request {
        method: request.method().to_owned(),
        uri: uri[path..].to_owned(),
        body: if chunked { unchunked(&body) } else { body },
        headers,
    })
}

/// The bytes of a body in chunks, each after a line with its length; checksums follow the last, which is empty.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|pair| pair == b"\r\n") {
        let line = String::from_utf8_lossy(&body[..end]).into_owned();
        let length = line.split(';').next().unwrap_or_default();
        let length = usize::from_str_radix(length, 16).unwrap_or_default();
        if length == 0 {
            break;
        }
        let start = end + 2;
        whole.extend_from_slice(&body[start..start + length]);
        body = &body[start + length + 2..];
    }
    whole
}

fn sent(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status = answer.status.try_into();
    let status = status.map_err(|_| ConnectorError::other("no such status".into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
