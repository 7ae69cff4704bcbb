//! What came in: the objects of the run, and where rows stand that were refused.

use crate::lake::manifest::{Nights, ObjectEntry};
use crate::lake::quarantine::Place;
use crate::report::{Quality, RunInfo};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct RunInfoOf<'a> {
    nights: &'a Nights,
    objects: Vec<ObjectOf<'a>>,
    more_objects: usize,
}

#[derive(Serialize)]
struct ObjectOf<'a> {
    name: &'a str,
    dataset: &'a str,
    read: u64,
    accepted: u64,
    duplicates: u64,
    rejected: u64,
}

#[derive(Serialize)]
pub(super) struct ExampleOf<'a> {
    file: Option<&'a str>,
    dataset: Option<&'a str>,
    line: Option<i64>,
    column: Option<&'a str>,
    rows: u64,
}

impl RunInfoOf<'_> {
    pub(super) fn of(run: &RunInfo) -> RunInfoOf<'_> {
        RunInfoOf {
            nights: &run.nights,
            objects: run.objects.iter().map(ObjectOf::of).collect(),
            more_objects: run.more_objects,
        }
    }
}

impl ObjectOf<'_> {
    fn of(object: &ObjectEntry) -> ObjectOf<'_> {
        ObjectOf {
            name: &object.name,
            dataset: &object.dataset,
            read: object.read,
            accepted: object.accepted,
            duplicates: object.duplicates,
            rejected: object.rejected,
        }
    }
}

/// Places of rows that were refused for a reason, if they are known.
pub(super) fn examples<'a>(quality: &'a Quality, code: &str) -> Option<Vec<ExampleOf<'a>>> {
    let places = quality.examples.get(code)?;
    let example = |(place, rows): &'a (Place, u64)| ExampleOf {
        file: place.object.as_deref(),
        dataset: place.source.as_deref(),
        line: place.line,
        column: place.column.as_deref(),
        rows: *rows,
    };
    Some(places.iter().map(example).collect())
}
