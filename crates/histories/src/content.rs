//! What generated histories contain: a law over histories in which nothing happens proves nothing.

mod seen;

use rungs_engine::program::Versions;
use rungs_engine::rehearsal::Rehearsed;
use seen::Seen;

/// Something that may be seen in an account.
struct Sight {
    /// In the words of "accounts with …".
    name: &'static str,
    /// How much rarer than other things it may be: it needs a rare programme, or several things at once.
    rarer: u64,
    /// Whether an account has it.
    has: fn(&Seen<'_>) -> bool,
}

/// What is looked for: each line is counted, told, and asked for by the laws.
const SIGHTS: &[Sight] = &[
    sight("refunds", 1, |it| it.refunds()),
    // Only lots with an end of their own end, and every second programme excuses them.
    sight("refunds of points that have ended", 4, |it| it.excused()),
    sight("refunds that were trimmed", 2, |it| it.trimmed()),
    sight("refunds that were refused", 2, |it| it.refused()),
    sight("debt", 1, |it| it.debt()),
    sight("undone redemptions", 1, |it| it.undone()),
    sight("undone shortages", 2, |it| it.undone_shortage()),
    // Only lots with an end of their own can be over.
    sight("points that came back too late", 8, |it| {
        it.undone_too_late()
    }),
    sight("rung changes", 1, |it| it.rung_changes()),
    sight("caps hit", 1, |it| it.capped()),
    sight("expired points", 1, |it| it.expired()),
    sight("rewards", 1, |it| it.rewards()),
    sight(SURPRISES, 1, |it| it.surprises()),
    sight("points by several versions", 1, |it| it.versions()),
    // A refund that comes after another version began is rarer than refunds are.
    sight("refunds of an earlier version's points", 4, |it| {
        it.refunded_later()
    }),
    sight("points that a rung or rule lets live otherwise", 1, |it| {
        it.ends_apart()
    }),
    sight("points of one event that end apart", 2, |it| {
        it.ends_by_rule()
    }),
    sight("points that another rung gave another end", 1, |it| {
        it.renewed()
    }),
    sight("points that an event released", 2, |it| {
        it.released_by_event()
    }),
    // One programme of three is joined by opt-in.
    sight("points for orders from before joining", 2, |it| {
        it.backdated()
    }),
    sight("such orders that came back before it", 10, |it| {
        it.backdated_refunds()
    }),
    // Few versions bring inactivity, and fewer say that it counts from what was before.
    sight("points that were idle before a version", 8, |it| {
        it.idle_before()
    }),
    sight("ends of rungs computed anew", 4, |it| it.ends_anew()),
    sight("rungs that such an end is over for", 32, |it| {
        it.ended_anew()
    }),
    sight("rungs that a version set higher", 8, |it| it.set_higher()),
    sight("rungs that a version set lower", 8, |it| it.set_lower()),
    sight("points that a rule would have given", 4, |it| {
        it.given_more()
    }),
    sight("points that a rule would not have given", 4, |it| {
        it.given_less()
    }),
    sight("refunds of orders that were settled so", 20, |it| {
        it.refunded_anew()
    }),
    // Few points wait on the day on which a version begins.
    sight("such points that wait", 40, |it| it.late_waits()),
    // A version of two wallets that says so, and points of the one.
    sight("points that became another wallet's", 8, |it| {
        it.converted()
    }),
    sight("debts that became another wallet's", 60, |it| {
        it.owes_otherwise()
    }),
    sight("refunds of such points", 40, |it| it.refunded_elsewhere()),
    sight("redemptions of such points that were undone", 100, |it| {
        it.undone_elsewhere()
    }),
    sight("rewards before and after another id", 8, |it| {
        it.rewards_moved()
    }),
];

/// Asked for only where draws were held.
const SURPRISES: &str = "surprises";

const fn sight(name: &'static str, rarer: u64, has: fn(&Seen<'_>) -> bool) -> Sight {
    Sight { name, rarer, has }
}

/// What generated histories really contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Histories.
    pub histories: u64,
    /// Accounts in them.
    pub accounts: u64,
    /// Accounts with each sight, in their order.
    with: [u64; SIGHTS.len()],
}

impl Default for Content {
    fn default() -> Content {
        Content {
            histories: 0,
            accounts: 0,
            with: [0; SIGHTS.len()],
        }
    }
}

impl Content {
    /// Counts one account by what was booked for it.
    pub fn count(&mut self, versions: &Versions, account: &Rehearsed) {
        let seen = Seen {
            versions,
            batch: &account.batch,
            kept: &account.kept,
        };
        self.accounts += 1;
        for (with, sight) in self.with.iter_mut().zip(SIGHTS) {
            *with += u64::from((sight.has)(&seen));
        }
    }

    /// Adds what other histories contain.
    pub fn merge(&mut self, other: &Content) {
        self.histories += other.histories;
        self.accounts += other.accounts;
        for (with, more) in self.with.iter_mut().zip(other.with) {
            *with += more;
        }
    }

    /// What occurs in fewer than one account of `every`, a sentence each; of what is rarer, so much fewer, and nothing is
    /// asked of too few accounts. Surprises are asked only where draws were held.
    pub fn too_rare(&self, every: u64, drawn: bool) -> Vec<String> {
        let asked = (SIGHTS.iter().zip(self.with)).filter(|(it, _)| drawn || it.name != SURPRISES);
        let rare = asked.filter(|(sight, with)| {
            *with < self.accounts / (every * sight.rarer) || self.accounts == 0
        });
        rare.map(|(sight, with)| {
            format!(
                "only {with} of {} accounts had {}",
                self.accounts, sight.name
            )
        })
        .collect()
    }
}

impl std::fmt::Display for Content {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (histories, accounts) = (self.histories, self.accounts);
        write!(out, "{histories} histories, {accounts} accounts, of which")?;
        for (sight, with) in SIGHTS.iter().zip(self.with) {
            write!(out, "\n{with:>7} with {}", sight.name)?;
        }
        Ok(())
    }
}
