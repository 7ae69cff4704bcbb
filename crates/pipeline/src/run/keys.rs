//! The keys of draws and pseudonyms. They are separate, live outside of the repository in a file that
//! only its owner can read, and never appear in an output.

use crate::ingest::PseudonymKey;
use crate::trouble::{Trouble, TroubleCode};
use serde::Deserialize;
use std::path::Path;

/// The published test key: for samples and tests. Who knows it can foretell every draw.
const TEST: &[u8; 32] = b"rungs published test key: no use";

/// The keys of a programme.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The secret of draws.
    pub draw: Secret,
    /// The key of pseudonyms.
    pub pseudonym: PseudonymKey,
    /// Whether these are the published test keys.
    pub published: bool,
}

/// A secret that does not print itself.
#[derive(Clone)]
pub struct Secret(pub Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret(…)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    draw: String,
    pseudonym: String,
}

impl Keys {
    /// The published test keys.
    pub fn test() -> Keys {
        Keys {
            draw: Secret(TEST.to_vec()),
            pseudonym: PseudonymKey(*TEST),
            published: true,
        }
    }

    /// From a TOML file with `draw` and `pseudonym`, 64 hexadecimal digits each.
    pub fn read(path: &Path) -> Result<Keys, Trouble> {
        let shown = path.display();
        let help = "write `draw = \"…\"` and `pseudonym = \"…\"`, 64 hexadecimal digits each, and chmod it to 600";
        let text = std::fs::read_to_string(path).map_err(|error| {
            Trouble::new(
                TroubleCode::KeysUnreadable,
                format!("the keys `{shown}` cannot be read: {error}"),
                help,
            )
        })?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).map_or(0, |data| data.permissions().mode() & 0o077);
            if mode != 0 {
                return Err(Trouble::new(
                    TroubleCode::KeysOpen,
                    format!("the keys `{shown}` can be read by others"),
                    format!("chmod 600 {shown}; if others may have read it, make new keys"),
                ));
            }
        }
        // The parser's message would quote the line, and with it a key.
        let file: File = toml::from_str(&text).map_err(|_| {
            Trouble::new(
                TroubleCode::KeysForm,
                format!(
                    "the keys `{shown}` are not TOML with `draw` and `pseudonym`, and nothing else"
                ),
                help,
            )
        })?;
        let bytes = |text: &str| -> Option<[u8; 32]> {
            let bytes: Option<Vec<u8>> = (0..text.len() / 2)
                .map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok())
                .collect();
            bytes?.try_into().ok()
        };
        match (bytes(&file.draw), bytes(&file.pseudonym)) {
            (Some(draw), Some(pseudonym)) if draw != pseudonym => Ok(Keys {
                draw: Secret(draw.to_vec()),
                pseudonym: PseudonymKey(pseudonym),
                published: false,
            }),
            _ => Err(Trouble::new(
                TroubleCode::KeysForm,
                format!("the keys `{shown}` are not two different keys of 32 bytes"),
                help,
            )),
        }
    }
}
