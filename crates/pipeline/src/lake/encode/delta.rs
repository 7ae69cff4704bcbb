//! `DELTA_BINARY_PACKED`: whole numbers as differences in few bits.
//!
//! Blocks of four miniblocks of 64 (32 for numbers of 32 bits) differences; each miniblock has the least
//! number of bits that holds its differences less the least one of the block. Readers unpack as many
//! numbers at once as a word has bits, so shorter miniblocks of long numbers are read at half the speed.

const MINIBLOCKS: usize = 4;
const LONG: usize = 64;
const SHORT: usize = 32;

/// Encodes numbers that are stored as 64 bits.
pub(crate) fn encode_64(values: &[i64], out: &mut Vec<u8>) {
    header::<LONG>(values.len(), values.first().copied().unwrap_or(0), out);
    let mut deltas = [0_i64; LONG * MINIBLOCKS];
    for start in (0..values.len().saturating_sub(1)).step_by(LONG * MINIBLOCKS) {
        let window = &values[start..(start + LONG * MINIBLOCKS + 1).min(values.len())];
        for (delta, pair) in deltas.iter_mut().zip(window.windows(2)) {
            *delta = pair[1].wrapping_sub(pair[0]);
        }
        let deltas = &deltas[..window.len() - 1];
        let least = deltas.iter().copied().min().unwrap_or(0);
        block::<LONG>(least, deltas.len(), out, |at| {
            deltas[at].wrapping_sub(least) as u64
        });
    }
}

/// Encodes numbers that are stored as 32 bits: differences wrap around at 32 bits.
pub(crate) fn encode_32(values: &[i32], out: &mut Vec<u8>) {
    let first = values.first().copied().unwrap_or(0);
    header::<SHORT>(values.len(), i64::from(first), out);
    let mut deltas = [0_i32; SHORT * MINIBLOCKS];
    for start in (0..values.len().saturating_sub(1)).step_by(SHORT * MINIBLOCKS) {
        let window = &values[start..(start + SHORT * MINIBLOCKS + 1).min(values.len())];
        for (delta, pair) in deltas.iter_mut().zip(window.windows(2)) {
            *delta = pair[1].wrapping_sub(pair[0]);
        }
        let deltas = &deltas[..window.len() - 1];
        let least = deltas.iter().copied().min().unwrap_or(0);
        block::<SHORT>(i64::from(least), deltas.len(), out, |at| {
            u64::from(deltas[at].wrapping_sub(least) as u32)
        });
    }
}

fn header<const LENGTH: usize>(count: usize, first: i64, out: &mut Vec<u8>) {
    varint((LENGTH * MINIBLOCKS) as u64, out);
    varint(MINIBLOCKS as u64, out);
    varint(count as u64, out);
    zigzag(first, out);
}

fn block<const LENGTH: usize>(
    least: i64,
    count: usize,
    out: &mut Vec<u8>,
    rest: impl Fn(usize) -> u64,
) {
    zigzag(least, out);
    let widths = out.len();
    out.resize(widths + MINIBLOCKS, 0);
    for (miniblock, start) in (0..count).step_by(LENGTH).enumerate() {
        let mut values = [0_u64; LENGTH];
        let end = (start + LENGTH).min(count);
        for (value, at) in values.iter_mut().zip(start..end) {
            *value = rest(at);
        }
        let all = values.iter().fold(0, |all, value| all | value);
        let width = 64 - all.leading_zeros();
        out[widths + miniblock] = width as u8;
        pack(&mut values, width, out);
    }
}

/// Numbers of `width` bits, the first in the lowest bits. There are a multiple of 32; they are used up.
fn pack(mut values: &mut [u64], mut width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    // Two by two into one of twice the width, as long as that fits: pairs do not wait for one another.
    while width <= 32 && values.len() > 1 {
        let pairs = values.len() / 2;
        for pair in 0..pairs {
            values[pair] = values[2 * pair] | values[2 * pair + 1] << (width % 64);
        }
        values = &mut values[..pairs];
        width *= 2;
    }
    // Then word by word; each word is written anew until it is full.
    let mut packed = [0_u8; (LONG + 1) * 8];
    let (mut word, mut bits, mut at) = (0_u64, 0, 0);
    for value in values.iter() {
        word |= *value << bits;
        packed[at..at + 8].copy_from_slice(&word.to_le_bytes());
        bits += width;
        if bits >= 64 {
            bits -= 64;
            at += 8;
            // What did not fit; nothing did not if the word ends with this number.
            word = value.unbounded_shr(width - bits);
        }
    }
    packed[at..at + 8].copy_from_slice(&word.to_le_bytes());
    out.extend_from_slice(&packed[..at + bits as usize / 8]);
}

/// Seven bits a byte, lowest first.
pub(crate) fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64, out: &mut Vec<u8>) {
    varint(((value << 1) ^ (value >> 63)) as u64, out);
}
