//! `rungs ledger`

use super::{place, print, run::could_not};
use crate::Ended;
use crate::arguments::Ledger;
use rungs_pipeline::ledger_dump;
use std::io::Write;

/// Prints the canonical ledger, or its digest.
pub fn ledger(asked: &Ledger) -> Ended {
    let (versions, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let done = if asked.digest {
        ledger_dump::digest(&versions, &store).map(|digest| print(&format!("{digest}\n")))
    } else {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let mut gone = false;
        ledger_dump::lines(&versions, &store, &mut |line| {
            // A reader that went away (`| head`) is not an error.
            gone = gone || writeln!(out, "{line}").is_err();
        })
    };
    match done {
        Ok(()) => Ended::Fine,
        Err(trouble) => could_not(trouble),
    }
}
