//! Batches for the tests, by hand and by chance.

use super::World;
use crate::calendar::Zone;
use crate::canonical::{Kind, Type};
use crate::condition::columns::Frame;
use crate::condition::evaluate::{At, State};
use crate::condition::expression::{AccountColumn, MemberColumn, MomentColumn};
use crate::event::{Batch, Ids, Texts, Values};
use crate::finding::Place;
use crate::program::Dataset;
use arrow_array::StringArray;
use arrow_buffer::NullBuffer;
use proptest::prelude::*;
use std::sync::LazyLock;

/// The texts that columns have.
pub const TEXTS: [&str; 8] = [
    "drink",
    "food",
    "beans",
    "DRINK",
    "",
    "Éclair",
    "a\u{301}b",
    "417",
];

/// Zones with summer time, with a gap at midnight, with half an hour of summer time, and without.
pub const ZONES: [&str; 4] = [
    "Europe/Dublin",
    "America/Santiago",
    "Australia/Lord_Howe",
    "UTC",
];

/// A zone; its table of midnights is made once for all cases.
pub fn zone(name: &str) -> Zone {
    static MADE: LazyLock<Vec<Zone>> = LazyLock::new(|| {
        ZONES
            .iter()
            .map(|name| Zone::named(name).unwrap())
            .collect()
    });
    MADE.iter()
        .find(|zone| zone.name() == name)
        .unwrap()
        .clone()
}

pub fn dataset(id: &str) -> Dataset {
    Dataset {
        absent: false,
        id: id.to_owned(),
        place: Place::default(),
        event: Kind::Order,
        file: String::new(),
        format: None,
        event_id: vec![],
        member: String::new(),
        account: None,
        time: String::new(),
        revision: None,
        zone: None,
        line: None,
        fixed: vec![],
        columns: vec![],
        purpose: None,
        retention: None,
    }
}

/// Texts of which some are missing.
pub fn texts(values: &[Option<&str>]) -> Texts {
    let codes = values.iter().map(|value| match value {
        Some(value) => TEXTS.iter().position(|text| text == value).unwrap() as i32,
        None => -7, // a code without a value may be anything
    });
    Texts {
        codes: codes.collect(),
        valid: Some(values.iter().map(Option::is_some).collect()),
        dictionary: StringArray::from_iter_values(TEXTS),
    }
}

/// Numbers of which some are missing.
pub fn numbers(values: &[Option<i64>]) -> Values {
    Values::Number {
        // Where there is no value anything may stand.
        values: values
            .iter()
            .map(|value| value.unwrap_or(i64::MIN))
            .collect(),
        valid: Some(values.iter().map(Option::is_some).collect::<NullBuffer>()),
    }
}

/// Numbers by chance from a seed (SplitMix64): a batch has thousands, which proptest would each keep a
/// tree for.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn within(&mut self, range: std::ops::Range<i64>) -> i64 {
        range.start + (self.next() % (range.end - range.start) as u64) as i64
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.next().is_multiple_of(many)
    }

    /// A number of a column, now and then one at the end of what fits.
    fn number(&mut self, kind: Type) -> i64 {
        match kind {
            Type::Boolean => self.within(0..2),
            Type::Date => self.within(-30_000..60_000),
            Type::Time => self.within(-30_000..60_000) * 86_400_000_000 + 12_345_678,
            Type::MonthDay => self.within(1..13) * 100 + self.within(1..29),
            _ => match self.within(0..40) {
                0 => i64::MAX,
                1 => i64::MIN,
                2 => self.next() as i64,
                3..=20 => self.within(-3..6),
                _ => self.within(-2_000..20_000),
            },
        }
    }

    fn numbers(&mut self, kind: Type, rows: usize) -> Values {
        let values: Vec<_> = (0..rows)
            .map(|_| (!self.one_in(5)).then(|| self.number(kind)))
            .collect();
        numbers(&values)
    }

    fn texts(&mut self, rows: usize) -> Texts {
        let values: Vec<_> = (0..rows)
            .map(|_| (!self.one_in(5)).then(|| TEXTS[self.within(0..8) as usize]))
            .collect();
        if self.one_in(2) {
            // One code a row: repeated texts, and a slot for what is empty.
            Texts::plain(StringArray::from(values))
        } else {
            texts(&values)
        }
    }
}

/// A batch of orders; some columns are missing as a whole.
pub fn batch(world: &World) -> impl Strategy<Value = Batch> + use<> {
    let kinds: Vec<Type> = world
        .columns
        .iter()
        .map(|column| column.kind_of_value)
        .collect();
    (1usize..80, any::<u64>()).prop_map(move |(rows, seed)| {
        let mut chance = Chance(seed);
        let columns = kinds.iter().map(|kind| {
            (!chance.one_in(10)).then(|| match kind {
                Type::Text => Values::Text(chance.texts(rows)),
                kind => chance.numbers(*kind, rows),
            })
        });
        let columns = columns.collect();
        let account = chance.texts(rows);
        let ids: Vec<Option<i64>> = (0..rows)
            .map(|_| (!chance.one_in(3)).then(|| chance.within(410..420)))
            .collect();
        Batch {
            rows,
            account: Texts {
                valid: None,
                codes: account.codes.iter().map(|code| (*code).max(0)).collect(),
                dictionary: account.dictionary,
            },
            member: (!chance.one_in(3)).then(|| chance.texts(rows)),
            time: (0..rows)
                .map(|_| chance.within(-1_000_000_000..3_000_000_000) * 1_000_000 + 7)
                .collect(),
            kind: vec![Kind::Order as u8; rows].into(),
            source: (0..rows).map(|_| chance.within(0..2) as u16).collect(),
            id: Ids {
                numbers: ids.iter().map(|id| id.unwrap_or(-1)).collect(),
                texts: Some(
                    ids.iter()
                        .map(|id| id.is_none().then_some("A-1"))
                        .collect::<StringArray>(),
                ),
            },
            line: vec![1; rows].into(),
            channel: (!chance.one_in(3)).then(|| chance.texts(rows)),
            store: None,
            columns,
        }
    })
}

/// What is known of one account, as the tests need it.
#[derive(Default)]
pub struct Known {
    pub account: Vec<(AccountColumn, i64)>,
    pub member: Vec<(MemberColumn, i64)>,
    pub member_text: Vec<(MemberColumn, &'static str)>,
    pub moment: Vec<(MomentColumn, i64)>,
}

fn look<K: PartialEq, V: Copy>(known: &[(K, V)], wanted: K) -> Option<V> {
    known
        .iter()
        .find(|(key, _)| *key == wanted)
        .map(|(_, value)| *value)
}

impl State for Known {
    fn account(&self, column: AccountColumn) -> Option<i64> {
        look(&self.account, column)
    }
    fn member_number(&self, column: MemberColumn) -> Option<i64> {
        look(&self.member, column)
    }
    fn member_text(&self, column: MemberColumn) -> Option<&str> {
        look(&self.member_text, column)
    }
    fn moment(&self, column: MomentColumn) -> Option<i64> {
        look(&self.moment, column)
    }
}

/// One row of a frame.
pub fn at<'a>(frame: &Frame<'a>, row: usize) -> At<'a> {
    At::row(
        frame.batch,
        row,
        frame.days[row],
        frame.zone,
        frame.datasets,
    )
}
