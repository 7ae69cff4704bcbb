//! The report of a programme: facts of all accounts become figures, figures become JSON for scripts
//! and text for people. Nothing in here asks a clock; the same store gives the same report.

pub mod facts;
pub mod figures;
pub mod json;
pub mod schema;
mod store;
pub mod sums;
pub mod text;

mod amounts;
mod open_ends;
mod refunds;
mod tables;

pub use facts::{AccountSource, FactsReader, Held};
pub use figures::count;
pub use schema::report_schema;
pub use store::{is_kept, load, previous, write};

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
    /// Open points by when they end, if that is known.
    pub open_ends: Option<OpenEnds>,
    /// What became of the points, month by month, if that is known.
    pub points_periods: Option<Vec<PointsPeriod>>,
}

/// What became of the rows that came in, up to the day of the report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// Rows read.
    pub read: u64,
    /// Rows that became events.
    pub accepted: u64,
    /// Rows that were known already.
    pub duplicates: u64,
    /// Rows in quarantine by the code of the reason, in the order of the codes.
    pub quarantined: Vec<(String, u64)>,
    /// Rows that came after the night of their day was settled (they are in quarantine too).
    pub late: u64,
}

impl Quality {
    /// All rows in quarantine.
    pub fn in_quarantine(&self) -> u64 {
        self.quarantined.iter().map(|(_, count)| count).sum()
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
