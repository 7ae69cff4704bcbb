//! Numbers for causes.

use crate::lake::error::{LakeCode, LakeError};
use crate::lake::manifest::{Manifest, VersionEntry};
use crate::lake::store::Store;
use rungs_engine::ledger::canonical::{rule_line, rule_text};
use rungs_engine::ledger::{Booking, EntryKind, EventRef, Rule};
use rungs_engine::program::Program;
use xxhash_rust::xxh3::xxh3_64;

/// What was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CauseKind {
    /// An entry.
    Entry(EntryKind),
    /// A move on the ladder.
    RungMove,
    /// A reward was issued.
    Issue,
}

impl CauseKind {
    /// As it is stored.
    pub fn text(self) -> &'static str {
        match self {
            CauseKind::Entry(kind) => kind.text(),
            CauseKind::RungMove => "rung",
            CauseKind::Issue => "issue",
        }
    }

    pub(super) fn all() -> impl Iterator<Item = CauseKind> {
        let entries = EntryKind::ALL.iter().copied().map(CauseKind::Entry);
        entries.chain([CauseKind::RungMove, CauseKind::Issue])
    }

    #[inline(always)]
    fn number(self) -> usize {
        match self {
            CauseKind::Entry(kind) => kind as usize,
            CauseKind::RungMove => EntryKind::ALL.len(),
            CauseKind::Issue => EntryKind::ALL.len() + 1,
        }
    }
}

/// The place of what was booked, and how, among the numbers of a version.
#[inline(always)]
fn booked(kind: CauseKind, booking: Booking) -> usize {
    match booking {
        Booking::OnTime => kind.number(),
        Booking::Late => KINDS + kind.number(),
        Booking::Withdrawn => 2 * KINDS + kind.number(),
        // Of rewards only.
        Booking::Kept => 3 * KINDS,
        Booking::Restored => 3 * KINDS + 1,
    }
}

/// What stands at a place.
fn kind_and_booking(place: usize) -> Option<(CauseKind, Booking)> {
    let any = |booking: &Booking| {
        CauseKind::all()
            .find(|kind| booked(*kind, *booking) == place)
            .map(|kind| (kind, *booking))
    };
    match place {
        KEPT => Some((CauseKind::Issue, Booking::Kept)),
        RESTORED => Some((CauseKind::Issue, Booking::Restored)),
        _ => Booking::ALL[..3].iter().find_map(any),
    }
}

/// Why something was booked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    /// What was booked.
    pub kind: CauseKind,
    /// Whether that was on time.
    pub booking: Booking,
    /// `earn`, `reward`, `surprise`, `points`, `tiers`, `refunds`, `redeem` or `adjust`: the table of the
    /// programme, or (the last two) the event itself.
    pub rule_kind: String,
    /// The rule's id, or the key of the programme that rules, as in the canonical ledger.
    pub rule: String,
    /// The wallet whose points it moves; nothing where it moves none.
    pub wallet: Option<String>,
    /// The dataset of the event that caused it.
    pub source: Option<String>,
    /// The dataset of the event that granted the lot, where that is another event.
    pub lot_source: Option<String>,
    /// SHA-256 of the programme's file, hexadecimal.
    pub version: String,
    /// The programme's file.
    pub file: String,
    /// Line of the rule in it, from 1.
    pub line: u32,
    /// Ids of the rungs, lowest first.
    pub ladder: Vec<String>,
}

/// How the causes of one version are numbered.
#[derive(Debug, Clone)]
struct Numbering {
    first: i32,
    /// By kind and booking ([`booked`]) and form of rule ([`form`]): the number of the first rule's first
    /// cause.
    starts: [[u32; FORMS]; PLACES],
    rules: usize,
    /// No event, the datasets, and events that no dataset gave.
    sources: usize,
    /// How many numbers a rule takes within a kind.
    of_rule: u32,
}

const KINDS: usize = EntryKind::ALL.len() + 2;
const KEPT: usize = 3 * KINDS;
const RESTORED: usize = KEPT + 1;
const PLACES: usize = RESTORED + 1;
const FORMS: usize = 13;

impl Numbering {
    fn new(first: i32, rules: &[Rule], sources: usize) -> Numbering {
        let of_rule = (sources * sources) as u32;
        let mut starts = [[0; FORMS]; PLACES];
        for (kind, starts) in (0_u32..).zip(&mut starts) {
            let before = first as u32 + kind * rules.len() as u32 * of_rule;
            for (place, rule) in (0_u32..).zip(rules) {
                if let (form, 0) = form(*rule) {
                    starts[form] = before + place * of_rule;
                }
            }
        }
        Numbering {
            first,
            starts,
            rules: rules.len(),
            sources,
            of_rule,
        }
    }
}

/// Numbers for the causes of all versions in a run.
#[derive(Debug, Clone)]
pub struct CauseNumbers {
    versions: Vec<Numbering>,
    known: Vec<VersionEntry>,
    programs: Vec<Program>,
}

/// The form of a rule, and its index among those of its form. Apart and in the order of their declaration, so
/// that both are looked up: this is asked for each entry, and a jump by form could not be foreseen.
#[inline(always)]
fn form(rule: Rule) -> (usize, usize) {
    let form = match rule {
        Rule::Earn(_) => 0,
        Rule::Reward(_) => 1,
        Rule::Surprise(_) => 2,
        Rule::Expiry(_) => 3,
        Rule::Pending(_) => 4,
        Rule::Tiers => 5,
        Rule::Redeem(_) => 6,
        Rule::Shortage(_) => 7,
        Rule::Adjust(_) => 8,
        Rule::Opening(_) => 9,
        Rule::RungUp(_) => 10,
        Rule::RungDown(_) => 11,
        Rule::Converted(_) => 12,
    };
    let index = match rule {
        Rule::Earn(index) | Rule::Reward(index) | Rule::Surprise(index) => usize::from(index),
        Rule::Expiry(wallet)
        | Rule::Pending(wallet)
        | Rule::Redeem(wallet)
        | Rule::Shortage(wallet)
        | Rule::Adjust(wallet)
        | Rule::Opening(wallet)
        | Rule::RungUp(wallet)
        | Rule::RungDown(wallet)
        | Rule::Converted(wallet) => usize::from(wallet),
        Rule::Tiers => 0,
    };
    (form, index)
}

impl CauseNumbers {
    /// Numbers for these versions (an entry's version is the index here). Versions that a run before
    /// has settled by keep theirs.
    pub fn new(
        store: &Store,
        before: Option<&Manifest>,
        programs: &[&Program],
    ) -> Result<CauseNumbers, LakeError> {
        let mut known = before.map_or_else(Vec::new, |before| before.versions.clone());
        let mut versions = Vec::new();
        for program in programs {
            let sources = program.datasets.len() + 2;
            let rules = all_rules(program);
            let count = PLACES * rules.len() * sources * sources;
            let next = known
                .iter()
                .map(|version| i64::from(version.first_cause) + i64::from(version.causes));
            let next = next.max().unwrap_or(0);
            let too_many = || {
                LakeError::new(
                    LakeCode::Overflow,
                    store.folder(),
                    "there are more causes than numbers for them",
                    "use fewer rules and datasets, or settle again into an empty store",
                )
            };
            let first = i32::try_from(next).map_err(|_| too_many())?;
            let causes = i32::try_from(count).map_err(|_| too_many())?;
            first.checked_add(causes).ok_or_else(too_many)?;
            // With other names, which another version of the programme may bring, the same number would mean
            // something else. With another number of causes it was given by another version of rungs.
            let names = names(program, &rules);
            let same = |version: &&VersionEntry| {
                version.file == program.file
                    && version.digest == program.digest
                    && version.causes == causes
                    && (version.names == names || version.names.is_empty())
            };
            let first = match known.iter().find(same) {
                Some(version) => version.first_cause,
                None => {
                    known.push(VersionEntry {
                        file: program.file.clone(),
                        digest: program.digest.clone(),
                        first_cause: first,
                        causes,
                        names,
                    });
                    first
                }
            };
            versions.push(Numbering::new(first, &rules, sources));
        }
        Ok(CauseNumbers {
            versions,
            known,
            programs: programs.iter().map(|program| (*program).clone()).collect(),
        })
    }

    /// All versions so far, for the manifest.
    pub fn versions(&self) -> &[VersionEntry] {
        &self.known
    }

    /// The versions of this run.
    pub(crate) fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// How many numbers there are.
    pub(crate) fn count(&self) -> usize {
        let ends = self
            .known
            .iter()
            .map(|version| version.first_cause + version.causes);
        ends.max().unwrap_or(0) as usize
    }

    /// The number of a cause. A rule or dataset that the version does not have is one of the next
    /// version's numbers or none at all: the engine never makes one.
    #[inline(always)]
    pub(crate) fn number(
        &self,
        version: usize,
        (kind, booking): (CauseKind, Booking),
        rule: Rule,
        source: Option<&EventRef>,
        lot: Option<&EventRef>,
    ) -> i32 {
        let numbering = &self.versions[version];
        let sources = numbering.sources;
        let (form, index) = form(rule);
        let place = |event: Option<&EventRef>| {
            event.map_or(0, |event| event.0.wrapping_add(1).min(sources - 1) as u32)
        };
        // All numbers of the version fit, which was seen when they were given: this is asked for each entry.
        let number = numbering.starts[booked(kind, booking)][form]
            .wrapping_add((index as u32).wrapping_mul(numbering.of_rule))
            .wrapping_add(place(source).wrapping_mul(sources as u32))
            .wrapping_add(place(lot));
        number as i32
    }

    /// What a number of this run's versions means.
    pub(super) fn meaning(&self, number: i32) -> Option<Cause> {
        let of = |numbering: &Numbering| {
            let count = PLACES * numbering.rules * numbering.sources * numbering.sources;
            (numbering.first..numbering.first + count as i32).contains(&number)
        };
        let version = self.versions.iter().position(of)?;
        let (numbering, program) = (&self.versions[version], &self.programs[version]);
        let mut rest = (number - numbering.first) as usize;
        let mut digit = |radix: usize| {
            let digit = rest % radix;
            rest /= radix;
            digit
        };
        let lot = digit(numbering.sources);
        let source = digit(numbering.sources);
        let rule = digit(numbering.rules);
        let (kind, booking) = kind_and_booking(rest)?;
        let dataset = |place: usize| {
            let dataset = program.datasets.get(place.checked_sub(1)?)?;
            Some(dataset.id.clone())
        };
        let rule = *all_rules(program).get(rule)?;
        Some(Cause {
            kind,
            booking,
            rule_kind: rule_kind(rule).to_owned(),
            rule: rule_text(program, rule),
            wallet: wallet_of(program, rule),
            source: dataset(source),
            lot_source: dataset(lot),
            version: program.digest.clone(),
            file: program.file.clone(),
            line: rule_line(program, rule),
            ladder: ladder(program),
        })
    }
}

/// A digest (XXH3) over the names of rules, datasets and rungs in their order, hexadecimal.
fn names(program: &Program, rules: &[Rule]) -> String {
    let name = |rule: &Rule| match wallet_of(program, *rule) {
        Some(wallet) => format!("{} {wallet}", rule_text(program, *rule)),
        None => rule_text(program, *rule),
    };
    let rules: Vec<String> = rules.iter().map(name).collect();
    let datasets: Vec<String> = (program.datasets.iter().map(|it| it.id.clone())).collect();
    let all = [rules, datasets, ladder(program)].map(|names| names.join("\n"));
    format!("{:016x}", xxh3_64(all.join("\n\n").as_bytes()))
}

/// The wallet whose points a rule moves.
pub(crate) fn wallet_of(program: &Program, rule: Rule) -> Option<String> {
    let wallet = program.wallet(rule.wallet(program)?)?;
    Some(wallet.id.clone())
}

/// Ids of the rungs, lowest first.
pub(crate) fn ladder(program: &Program) -> Vec<String> {
    let rungs = program.tiers.iter().flat_map(|tiers| &tiers.rungs);
    rungs.map(|rung| rung.id.clone()).collect()
}

/// All rules of a programme, in the order of their numbers.
pub(crate) fn all_rules(program: &Program) -> Vec<Rule> {
    let count = |list: usize| (0..list).map(|index| index as u16);
    let mut rules = vec![Rule::Tiers];
    // A programme without points has one wallet, in which nothing is.
    let wallets = program.wallets.len().max(1) as u8;
    let of_wallet = [
        Rule::Expiry,
        Rule::Pending,
        Rule::Redeem,
        Rule::Shortage,
        Rule::Adjust,
        Rule::Opening,
        Rule::RungUp,
        Rule::RungDown,
        Rule::Converted,
    ];
    rules.extend(of_wallet.iter().flat_map(|rule| (0..wallets).map(rule)));
    rules.extend(count(program.earn.len()).map(Rule::Earn));
    rules.extend(count(program.rewards.len()).map(Rule::Reward));
    rules.extend(count(program.surprises.len()).map(Rule::Surprise));
    rules
}

/// The table of the programme in which a rule stands.
pub(crate) fn rule_kind(rule: Rule) -> &'static str {
    match rule {
        Rule::Earn(_) => "earn",
        Rule::Reward(_) => "reward",
        Rule::Surprise(_) => "surprise",
        Rule::Expiry(_) | Rule::Pending(_) | Rule::RungUp(_) | Rule::RungDown(_) => "points",
        Rule::Tiers => "tiers",
        Rule::Shortage(_) => "refunds",
        Rule::Redeem(_) => "redeem",
        Rule::Adjust(_) => "adjust",
        Rule::Opening(_) => "opening",
        Rule::Converted(_) => "migrate",
    }
}
