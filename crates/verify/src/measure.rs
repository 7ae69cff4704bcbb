//! Metrics: for each one a list of what the events contributed, added up anew each time it is asked.

use crate::ask::{Question, Value, View};
use crate::days::Window;
use crate::exact::{Checked, Overflow, fraction, unit};
use crate::reading::Reading;
use rungs_engine::calendar::{Day, Instant, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::program::{MetricKind, Pool};
use std::collections::BTreeMap;
use std::ops::Range;

/// What one event contributed to one metric.
#[derive(Debug, Clone)]
pub(crate) struct Contribution {
    /// Index of the event's record.
    pub(crate) record: usize,
    pub(crate) at: Instant,
    pub(crate) day: Day,
    /// Index of the member.
    pub(crate) member: usize,
    /// What is added, in the metric's unit.
    pub(crate) amount: i128,
    /// When it leaves the window of a metric that the rung follows, if it ever does.
    leaves: Option<Instant>,
    /// The values that are told apart or remembered: codes into the list's dictionary.
    pub(crate) values: Vec<usize>,
}

/// What an event contributes: an amount and values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Worth {
    pub(crate) amount: i128,
    pub(crate) values: Vec<Value<'static>>,
}

#[derive(Debug, Default)]
struct List {
    parts: Vec<Contribution>,
    /// How many of them a version has let go: they count no more, unless a later one asks for what was done then.
    gone: usize,
    codes: BTreeMap<Value<'static>, usize>,
    dictionary: Vec<Value<'static>>,
}

/// All metrics of an account.
pub(crate) struct Measures<'a> {
    reading: &'a Reading<'a>,
    lists: Vec<List>,
}

impl<'a> Measures<'a> {
    pub(crate) fn new(reading: &'a Reading<'a>) -> Measures<'a> {
        Measures {
            reading,
            lists: reading
                .program
                .metrics
                .iter()
                .map(|_| List::default())
                .collect(),
        }
    }

    /// Another version judges from now on; what it drops begins anew. What its rung follows leaves by its windows.
    pub(crate) fn judged_by(&mut self, reading: &'a Reading<'a>, dropped: &[bool]) {
        self.reading = reading;
        for (list, dropped) in self.lists.iter_mut().zip(dropped) {
            if *dropped {
                list.gone = list.parts.len();
            }
        }
        for metric in &reading.followed {
            let per = reading.program.metrics[*metric]
                .window
                .unwrap_or(Per::Period);
            for part in &mut self.lists[*metric].parts {
                part.leaves = reading.days.leaves(per, part.at, part.day);
            }
        }
    }

    /// Adds what an event contributed; events come in their order.
    pub(crate) fn add(
        &mut self,
        metric: usize,
        worth: Worth,
        record: usize,
        at: Instant,
        day: Day,
        member: usize,
    ) {
        let leaves = if self.reading.followed.contains(&metric) {
            let per = self.reading.program.metrics[metric].window;
            self.reading
                .days
                .leaves(per.unwrap_or(Per::Period), at, day)
        } else {
            None
        };
        let list = &mut self.lists[metric];
        let values = list.encode(worth.values);
        list.parts.push(Contribution {
            record,
            at,
            day,
            member,
            amount: worth.amount,
            leaves,
            values,
        });
    }

    /// Replaces what an event contributed: from now on that is so, dated as before.
    pub(crate) fn replace(&mut self, metric: usize, worth: Worth, record: usize) {
        let list = &mut self.lists[metric];
        let values = list.encode(worth.values);
        if let Ok(index) = list.parts.binary_search_by(|part| part.record.cmp(&record)) {
            list.parts[index].amount = worth.amount;
            list.parts[index].values = values;
        }
    }

    /// The number that a metric adds up to in a window, in the metric's unit. `member` matters only for
    /// metrics of members.
    pub(crate) fn total(&self, metric: usize, window: Window, member: usize) -> i128 {
        self.sum(metric, self.parts(metric, window, member))
    }

    /// What was ever counted on some days, also what a version has let go since, as far as `counts` says of the
    /// records.
    pub(crate) fn total_of_days(
        &self,
        metric: usize,
        days: Range<Day>,
        counts: impl Fn(usize) -> bool,
    ) -> i128 {
        let parts = self.lists[metric].parts.iter();
        let of_days = parts.filter(|part| days.contains(&part.day) && counts(part.record));
        self.sum(metric, of_days)
    }

    /// What some parts of a metric add up to.
    fn sum<'p>(&self, metric: usize, parts: impl Iterator<Item = &'p Contribution>) -> i128 {
        if self.reading.program.metrics[metric].kind != MetricKind::Distinct {
            return parts.fold(0, |sum: i128, part| sum.saturating_add(part.amount));
        }
        let mut seen = vec![false; self.lists[metric].dictionary.len()];
        let mut sum = 0;
        for part in parts {
            sum = i128::saturating_add(sum, part.amount);
            for code in &part.values {
                if !seen[*code] {
                    seen[*code] = true;
                    sum += self.reading.units[metric];
                }
            }
        }
        sum
    }

    /// The value of a metric as a column of a condition.
    pub(crate) fn value(
        &self,
        metric: usize,
        window: Window,
        member: usize,
    ) -> Option<Value<'static>> {
        let list = &self.lists[metric];
        // The newest part comes first.
        let code = match self.reading.program.metrics[metric].kind {
            MetricKind::First => self
                .parts(metric, window, member)
                .filter_map(|part| part.values.first())
                .last(),
            MetricKind::Last => self
                .parts(metric, window, member)
                .find_map(|part| part.values.last()),
            _ => {
                let total = self.total(metric, window, member);
                return Some(Value::Number(fraction(total, self.reading.units[metric])));
            }
        };
        code.map(|code| list.dictionary[*code].clone())
    }

    fn parts(
        &self,
        metric: usize,
        window: Window,
        member: usize,
    ) -> impl Iterator<Item = &Contribution> {
        let of_member = self.reading.program.metrics[metric].pool == Pool::Member;
        let list = &self.lists[metric];
        list.parts[list.gone..]
            .iter()
            .rev()
            .take_while(move |part| !window.begins_after(part.at, part.day))
            .filter(move |part| {
                window.holds(part.at, part.day) && (!of_member || part.member == member)
            })
    }

    /// The next instant after `now` at which something leaves the window of a metric that the rung follows.
    pub(crate) fn next_change(&self, now: Instant) -> Option<Instant> {
        self.reading
            .followed
            .iter()
            .filter_map(|metric| {
                let list = &self.lists[*metric];
                let parts = &list.parts[list.gone..];
                // Older things leave earlier.
                let gone =
                    parts.partition_point(|part| part.leaves.is_some_and(|instant| instant <= now));
                parts.get(gone)?.leaves
            })
            .min()
    }
}

impl List {
    fn encode(&mut self, values: Vec<Value<'static>>) -> Vec<usize> {
        values
            .into_iter()
            .map(|value| {
                if let Some(code) = self.codes.get(&value) {
                    return *code;
                }
                let code = self.dictionary.len();
                self.dictionary.push(value.clone());
                self.codes.insert(value, code);
                code
            })
            .collect()
    }
}

/// What an event contributes to a metric on its kind. A metric that mentions the line looks at each line:
/// sums add up, distinct values count each, an event counts once if one line fits. Where nothing is left
/// of the lines, nothing is contributed.
pub(crate) fn worth(
    reading: &Reading<'_>,
    metric: usize,
    question: &Question<'_>,
    view: &View<'_>,
) -> Checked<Worth> {
    let declared = &reading.program.metrics[metric];
    let mut worth = Worth::default();
    if view.lines.is_empty() {
        return Ok(worth);
    }
    let lines = if reading.by_line[metric] {
        0..view.lines.len()
    } else {
        0..1
    };
    let unit = reading.units[metric];
    for line in lines {
        let question = question.at_line(line);
        if !question.holds_or_none(declared.when.as_ref())? {
            continue;
        }
        match declared.kind {
            MetricKind::Events => worth.amount = unit,
            MetricKind::Sum => {
                if let Some(of) = &declared.of {
                    let number = question.number(of)?.unwrap_or_default();
                    worth.amount = worth
                        .amount
                        .checked_add(in_units(number, unit)?)
                        .ok_or(Overflow)?;
                }
            }
            MetricKind::Distinct | MetricKind::First | MetricKind::Last => {
                if let Some(of) = &declared.of {
                    worth.values.extend(question.value(of)?.map(Value::kept));
                }
            }
            MetricKind::Granted | MetricKind::Spent => {}
        }
    }
    Ok(worth)
}

/// A number in a metric's unit. The unit is chosen so that nothing is lost.
pub(crate) fn in_units(number: crate::exact::Exact, unit: i128) -> Checked<i128> {
    Ok(number
        .numer()
        .checked_mul(unit)
        .ok_or(Overflow)?
        .div_euclid(*number.denom()))
}

/// Metrics on this kind of event.
pub(crate) fn on<'a>(reading: &'a Reading<'_>, kind: Kind) -> impl Iterator<Item = usize> + 'a {
    let metrics = &reading.program.metrics;
    (0..metrics.len()).filter(move |index| metrics[*index].on == Some(kind))
}

/// Scaled points in a metric's unit.
pub(crate) fn points_in_units(reading: &Reading<'_>, metric: usize, points: i64) -> i128 {
    i128::from(points) * (reading.units[metric] / unit(reading.scale()))
}
