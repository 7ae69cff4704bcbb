//! `rungs verify`

use super::{place, print, run::could_not};
use crate::Ended;
use crate::arguments::{Format, Verify};
use crate::progress::Shown;
use rungs_pipeline::recount;

/// How many differences are printed as text.
const SHOWN: usize = 20;

/// Recounts every account independently.
pub fn verify(asked: &Verify) -> Ended {
    let (versions, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let progress = Shown::new(asked.format == Format::Json);
    let recounted = match recount::verify(&versions, &store, &progress) {
        Ok(recounted) => recounted,
        Err(trouble) => return could_not(trouble),
    };
    match asked.format {
        Format::Json => print(&format!("{:#}\n", recounted.json())),
        Format::Text => {
            for difference in recounted.differences.iter().take(SHOWN) {
                print(&format!("{difference}\n"));
            }
            if recounted.differences.len() > SHOWN {
                print(&format!(
                    "… and {} more\n",
                    recounted.differences.len() - SHOWN
                ));
            }
            for sentence in recounted.shared.sentences.iter().take(SHOWN) {
                print(&format!("{sentence}\n"));
            }
            if recounted.shared.ids > 0 {
                print(&format!(
                    "ids under more than one account: {}\n",
                    recounted.shared.ids
                ));
            }
            print(&format!(
                "{}: {} accounts, {} entries, {} rung moves, {} rewards recounted, {} differences\n",
                versions.newest().id,
                recounted.accounts,
                recounted.entries,
                recounted.rungs,
                recounted.rewards,
                recounted.differences.len()
            ));
        }
    }
    if recounted.fine() {
        Ended::Fine
    } else {
        Ended::Findings
    }
}
