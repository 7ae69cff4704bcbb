//! `rungs report`

use super::{place, print, run::could_not};
use crate::Ended;
use crate::arguments::{Format, Report};
use rungs_pipeline::report;

/// Shows the report of a settled date.
pub fn report(asked: &Report) -> Ended {
    let (versions, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    match report::load(&store, &versions, asked.as_of, asked.format == Format::Json) {
        Ok(report) => {
            print(&report);
            Ended::Fine
        }
        Err(trouble) => could_not(trouble),
    }
}
