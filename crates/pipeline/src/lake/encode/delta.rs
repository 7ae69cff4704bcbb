//! `DELTA_BINARY_PACKED`: whole numbers as differences in few bits.
//!
//! Blocks of four miniblocks of 64 (32 for numbers of 32 bits) differences; each miniblock has the least
//! number of bits that holds its differences less the least one of the block. Readers unpack as many
//! numbers at once as a word has bits, so shorter miniblocks of long numbers are read at half the speed.

const MINIBLOCKS: usize = 4;
const LONG: usize = 64;
const SHORT: usize = 32;

/// Encodes numbers that are stored as 64 bits.
#[inline(always)]
pub(crate) fn encode_64(values: &[i64], out: &mut Vec<u8>) {
    header::<LONG>(values.len(), values.first().copied().unwrap_or(0), out);
    let mut deltas = [0_i64; LONG * MINIBLOCKS];
    let mut packer = Packer::<LONG>::new();
    for start in (0..values.len().saturating_sub(1)).step_by(LONG * MINIBLOCKS) {
        let window = &values[start..(start + LONG * MINIBLOCKS + 1).min(values.len())];
        for (delta, pair) in deltas.iter_mut().zip(window.windows(2)) {
            *delta = pair[1].wrapping_sub(pair[0]);
        }
        let deltas = &deltas[..window.len() - 1];
        let least = deltas.iter().copied().min().unwrap_or(0);
        packer.block(least, deltas, out, |delta| delta.wrapping_sub(least) as u64);
    }
}

/// Encodes numbers that are stored as 32 bits: differences wrap around at 32 bits.
#[inline(always)]
pub(crate) fn encode_32(values: &[i32], out: &mut Vec<u8>) {
    let first = values.first().copied().unwrap_or(0);
    header::<SHORT>(values.len(), i64::from(first), out);
    let mut deltas = [0_i32; SHORT * MINIBLOCKS];
    let mut packer = Packer::<SHORT>::new();
    for start in (0..values.len().saturating_sub(1)).step_by(SHORT * MINIBLOCKS) {
        let window = &values[start..(start + SHORT * MINIBLOCKS + 1).min(values.len())];
        for (delta, pair) in deltas.iter_mut().zip(window.windows(2)) {
            *delta = pair[1].wrapping_sub(pair[0]);
        }
        let deltas = &deltas[..window.len() - 1];
        let least = deltas.iter().copied().min().unwrap_or(0);
        packer.block(i64::from(least), deltas, out, |delta| {
            u64::from(delta.wrapping_sub(least) as u32)
        });
    }
}

fn header<const LENGTH: usize>(count: usize, first: i64, out: &mut Vec<u8>) {
    varint((LENGTH * MINIBLOCKS) as u64, out);
    varint(MINIBLOCKS as u64, out);
    varint(count as u64, out);
    zigzag(first, out);
}

/// Packs miniblocks of `LENGTH` numbers, a multiple of 32. What it needs for one is used again for the next.
struct Packer<const LENGTH: usize> {
    values: [u64; LENGTH],
    packed: [u8; (LONG + 1) * 8],
}

impl<const LENGTH: usize> Packer<LENGTH> {
    fn new() -> Packer<LENGTH> {
        Packer {
            values: [0; LENGTH],
            packed: [0; (LONG + 1) * 8],
        }
    }

    /// A block of differences, the least of which is `least`; `rest` says what one is beyond it.
    #[inline(always)]
    fn block<N: Copy>(
        &mut self,
        least: i64,
        deltas: &[N],
        out: &mut Vec<u8>,
        rest: impl Fn(N) -> u64,
    ) {
        zigzag(least, out);
        let widths = out.len();
        out.resize(widths + MINIBLOCKS, 0);
        for (miniblock, deltas) in deltas.chunks(LENGTH).enumerate() {
            let mut all = 0;
            for (value, delta) in self.values.iter_mut().zip(deltas) {
                *value = rest(*delta);
                all |= *value;
            }
            self.values[deltas.len()..].fill(0);
            let width = u64::BITS - all.leading_zeros();
            out[widths + miniblock] = width as u8;
            if width > 0 {
                out.extend_from_slice(self.pack(width));
            }
        }
    }

    /// The values at hand in `width` bits each, the first in the lowest bits; they are used up.
    #[inline(always)]
    fn pack(&mut self, mut width: u32) -> &[u8] {
        let mut values = &mut self.values[..];
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
        let packed = &mut self.packed;
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
        &packed[..at + bits as usize / 8]
    }
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
