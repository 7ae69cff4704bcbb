//! `[[surprises]]`: rewards that no published rule promises.

use super::Build;
use super::quoted::Condition;
use super::reader::{Item, Placed, Reader, Rows, Value};
use super::table::{KindWord, Kinds, Plain, Shape, table};
use super::values::{Count, Date, Duration, Id, Many, Ref, RewardSort, Share};
use crate::condition::{Expected, Occasion};
use crate::cron;
use crate::finding::{Code, Place};
use crate::program::{Schedule, Surprise};

table! {
    /// A reward that no published rule promises. Order: audience, cool-down, draw, budget.
    SurpriseKeys as "[[surprises]]" {
        /// Its id.
        required id: Id,
        /// When it occurs.
        required schedule: ScheduleTable,
        /// The audience, asked at the start of the occurrence's day.
        required when: Condition,
        /// What winners get.
        required reward: Ref<RewardSort>,
        /// `{ count = k }`: at most k winners an occurrence, those with the lowest tickets; or `"none"`.
        required budget: Budget,
        /// A winner does not draw again before so long after the win.
        optional cooldown: Duration,
        /// Name that members see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Several rewards of which one is given.
        rewards instead [reward],
        /// Which of several rewards is given.
        rotation,
        /// When the hash of the day's key is published.
        commitment,
        /// When the day's key is published.
        reveal,
        /// A published minimum.
        promised,
        /// First day.
        from,
        /// First day after it.
        before,
    }
}

table! {
    /// Everybody in the audience draws, and wins with this probability.
    ChanceTable as "[[surprises]]" {
        /// The probability of a win.
        required chance: Share,
    }
}

table! {
    /// Occurrences in local time. A time that a change of the clock skips is skipped, one that comes twice counts once.
    ScheduleTable as "schedule" {
        /// Six fields, as EventBridge writes them: minutes, hours, day of month, month, day of week, year; exactly one of the two days is `?`.
        required cron: String,
        /// First day.
        optional from: Date,
        /// First day after it.
        optional before: Date,
    }
    later {
        /// Moved later by a keyed draw.
        within,
        /// Dates drawn under a key.
        times instead [cron],
        /// The stretch in which dates are drawn.
        per,
        /// Least distance of drawn dates.
        apart,
        /// Named dates.
        calendar instead [cron],
    }
}

table! {
    /// A limit over the whole programme.
    BudgetTable as "budget" {
        /// Most winners of one occurrence.
        required count: Count,
    }
    later {
        /// In which stretch.
        per,
        /// In money.
        money instead [count],
        /// In points.
        points instead [count],
    }
}

/// A budget: a limit, or none.
#[derive(Debug)]
pub(crate) struct Budget(Option<u64>);

impl Value for Budget {
    fn shape() -> Shape {
        Shape::Either(vec![
            BudgetTable::shape(),
            Shape::Plain(Plain {
                wants: "`\"none\"`",
                example: "\"none\"",
                schema: || serde_json::json!({ "const": "none" }),
            }),
        ])
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if item.get_ref().as_str() == Some("none") {
            return Some(Budget(None));
        }
        if item.get_ref().as_table().is_none() {
            reader.wrong_type(item, "a table or `\"none\"`", "{ count = 20 }");
            return None;
        }
        let table = BudgetTable::read(item, reader)?;
        Some(Budget(Some(table.count?.value.0.unsigned_abs())))
    }
}

/// A surprise as it was read.
#[derive(Debug)]
pub(crate) struct SurpriseTable {
    keys: SurpriseKeys,
    chance: Option<Placed<Share>>,
}

const LATER: &[&str] = &["winners", "everyone", "threshold", "task"];

impl Value for SurpriseTable {
    fn shape() -> Shape {
        let table = SurpriseKeys::table();
        let mut kinds = vec![KindWord {
            word: "chance",
            table: Some(ChanceTable::table()),
        }];
        kinds.extend(LATER.iter().map(|word| KindWord { word, table: None }));
        Shape::Kinds(Kinds {
            title: "[[surprises]]",
            doc: table.doc,
            common: table.keys,
            kinds,
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        reader.kind(item, "[[surprises]]", &["chance"], LATER)?;
        let row = reader.kind_row(item, &ChanceTable::table(), &SurpriseKeys::table().keys)?;
        Some(SurpriseTable {
            keys: SurpriseKeys::from_row(&row, reader),
            chance: ChanceTable::from_row(&row, reader).chance,
        })
    }
}

/// Checks the surprises.
pub(crate) fn surprises(build: &mut Build<'_>, raw: Many<SurpriseTable>) -> Vec<Surprise> {
    build.unique("surprise", raw.iter().map(|raw| raw.value.keys.id.as_ref()));
    raw.into_iter()
        .filter_map(|raw| surprise(build, raw))
        .collect()
}

fn surprise(build: &mut Build<'_>, raw: Placed<SurpriseTable>) -> Option<Surprise> {
    let keys = raw.value.keys;
    let schedule = keys
        .schedule
        .and_then(|schedule| self::schedule(build, schedule));
    let when = keys.when.and_then(|when| {
        build.compile(
            &when.value.0,
            Occasion::Schedule,
            false,
            Expected::Condition,
        )
    });
    Some(Surprise {
        absent: false,
        id: keys.id?.value.0,
        place: raw.place,
        name: keys.name.map(|name| name.value),
        schedule: schedule?,
        when: when?,
        chance: raw.value.chance?.value.0,
        reward: keys.reward?.value.0,
        budget: keys.budget?.value.0,
        cooldown: keys.cooldown.map(|cooldown| cooldown.value.0),
    })
}

fn schedule(build: &mut Build<'_>, raw: Placed<ScheduleTable>) -> Option<Schedule> {
    let table = raw.value;
    build.range(table.from.as_ref(), table.before.as_ref());
    let text = table.cron?;
    if let Err(problem) = cron::check(&text.value) {
        let place = field(build, text.place, &text.value, problem.field);
        build.reader.find(
            Code::Schedule,
            place,
            problem.message,
            problem.label,
            problem.help,
        );
        return None;
    }
    Some(Schedule {
        place: raw.place,
        cron: text.value,
        from: table.from.map(|from| from.value.0),
        before: table.before.map(|before| before.value.0),
    })
}

/// The place of one field inside the string, or the whole string.
fn field(build: &Build<'_>, place: Place, text: &str, field: Option<usize>) -> Place {
    let raw = build.reader.at(place);
    let Some(start) = raw.find(text) else {
        return place;
    };
    let found = field.and_then(|field| text.split_whitespace().nth(field));
    let Some(word) = found else {
        return place;
    };
    // Both are parts of the same text, so their distance is the offset.
    let offset = word.as_ptr() as usize - text.as_ptr() as usize;
    let begin = place.start as usize + start + offset;
    build.reader.place(begin..begin + word.len())
}
