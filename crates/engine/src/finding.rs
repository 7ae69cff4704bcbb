//! Findings: what `rungs check` and the ingest have to say about a programme or a file.
//!
//! A finding is data; it is rendered at the edge (text, JSON, GitHub annotations). Every finding
//! has a [`Code`]: there is no catch-all, so a finding without a code does not compile.

use serde::Serialize;

/// How bad it is. Only errors stop a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The programme cannot be settled as it stands.
    Error,
    /// It can, but somebody will probably regret it.
    Warning,
}

/// A stretch of bytes in one text, with the line on which it starts (from 1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// First byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
    /// Line of `start`, from 1.
    pub line: u32,
}

/// A second place that a finding points to, with what it says there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pointer {
    /// Where.
    pub place: Place,
    /// What is said under it.
    pub label: String,
}

/// One finding. The message is lower case without a full stop, user text in backticks; the label
/// stands under the underlined text; the help says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which finding this is, for ever.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file it stands in, as it was given.
    pub file: String,
    /// What is underlined.
    pub place: Place,
    /// What stands under the underlined text: the cause.
    pub label: String,
    /// Other places that matter.
    pub also: Vec<Pointer>,
    /// The next step.
    pub help: String,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $severity:ident;)+) => {
        /// Every code, in the order of their families. A code is never renamed or used again for
        /// another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// `family/name`, as it is shown and looked up.
            pub fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)+ }
            }

            /// Whether it stops a run.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)+ }
            }

            /// What `rungs explain code` prints: meaning, why it matters, what to do.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc, "\n",)+),)+ }
            }

            /// The code that is spelled so.
            pub fn from_text(text: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.text() == text)
            }
        }
    };
}

codes! {
    /// The file is not TOML. Only the first syntax error is shown: those after it are mostly echoes.
    Syntax = "toml/syntax", Error;
    /// The file is not UTF-8 text. Save it as UTF-8.
    NotUtf8 = "toml/not-utf8", Error;
    /// The table has no such key. A misspelled key would otherwise be a rule that never applies.
    UnknownKey = "toml/unknown-key", Error;
    /// The key needs another type of value; the message says which, the help shows how it is written.
    WrongType = "toml/wrong-type", Error;
    /// A key without a default is missing. Rungs has no default where published programmes differ.
    MissingKey = "toml/missing-key", Error;
    /// The key belongs to the language, but this version of Rungs cannot settle it yet, so it refuses it
    /// rather than ignore it.
    NotYet = "toml/not-yet", Error;
    /// The value is of the right type, but not one that this key takes. The help names those that it does take.
    WrongValue = "toml/wrong-value", Error;
    /// The kind is not one of those that this table knows. The help names them.
    UnknownKind = "toml/unknown-kind", Error;
    /// The file is not named by the local date from which it rules: `2026-01-01.toml`.
    FileName = "program/file-name", Error;
    /// The folder holds no programme file. Add one named by the day from which it rules.
    NoVersion = "program/no-version", Error;
    /// Two things of one sort have the same id, so nobody can say which one is meant. Rename one.
    DuplicateId = "program/duplicate-id", Error;
    /// An id that is referred to does not exist. Declare it, or correct its spelling.
    UnknownId = "program/unknown-id", Error;
    /// An id is not in the form that its sort needs: `kebab-case` for your ids, `snake_case` for what can
    /// stand in a condition. And no rung is called `none`, as figures call those who hold no rung.
    IdForm = "program/id-form", Error;
    /// `from` is not before `before`, so the thing never applies.
    EmptyRange = "program/empty-range", Error;
    /// A value by rung must name every rung: a new rung must not inherit a rate in silence.
    RungsMissing = "program/rungs-missing", Error;
    /// The programme is written in an edition of the language that this version of Rungs does not know, so it cannot say
    /// what the programme means. Run one that does.
    Edition = "program/edition", Error;
    /// The condition cannot be read; the underline shows where the reading stops.
    ConditionSyntax = "condition/syntax", Error;
    /// The condition names a column that the event does not have. Declare it in the dataset's `columns`, or correct
    /// its spelling.
    UnknownColumn = "condition/unknown-column", Error;
    /// The condition calls a function that the language does not have. The help names the nearest one.
    UnknownFunction = "condition/unknown-function", Error;
    /// The two sides do not go together, such as a text and a number: the answer would always be no.
    ConditionType = "condition/type", Error;
    /// An optional column is used without saying what holds when it is empty. Guard it with `has(…)`, or declare the
    /// column `required`.
    Unguarded = "condition/unguarded", Error;
    /// The literal is not one of the values that the column can have, so the comparison is never true.
    UnknownValue = "condition/unknown-value", Error;
    /// The language refuses this on purpose; the message says why.
    ConditionRefused = "condition/refused", Error;
    /// The condition is longer or deeper than the language allows. Split it into a metric or two rules.
    ConditionTooLarge = "condition/too-large", Error;
    /// With the declared ranges the number can leave 64 bits. Declare `min` and `max` of the columns.
    Overflow = "condition/overflow", Error;
    /// A column's `min`, `max` or `values` cannot hold together, so every row would be refused.
    ColumnRange = "collect/range", Error;
    /// Two datasets of one event declare one column with two types. Conditions see one column: give both one type, or
    /// one of them another name.
    ColumnConflict = "collect/column-conflict", Error;
    /// Personal data needs a purpose and a retention.
    PurposeMissing = "collect/purpose-missing", Error;
    /// No dataset collects the event that a rule waits for, so the rule never fires.
    NothingCollected = "collect/nothing-collected", Warning;
    /// Points would expire before they are released, so nobody could ever use them. Shorten `pending` or lengthen the
    /// life.
    ExpiryBeforeRelease = "points/expiry-before-release", Error;
    /// Points wait for an event that names an order, but not all are of orders, so some would wait for ever. Give `pending`
    /// a `length` beside `until`.
    NeverReleased = "points/never-released", Error;
    /// Points of different wallets meet where there can only be those of one: a multiplier raises, a group limits and a
    /// metric counts points of one wallet. Make one for each.
    OneWallet = "points/one-wallet", Error;
    /// Inactivity ends all points of the wallet together, so neither a rung nor a rule can have an end of its own beside
    /// it, nor end its own points so. Give the wallet another kind of `expiry`, or leave that of the rung or rule out.
    InactivityShared = "points/inactivity-shared", Error;
    /// With `restart` open points take the end of the new rung's points. There is none without a ladder, and none where
    /// inactivity ends all points together; and points of a rule with an `expiry` of its own would lose it. Leave `restart`
    /// out, or the other.
    Restart = "points/restart", Error;
    /// `backdate` lets orders from before joining count, but where everybody is a member from the first event or order on
    /// there are none. Leave it out, or let members join by `opt_in`.
    NothingBeforeJoining = "enrol/nothing-before-joining", Error;
    /// Two multipliers of the same base can meet, and no group says what holds then.
    Stacking = "earn/stacking", Error;
    /// A multiplier raises a rule that is itself a multiplier, or itself. A multiplier names rules that earn.
    MultiplierOf = "earn/multiplier-of", Error;
    /// Steps must rise: each begins above the one before, or it is never reached.
    StepsOrder = "earn/steps-order", Error;
    /// The metric that a rung needs is not declared, or is not of a kind that tiers can count.
    TierMetric = "tiers/metric", Error;
    /// The rung can never be reached: one below or above it asks for the same or for less.
    UnreachableRung = "tiers/unreachable-rung", Error;
    /// The needs of a rung contradict each other or those of its neighbours.
    ContradictingRung = "tiers/contradicting-rung", Error;
    /// A list of one: a table alone says the same.
    ListOfOne = "tiers/list-of-one", Warning;
    /// Nobody can get this reward: no price, no occasion, no surprise gives it.
    RewardUnused = "rewards/unused", Warning;
    /// The schedule is not one that can be followed. It is an EventBridge `cron(…)` expression in the programme's zone.
    Schedule = "surprises/schedule", Error;
    /// The objective measures a KPI that is not declared. Declare it in `[[kpis]]`.
    ObjectiveKpi = "objectives/kpi", Error;
    /// Two versions of a programme differ in what cannot change under the members' feet: zone, currency, first day of the
    /// week, leap day, wallet and its scale, the lowest rung. A programme with another one of these is a new programme.
    VersionFixed = "version/fixed", Error;
    /// Two versions give one column two types or two numbers of digits. The events of both stand in one history: give
    /// the column of the newer version another name.
    VersionColumn = "version/column", Error;
    /// Members stand on a rung that the newer version does not have, or has in another place of the ladder. Say in its
    /// `[migrate]` on which rung they stand from then on.
    VersionRung = "version/rung", Error;
    /// What a metric has counted would be lost, or be read as something else: the newer version does not have it, or
    /// counts something else under its id. Give it another id, or say in `[migrate]` what becomes of it.
    VersionMetric = "version/metric", Error;
    /// What was issued of a reward counts under its caps, and would not any more: the newer version does not have the
    /// reward. Say in its `[migrate]` under which id it counts on, or that it is dropped.
    VersionReward = "version/reward", Error;
    /// Points that were granted under an earlier version wait for an event, however long, and the newer version knows no
    /// such event: they would wait for ever. Keep an `until`.
    VersionPending = "version/pending", Error;
    /// `[migrate]` speaks of something that the version before does not have, or that this one has no use for.
    VersionMigrate = "version/migrate", Error;
    /// The scenario test does not fit the programme: it names a dataset, column, rule or rung that is not there.
    Scenario = "tests/scenario", Error;
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.text())
    }
}

impl Finding {
    /// A finding with its code's severity and no second place.
    pub fn new(
        code: Code,
        file: &str,
        place: Place,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Finding {
        Finding {
            code,
            severity: code.severity(),
            message: message.into(),
            file: file.to_owned(),
            place,
            label: label.into(),
            also: Vec::new(),
            help: help.into(),
        }
    }
}

/// The closest of `known` to `word`, if it is close enough to be what was meant.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A finding as plain text, the same on every machine: for golden tests and logs.
pub fn plain(finding: &Finding, text: &str) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut out = format!(
        "{severity}[{}]: {}\n  --> {}{}\n",
        finding.code.text(),
        finding.message,
        finding.file,
        Spot::of(text, finding.place).position()
    );
    out += &Spot::of(text, finding.place).underlined(&finding.label);
    for other in &finding.also {
        out += &Spot::of(text, other.place).underlined(&other.label);
    }
    out + &format!("help: {}\n", finding.help)
}

/// A place in lines and characters.
struct Spot<'t> {
    line: usize,
    /// The whole line.
    content: &'t str,
    /// Characters before the underlined ones.
    before: usize,
    /// Underlined characters of this line.
    under: usize,
}

impl<'t> Spot<'t> {
    fn of(text: &'t str, place: Place) -> Spot<'t> {
        let floor = |byte: u32| {
            let mut at = (byte as usize).min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(place.start), floor(place.end.max(place.start)));
        let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let last = text[start..].find('\n').map_or(text.len(), |at| start + at);
        Spot {
            line: text[..start].matches('\n').count() + 1,
            content: text[first..last].trim_end(),
            before: text[first..start].chars().count(),
            under: text[start..end.clamp(start, last)].chars().count().max(1),
        }
    }

    fn position(&self) -> String {
        format!(":{}:{}", self.line, self.before + 1)
    }

    fn underlined(&self, label: &str) -> String {
        let width = self.line.to_string().len();
        format!(
            " {} | {}\n {} | {}{} {label}\n",
            self.line,
            self.content,
            " ".repeat(width),
            " ".repeat(self.before),
            "^".repeat(self.under)
        )
    }
}
