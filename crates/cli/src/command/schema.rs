//! `rungs schema`

use super::print;
use crate::Ended;
use crate::arguments::{Schema, SchemaOf};

/// Prints a JSON Schema.
pub fn schema(asked: &Schema) -> Ended {
    let schema = match asked.of {
        SchemaOf::Program => rungs_engine::language::program_schema(),
        SchemaOf::Test => rungs_engine::language::scenario_schema(),
        SchemaOf::Events => rungs_pipeline::ingest::events_schema_json(),
        SchemaOf::Report => rungs_pipeline::report::report_schema(),
    };
    print(&format!("{schema:#}\n"));
    Ended::Fine
}
