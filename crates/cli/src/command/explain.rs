//! `rungs explain`

use super::{place, print, run::could_not};
use crate::Ended;
use crate::arguments::{Explain, ExplainAccount, Explained, Format};
use rungs_engine::finding::{Code, closest};
use rungs_pipeline::explain::{self, Question};
use rungs_pipeline::ingest::{ObjectCode, RowCode};

/// Explains an account or a code.
pub fn explain(asked: &Explain) -> Ended {
    match &asked.what {
        Explained::Account(asked) => account(asked),
        Explained::Code { code } => self::code(code),
    }
}

fn account(asked: &ExplainAccount) -> Ended {
    let (program, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let question = Question {
        event: asked.event.as_deref(),
        rule: asked.rule.as_deref(),
    };
    match explain::account(&program, &store, &asked.id, question) {
        Ok(Some(answer)) => {
            match asked.format {
                Format::Json => print(&format!("{answer:#}\n")),
                Format::Text => print(&explain::text(&program, &answer)),
            }
            Ended::Fine
        }
        Ok(None) => Ended::CouldNot {
            message: format!("the store has no account `{}`", asked.id),
            help: "look at the id as it stands in the uploaded files; `rungs ledger` names every account".into(),
        },
        Err(trouble) => could_not(trouble),
    }
}

fn code(text: &str) -> Ended {
    let explanation = Code::from_text(text)
        .map(Code::explanation)
        .or_else(|| RowCode::from_text(text).map(RowCode::explanation))
        .or_else(|| ObjectCode::from_text(text).map(ObjectCode::explanation));
    match explanation {
        Some(explanation) => {
            let lines: Vec<&str> = explanation.lines().map(str::trim).collect();
            print(&format!("{text}\n\n{}\n", lines.join("\n").trim()));
            Ended::Fine
        }
        None => {
            let all = Code::ALL.iter().map(|code| code.text());
            let help = match closest(text, all) {
                Some(known) => format!("did you mean `{known}`?"),
                None => {
                    "a code stands in brackets in every finding, such as `toml/unknown-key`".into()
                }
            };
            Ended::WrongUse {
                message: format!("there is no code `{text}`"),
                help,
            }
        }
    }
}
