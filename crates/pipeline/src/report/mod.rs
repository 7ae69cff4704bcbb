//! The report of a programme: facts of all accounts become figures, figures become JSON for scripts
//! and text for people. Nothing in here asks a clock; the same store gives the same report.

pub mod facts;
pub mod figures;
pub mod json;
pub mod nights;
pub mod rows;
pub mod schema;
mod store;
pub mod sums;
pub mod text;

mod amounts;
mod open_ends;
mod quality;
mod refunds;
mod surprises;
mod tables;

pub use facts::{AccountSource, FactsReader, Held};
pub use figures::count;
pub use quality::Quality;
pub use schema::report_schema;
pub use store::{is_kept, load, previous, write};
pub use surprises::SurpriseHeld;

use crate::lake::manifest::{Manifest, Nights, ObjectEntry};
use rungs_engine::calendar::Day;
use rungs_engine::kpi::{
    Figure, Measures, OpenEnds, Partials, PointsPeriod, Standing, Totals, latest, standings,
};
use rungs_engine::program::Program;

/// Everything that a report says.
#[derive(Debug, Clone)]
pub struct Report<'p> {
    /// The version in force on the day of the report.
    pub program: &'p Program,
    /// The day: everything up to its end is in.
    pub as_of: Day,
    /// The run that the figures come from, if a store has one.
    pub run: Option<u32>,
    /// Sums over the whole time.
    pub totals: Totals,
    /// In the order of the programme's KPIs, each by window, totals before parts.
    pub figures: Vec<Figure>,
    /// In the order of the programme's objectives.
    pub standings: Vec<Standing>,
    /// KPIs whose latest total is beyond what the programme declares.
    pub warnings: Vec<Warning>,
    /// What became of the rows that came in.
    pub quality: Quality,
    /// Open points of each wallet by when they end, if that is known.
    pub open_ends: Option<Vec<OpenEnds>>,
    /// What became of the points of each wallet, month by month, if that is known.
    pub points_periods: Option<Vec<Vec<PointsPeriod>>>,
    /// The run itself, if a store has one.
    pub run_info: Option<RunInfo>,
    /// What came of surprises, if that is known.
    pub surprises: Option<Vec<SurpriseHeld>>,
}

/// What the run did that the figures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// The nights that it settled.
    pub nights: Nights,
    /// What it took in, in the order of names; the first [`RunInfo::LISTED`].
    pub objects: Vec<ObjectEntry>,
    /// How many more there were.
    pub more_objects: usize,
}

impl RunInfo {
    /// So many objects are listed at most.
    pub const LISTED: usize = 200;

    /// What its manifest says.
    pub fn of(manifest: &Manifest) -> RunInfo {
        let objects = &manifest.objects;
        RunInfo {
            nights: manifest.nights.clone(),
            objects: objects.iter().take(RunInfo::LISTED).cloned().collect(),
            more_objects: objects.len().saturating_sub(RunInfo::LISTED),
        }
    }
}

/// A KPI's latest total is beyond its `warn_below` or `warn_above`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// Index of the KPI.
    pub kpi: usize,
    /// It is above `warn_above`; else below `warn_below`.
    pub above: bool,
}

impl<'p> Report<'p> {
    /// The report of what was counted.
    pub fn new(
        measures: &Measures<'p>,
        counted: &Partials,
        quality: Quality,
        run: Option<u32>,
    ) -> Report<'p> {
        let program = measures.program();
        let figures = measures.finish(counted);
        let standings = standings(program, measures.as_of(), &figures);
        let warnings = warnings(program, &figures);
        Report {
            program,
            as_of: measures.as_of(),
            run,
            totals: counted.totals.clone(),
            figures,
            standings,
            warnings,
            quality,
            open_ends: None,
            points_periods: None,
            run_info: None,
            surprises: None,
        }
    }
}

fn warnings(program: &Program, figures: &[Figure]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, kpi) in program.kpis.iter().enumerate() {
        let Some(value) = latest(figures, index).and_then(Figure::value) else {
            continue;
        };
        if kpi.warn_below.is_some_and(|limit| value < limit.into()) {
            warnings.push(Warning {
                kpi: index,
                above: false,
            });
        }
        if kpi.warn_above.is_some_and(|limit| value > limit.into()) {
            warnings.push(Warning {
                kpi: index,
                above: true,
            });
        }
    }
    warnings
}
