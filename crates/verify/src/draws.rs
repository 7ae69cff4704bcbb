//! Draws, drawn again: tickets from the secret, the chance, and the lowest tickets where a budget is.

use crate::compare::{Difference, Table};
use crate::{Eligible, Reading, Win};
use rungs_engine::calendar::Instant;
use rungs_engine::number::Rational;
use rungs_engine::program::Program;
use sha2::{Digest, Sha256};

/// HMAC-SHA256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut padded = [0u8; BLOCK];
    if key.len() > BLOCK {
        let digest: [u8; 32] = Sha256::digest(key).into();
        padded[..32].copy_from_slice(&digest);
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let inner: [u8; 32] = Sha256::new()
        .chain_update(padded.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize()
        .into();
    Sha256::new()
        .chain_update(padded.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

/// Each part after its length in 8 bytes, so that no two lists of parts make the same message.
fn prefixed(parts: &[&str]) -> Vec<u8> {
    let mut message = Vec::new();
    for part in parts {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part.as_bytes());
    }
    message
}

/// The key of a programme's day (`2026-06-03`), from the secret.
pub fn day_key(secret: &[u8], program: &str, date: &str) -> [u8; 32] {
    hmac(secret, &prefixed(&[program, date]))
}

/// The ticket of a member under a day key; `occurrence` is the scheduled local time `2026-06-03T10:00`.
pub fn ticket(
    day_key: &[u8],
    program: &str,
    surprise: &str,
    occurrence: &str,
    member: &str,
) -> [u8; 32] {
    hmac(day_key, &prefixed(&[program, surprise, occurrence, member]))
}

/// Whether a ticket wins at a chance: its first 8 bytes, as a number, lie below ⌊chance · 2⁶⁴⌋.
pub fn wins(ticket: &[u8; 32], chance: Rational) -> bool {
    let drawn = ticket[..8]
        .iter()
        .fold(0u128, |number, byte| (number << 8) | u128::from(*byte));
    let (num, den) = (
        u128::try_from(chance.num).unwrap_or(0),
        u128::try_from(chance.den).unwrap_or(1).max(1),
    );
    drawn < (num << 64) / den
}

/// The winners of an occurrence among those who may draw, in order of their names.
pub fn winners(
    program: &Program,
    secret: &[u8],
    surprise: usize,
    occurrence: Instant,
    members: &[&str],
) -> Vec<String> {
    let declared = &program.surprises[surprise];
    let reading = Reading::of(program);
    let days = &reading.days;
    let local = days.wall_text(occurrence, 'T');
    let date = crate::days::day_text(days.day(occurrence));
    let key = day_key(secret, &program.id, &date);
    let mut drawn: Vec<([u8; 32], &str)> = members
        .iter()
        .map(|member| {
            (
                ticket(&key, &program.id, &declared.id, &local, member),
                *member,
            )
        })
        .filter(|(ticket, _)| wins(ticket, declared.chance))
        .collect();
    drawn.sort_unstable();
    drawn.dedup();
    if let Some(budget) = declared.budget {
        drawn.truncate(usize::try_from(budget).unwrap_or(usize::MAX));
    }
    let mut names: Vec<String> = drawn
        .into_iter()
        .map(|(_, member)| member.to_owned())
        .collect();
    names.sort_unstable();
    names
}

/// Draws one occurrence again and says where the wins that were booked differ. `eligible` are all members
/// of all accounts who may draw at it (others in the list are passed over), `booked` all wins.
pub fn check(
    program: &Program,
    secret: &[u8],
    surprise: usize,
    occurrence: Instant,
    eligible: &[Eligible],
    booked: &[Win],
) -> Vec<Difference> {
    let members: Vec<&str> = eligible
        .iter()
        .filter(|one| one.surprise == surprise && one.occurrence == occurrence)
        .map(|one| one.member.as_str())
        .collect();
    let expected = winners(program, secret, surprise, occurrence, &members);
    let won: Vec<&str> = booked
        .iter()
        .filter(|win| win.surprise == surprise && win.occurrence == occurrence)
        .map(|win| win.member.as_str())
        .collect();
    let id = &program.surprises[surprise].id;
    let when = Reading::of(program).days.wall_text(occurrence, ' ');
    let difference = |member: &str, expected: &str, found: &str| Difference {
        account: member.to_owned(),
        table: Table::Draws,
        at: occurrence,
        rule: id.clone(),
        expected: Some(expected.to_owned()),
        booked: Some(found.to_owned()),
        sentence: format!(
            "draw of `{id}` at {when}: `{member}` {expected}, but the booked draw says that `{member}` {found}"
        ),
    };
    let missing = expected
        .iter()
        .filter(|member| !won.contains(&member.as_str()))
        .map(|member| difference(member, "wins", "does not win"));
    let surplus = won
        .iter()
        .filter(|member| expected.iter().all(|name| name != *member))
        .map(|member| difference(member, "does not win", "wins"));
    missing.chain(surplus).collect()
}
