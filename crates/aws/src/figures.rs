//! A night's report in the table: the report whole, each of its figures, and the run that made it.

use crate::items::{Item, number, text};
use crate::table::Table;
use aws_sdk_dynamodb::types::AttributeValue as Value;
use rungs_pipeline::objects::Counted;
use rungs_pipeline::trouble::{Trouble, TroubleCode};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The longest text that an item holds, in bytes: an item may have 400 KB.
const LONGEST: usize = 350_000;

/// Digits of a number that DynamoDB holds exactly.
const DIGITS: usize = 38;

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow)]
    kpis: Vec<Figure<'a>>,
}

/// Numbers as they stand in the text: no binary float holds them all.
#[derive(Deserialize)]
struct Figure<'a> {
    id: String,
    kind: String,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    numerator: &'a RawValue,
    #[serde(borrow)]
    denominator: &'a RawValue,
    unit: String,
    window: Window,
    #[serde(borrow)]
    by: &'a RawValue,
}

#[derive(Deserialize)]
struct Window {
    kind: String,
    from: String,
    before: String,
}

impl Table {
    /// Brings a night that counts: its report, and last the run. How many items that were.
    pub fn bring_report(&self, program: &str, counted: &Counted) -> Result<usize, Trouble> {
        let (night, run) = (counted.night.as_str(), counted.run);
        let pk = format!("{program}#kpi#{night}");
        let report: Report<'_> = serde_json::from_str(&counted.report).map_err(|cause| {
            Trouble::new(
                TroubleCode::Unforeseen,
                format!("the report cannot be read: {cause}"),
                "report this with the programme",
            )
        })?;
        let whole = match counted.report.len() <= LONGEST {
            true => ("json", text(&counted.report)),
            false => (
                "object",
                text(&format!("lake/{program}/reports/{night}.json")),
            ),
        };
        let mut items = vec![Item::new(pk.clone(), "report".to_owned(), [whole])];
        items.extend(report.kpis.iter().map(|figure| figure.item(&pk)));
        let written = self.write(run, items)?;
        let item = Item::new(
            format!("{program}#runs"),
            format!("{run:05}"),
            [
                ("night", text(night)),
                ("accounts", number(counted.accounts)),
                ("entries", number(counted.entries)),
                ("quarantined", number(counted.quarantined)),
            ],
        );
        Ok(written + self.write(run, vec![item])?)
    }
}

impl Figure<'_> {
    fn item(&self, pk: &str) -> Item {
        let by = self.by.get();
        Item::new(
            pk.to_owned(),
            format!("{}#{}#{}#{by}", self.id, self.window.kind, self.window.from),
            [
                ("kind", text(&self.kind)),
                ("value", self.value.and_then(exact)),
                ("numerator", exact(self.numerator)),
                ("denominator", exact(self.denominator)),
                ("unit", text(&self.unit)),
                ("from", text(&self.window.from)),
                ("before", text(&self.window.before)),
                ("by", text(by)),
            ],
        )
    }
}

/// A number as it stands in the report; as text where it has more digits than a number may have.
fn exact(number: &RawValue) -> Option<Value> {
    let text = number.get();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    match text {
        "null" => None,
        _ if digits <= DIGITS => Some(Value::N(text.to_owned())),
        _ => Some(Value::S(text.to_owned())),
    }
}
