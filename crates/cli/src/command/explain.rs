//! `rungs explain`

use super::{place, print, run::could_not};
use crate::Ended;
use crate::arguments::{Explain, ExplainAccount, Explained, Format};
use rungs_engine::finding::closest;
use rungs_pipeline::codes;
use rungs_pipeline::explain::{self, Question};
use rungs_pipeline::trouble::{Trouble, TroubleCode};

/// Explains an account or a code.
pub fn explain(asked: &Explain) -> Ended {
    match &asked.what {
        Explained::Account(asked) => account(asked),
        Explained::Code { code } => self::code(code),
    }
}

fn account(asked: &ExplainAccount) -> Ended {
    let (versions, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let question = Question {
        event: asked.event.as_deref(),
        rule: asked.rule.as_deref(),
    };
    let answer = match asked.known_at {
        Some(date) => explain::known_at(&versions, &store, &asked.id, date),
        None => explain::account(&versions, &store, &asked.id, question),
    };
    match answer {
        Ok(Some(answer)) => {
            match (asked.format, asked.known_at) {
                (Format::Json, _) => print(&format!("{answer:#}\n")),
                (Format::Text, Some(_)) => print(&explain::known_text(versions.newest(), &answer)),
                (Format::Text, None) => print(&explain::text(&versions, &answer)),
            }
            Ended::Fine
        }
        Ok(None) => could_not(Trouble::new(
            TroubleCode::NoAccount,
            format!("no settled event belongs to an account `{}`", asked.id),
            "write the id as it stands in the uploaded files; `rungs ledger` names every account",
        )),
        Err(trouble) => could_not(trouble),
    }
}

fn code(text: &str) -> Ended {
    match codes::find(text) {
        Some(known) => {
            print(&format!("{text}\n\n{}\n", known.explanation()));
            Ended::Fine
        }
        None => {
            let all: Vec<_> = codes::all().iter().map(|code| code.text).collect();
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
