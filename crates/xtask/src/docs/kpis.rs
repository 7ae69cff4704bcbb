//! `docs/reference/kpis.md`: every kind of KPI with its one formula.

use rungs_engine::kpi::REGISTRY;
use std::fmt::Write;

/// The page.
pub fn page() -> String {
    let mut page = super::notice("`crates/engine/src/kpi`");
    page.push_str(
        "# KPIs\n\n\
         Every kind has one formula, here; a programme chooses kind, window, filter and groups, not the arithmetic. A\n\
         figure keeps its numerator and denominator, and its value is their exact quotient; over 0 there is no value.\n\
         Windows are half-open in the programme's local dates, and a calendar window is listed once it is complete.\n",
    );
    for measure in REGISTRY {
        let doc = measure.doc();
        let _ = write!(
            page,
            "\n## `{}`\n\n{}.\n\n- **Formula:** {}\n- **Not:** {}\n- **Source:** {}\n",
            measure.kind().text(),
            doc.definition,
            doc.formula,
            doc.naive,
            doc.source
        );
    }
    page
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_kind_that_a_programme_can_name_has_its_formula() {
        let page = super::page();
        for (_, name) in rungs_engine::program::KpiKind::ALL {
            assert!(page.contains(&format!("\n## `{name}`\n")), "{name}");
        }
    }
}
