//! The rung, its end, and what is missing to the next one.

use super::expected::{Asked, told};
use super::{Difference, Table};
use rungs_engine::calendar::day_text;
use rungs_engine::fold::Way;
use rungs_engine::ledger::canonical::rung_text;
use rungs_engine::number::Rational;
use std::collections::BTreeMap;

impl Asked<'_> {
    pub(super) fn rung(self) -> Option<Difference> {
        let expected = self.expect.rung.as_deref()?;
        let rung = self.settled.map_or(0, |it| it.state.rung);
        let actual = rung_text(self.program(), rung).unwrap_or_default();
        (actual != expected).then(|| {
            let difference = self.values("rung", expected.to_owned(), actual.to_owned());
            Difference {
                booked: Some(self.moves()),
                ..difference
            }
        })
    }

    pub(super) fn rung_until(self) -> Option<Difference> {
        let expected = self.expect.rung_until?;
        let actual = self.settled.and_then(|it| it.state.until);
        (actual != Some(expected)).then(|| {
            let actual = actual.map_or_else(|| "no end".to_owned(), day_text);
            Difference {
                booked: Some(self.moves()),
                ..self.values("rung_until", day_text(expected), actual)
            }
        })
    }

    /// Every move on the ladder, and what is missing to the next rung.
    fn moves(self) -> Table {
        let rung = |rung: u8| {
            rung_text(self.program(), rung)
                .unwrap_or_default()
                .to_owned()
        };
        let moves = self.settled.map_or(&[][..], |it| &it.kept.rungs);
        let mut rows: Vec<Vec<String>> = moves
            .iter()
            .map(|moved| {
                vec![
                    self.date(moved.at),
                    moved.reason.text().to_owned(),
                    rung(moved.from),
                    rung(moved.to),
                    moved.until.map_or_else(String::new, day_text),
                    moved
                        .event
                        .as_ref()
                        .map_or_else(String::new, |event| event.1.to_string()),
                ]
            })
            .collect();
        if let Some((next, ways)) = self.ways() {
            let ways: Vec<String> = ways.iter().map(|way| self.way(&gaps(way))).collect();
            let missing = format!("missing {}", ways.join(" or "));
            rows.push(vec![
                day_text(self.expect.on),
                missing,
                String::new(),
                rung(next as u8),
                String::new(),
                String::new(),
            ]);
        }
        told(&["date", "reason", "from", "to", "until", "event"], rows)
    }

    fn ways(self) -> Option<(usize, Vec<Way>)> {
        self.settled?
            .state
            .next_rung(self.plan(), self.end() - 1, self.expect.on)
    }

    /// What is missing on one way, in words.
    fn way(self, gaps: &BTreeMap<usize, i64>) -> String {
        let part = |(metric, gap): (&usize, &i64)| {
            let declared = &self.program().metrics[*metric];
            let gap =
                Rational::new(i128::from(*gap), i128::from(declared.den)).unwrap_or(Rational::ZERO);
            format!("{} {gap}", declared.id)
        };
        gaps.iter().map(part).collect::<Vec<_>>().join(" and ")
    }

    /// What is missing to the next rung: on one way, or on all of them together; what is reached may be
    /// left out.
    pub(super) fn missing(self) -> Option<Difference> {
        let expected: BTreeMap<usize, i64> =
            self.expect.missing.as_ref()?.iter().copied().collect();
        let open = |gaps: &BTreeMap<usize, i64>| -> BTreeMap<usize, i64> {
            gaps.iter()
                .filter(|(_, gap)| **gap != 0)
                .map(|(metric, gap)| (*metric, *gap))
                .collect()
        };
        let ways: Vec<BTreeMap<usize, i64>> = self
            .ways()
            .map_or_else(Vec::new, |(_, ways)| ways.iter().map(gaps).collect());
        let mut candidates = ways.clone();
        // Ways that ask one metric for two values cannot be told together.
        let mut together = BTreeMap::new();
        let agree = ways
            .iter()
            .flatten()
            .all(|(metric, gap)| *together.entry(*metric).or_insert(*gap) == *gap);
        if agree {
            candidates.push(together);
        }
        let known =
            |gaps: &BTreeMap<usize, i64>| expected.keys().all(|metric| gaps.contains_key(metric));
        let fits = |gaps: &BTreeMap<usize, i64>| known(gaps) && open(gaps) == open(&expected);
        if candidates.iter().any(fits) || (ways.is_empty() && open(&expected).is_empty()) {
            return None;
        }
        let actual = if ways.is_empty() {
            "nothing: there is no higher rung".to_owned()
        } else {
            ways.iter()
                .map(|way| self.way(way))
                .collect::<Vec<_>>()
                .join(" or ")
        };
        let expected = if expected.is_empty() {
            "nothing".to_owned()
        } else {
            self.way(&expected)
        };
        Some(self.values("missing", expected, actual))
    }
}

/// What is missing on a way, by metric.
fn gaps(way: &Way) -> BTreeMap<usize, i64> {
    way.iter()
        .map(|(metric, has, needs)| (*metric, (needs - has).max(0)))
        .collect()
}
