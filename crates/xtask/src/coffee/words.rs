//! What people write, and how they are reached. All of it is invented: addresses end in a domain
//! that is reserved for examples, telephone numbers lie in Ireland's range for works of fiction.

use super::random::Random;

const FIRST: &[&str] = &[
    "aoife", "ciara", "niamh", "saoirse", "roisin", "grainne", "emma", "sophie", "zofia", "ines",
    "conor", "cian", "oisin", "tadhg", "fionn", "declan", "jack", "noah", "piotr", "rui",
];
const LAST: &[&str] = &[
    "murphy", "kelly", "byrne", "ryan", "walsh", "doyle", "nolan", "quinn", "kowalska", "santos",
    "farrell", "daly", "keane", "brady", "lynch", "moran",
];

/// An address; `again` counts the changes of it.
pub fn email(random: &mut Random, number: usize, again: i64) -> String {
    let (first, last) = (random.pick(FIRST), random.pick(LAST));
    format!(
        "{first}.{last}{number}{}@example.com",
        ["", "x", "y", "z"][again.min(3) as usize]
    )
}

/// A number from 020 91x xxxx.
pub fn phone(random: &mut Random) -> String {
    format!("+353 20 91{} {:04}", random.below(10), random.below(10_000))
}

const PLEASED: &[&str] = &[
    "Best flat white on the northside",
    "Míle buíochas, the porridge is lovely",
    "Quick, warm, \"the usual\" every time",
    "They remembered my cup, and my name",
    "",
];
const SO_SO: &[&str] = &[
    "Good coffee, long line",
    "Fine, but the music is loud",
    "Scones were gone by ten",
    "",
];
const CROSS: &[&str] = &[
    "Cold again",
    "Waited 20 minutes, then the wrong drink",
    "Beans disappeared from my card; nobody could say why",
    "",
];

/// What goes with a score from 0 to 10.
pub fn comment(random: &mut Random, score: i64) -> &'static str {
    random.pick(match score {
        9.. => PLEASED,
        7..9 => SO_SO,
        _ => CROSS,
    })
}
