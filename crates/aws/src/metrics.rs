//! Metrics: lines of the log that CloudWatch reads as numbers (its embedded metric format).
//!
//! Each is given for the stack (`Stack`, from `RUNGS_STACK`) and for the programme in it (`Stack`, `Program`), in the
//! namespace `Rungs`. A step that is done twice counts twice.

use serde_json::{Map, Value, json};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// The stack of a function that is not told its own.
const NO_STACK: &str = "rungs";

/// Counts, by their names, as metrics of a programme.
pub fn count(program: &str, counts: &[(&str, u64)]) {
    let stack = std::env::var("RUNGS_STACK").unwrap_or_else(|_| NO_STACK.to_owned());
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_millis() as u64);
    // Nothing is to be done about a log that cannot be written, and a night does not fail for it.
    let _ = writeln!(std::io::stdout(), "{}", line(&stack, program, now, counts));
}

fn line(stack: &str, program: &str, now: u64, counts: &[(&str, u64)]) -> Value {
    let metrics = counts
        .iter()
        .map(|(name, _)| json!({"Name": name, "Unit": "Count"}));
    let about = json!({
        "Timestamp": now,
        "CloudWatchMetrics": [{
            "Namespace": "Rungs",
            "Dimensions": [["Stack"], ["Stack", "Program"]],
            "Metrics": metrics.collect::<Vec<_>>(),
        }],
    });
    let mut line = Map::from_iter([
        ("_aws".to_owned(), about),
        ("Stack".to_owned(), stack.into()),
        ("Program".to_owned(), program.into()),
    ]);
    line.extend(
        counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), (*count).into())),
    );
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form is published: "Specification: Embedded metric format" in the guide of Amazon CloudWatch Logs.
    #[test]
    fn a_line_names_its_metrics_and_gives_each_a_number() {
        let expected = json!({
            "_aws": {
                "Timestamp": 1_795_305_600_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Rungs",
                    "Dimensions": [["Stack"], ["Stack", "Program"]],
                    "Metrics": [{"Name": "EntriesBooked", "Unit": "Count"}, {"Name": "RowsQuarantined", "Unit": "Count"}],
                }],
            },
            "Stack": "shop", "Program": "coffee", "EntriesBooked": 12, "RowsQuarantined": 0,
        });
        let counts = [("EntriesBooked", 12), ("RowsQuarantined", 0)];
        assert_eq!(line("shop", "coffee", 1_795_305_600_000, &counts), expected);
    }
}
