//! What events say.

use crate::failure::Failure;
use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use rungs_engine::calendar::day_from;
use rungs_pipeline::lake::shard::ShardRange;
use rungs_pipeline::objects::Night;
use rungs_pipeline::report::nights::Failed;
use serde::Deserialize;

/// An uploaded object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The programme's id.
    pub program: String,
    /// Its name below the programme's inbox.
    pub name: String,
}

/// How ingest hears of uploads.
#[derive(Debug, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub enum UploadsEvent {
    /// By a queue of notifications: each of its messages is answered for by itself.
    Queue(Vec<SqsMessage>),
    /// By the bucket itself.
    Bucket(Vec<Upload>),
}

impl TryFrom<serde_json::Value> for UploadsEvent {
    type Error = String;

    fn try_from(event: serde_json::Value) -> Result<UploadsEvent, String> {
        let source = event.pointer("/Records/0/eventSource");
        if source.is_some_and(|source| source == "aws:sqs") {
            let queue: SqsEvent =
                serde_json::from_value(event).map_err(|cause| cause.to_string())?;
            return Ok(UploadsEvent::Queue(queue.records));
        }
        uploads_of(event)
            .map(UploadsEvent::Bucket)
            .map_err(|cause| cause.to_string())
    }
}

/// The uploads that a notification names, from the body of its message.
pub fn uploads(message: &SqsMessage) -> Result<Vec<Upload>, Failure> {
    let body = message.body.as_deref().unwrap_or_default();
    serde_json::from_str(body)
        .and_then(uploads_of)
        .map_err(|cause| unknown(&cause))
}

/// The uploads that a notification names. Keys come as in a URL. What is not below an inbox, folders and the bucket's
/// test message name none.
fn uploads_of(value: serde_json::Value) -> Result<Vec<Upload>, serde_json::Error> {
    // What S3 sends once, when notifications are set up.
    if value
        .get("Event")
        .is_some_and(|event| event == "s3:TestEvent")
    {
        return Ok(Vec::new());
    }
    let event: S3Event = serde_json::from_value(value)?;
    let keys = event
        .records
        .into_iter()
        .filter_map(|record| record.s3.object.key);
    Ok(keys.filter_map(|key| upload(&decoded(&key))).collect())
}

/// A key as it was given, from how it stands in a notification: a space is a plus, what is not plain a percent sign
/// with two digits.
fn decoded(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

fn upload(key: &str) -> Option<Upload> {
    let (program, name) = key.strip_prefix("inbox/")?.split_once('/')?;
    (!program.is_empty() && !name.is_empty() && !name.ends_with('/')).then(|| Upload {
        program: program.to_owned(),
        name: name.to_owned(),
    })
}

fn unknown(cause: &serde_json::Error) -> Failure {
    Failure::Trouble(format!(
        "the message is no notification of an upload: {cause}"
    ))
}

/// A night that is asked for: by its date, or as the last one that has ended at a time.
#[derive(Debug, Clone, Deserialize)]
pub struct NightEvent {
    /// The programme's id.
    pub program: String,
    /// The lake's name, if it is not the programme's id.
    pub lake: Option<String>,
    night: Option<String>,
    time: Option<String>,
}

impl NightEvent {
    /// Which night.
    pub fn night(&self) -> Result<Night, Failure> {
        let help = "give `night` as 2026-11-21, or `time` as 2026-11-22T02:00:00Z";
        match (&self.night, &self.time) {
            (Some(night), _) => day_from(night)
                .map(Night::Day)
                .ok_or_else(|| Failure::Trouble(format!("`{night}` is no date; {help}"))),
            (None, Some(time)) => match time.parse::<jiff::Timestamp>() {
                Ok(time) => Ok(Night::EndedBy(time.as_microsecond())),
                Err(_) => Err(Failure::Trouble(format!("`{time}` is no time; {help}"))),
            },
            (None, None) => Err(Failure::Trouble(format!("no night is asked for; {help}"))),
        }
    }
}

/// A run of a programme.
#[derive(Debug, Clone, Deserialize)]
pub struct RunEvent {
    /// The programme's id.
    pub program: String,
    /// The lake's name, if it is not the programme's id.
    pub lake: Option<String>,
    /// Number of the run.
    pub run: u32,
}

/// A night that failed, as the state machine tells it: what it was started with, and what the step that failed said.
#[derive(Debug, Clone, Deserialize)]
pub struct FailedEvent {
    /// The night that was asked for.
    pub input: NightEvent,
    failure: StepFailure,
}

/// What a `Catch` hands on.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StepFailure {
    error: String,
    #[serde(default)]
    cause: String,
}

/// What a function answers when it fails.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionFailure {
    error_message: String,
}

impl FailedEvent {
    /// Why it failed. What a function said is unpacked; what the platform says stays as it is.
    pub fn failed(&self) -> Failed {
        let said = serde_json::from_str::<FunctionFailure>(&self.failure.cause);
        Failed {
            code: self.failure.error.clone(),
            message: said.map_or_else(|_| self.failure.cause.clone(), |said| said.error_message),
            help: String::new(),
        }
    }
}

/// What the function `report` is asked: to make a run count, or to tell that a night failed.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum ReportEvent {
    /// The night failed.
    Failed(FailedEvent),
    /// All ranges of the run were folded.
    Folded(RunEvent),
}

/// A range of shards of a run: an item of the list that `cut` leaves.
#[derive(Debug, Clone, Deserialize)]
pub struct RangeEvent {
    /// The programme's id.
    pub program: String,
    /// The lake's name, if it is not the programme's id.
    pub lake: Option<String>,
    /// Number of the run.
    pub run: u32,
    first: u16,
    last: u16,
}

impl RangeEvent {
    /// The shards.
    pub fn range(&self) -> ShardRange {
        ShardRange {
            first: self.first,
            last: self.last,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn message(body: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_owned());
        message
    }

    fn notification(keys: &[&str]) -> SqsMessage {
        let records: Vec<serde_json::Value> = (keys.iter())
            .map(|key| {
                serde_json::json!({
                    "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1",
                    "eventTime": "2026-11-21T20:15:00.000Z", "eventName": "ObjectCreated:Put",
                    "userIdentity": {"principalId": "till"},
                    "requestParameters": {"sourceIPAddress": "192.0.2.7"}, "responseElements": {},
                    "s3": {
                        "s3SchemaVersion": "1.0", "configurationId": "inbox",
                        "bucket": {"name": "rungs", "ownerIdentity": {"principalId": "us"}, "arn": "arn:aws:s3:::rungs"},
                        "object": {"key": key, "size": 12, "eTag": "5d41402abc4b2a76b9719d911017c592", "sequencer": "0055AED6DCD90281E5"},
                    },
                })
            })
            .collect();
        message(&serde_json::json!({ "Records": records }).to_string())
    }

    fn names(message: &SqsMessage) -> Vec<String> {
        let uploads = uploads(message).unwrap().into_iter();
        uploads
            .map(|upload| format!("{}: {}", upload.program, upload.name))
            .collect()
    }

    #[test]
    fn keys_come_as_in_a_url() {
        let message = notification(&[
            "inbox/coffee/till/2026-11-21.csv",
            "inbox/coffee/till/K%C3%A4se+%2B+Brot.csv",
        ]);
        assert_eq!(
            names(&message),
            [
                "coffee: till/2026-11-21.csv",
                "coffee: till/Käse + Brot.csv"
            ]
        );
    }

    #[test]
    fn the_bucket_may_tell_of_uploads_itself() {
        let queued = notification(&["inbox/coffee/till/2026-11-21.csv"]);
        let itself = serde_json::from_str(queued.body.as_deref().unwrap()).unwrap();
        let UploadsEvent::Bucket(uploads) = itself else {
            unreachable!("the bucket is no queue");
        };
        assert_eq!(uploads.len(), 1);
        assert_eq!(uploads[0].name, "till/2026-11-21.csv");
        let record =
            serde_json::json!({"eventSource": "aws:sqs", "messageId": "1", "body": queued.body});
        let queue = serde_json::from_value(serde_json::json!({ "Records": [record] })).unwrap();
        let UploadsEvent::Queue(messages) = queue else {
            unreachable!("a queue is no bucket");
        };
        assert_eq!(names(&messages[0]), ["coffee: till/2026-11-21.csv"]);
    }

    #[test]
    fn what_is_no_event_of_uploads_is_said_to_be_none() {
        let refused = serde_json::from_str::<UploadsEvent>(r#"{"program": "coffee"}"#);
        assert_eq!(refused.unwrap_err().to_string(), "missing field `Records`");
    }

    #[test]
    fn folders_and_what_is_not_below_an_inbox_are_no_uploads() {
        let message = notification(&[
            "inbox/coffee/till/",
            "inbox/coffee",
            "lake/coffee/store.json",
            "inbox//x.csv",
        ]);
        assert_eq!(names(&message), [""; 0]);
    }

    #[test]
    fn the_test_message_of_the_bucket_is_no_upload() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-21T20:15:00.000Z","Bucket":"rungs"}"#;
        assert_eq!(names(&message(test)), [""; 0]);
    }

    #[test]
    fn what_is_no_notification_is_said_to_be_none() {
        let Err(Failure::Trouble(text)) = uploads(&message("hello")) else {
            unreachable!("a text is no notification");
        };
        assert_eq!(
            text,
            "the message is no notification of an upload: expected value at line 1 column 1"
        );
    }

    #[test]
    fn a_night_is_asked_for_by_its_date_or_by_a_time() {
        let asked = |text: &str| serde_json::from_str::<NightEvent>(text).unwrap().night();
        let by_date = asked(r#"{"program": "coffee", "night": "2026-11-21"}"#);
        assert_eq!(
            by_date.unwrap(),
            Night::Day(day_from("2026-11-21").unwrap())
        );
        let by_time = asked(r#"{"program": "coffee", "time": "1970-01-01T00:00:01Z"}"#);
        assert_eq!(by_time.unwrap(), Night::EndedBy(1_000_000));
        for wrong in [
            r#"{"program": "coffee"}"#,
            r#"{"program": "coffee", "night": "21.11.2026"}"#,
            r#"{"program": "coffee", "time": "tonight"}"#,
        ] {
            let Err(Failure::Trouble(text)) = asked(wrong) else {
                unreachable!("{wrong} names no night");
            };
            assert!(
                text.ends_with("give `night` as 2026-11-21, or `time` as 2026-11-22T02:00:00Z"),
                "{text}"
            );
        }
    }
}
