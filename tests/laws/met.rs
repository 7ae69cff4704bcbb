//! How often each thing came about that a law is about: a law over histories in which it never does says nothing.

use rungs_histories::Content;
use std::collections::BTreeMap;

/// Bookings that are late, or taken back: every law of convergence has to meet each.
const BOOKED: [&str; 14] = [
    "grant late",
    "grant withdrawn",
    "expire withdrawn",
    "redeem withdrawn",
    "restore late",
    "restore withdrawn",
    "reverse withdrawn",
    "release withdrawn",
    "debt withdrawn",
    "rung late",
    "rung withdrawn",
    "issue late",
    "issue withdrawn",
    "issue kept",
];

/// What histories contain, and what was booked late, by name.
#[derive(Default)]
pub struct Met {
    content: Content,
    counts: BTreeMap<String, u64>,
}

impl Met {
    /// All histories together.
    pub fn together(settled: Vec<(Content, BTreeMap<String, u64>)>) -> Met {
        let mut all = Met::default();
        for (content, counts) in settled {
            all.content.merge(&content);
            for (name, count) in counts {
                *all.counts.entry(name).or_default() += count;
            }
        }
        println!("{}", all.content);
        (all.counts.iter()).for_each(|(name, count)| println!("{count:>7} {name}"));
        all
    }

    /// How often a thing came about.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// Fails if something came about too rarely: less than once in `every` histories what was booked, and these.
    pub fn often_enough(&self, every: u64, drawn: bool, these: &[&str]) {
        let rare = self.content.too_rare(20, drawn);
        assert!(rare.is_empty(), "{}", rare.join("; "));
        for name in BOOKED.iter().chain(these) {
            let count = self.count(name);
            assert!(
                count * every >= self.content.histories,
                "only {count} times: {name}"
            );
        }
    }
}
