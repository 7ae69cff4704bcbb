//! `rungs rebuild`

use super::{place, run::could_not};
use crate::Ended;
use crate::arguments;
use crate::progress::Shown;
use rungs_pipeline::run::{self, Rebuild};

/// Settles everything that a store knows into a new store.
pub fn rebuild(asked: &arguments::Rebuild) -> Ended {
    let (versions, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let request = Rebuild {
        versions: &versions,
        store: &store,
        into: &asked.into,
        restate: asked.restate,
    };
    match run::rebuild(&request, &Shown::new(asked.quiet)) {
        Ok(_) => Ended::Fine,
        Err(trouble) => could_not(trouble),
    }
}
