//! Every code that a user can meet, in one list: what `rungs explain code` and the reference page say,
//! and what the golden tests are held against.

use crate::ingest::{ObjectCode, RowCode};
use crate::lake::error::LakeCode;
use crate::trouble::TroubleCode;
use rungs_engine::finding::{Code, Severity};

/// Declares an enum of codes with their texts and explanations.
macro_rules! codes {
    ($(#[doc = $about:literal])+ $enum:ident; $($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        $(#[doc = $about])+
        ///
        /// A code is never renamed or used again for another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[doc = $doc])+ $name,)+ }

        impl $enum {
            /// All codes.
            pub const ALL: &'static [$enum] = &[$($enum::$name,)+];

            /// `family/name`, as it is shown and looked up.
            pub fn text(self) -> &'static str {
                match self { $($enum::$name => $text,)+ }
            }

            /// What `rungs explain code` prints: meaning, why it matters, what to do.
            pub fn explanation(self) -> &'static str {
                match self { $($enum::$name => concat!($($doc, "\n",)+),)+ }
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.text())
            }
        }
    };
}
pub(crate) use codes;

/// What a code is about, and so what happens when it is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A programme or a scenario file.
    Programme(Severity),
    /// A row of an upload: it goes to quarantine.
    Row,
    /// An uploaded file: it is refused whole.
    File,
    /// The store, the keys, the machine: nothing is done.
    Trouble,
}

/// A code that a user can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// `family/name`.
    pub text: &'static str,
    /// What it is about.
    pub sort: Sort,
    /// Meaning, why it matters, what to do; one line each.
    explanation: &'static str,
}

impl Known {
    /// What the code means and what to do.
    pub fn explanation(&self) -> String {
        let lines: Vec<&str> = self.explanation.lines().map(str::trim).collect();
        lines.join("\n").trim().to_owned()
    }
}

/// Every code: of programmes, rows, files, and of what stops a run.
pub fn all() -> Vec<Known> {
    let known = |text, sort, explanation| Known {
        text,
        sort,
        explanation,
    };
    let mut all: Vec<Known> = Vec::new();
    all.extend(Code::ALL.iter().map(|code| {
        let sort = Sort::Programme(code.severity());
        known(code.text(), sort, code.explanation())
    }));
    let rows = RowCode::ALL.iter();
    all.extend(rows.map(|code| known(code.text(), Sort::Row, code.explanation())));
    let files = ObjectCode::ALL.iter();
    all.extend(files.map(|code| known(code.text(), Sort::File, code.explanation())));
    let store = LakeCode::ALL.iter();
    all.extend(store.map(|code| known(code.text(), Sort::Trouble, code.explanation())));
    let trouble = TroubleCode::ALL.iter();
    all.extend(trouble.map(|code| known(code.text(), Sort::Trouble, code.explanation())));
    all
}

/// The code that is spelled so.
pub fn find(text: &str) -> Option<Known> {
    all().into_iter().find(|code| code.text == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_codes_are_spelled_alike_and_each_is_explained() {
        let mut seen = BTreeSet::new();
        for code in all() {
            assert!(seen.insert(code.text), "`{}` twice", code.text);
            let explained = code.explanation();
            assert!(explained.len() > 20, "`{}`: {explained}", code.text);
            assert_eq!(find(code.text), Some(code));
        }
        assert_eq!(find("row/no-such-code"), None);
    }
}
