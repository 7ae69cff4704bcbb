//! The programme language: TOML text becomes a checked [`Program`], with all findings in one pass.
//!
//! Each family of tables has a file of its own, which declares its tables once (see [`table`]) and
//! checks them. The JSON Schema ([`program_schema`]) and the reference ([`reference`]) are made from the
//! same declarations.

mod benefits;
mod collect;
mod columns;
mod complaints;
mod costs;
mod earn;
mod enrol;
mod expiry;
mod groups;
mod kpis;
mod ladder;
mod limits;
mod lists;
mod metrics;
mod migrate;
mod names;
mod needs;
mod numbers;
mod objectives;
mod points;
mod program_table;
mod quoted;
mod reader;
mod reference;
mod references;
mod refunds;
mod rewards;
pub mod scenario;
mod scenario_check;
mod schema;
mod source_columns;
mod surprises;
mod table;
#[cfg(test)]
mod tests;
pub mod text_table;
mod tiers;
mod times;
mod until;
mod values;

pub use reference::reference;
pub use scenario::{Scenario, scenarios};
pub use schema::{program_schema, scenario_schema};

use crate::calendar::{Day, day_from};
use crate::canonical::Kind;
use crate::condition::expression::{Expr, Node};
use crate::condition::{self, Expected, MetricColumn, Occasion, Scope};
use crate::finding::{Code, Finding, Place, Severity};
use crate::program::{Column, Program, Takeover};
use quoted::Quoted;
use reader::{Placed, Reader, Value};
use sha2::{Digest, Sha256};
use table::table;
use toml::de::{DeTable, DeValue};
use values::{Id, Many, Name, Named};

/// One version of a programme, as text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The programme's id: the folder's name.
    pub id: &'a str,
    /// The path as findings show it; its last part is `2026-01-01.toml`.
    pub file: &'a str,
    /// The TOML text.
    pub text: &'a str,
}

/// What checking produces.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The programme, if no finding is an error.
    pub program: Option<Program>,
    /// All findings, by their place.
    pub findings: Vec<Finding>,
}

table! {
    /// A programme: one file a version, named by the local date from which it rules.
    Root as "the programme" {
        /// Name, zone and currency.
        required program: program_table::ProgramTable,
        /// What nobody knows, said.
        optional assumptions: Many<program_table::AssumptionTable>,
        /// What the programme is for, in numbers.
        optional objectives: Many<objectives::ObjectiveTable>,
        /// The declared shape of uploaded files, by the dataset's name.
        optional collect: Named<collect::DatasetTable>,
        /// Points, by the wallet's name.
        optional points: Named<points::WalletTable>,
        /// Rules by which points are earned.
        optional earn: Many<earn::EarnTable>,
        /// Earn rules that meet.
        optional groups: Many<groups::GroupTable>,
        /// What the engine remembers.
        optional metrics: Many<metrics::MetricTable>,
        /// The ladder.
        optional tiers: tiers::TiersTable,
        /// What a rung carries while it lasts.
        optional benefits: Many<benefits::BenefitTable>,
        /// What is issued once.
        optional rewards: Many<rewards::RewardTable>,
        /// What a refund does where lots do not suffice.
        optional refunds: refunds::RefundsTable,
        /// How one becomes a member.
        optional enrol: enrol::EnrolTable,
        /// Rewards that no published rule promises.
        optional surprises: Many<surprises::SurpriseTable>,
        /// Key figures.
        optional kpis: Many<kpis::KpiTable>,
        /// What the programme costs besides its rewards.
        optional costs: costs::CostsTable,
        /// What changes on the day on which this version begins.
        optional migrate: migrate::MigrateTable,
    }
    later {
        /// Tasks with a reward at their end.
        missions,
        /// Members that are connected.
        links,
        /// A bonus for bringing somebody.
        referral,
        /// Paid plans.
        membership,
        /// Limits of contacts.
        contact,
        /// Members kept out to measure lift.
        holdout,
        /// Sets of members by condition.
        segments,
        /// Shipped segments.
        library,
        /// Touchpoints by stage.
        journey,
        /// What the team itself does.
        actions,
        /// Messages.
        engage,
        /// Named dates.
        calendar,
    }
}

/// What is known while a programme is checked.
pub(crate) struct Build<'s> {
    /// Findings, places, ids.
    pub reader: Reader<'s>,
    /// The day in the file's name.
    pub from: Option<Day>,
    /// `Program::columns`.
    pub columns: Vec<Column>,
    /// Kinds of events that some dataset collects.
    pub collected: Vec<Kind>,
    /// Metrics as columns of conditions.
    pub metrics: Vec<MetricColumn>,
    /// What each wallet says of all its points, by their places.
    pub shared: Vec<expiry::Shared>,
}

impl Build<'_> {
    /// Compiles a condition or expression; its problems become findings inside the string.
    pub fn compile(
        &mut self,
        quoted: &Quoted,
        occasion: Occasion,
        lines: bool,
        expected: Expected,
    ) -> Option<Expr> {
        let scope = Scope {
            occasion,
            lines,
            columns: &self.columns,
            metrics: &self.metrics,
            rungs: &self.reader.names.rungs,
            wallets: &self.reader.names.wallets,
            scale: self.reader.names.scale,
            currency_digits: self.reader.names.currency_digits,
        };
        match condition::compile(&quoted.text, &scope, expected) {
            Ok(expr) => Some(expr),
            Err(problems) => {
                for problem in problems {
                    let place = self.inside(quoted, &problem.span);
                    self.reader.find(
                        problem.code,
                        place,
                        problem.message,
                        problem.label,
                        problem.help,
                    );
                }
                None
            }
        }
    }

    /// The place in the file of a span of a condition.
    pub fn inside(&self, quoted: &Quoted, span: &std::ops::Range<usize>) -> Place {
        match quoted.span(span) {
            Some(span) => self.reader.place(span),
            None => quoted.place,
        }
    }

    /// Whether an expression mentions a column of a line.
    pub fn mentions_line(&self, expr: &Expr) -> bool {
        expr.any(&mut |node| match node {
            Node::Column(column) => self.columns.get(*column).is_some_and(|column| column.line),
            _ => false,
        })
    }

    /// Finds ids that are used twice in one sort.
    pub fn unique<'i, T: AsRef<str> + 'i>(
        &mut self,
        sort: &str,
        ids: impl Iterator<Item = Option<&'i Placed<T>>>,
    ) {
        let mut seen: Vec<(&str, Place)> = Vec::new();
        for id in ids.flatten() {
            let text = id.value.as_ref();
            match seen.iter().find(|(known, _)| *known == text) {
                Some((_, first)) => self.reader.find_both(
                    Code::DuplicateId,
                    id.place,
                    format!("two {sort}s have the id `{text}`"),
                    "the second",
                    (*first, "the first"),
                    "give one of them another id: entries and reports name it",
                ),
                None => seen.push((text, id.place)),
            }
        }
    }

    /// Says that no dataset collects what a rule waits for.
    pub fn needs_event(&mut self, kind: Kind, place: Place, what: &str) {
        if !self.collected.contains(&kind) {
            self.reader.find(
                Code::NothingCollected,
                place,
                format!("no dataset collects `{}` events", kind.text()),
                format!("{what} waits for them"),
                format!(
                    "declare a `[collect.<dataset>]` with `event = \"{}\"`",
                    kind.text()
                ),
            );
        }
    }

    /// Finds a range that holds no day.
    pub fn range(
        &mut self,
        from: Option<&Placed<values::Date>>,
        before: Option<&Placed<values::Date>>,
    ) {
        if let (Some(from), Some(before)) = (from, before)
            && from.value.0 >= before.value.0
        {
            self.reader.find_both(
                Code::EmptyRange,
                before.place,
                "`before` is not after `from`, so this never applies",
                "the first day that is not included",
                (from.place, "the first day that is included"),
                "`from` is included, `before` is not: for one day write the day after it",
            );
        }
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The names of all top-level tables.
pub(crate) fn table_names() -> Vec<&'static str> {
    use reader::Rows;
    Root::table().keys.iter().map(|key| key.name).collect()
}

/// Checks one version of a programme. Checking never stops at the first finding, but for a syntax error.
pub fn check(source: &Source<'_>) -> Checked {
    let mut build = Build {
        reader: Reader::new(source.file, source.text),
        from: None,
        columns: Vec::new(),
        collected: Vec::new(),
        metrics: Vec::new(),
        shared: Vec::new(),
    };
    build.from = version_day(source, &mut build.reader);
    let program = match DeTable::parse(source.text) {
        Ok(document) => {
            build.reader.names = names::names(document.get_ref());
            let span = document.span();
            let item = toml::Spanned::new(span, DeValue::Table(document.into_inner()));
            let mut named = Vec::new();
            names::given(item.get_ref(), "", &mut named);
            Root::read(&item, &mut build.reader)
                .and_then(|root| assemble(source, &mut build, root, &named))
        }
        Err(error) => {
            syntax(&error, &mut build.reader);
            None
        }
    };
    let mut findings = build.reader.findings;
    findings.sort_by(|a, b| (a.place, a.code, &a.message).cmp(&(b.place, b.code, &b.message)));
    findings.dedup();
    let sound = !findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    Checked {
        program: program.filter(|_| sound),
        findings,
    }
}

/// A finding for the first syntax error.
pub(crate) fn syntax(error: &toml::de::Error, reader: &mut Reader<'_>) {
    let end = reader.text.len();
    let span = error.span().unwrap_or(end..end);
    let place = reader.place(span);
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    reader.find(
        Code::Syntax,
        place,
        format!("this is not TOML: {message}"),
        "here reading stops",
        "correct it; findings after it are not shown, most would be echoes of it",
    );
}

/// The day in the file's name.
fn version_day(source: &Source<'_>, reader: &mut Reader<'_>) -> Option<Day> {
    let name = source
        .file
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(source.file);
    let day = name.strip_suffix(".toml").and_then(day_from);
    if day.is_none() {
        let place = reader.place(0..0);
        reader.find(
            Code::FileName,
            place,
            format!("`{name}` does not say from which day it rules"),
            "the file's name is the only place of that date",
            "name it by the first local date on which it rules, such as `2026-01-01.toml`",
        );
    }
    day
}

fn some<T: Default>(placed: Option<Placed<T>>) -> T {
    placed.map(|placed| placed.value).unwrap_or_default()
}

fn assemble(
    source: &Source<'_>,
    build: &mut Build<'_>,
    root: Root,
    named: &[String],
) -> Option<Program> {
    let head = root
        .program
        .and_then(|raw| program_table::program(build, raw.value));
    let datasets = collect::datasets(build, root.collect.map(|raw| raw.value));
    let wallets = root.points.map(|raw| raw.value.0).unwrap_or_default();
    let wallet_place = wallets.first().map(|(id, _)| id.place);
    let mut wallets = points::wallets(build, wallets);
    let metrics = metrics::metrics(build, some(root.metrics));
    let tiers = root
        .tiers
        .and_then(|raw| tiers::tiers(build, raw, &metrics));
    let groups = groups::groups(build, some(root.groups));
    let earn = earn::earn(build, some(root.earn), &metrics, &groups);
    for (place, (wallet, until)) in (0..).zip(&mut wallets) {
        if let Some(until) = until.take() {
            until::until(build, until, (place, wallet), &earn);
        }
    }
    let benefits = benefits::benefits(build, some(root.benefits));
    let rewards = rewards::rewards(build, some(root.rewards), named);
    let refunds = refunds::refunds(build, root.refunds, wallet_place);
    let (enrol, backdate) = enrol::enrol(build, root.enrol);
    let surprises = surprises::surprises(build, some(root.surprises));
    let kpis = kpis::kpis(build, some(root.kpis));
    let objectives = objectives::objectives(build, some(root.objectives));
    let costs = root.costs.map(|raw| costs::costs(build, raw.value));
    let migrate = migrate::migrate(build, root.migrate);
    let head = head?;
    Some(Program {
        id: source.id.to_owned(),
        file: source
            .file
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or(source.file)
            .to_owned(),
        digest: digest(source.text),
        from: build.from?,
        name: head.name,
        zone: head.zone,
        currency: head.currency,
        currency_digits: build.reader.names.currency_digits,
        late: head.late,
        settle_after: head.settle_after,
        leap_day: head.leap_day,
        week: head.week,
        objectives,
        datasets,
        columns: std::mem::take(&mut build.columns),
        wallets: wallets.into_iter().map(|(wallet, _)| wallet).collect(),
        earn,
        groups,
        metrics,
        tiers,
        benefits,
        rewards,
        refunds: refunds.unwrap_or_default(),
        enrol,
        backdate,
        surprises,
        kpis,
        costs: costs.unwrap_or_default(),
        migrate,
        takeover: Takeover::default(),
    })
}

/// SHA-256 of a text, hexadecimal.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
