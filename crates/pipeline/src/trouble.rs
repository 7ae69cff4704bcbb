//! What stops a run: the machine, not the data. Bad rows and bad files never do.

use crate::codes::codes;
use crate::lake::error::LakeError;
use std::path::Path;

codes! {
    /// Why a command could not do what was asked (exit code 3). With those of [`LakeCode`](crate::lake::error::LakeCode).
    TroubleCode;
    /// The store is there, but no run has finished in it, so there is nothing to show. `rungs run` settles the
    /// first night.
    NotSettled = "store/not-settled";
    /// The programme's file was changed after nights were settled by it. What is booked was promised by the old
    /// text, so it is not settled or explained by another one in silence. Restore the file, or settle everything
    /// anew into a new store.
    ProgrammeChanged = "store/programme-changed";
    /// No run ended on that date. A report is kept for the last night of each run.
    NoReport = "store/no-report";
    /// No settled event belongs to that account.
    NoAccount = "store/no-account";
    /// A night up to which everything is settled already was asked for. Nothing is settled twice; ask for a later
    /// night, or for the report of that one. A rebuild needs a folder of its own.
    SettledAlready = "run/settled-already";
    /// Another text of the programme was deployed while a night was settled in steps.
    ChangedMeanwhile = "run/changed-meanwhile";
    /// A night cannot count yet: some of its shards were not folded.
    PartsMissing = "run/parts-missing";
    /// Another process has settled the same run otherwise.
    Taken = "run/taken";
    /// The programme that was deployed is not sound.
    Programme = "run/programme";
    /// The folder of the inbox cannot be opened.
    Inbox = "run/inbox";
    /// A file or folder of the inbox cannot be read. Nothing of the run counts: half of the uploads would be another
    /// result.
    Unreadable = "run/unreadable";
    /// An uploaded file matches the `file` patterns of two datasets, so nobody can say what it holds.
    TwoDatasets = "run/two-datasets";
    /// The denominators of a rule's rates have no common one within 64 bits, so its points cannot be counted
    /// exactly. Use rates with fewer digits.
    RatesTooFine = "run/rates-too-fine";
    /// Rungs met something that `rungs check` should have refused. Please report it with the programme.
    Unforeseen = "run/unforeseen";
    /// The file with the keys cannot be read.
    KeysUnreadable = "keys/unreadable";
    /// Others on this machine can read the file with the keys; who has the draw key foretells every draw.
    KeysOpen = "keys/open-to-others";
    /// The file with the keys is not TOML with two different keys, `draw` and `pseudonym`, of 64 hexadecimal digits.
    KeysForm = "keys/form";
}

/// Something could not be done (a folder cannot be read, a disk is full): the run stops, and nothing
/// that it did is visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its code, of [`TroubleCode`] or of [`LakeCode`](crate::lake::error::LakeCode), as it is spelled.
    pub code: &'static str,
    /// What could not be done and why, lower case, without a full stop.
    pub message: String,
    /// The next step.
    pub help: String,
}

impl Trouble {
    /// From a message and the next step.
    pub fn new(code: TroubleCode, message: impl Into<String>, help: impl Into<String>) -> Trouble {
        Trouble {
            code: code.text(),
            message: message.into(),
            help: help.into(),
        }
    }

    /// No run has finished in the store.
    pub fn not_settled() -> Trouble {
        Trouble::new(
            TroubleCode::NotSettled,
            "no run has finished in this store",
            "`rungs run` settles the first night",
        )
    }

    /// A store that was to be made has nights already.
    pub fn settled_already(store: &Path) -> Trouble {
        Trouble::new(
            TroubleCode::SettledAlready,
            format!("nights are settled in `{}` already", store.display()),
            "name another folder with `--into`, or remove this one",
        )
    }

    /// The store was settled by another text of a programme's file.
    pub fn programme_changed(file: &str) -> Trouble {
        Trouble::new(
            TroubleCode::ProgrammeChanged,
            format!("`{file}` was changed after nights were settled by it"),
            "restore the file as it was; a new rule is a new file, named by the day on which it begins; `rungs rebuild --restate --into DIR` settles the past by the changed file, into a new store",
        )
    }
}

/// What the library for Parquet says, without its own name before it.
pub(crate) fn without_prefix(said: &str) -> String {
    let mut rest = said;
    while let Some(shorter) = ["Parquet error: ", "Parquet argument error: "]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix))
    {
        rest = shorter;
    }
    rest.to_owned()
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "[{}] {}: {}", self.code, self.message, self.help)
    }
}

impl std::error::Error for Trouble {}

impl From<LakeError> for Trouble {
    fn from(error: LakeError) -> Trouble {
        Trouble {
            code: error.code.text(),
            message: format!("`{}`: {}", error.place, error.cause),
            help: error.help,
        }
    }
}
