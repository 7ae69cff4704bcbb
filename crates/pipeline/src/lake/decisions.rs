//! Table `decisions`: draws that were held, each ticket that was drawn and whether it won. A decision is
//! written once, by the run that took it, and read ever after. A file a run.

use super::error::{At, LakeError};
use super::file::PlainTable;
use super::layout::texts;
use super::manifest::{LakeFile, Manifest, Table};
use super::shape::text_array;
use super::store::Store;
use crate::schema::{text_type, time_type};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema};
use rungs_engine::calendar::Instant;
use rungs_engine::event::Texts;
use std::sync::Arc;

/// A ticket that was drawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Decision {
    /// The scheduled instant.
    pub at: Instant,
    /// Id of the surprise.
    pub surprise: String,
    /// The ticket, hexadecimal: lower tickets win first.
    pub ticket: String,
    /// The account.
    pub account: String,
    /// The member.
    pub member: String,
    /// The scheduled local time.
    pub occurrence: String,
    /// Whether it wins, or the budget went to lower tickets.
    pub won: bool,
}

/// Writes what a run has decided, in order of time, surprise and ticket; nothing if it was nothing.
pub fn write_decisions(
    store: &Store,
    run: u32,
    mut decisions: Vec<Decision>,
) -> Result<Option<LakeFile>, LakeError> {
    decisions.sort();
    let name = format!("{}/{run:05}.parquet", Table::Decisions.folder());
    let path = store.path(&name);
    let coded = |of: &dyn Fn(&Decision) -> &str| {
        let values = StringArray::from_iter_values(decisions.iter().map(of));
        text_array(&Texts::plain(values)).at(&path)
    };
    let at = TimestampMicrosecondArray::from_iter_values(decisions.iter().map(|one| one.at));
    let tickets = decisions.iter().map(|one| &one.ticket);
    let arrays: Vec<ArrayRef> = vec![
        coded(&|one| &one.surprise)?,
        Arc::new(at.with_timezone("UTC")),
        coded(&|one| &one.occurrence)?,
        coded(&|one| &one.account)?,
        coded(&|one| &one.member)?,
        Arc::new(StringArray::from_iter_values(tickets)),
        Arc::new(
            decisions
                .iter()
                .map(|one| Some(one.won))
                .collect::<BooleanArray>(),
        ),
    ];
    let schema = Schema::new(vec![
        Field::new("surprise", text_type(), false),
        Field::new("at", time_type(), false),
        Field::new("occurrence", text_type(), false),
        Field::new("account", text_type(), false),
        Field::new("member", text_type(), false),
        Field::new("ticket", DataType::Utf8, false),
        Field::new("won", DataType::Boolean, false),
    ]);
    let record = RecordBatch::try_new(Arc::new(schema), arrays).at(&path)?;
    PlainTable::write(store, &name, run, &record)
}

/// What these runs have decided.
pub fn read_decisions(store: &Store, manifests: &[Manifest]) -> Result<Vec<Decision>, LakeError> {
    let mut decisions = Vec::new();
    for file in manifests
        .iter()
        .flat_map(|manifest| manifest.files(Table::Decisions))
    {
        let path = store.path(&file.name);
        let damaged = || LakeError::damaged(&path, "not a table of decisions");
        for record in PlainTable::read(store, file)? {
            let array = |name: &str| record.column_by_name(name).ok_or_else(damaged);
            let text = |name: &str| texts(array(name)?, &path);
            let (surprise, occurrence) = (text("surprise")?, text("occurrence")?);
            let (account, member, ticket) = (text("account")?, text("member")?, text("ticket")?);
            let at = array("at")?.as_primitive_opt::<TimestampMicrosecondType>();
            let at = at.ok_or_else(damaged)?;
            let won = array("won")?.as_boolean_opt().ok_or_else(damaged)?;
            for row in 0..record.num_rows() {
                let own = |texts: &Texts| texts.get(row).unwrap_or_default().to_owned();
                decisions.push(Decision {
                    at: at.value(row),
                    surprise: own(&surprise),
                    ticket: own(&ticket),
                    account: own(&account),
                    member: own(&member),
                    occurrence: own(&occurrence),
                    won: won.value(row),
                });
            }
        }
    }
    Ok(decisions)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::lake::manifest::{FORMAT, Nights};
    use std::collections::BTreeMap;

    #[test]
    fn decisions_of_all_runs_are_read_in_the_order_of_runs_and_tickets() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path(), "test", 2).unwrap();
        let decision = |at: Instant, ticket: &str, won: bool| Decision {
            at,
            surprise: "lucky-cup".to_owned(),
            ticket: ticket.to_owned(),
            account: "a".to_owned(),
            member: format!("m-{ticket}"),
            occurrence: "2026-03-03T10:00".to_owned(),
            won,
        };
        let mut manifests = Vec::new();
        let runs = [
            vec![decision(7, "0f", false), decision(7, "0a", true)],
            vec![],
            vec![decision(9, "01", true)],
        ];
        for (run, decisions) in (1..).zip(runs) {
            let file = write_decisions(&store, run, decisions).unwrap();
            manifests.push(Manifest {
                format: FORMAT,
                run,
                program: "test".to_owned(),
                nights: Nights::of(0, 0),
                versions: vec![],
                settled_by: String::new(),
                names: String::new(),
                objects: vec![],
                counts: BTreeMap::new(),
                files: BTreeMap::from([(Table::Decisions, file.into_iter().collect())]),
            });
        }
        let expected = [
            decision(7, "0a", true),
            decision(7, "0f", false),
            decision(9, "01", true),
        ];
        assert_eq!(read_decisions(&store, &manifests).unwrap(), expected);
    }
}
