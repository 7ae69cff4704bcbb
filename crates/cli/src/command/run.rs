//! `rungs run`

use super::report::{keep_failed, keep_page};
use super::{place, settings};
use crate::Ended;
use crate::arguments::Run;
use crate::progress::Shown;
use rungs_pipeline::run::{self, Keys, Outcome, Request};
use rungs_pipeline::trouble::Trouble;

/// Ingests what is new, settles every night up to the date, reports.
pub fn run(asked: &Run) -> Ended {
    let (versions, folder, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let inbox = match settings() {
        Ok(settings) => settings.inbox(asked.inbox.as_deref(), &folder),
        Err(ended) => return ended,
    };
    let Some(inbox) = inbox else {
        return Ended::WrongUse {
            message: "no inbox was named".into(),
            help: "add `--inbox DIR` (the folder that holds one folder per dataset), or name a default in rungs.toml".into(),
        };
    };
    let given = asked.keys.as_deref();
    let settled = given
        .map_or_else(|| Ok(Keys::test()), Keys::read)
        .and_then(|keys| {
            let request = Request {
                versions: &versions,
                inbox: &inbox,
                store: &store,
                as_of: asked.as_of,
                shards: asked.shards,
                keys: &keys,
            };
            let published = keys.published && !versions.on(asked.as_of).surprises.is_empty();
            Ok((run::run(&request, &Shown::new(asked.quiet))?, published))
        });
    match settled {
        Ok((outcome, published)) => {
            // The figures are there whatever becomes of it, and `rungs report` makes it again.
            if let Err(trouble) = keep_page(&store, &versions) {
                anstream::eprintln!("warning[{}]: {}", trouble.code, trouble.message);
            }
            say(&outcome, asked.quiet, published);
            Ended::Fine
        }
        Err(trouble) => {
            // For those who look for the night's page. Where there is no store yet nobody does, and a run that is at
            // work may settle the night.
            if let Err(also) = keep_failed(&store, &versions, asked.as_of, &trouble)
                && ![trouble.code, "store/not-a-store", "store/locked"].contains(&also.code)
            {
                anstream::eprintln!("warning[{}]: {}", also.code, also.message);
            }
            could_not(trouble)
        }
    }
}

/// What could not be done, for the exit code.
pub fn could_not(trouble: Trouble) -> Ended {
    Ended::CouldNot(trouble)
}

fn say(outcome: &Outcome, quiet: bool, published: bool) {
    for (object, refusal) in &outcome.refused {
        anstream::eprintln!(
            "warning[{}]: `{object}` was refused: {}\nhelp: {}",
            refusal.code.text(),
            refusal.message,
            refusal.help
        );
    }
    if quiet {
        return;
    }
    for name in &outcome.unmatched {
        anstream::eprintln!("  `{name}` matches the `file` of no dataset and was left alone");
    }
    for (dataset, column) in &outcome.ignored_columns {
        anstream::eprintln!(
            "  column `{column}` of `{dataset}` is not in the contract and was left alone"
        );
    }
    if outcome.rejected > 0 {
        anstream::eprintln!(
            "  {} rows went to quarantine: `rungs quarantine` lists them with their reasons",
            outcome.rejected
        );
    }
    if outcome.run > 0 {
        anstream::eprintln!(
            "  `rungs report` shows the figures; as a page they are in the store's `reports`"
        );
    }
    if let Some(other) = &outcome.settled_before_by {
        anstream::eprintln!(
            "  the nights before were settled by {other}: what they booked stays; `rungs verify` recounts it"
        );
    }
    if published {
        anstream::eprintln!(
            "  surprises were drawn under the published test key: anyone can foretell them; use --keys FILE"
        );
    }
}
