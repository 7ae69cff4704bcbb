//! The recount over several versions of a programme: each event and each due date is judged by the version of
//! its local date. What a version finds when it begins is told here once more, from the specification.

use crate::account::Account;
use crate::days::minus;
use crate::earn::Owner;
use crate::exact::least_common;
use crate::reading::Reading;
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::ledger::RungReason;
use rungs_engine::program::{
    Cap, Carried, Limit, Program, RungEnds, Shortfall, Tiers, Validity, Versions,
};
use std::collections::BTreeSet;
use std::mem::discriminant;

/// All versions of a programme, read for the recount. Make it once and recount any number of accounts with it.
pub struct Readings<'p> {
    all: Vec<Reading<'p>>,
    /// By version: its first instant; the first also judges what is dated before it.
    starts: Vec<Instant>,
}

impl<'p> Readings<'p> {
    /// Reads checked versions.
    pub fn of(versions: &'p Versions) -> Readings<'p> {
        let mut all: Vec<Reading<'p>> = versions.all().iter().map(Reading::of).collect();
        // A metric is counted in one unit, whichever version counts.
        for metric in 0..all[0].units.len() {
            let units = all.iter().map(|reading| reading.units[metric]);
            let unit = units.fold(1, least_common);
            all.iter_mut()
                .for_each(|reading| reading.units[metric] = unit);
        }
        // What a later version asks for must be known at the time.
        for (version, reading) in all.iter_mut().enumerate() {
            for later in &versions.all()[version + 1..] {
                let said = later.migrate.regrants.iter();
                said.for_each(|said| reading.asks_for(&later.earn[said.rule]));
            }
        }
        let start = |reading: &Reading<'_>| reading.days.midnight(reading.program.from);
        let mut starts: Vec<Instant> = all.iter().map(start).collect();
        starts[0] = Instant::MIN;
        Readings { all, starts }
    }

    pub(crate) fn version(&self, version: usize) -> &Reading<'p> {
        &self.all[version]
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn newest(&self) -> &Reading<'p> {
        &self.all[self.all.len() - 1]
    }

    /// The place of the version that rules at an instant.
    pub(crate) fn at(&self, at: Instant) -> usize {
        let begun = self.starts.iter().filter(|start| **start <= at);
        begun.count() - 1
    }

    /// The version that rules at an instant.
    pub(crate) fn on(&self, at: Instant) -> &Reading<'p> {
        &self.all[self.at(at)]
    }

    /// By metric: whether a version begins anew with what the one before it counted.
    pub(crate) fn dropped(&self, version: usize) -> Vec<bool> {
        let (old, new) = (self.all[version - 1].program, self.all[version].program);
        let said = &new.migrate.metrics;
        let drops = |metric: usize| {
            let was = &old.metrics[metric];
            let drop = |it: &Carried| it.from == was.id && it.to.is_none();
            new.metrics[metric].absent || !was.absent && said.iter().any(drop)
        };
        (0..new.metrics.len()).map(drops).collect()
    }

    /// When the version after this one begins.
    pub(crate) fn next_start(&self, version: usize) -> Option<Instant> {
        self.starts.get(version + 1).copied()
    }

    /// Whether what one version counted under a cap counts on under that of the other: all versions from the
    /// one to the other have it in the same place, and count the same thing over the same time for the same
    /// pool; only the limit may differ. Gives the cap's key in the earlier version.
    pub(crate) fn same_cap(
        &self,
        (owner, number): (Owner, usize),
        now: usize,
        then: usize,
    ) -> Option<(Owner, usize)> {
        let id = match owner {
            Owner::Group(group) => Some(&self.all[now].program.groups[group].id),
            Owner::Rule(_) => None,
        };
        let key = |version: usize| match (owner, id) {
            (Owner::Group(_), Some(id)) => {
                let groups = &self.all[version].program.groups;
                Some(Owner::Group(
                    groups.iter().position(|group| group.id == *id)?,
                ))
            }
            _ => Some(owner),
        };
        let cap = |version: usize| {
            let program: &Program = self.all[version].program;
            match key(version)? {
                Owner::Rule(rule) => program.earn.get(rule)?.caps.get(number),
                Owner::Group(group) => program.groups.get(group)?.cap.get(number),
            }
        };
        let is = cap(now)?;
        let same = (then..now).all(|version| cap(version).is_some_and(|was| counts_alike(was, is)));
        same.then(|| key(then))
            .flatten()
            .map(|owner| (owner, number))
    }

    /// What a reward that was issued under one version is under each version from that one to another; shorter if
    /// one of them lets it go.
    fn rewards_on_the_way(&self, reward: usize, then: usize, now: usize) -> Vec<usize> {
        let mut way = vec![reward];
        let mut is = reward;
        for version in then + 1..=now {
            let id = &self.all[version - 1].program.rewards[is].id;
            let program = self.all[version].program;
            let said = program.migrate.rewards.iter().find(|it| it.from == *id);
            if let Some(said) = said {
                let named = |to: &String| program.rewards.iter().position(|it| it.id == *to);
                match said.to.as_ref().and_then(named) {
                    Some(to) => is = to,
                    None => return way,
                }
            }
            way.push(is);
        }
        way
    }

    /// Whether a reward that was issued under one version was let go before another.
    pub(crate) fn let_go(&self, reward: usize, then: usize, now: usize) -> bool {
        self.rewards_on_the_way(reward, then, now).len() <= now - then
    }

    /// The same for a cap of a reward: whether what was issued then of another, or of the same, counts under it.
    pub(crate) fn same_reward_cap(
        &self,
        (reward, number): (usize, usize),
        now: usize,
        (issued, then): (usize, usize),
    ) -> bool {
        let way = self.rewards_on_the_way(issued, then, now);
        let cap = |place: usize| {
            let rewards = &self.all[then + place].program.rewards;
            rewards[way[place]].caps.get(number)
        };
        if way.len() <= now - then || way[now - then] != reward {
            return false;
        }
        let Some(is) = cap(now - then) else {
            return false;
        };
        (0..now - then).all(|place| cap(place).is_some_and(|was| counts_alike(was, is)))
    }
}

fn counts_alike(was: &Cap, is: &Cap) -> bool {
    let of = |cap: &Cap| (cap.per, cap.pool, cap.each.is_some());
    let kind = |limit: &Limit| discriminant(limit);
    of(was) == of(is) && kind(&was.limit) == kind(&is.limit)
}

/// The metrics that a ladder counts.
fn counted(tiers: &Tiers) -> BTreeSet<usize> {
    let rungs = tiers.rungs.iter();
    rungs
        .flat_map(|rung| rung.reach.iter().chain(&rung.keep))
        .flatten()
        .map(|(metric, _)| *metric)
        .collect()
}

impl<'a> Account<'a> {
    /// When the next version begins.
    pub(crate) fn next_version(&self) -> Option<Instant> {
        self.readings.next_start(self.version)
    }

    /// The next version begins: what closes at this instant was closed by the old one.
    pub(crate) fn version_begins(&mut self, at: Instant) {
        let readings: &'a Readings<'a> = self.readings;
        let old = readings.version(self.version);
        self.version += 1;
        let new = readings.version(self.version);
        self.reading = new;
        let dropped = readings.dropped(self.version);
        self.measures.judged_by(new, &dropped);
        if old.for_birthdays.is_empty() && !new.for_birthdays.is_empty() {
            self.birthdays_from(at);
        }
        if self.enrolled.is_none() {
            return;
        }
        self.convert(at);
        self.limit_begins(at, old);
        self.converted_begin(at);
        let is_set = self.rung_is_set(at);
        if let (false, Some(was), Some(is)) = (is_set, &old.program.tiers, &new.program.tiers) {
            self.ladder_begins(at, (was, is), &dropped);
        }
        let day = new.days.day(at);
        self.held
            .begins_period(self.period_of(day).map(|(_, before)| before));
        if let Some(tiers) = &new.program.tiers
            && tiers.validity == Validity::None
            && self.held.until.is_none()
        {
            self.followed = at;
            if self.follow(tiers, at, None, None) {
                self.issue_rung_reached(0, at, None);
            }
        }
        self.settle_past(at);
    }

    /// The holder of a rung goes where `[migrate]` says, and keeps the end. Only what has no end and needs one
    /// gets it today, and what never ends loses it.
    fn ladder_begins(&mut self, at: Instant, (was, is): (&Tiers, &'a Tiers), dropped: &[bool]) {
        let moved = &self.reading.program.migrate.rungs;
        let goes = |rung: usize| {
            let said = moved.iter().find(|moved| moved.from == was.rungs[rung].id);
            let to = said.and_then(|said| said.to.as_ref());
            let place = to.and_then(|to| is.rungs.iter().position(|rung| rung.id == *to));
            place.unwrap_or(rung)
        };
        let (rung, until) = (self.held.rung, self.held.until);
        let (to, day) = (goes(rung), self.reading.days.day(at));
        let anew = match self.reading.program.migrate.rung_ends {
            RungEnds::Recompute => self.end_counts_from(),
            RungEnds::Keep => None,
        };
        let ends = match (is.validity, anew) {
            _ if to == 0 => None,
            (Validity::Forever, _) => None,
            (Validity::None, Some(_)) => None,
            (Validity::None, None) => until,
            (Validity::Length { .. }, Some((reached, _))) => {
                self.ends(is, to, reached).map(|end| end.max(day))
            }
            (_, Some((_, of_period))) => self.ends(is, to, of_period).map(|end| end.max(day)),
            (_, None) => until.or_else(|| self.ends(is, to, day)),
        };
        // A refund can take the rung only where the new ladder counts what the old one did.
        let comparable = was.period == is.period
            && is.validity != Validity::None
            && counted(was) == counted(is)
            && !counted(is).iter().any(|metric| dropped[*metric]);
        let ground = self.held.ground(goes);
        let brought = std::mem::take(&mut self.brought);
        if (to, ends) != (rung, until) {
            let given = self.held.given;
            self.step(at, to, ends, RungReason::Version, None);
            self.held.given = given;
        }
        self.held.rests(ground.filter(|_| comparable));
        if comparable {
            self.brought = brought;
        }
    }

    /// The day on which the rung held was reached, kept or let stay last, and a day of the period that it was for:
    /// read off what was booked. Nothing where somebody gave it an end.
    fn end_counts_from(&self) -> Option<(Day, Day)> {
        let mut moves = self.rungs.iter().enumerate().rev();
        let last = moves.find(|(_, moved)| moved.reason != RungReason::Version);
        if let Some((moves, day)) = self.rung_set
            && last.is_none_or(|(place, _)| place < moves)
        {
            return (!self.held.given).then_some((day, day));
        }
        let (_, last) = last?;
        let day = self.reading.days.day(last.at);
        let then = self.readings.version(usize::from(last.version)).program;
        let tiers = then.tiers.as_ref()?;
        let stays = *tiers.shortfall.at(last.from.into()) == Shortfall::Keep;
        match last.reason {
            _ if self.held.given => None,
            RungReason::Kept => Some((day, day - 1)),
            RungReason::Shortfall if stays && last.from == last.to => match tiers.validity {
                Validity::Periods {
                    extra: Some(extra), ..
                } => Some((day, minus(day, extra) - 1)),
                _ => Some((day, day - 1)),
            },
            _ => Some((day, day)),
        }
    }
}
