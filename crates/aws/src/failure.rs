//! How a function fails: the state machine retries and catches by the name of the error.

use lambda_runtime::Diagnostic;
use rungs_pipeline::lake::error::{LakeCode, LakeError};
use rungs_pipeline::trouble::{Trouble, TroubleCode};

/// Why a function could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// S3 or DynamoDB could not be reached, or asked to slow down: try again.
    Unavailable(String),
    /// The function ended itself before Lambda would have: go on at once.
    OutOfTime,
    /// It ended itself between two pieces of its work, and kept what is done: go on with the rest at once.
    Unfinished,
    /// Some shards were not folded yet.
    PartsMissing(String),
    /// Another process has settled the same run otherwise.
    Taken(String),
    /// The programme or the store: a person has to look.
    Trouble(String),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        let text = format!("{}: {}; {}", trouble.code, trouble.message, trouble.help);
        let is = |code: TroubleCode| trouble.code == code.text();
        if trouble.code == LakeCode::Unavailable.text() {
            Failure::Unavailable(text)
        } else if is(TroubleCode::PartsMissing) {
            Failure::PartsMissing(text)
        } else if is(TroubleCode::Taken) {
            Failure::Taken(text)
        } else {
            Failure::Trouble(text)
        }
    }
}

impl From<LakeError> for Failure {
    fn from(error: LakeError) -> Failure {
        Failure::from(Trouble::from(error))
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Diagnostic {
        let (name, message) = match failure {
            Failure::Unavailable(text) => ("Unavailable", text),
            Failure::OutOfTime => ("OutOfTime", "stopped before the time was over".to_owned()),
            Failure::Unfinished => ("Unfinished", "a part is done and kept".to_owned()),
            Failure::PartsMissing(text) => ("PartsMissing", text),
            Failure::Taken(text) => ("Taken", text),
            Failure::Trouble(text) => ("Trouble", text),
        };
        Diagnostic {
            error_type: name.into(),
            error_message: message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rungs_pipeline::objects::unavailable;

    /// The names that `infra/night.asl.json` retries and catches by.
    #[test]
    fn the_state_machine_knows_failures_by_these_names() {
        let named = |failure: Failure| Diagnostic::from(failure).error_type;
        let trouble = |code| Failure::from(Trouble::new(code, "it is so", "do that"));
        assert_eq!(named(unavailable_failure()), "Unavailable");
        assert_eq!(named(trouble(TroubleCode::PartsMissing)), "PartsMissing");
        assert_eq!(named(trouble(TroubleCode::Taken)), "Taken");
        assert_eq!(named(trouble(TroubleCode::ProgrammeChanged)), "Trouble");
        assert_eq!(named(Failure::OutOfTime), "OutOfTime");
        assert_eq!(named(Failure::Unfinished), "Unfinished");
    }

    #[test]
    fn a_failure_says_code_cause_and_next_step() {
        let Failure::Unavailable(text) = unavailable_failure() else {
            unreachable!("it is unavailable");
        };
        assert_eq!(
            text,
            "store/unavailable: `inbox/coffee/x.csv`: cannot be reached: 503 Slow Down; try again; if it stays, look at the rights of the function and at the state of the service"
        );
    }

    fn unavailable_failure() -> Failure {
        Failure::from(Trouble::from(unavailable(
            "inbox/coffee/x.csv",
            "503 Slow Down",
        )))
    }
}
