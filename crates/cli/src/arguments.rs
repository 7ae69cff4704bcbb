//! The command line: what can be said, with its help. Exit codes: 0 fine, 1 findings, 2 wrong use,
//! 3 could not.

use crate::findings;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rungs_engine::calendar::{Day, day_from};
use std::path::PathBuf;

/// Loyalty programmes as code.
#[derive(Debug, Parser)]
#[command(
    name = "rungs",
    version,
    disable_help_flag = true,
    after_help = "Begin with `rungs check programs/<name>`, then `rungs run`. Options that are left out are taken from \
                  rungs.toml, if there is one.\nExit codes: 0 fine, 1 findings, 2 wrong use, 3 could not."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Threads that read and settle (all cores if not given).
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Print help.
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    help: Option<bool>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check programmes and their scenario tests: every finding in one pass.
    Check(Check),
    /// Run the scenario tests beside programmes.
    Test(Test),
    /// Take in what is new, settle every night up to a date, make the report.
    Run(Run),
    /// Settle everything that a store knows once more, into a new store.
    Rebuild(Rebuild),
    /// Show the report of a settled date.
    Report(Report),
    /// Make a page over all nights of all programmes: a trend for each KPI, a link to each night.
    Index(Index),
    /// Say why: an account's points and rung, or what a code means.
    Explain(Explain),
    /// Print the canonical ledger, or its digest.
    Ledger(Ledger),
    /// Recount every account from its events, independently, and compare.
    Verify(Verify),
    /// Settle a fortnight of an invented shop, calmly and with faults, and audit it.
    Simulate(Simulate),
    /// List the rows and files that were refused, with reasons and next steps.
    Quarantine(Quarantine),
    /// Print the JSON Schema of programmes, scenario tests, events or reports.
    Schema(Schema),
    /// Settle the lake's history again into a scratch folder and say how long it took.
    #[command(hide = true)]
    Settle(Settle),
    /// Print a completion script.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

/// `rungs check`
#[derive(Debug, Args)]
pub struct Check {
    /// Programme folders (that of rungs.toml if not given, else every folder in `programs`).
    pub programs: Vec<PathBuf>,
    /// How findings are shown.
    #[arg(long, value_enum, default_value = "text")]
    pub format: findings::Format,
}

/// `rungs test`
#[derive(Debug, Args)]
pub struct Test {
    /// Programme folders (that of rungs.toml if not given, else every folder in `programs`).
    pub programs: Vec<PathBuf>,
    /// How results are shown.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// A programme and its store.
#[derive(Debug, Args)]
pub struct Place {
    /// The programme folder.
    #[arg(long, value_name = "DIR")]
    pub program: Option<PathBuf>,
    /// The folder of its store, where everything that is settled lies.
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

/// `rungs run`
#[derive(Debug, Args)]
pub struct Run {
    /// Programme and store.
    #[command(flatten)]
    pub place: Place,
    /// The folder of its uploads, with one folder for each dataset.
    #[arg(long, value_name = "DIR")]
    pub inbox: Option<PathBuf>,
    /// The last night to settle, such as 2026-11-20.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Day,
    /// Shards of a new store (one for about 250,000 rows if not given).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub shards: Option<u16>,
    /// File with the keys of draws and pseudonyms (the published test keys if not given).
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Say nothing but problems.
    #[arg(long, short)]
    pub quiet: bool,
}

/// `rungs rebuild`
#[derive(Debug, Args)]
pub struct Rebuild {
    /// Programme and store.
    #[command(flatten)]
    pub place: Place,
    /// The new store's folder.
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// Settle the past by what the programme's files say now, though they were changed since.
    #[arg(long)]
    pub restate: bool,
    /// Say nothing but problems.
    #[arg(long, short)]
    pub quiet: bool,
}

/// `rungs simulate`
#[derive(Debug, Args)]
pub struct Simulate {
    /// Makes the programme, its uploads and the faults.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// So many seeds, from that one on.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub count: u64,
    /// Say nothing but what came out.
    #[arg(long, short)]
    pub quiet: bool,
}

/// `rungs index`
#[derive(Debug, Args)]
pub struct Index {
    /// A store, or the folder that holds one for each programme (that of rungs.toml if not given). The page is its
    /// `index.html`.
    pub stores: Option<PathBuf>,
}

/// `rungs report`
#[derive(Debug, Args)]
pub struct Report {
    /// Programme and store.
    #[command(flatten)]
    pub place: Place,
    /// The date on which a run ended (the last one if not given).
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Day>,
    /// How it is shown.
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
    /// The language of `md`; a page has both.
    #[arg(long, value_enum, default_value = "en")]
    pub language: ReportLanguage,
}

/// `rungs explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// What to explain.
    #[command(subcommand)]
    pub what: Explained,
}

/// What to explain.
#[derive(Debug, Subcommand)]
pub enum Explained {
    /// Why an account has what it has: entries with causes, balance by expiry, the way to the next rung.
    Account(ExplainAccount),
    /// What a code means and what to do.
    Code {
        /// As it stands in brackets, such as toml/unknown-key.
        code: String,
    },
}

/// `rungs explain account`
#[derive(Debug, Args)]
pub struct ExplainAccount {
    /// The account's id.
    pub id: String,
    /// Programme and store.
    #[command(flatten)]
    pub place: Place,
    /// Only this event.
    #[arg(long, value_name = "ID")]
    pub event: Option<String>,
    /// Only this rule; with an event: why it did not fire for it.
    #[arg(long, value_name = "ID")]
    pub rule: Option<String>,
    /// What was known by this date, and what later nights learnt of the time before.
    #[arg(long, value_name = "DATE", value_parser = date, conflicts_with_all = ["event", "rule"])]
    pub known_at: Option<Day>,
    /// How it is shown.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `rungs ledger`
#[derive(Debug, Args)]
pub struct Ledger {
    /// Programme and store.
    #[command(flatten)]
    pub place: Place,
    /// Only the SHA-256 of the ledger.
    #[arg(long)]
    pub digest: bool,
}

/// `rungs verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Programme and store.
    #[command(flatten)]
    pub place: Place,
    /// How it is shown.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `rungs quarantine`
#[derive(Debug, Args)]
pub struct Quarantine {
    /// Programme and store.
    #[command(flatten)]
    pub place: Place,
    /// How it is shown.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `rungs schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what.
    #[arg(value_enum, default_value = "program")]
    pub of: SchemaOf,
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Programme files.
    Program,
    /// Scenario tests.
    Test,
    /// Canonical events.
    Events,
    /// The JSON report.
    Report,
}

/// `rungs settle`
#[derive(Debug, Args)]
pub struct Settle {
    /// Programme and store.
    #[command(flatten)]
    pub place: Place,
    /// Where entries and states go.
    #[arg(long, value_name = "DIR")]
    pub scratch: PathBuf,
    /// Only figures: no entries, no states.
    #[arg(long)]
    pub figures_only: bool,
}

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Text, a page, or data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people, in a terminal.
    Text,
    /// For programs: all of it.
    Json,
    /// For people, in a browser: one file that needs nothing else, in English and Chinese.
    Html,
    /// For people, in a chat or a pull request: what one has to know.
    Md,
    /// For analysts: a row for each figure.
    Csv,
    /// The same rows as a file for DuckDB, pandas and the like.
    Parquet,
}

/// Languages of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportLanguage {
    /// English.
    En,
    /// 简体中文.
    Zh,
}

fn date(text: &str) -> Result<Day, String> {
    day_from(text).ok_or_else(|| format!("`{text}` is not a date such as 2026-11-20"))
}
