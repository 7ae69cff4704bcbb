//! Runs of equal codes, and groups of eight codes in few bits: how Parquet stores codes of a dictionary
//! and which rows have a value.

use super::delta::varint;

/// The least number of bits that holds every code below `codes`.
pub(crate) fn width(codes: usize) -> u32 {
    match codes {
        0 | 1 => 0,
        _ => usize::BITS - (codes - 1).leading_zeros(),
    }
}

/// Encodes codes of `width` bits.
pub(crate) fn encode(codes: &[u32], width: u32, out: &mut Vec<u8>) {
    let mut literal = 0;
    let mut at = 0;
    while at < codes.len() {
        let run = codes[at..]
            .iter()
            .take_while(|code| **code == codes[at])
            .count();
        // A run begins only where the literals before it fill their groups of eight.
        let fill = (8 - (at - literal) % 8) % 8;
        if run >= fill + 8 {
            groups(&codes[literal..at + fill], width, out);
            let repeated = run - fill;
            varint((repeated as u64) << 1, out);
            out.extend_from_slice(&codes[at].to_le_bytes()[..width.div_ceil(8) as usize]);
            at += run;
            literal = at;
        } else {
            at += run;
        }
    }
    groups(&codes[literal..], width, out);
}

fn groups(codes: &[u32], width: u32, out: &mut Vec<u8>) {
    if codes.is_empty() {
        return;
    }
    let count = codes.len().div_ceil(8);
    varint(((count as u64) << 1) | 1, out);
    let (mut word, mut bits) = (0_u64, 0);
    let padding = count * 8 - codes.len();
    for code in codes.iter().chain(std::iter::repeat_n(&0, padding)) {
        word |= u64::from(*code) << bits;
        bits += width;
        while bits >= 8 {
            out.push(word as u8);
            word >>= 8;
            bits -= 8;
        }
    }
}

/// Which rows have a value, with its length before it, as data pages want it.
pub(crate) fn encode_validity(valid: &arrow_buffer::NullBuffer, out: &mut Vec<u8>) {
    let place = out.len();
    out.extend_from_slice(&[0; 4]);
    let rows = valid.len();
    if valid.null_count() == 0 || valid.null_count() == rows {
        varint((rows as u64) << 1, out);
        out.push(u8::from(valid.null_count() == 0));
    } else {
        varint(((rows.div_ceil(8) as u64) << 1) | 1, out);
        // Bits are stored here as Arrow keeps them, lowest first.
        out.extend_from_slice(&valid.inner().sliced().as_slice()[..rows.div_ceil(8)]);
        if let (Some(last), rest @ 1..) = (out.last_mut(), rows % 8) {
            *last &= (1 << rest) - 1;
        }
    }
    let length = (out.len() - place - 4) as u32;
    out[place..place + 4].copy_from_slice(&length.to_le_bytes());
}
