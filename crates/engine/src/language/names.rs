//! What a programme names, gathered before anything is checked.

use super::{points, program_table, reader};
use toml::de::{DeTable, DeValue};

/// The ids of a programme.
pub(crate) fn names(root: &DeTable<'_>) -> reader::Names {
    fn get<'a, 't>(table: &'a DeTable<'t>, key: &str) -> Option<&'a reader::Item<'t>> {
        let found = table.iter().find(|(name, _)| name.get_ref() == key);
        found.map(|(_, item)| item)
    }
    fn ids(item: Option<&reader::Item<'_>>) -> Vec<String> {
        let rows = item.and_then(|item| item.get_ref().as_array());
        rows.into_iter()
            .flat_map(|rows| rows.iter())
            .filter_map(|row| get(row.get_ref().as_table()?, "id")?.get_ref().as_str())
            .map(str::to_owned)
            .collect()
    }
    let table = |key: &str| get(root, key).and_then(|item| item.get_ref().as_table());
    let mut earn = ids(get(root, "earn"));
    earn.sort();
    earn.dedup();
    let mut wallets: Vec<_> = table("points").into_iter().flatten().collect();
    wallets.sort_by_key(|(name, _)| name.span().start);
    let scale = |wallet: &reader::Item<'_>| -> Option<u8> {
        let scale = get(wallet.get_ref().as_table()?, "scale")?;
        let scale = scale.get_ref().as_integer()?.as_str().parse().ok();
        scale.filter(|scale| *scale <= points::SCALE_MOST)
    };
    let scales: Vec<u8> = (wallets.iter())
        .map(|(_, wallet)| scale(wallet).unwrap_or(0))
        .collect();
    reader::Names {
        rungs: ids(table("tiers").and_then(|tiers| get(tiers, "rung"))),
        metrics: ids(get(root, "metrics")),
        earn,
        groups: ids(get(root, "groups")),
        rewards: ids(get(root, "rewards")),
        benefits: ids(get(root, "benefits")),
        kpis: ids(get(root, "kpis")),
        wallets: wallets
            .iter()
            .map(|(name, _)| name.get_ref().to_string())
            .collect(),
        currency_digits: table("program")
            .and_then(|program| program_table::currency_digits(get(program, "currency")))
            .unwrap_or(2),
        scale: scales.iter().copied().max().unwrap_or(0),
        scales,
    }
}

/// The texts that stand directly under a key `reward`, or in a list there: rewards that something gives.
pub(crate) fn given(value: &DeValue<'_>, key: &str, out: &mut Vec<String>) {
    match value {
        DeValue::Table(table) => {
            for (name, item) in table {
                given(item.get_ref(), name.get_ref(), out);
            }
        }
        DeValue::Array(items) => {
            for item in items {
                given(item.get_ref(), key, out);
            }
        }
        DeValue::String(text) if key.starts_with("reward") => out.push(text.to_string()),
        _ => {}
    }
}
