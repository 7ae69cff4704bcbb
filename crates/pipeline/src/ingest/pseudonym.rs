//! Pseudonyms: keyed hashes in place of personal data.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key of a programme's pseudonyms. Who has it can test guesses against stored hashes, so it is kept
/// apart from the data and is never shown.
#[derive(Clone)]
pub struct PseudonymKey(pub [u8; 32]);

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("PseudonymKey(…)")
    }
}

impl PseudonymKey {
    /// The first 32 hexadecimal digits of HMAC-SHA256 over dataset, column and value, the first two each
    /// preceded by their length in 8 bytes (big-endian): the same value in another column is another
    /// pseudonym, so columns cannot be joined through it.
    pub fn pseudonym(&self, dataset: &str, column: &str, value: &str) -> String {
        // HMAC fills a short key with zeros up to the block of 64 bytes: written out, no length can fail.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in [dataset, column] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(value.as_bytes());
        hex(&mac.finalize().into_bytes()[..16])
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_what_pythons_hmac_says() {
        // hmac.new(bytes(range(32)), struct.pack(">Q", 6) + b"people" + struct.pack(">Q", 5) + b"email"
        //          + b"ann@example.org", "sha256").hexdigest()[:32]
        let key = PseudonymKey(std::array::from_fn(|index| index as u8));
        assert_eq!(
            key.pseudonym("people", "email", "ann@example.org"),
            "215c34cb988741037be29d6c9af52902"
        );
    }

    #[test]
    fn columns_datasets_and_keys_give_different_pseudonyms() {
        let key = PseudonymKey([7; 32]);
        let here = key.pseudonym("people", "email", "x");
        assert_ne!(here, key.pseudonym("people", "phone", "x"));
        assert_ne!(here, key.pseudonym("peoplee", "mail", "x"));
        assert_ne!(
            here,
            PseudonymKey([8; 32]).pseudonym("people", "email", "x")
        );
    }

    #[test]
    fn the_key_is_never_printed() {
        assert_eq!(format!("{:?}", PseudonymKey([65; 32])), "PseudonymKey(…)");
    }
}
