//! What every KPI kind provides ([`Measure`]), and what it is given ([`Scope`]).

use super::facts::{AccountFacts, OrderFact, PointsFact};
use super::figure::{Amount, Figure, Unit, Window};
use super::holder::Holder;
use super::partial::{Partial, Shape};
use super::window::Windows;
use crate::calendar::{Day, Per};
use crate::program::{By, Kpi, KpiKind, Program};

/// What a KPI is, for the reference page.
#[derive(Debug, Clone, Copy)]
pub struct Doc {
    /// In a few words, as it stands above a table.
    pub short: &'static str,
    /// In full sentences.
    pub definition: &'static str,
    /// Numerator over denominator.
    pub formula: &'static str,
    /// Whose definition it is.
    pub source: &'static str,
    /// The formula one would write first, and why it gives another number.
    pub naive: &'static str,
}

/// A kind of KPI. One file, one registration in [`super::REGISTRY`].
///
/// [`observe`](Measure::observe) adds one account to a partial, partials of shards are merged in any
/// order, [`finish`](Measure::finish) turns the whole into figures.
pub trait Measure: Sync {
    /// Which one it is.
    fn kind(&self) -> KpiKind;
    /// What it is.
    fn doc(&self) -> Doc;
    /// What its value counts.
    fn unit(&self) -> Unit;
    /// How much it counts.
    fn shape(&self, scope: &Scope<'_>) -> Shape;
    /// The windows that it counts in, where they are not those of the KPI.
    fn windows(&self, per: Per) -> Per {
        per
    }
    /// Counts one account.
    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial);
    /// The figures of everything counted: by window, the total before its groups.
    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure>;

    /// Whether the programme does better when the value falls; asked where an objective's target is
    /// its baseline and so does not say it.
    fn falls_when_better(&self) -> bool {
        false
    }

    /// Whether it counts orders, so that `when` can choose among them.
    fn counts_orders(&self) -> bool {
        true
    }

    /// Whether it only adds up rows of the ledger by day: where accounts are not told apart by rung, all
    /// of them can then be counted as if they were one.
    fn adds_up(&self) -> bool {
        false
    }

    /// Why this KPI cannot have that window, if it cannot.
    fn refuses(&self, _per: Per) -> Option<&'static str> {
        None
    }
}

/// One KPI of a programme, with its windows.
#[derive(Debug, Clone)]
pub struct Scope<'p> {
    /// Index in `Program::kpis`.
    pub index: usize,
    /// The KPI.
    pub kpi: &'p Kpi,
    /// The programme.
    pub program: &'p Program,
    /// Over what it counts.
    pub per: Per,
    /// Its windows up to the day of the report.
    pub windows: Windows,
    /// Bit of [`OrderFact::passes`], if the KPI has a condition.
    pub filter: u64,
}

impl Scope<'_> {
    /// How many rungs the ladder has.
    pub fn rungs(&self) -> usize {
        self.program
            .tiers
            .as_ref()
            .map_or(0, |tiers| tiers.rungs.len())
    }

    /// Whether accounts are counted apart by the rung they hold.
    pub fn by_rung(&self) -> bool {
        self.rungs() > 0 && self.kpi.by.contains(&By::Rung)
    }

    /// Groups that are counted apart: each rung, and those who hold none (they have not joined).
    pub fn groups(&self) -> usize {
        if self.by_rung() { self.rungs() + 1 } else { 1 }
    }

    /// The shape of a KPI that counts so much for each group.
    pub fn shape(&self, counters: usize, tallies: usize) -> Shape {
        Shape {
            groups: self.groups(),
            counters,
            tallies,
        }
    }

    /// Whether an order counts: up to the day of the report, by the KPI's condition, and for net KPIs
    /// only if something of it is left.
    fn counts(&self, order: &OrderFact) -> bool {
        order.day <= self.windows.as_of()
            && !(self.kpi.net && order.whole)
            && (self.filter == 0 || order.passes & self.filter != 0)
    }

    /// The orders that count.
    pub fn orders<'a>(&self, facts: &AccountFacts<'a>) -> impl Iterator<Item = &'a OrderFact> {
        facts.orders.iter().filter(|order| self.counts(order))
    }

    /// Changes of the wallet whose points count.
    pub fn points<'a>(&self, facts: &AccountFacts<'a>) -> impl Iterator<Item = &'a PointsFact> {
        let wallet = self.kpi.wallet;
        let points = facts.points.iter();
        points.filter(move |fact| fact.wallet == wallet)
    }

    /// What an order brings: net of discounts and refunds, or gross of both.
    pub fn revenue(&self, order: &OrderFact) -> i128 {
        if self.kpi.net {
            i128::from(order.net) - i128::from(order.refunded)
        } else {
            i128::from(order.gross)
        }
    }

    /// Follows the rung of an account from window to window.
    pub fn holder<'a>(&self, facts: &AccountFacts<'a>) -> Holder<'a> {
        Holder::new(facts, self.rungs(), self.by_rung())
    }

    /// The group at the end of a window. Ask in the order of the windows.
    pub fn group(&self, holder: &mut Holder<'_>, window: i32) -> usize {
        if holder.grouped() {
            holder.at(self.windows.before(window))
        } else {
            0
        }
    }

    /// Books the changes of something that an account holds (points, its membership) into the group
    /// that it is in at the end of each window; when the account moves to another group, what it
    /// holds moves along. `changes` are (window, amount) in the order of time.
    pub fn carry(
        &self,
        facts: &AccountFacts<'_>,
        mut holder: Holder<'_>,
        changes: impl Iterator<Item = (i32, i128)>,
        counter: usize,
        into: &mut Partial,
    ) {
        let last = self.windows.last();
        let mut changes = changes.take_while(|(window, _)| *window <= last).peekable();
        let grouped = holder.grouped();
        let regroupings = facts
            .enrolled
            .into_iter()
            .chain(facts.rungs.iter().map(|moved| moved.day))
            .filter(|_| grouped)
            .map(|day| self.windows.number(day))
            .take_while(|window| *window <= last);
        let mut regroupings = regroupings.peekable();
        let (mut held, mut group) = (0, None);
        loop {
            let next = match (changes.peek(), regroupings.peek()) {
                (Some((change, _)), Some(regrouping)) => *change.min(regrouping),
                (Some((change, _)), None) => *change,
                (None, Some(regrouping)) => *regrouping,
                (None, None) => return,
            };
            let mut change = 0;
            while let Some((_, amount)) = changes.next_if(|(window, _)| *window <= next) {
                change += amount;
            }
            while regroupings.next_if(|window| *window <= next).is_some() {}
            let now = self.group(&mut holder, next);
            match group {
                Some(former) if former != now => {
                    into.add(next, former, counter, -held);
                    into.add(next, now, counter, held + change);
                }
                _ => into.add(next, now, counter, change),
            }
            held += change;
            group = Some(now);
        }
    }

    /// The orders that count and lie in a complete window, each with the number of its window.
    pub fn dated<'a>(
        &self,
        facts: &AccountFacts<'a>,
    ) -> impl Iterator<Item = (i32, &'a OrderFact)> {
        let last = self.windows.last();
        self.orders(facts)
            .map(|order| (self.windows.number(order.day), order))
            .take_while(move |(window, _)| *window <= last)
    }

    /// Calls `book` once for every window in which the account bought, in their order.
    pub fn each_window(
        &self,
        facts: &AccountFacts<'_>,
        into: &mut Partial,
        mut book: impl FnMut(Bought, &mut Partial),
    ) {
        let mut orders = self.dated(facts);
        let Some((window, first)) = orders.next() else {
            return;
        };
        into.seen(first.day);
        let mut holder = self.holder(facts);
        let mut start = |window, order| Bought {
            window,
            group: self.group(&mut holder, window),
            orders: 1,
            revenue: self.revenue(order),
        };
        let mut bought = start(window, first);
        for (window, order) in orders {
            if window == bought.window {
                bought.orders += 1;
                bought.revenue += self.revenue(order);
            } else {
                book(bought, into);
                bought = start(window, order);
            }
        }
        book(bought, into);
    }

    /// Adds up amounts by window, in the first counter. `amounts` are (day, amount) in the order of
    /// time.
    pub fn sum(
        &self,
        facts: &AccountFacts<'_>,
        amounts: impl Iterator<Item = (Day, i128)>,
        into: &mut Partial,
    ) {
        self.seen_any(facts, into);
        let last = self.windows.last();
        let mut amounts = amounts
            .map(|(day, amount)| (self.windows.number(day), amount))
            .take_while(|(window, _)| *window <= last)
            .peekable();
        let mut holder = self.holder(facts);
        while let Some((window, mut sum)) = amounts.next() {
            while let Some((_, amount)) = amounts.next_if(|(next, _)| *next == window) {
                sum += amount;
            }
            into.add(window, self.group(&mut holder, window), 0, sum);
        }
    }

    /// Figures of a KPI that only adds up.
    pub fn sums(&self, counted: &Partial, unit: (Unit, u8)) -> Vec<Figure> {
        let listed = self.listed(counted);
        self.figures(counted, listed, unit, |counter| (counter(0), 1))
    }

    /// Figures of a KPI that adds up points, with the digits of its wallet.
    pub fn sums_of_points(&self, counted: &Partial) -> Vec<Figure> {
        let wallet = self.program.wallet(self.kpi.wallet);
        let (digits, grain) = wallet.map_or((0, 1), |it| (it.scale, it.grain(self.program)));
        let unit = (Unit::Points, digits);
        // Points of a coarser wallet come in whole grains.
        self.figures(counted, self.listed(counted), unit, |counter| {
            (counter(0) / i128::from(grain), 1)
        })
    }

    /// Notes the day of the first thing known of an account.
    pub fn seen_any(&self, facts: &AccountFacts<'_>, into: &mut Partial) {
        if let Some(day) = facts.first_day()
            && day <= self.windows.as_of()
        {
            into.seen(day);
        }
    }

    /// A window as it stands in figures.
    pub fn window(&self, number: i32, counted: &Partial) -> Window {
        self.windows.window(number, counted.first())
    }

    /// Name of a group, as it stands in figures; empty for the total.
    pub fn by(&self, group: Option<usize>) -> Vec<(String, String)> {
        group.map_or_else(Vec::new, |group| {
            vec![("rung".to_owned(), self.rung_name(group))]
        })
    }

    /// Id of a rung; `none` beyond the last.
    pub fn rung_name(&self, rung: usize) -> String {
        let rungs = self.program.tiers.as_ref().map(|tiers| &tiers.rungs);
        rungs
            .and_then(|rungs| rungs.get(rung))
            .map_or_else(|| "none".to_owned(), |rung| rung.id.clone())
    }

    /// The total and then each group that is counted apart; those without a rung only where there is
    /// somebody among them (`inhabited`).
    pub fn parts(&self, inhabited: bool) -> impl Iterator<Item = Option<usize>> {
        let rungs = if self.by_rung() { self.rungs() } else { 0 };
        let none = (self.by_rung() && inhabited).then_some(Some(rungs));
        std::iter::once(None)
            .chain((0..rungs).map(Some))
            .chain(none)
    }

    /// A figure for every listed window, in total and by group. `read` gives numerator and
    /// denominator from the counters of the part in question.
    pub fn figures(
        &self,
        counted: &Partial,
        numbers: impl Iterator<Item = i32>,
        (unit, digits): (Unit, u8),
        read: impl Fn(&dyn Fn(usize) -> i128) -> (i128, i128),
    ) -> Vec<Figure> {
        let mut figures = Vec::new();
        for number in numbers {
            let none = counted.groups() - 1;
            let inhabited = (0..counted.counters()).any(|at| counted.get(number, none, at) != 0);
            for part in self.parts(inhabited) {
                let (numerator, denominator) = read(&|counter| match part {
                    Some(group) => counted.get(number, group, counter),
                    None => counted.total(number, counter),
                });
                figures.push(Figure {
                    kpi: self.index,
                    window: self.window(number, counted),
                    by: self.by(part),
                    numerator: Amount {
                        units: numerator,
                        digits,
                    },
                    denominator,
                    unit,
                });
            }
        }
        figures
    }

    /// Numbers of the windows to list.
    pub fn listed(&self, counted: &Partial) -> std::ops::Range<i32> {
        self.windows.listed(counted.first())
    }
}

/// What an account bought in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bought {
    /// Number of the window.
    pub window: i32,
    /// The group that the account is in at its end.
    pub group: usize,
    /// Orders that count.
    pub orders: i128,
    /// What they bring, in minor units.
    pub revenue: i128,
}
