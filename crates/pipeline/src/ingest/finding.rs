//! What the ingest has to say about rows and files: a code each, the cause and the next step.

use serde::Serialize;

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

            /// The code that is spelled so.
            pub fn from_text(text: &str) -> Option<$enum> {
                $enum::ALL.iter().copied().find(|code| code.text() == text)
            }
        }

        impl Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.text())
            }
        }
    };
}

codes! {
    /// Why a row went to quarantine.
    RowCode;
    /// A column that every row of the dataset must fill is empty: id, member, account, time, line, revision, or
    /// one that the programme declares `required`. An id, member or account of nothing but blanks is empty too.
    MissingValue = "row/missing-value";
    /// The text is not a number. Numbers are digits with a point for decimals, without currency sign, thousands
    /// separator or exponent.
    NotANumber = "row/not-a-number";
    /// The number has more digits after the point than the column keeps. Nothing is rounded on the way in: round
    /// it where it comes from, or declare the column with more `digits`.
    TooPrecise = "row/too-precise";
    /// The number is below `min`, above `max`, or larger than 18 digits hold. Correct the row or widen the range.
    OutOfRange = "row/out-of-range";
    /// The text is not one of the column's declared `values`. Correct the row or declare the value.
    NotAllowed = "row/not-allowed";
    /// The text is not a time or date that Rungs reads: `2026-03-10T09:30:00+01:00`, `2026-03-10 09:30:00`,
    /// `2026-03-10`, `20260310`. Counted seconds are refused, because the unit cannot be told.
    NotATime = "row/not-a-time";
    /// The text is not true, false, yes, no, 1 or 0.
    NotABoolean = "row/not-a-boolean";
    /// The row has more or fewer fields than the header, so nobody can say which value is which. Often a
    /// delimiter inside a text that is not quoted.
    WrongFieldCount = "row/wrong-field-count";
    /// The row's bytes are not UTF-8 text. Save the file as UTF-8.
    NotUtf8 = "row/not-utf8";
    /// A quoted field never ends, or goes on after its closing quote. A quote inside a quoted field is doubled.
    /// Reading goes on at the next line.
    Quotes = "row/quotes";
    /// The row is longer than 1 MiB, which no event is. Often a quote that is never closed. Reading goes on at
    /// the next line.
    TooLong = "row/too-long";
    /// The id of the line before it stands here under another account or member. An event belongs to one
    /// account: the first stands, this row waits. To move an event, upload it as `void` in the old account.
    TwoAccounts = "row/two-accounts";
    /// The row is in another currency than the programme. Convert before the upload.
    OtherCurrency = "row/other-currency";
    /// An amount, quantity or number of points is below zero. What is given back is a `refund` event; a
    /// discount is written as a positive amount. Lines below zero are accepted where the column declares a
    /// `min` below zero.
    Negative = "row/negative";
    /// The lines of one event differ in a column of the event (time, total, coupon…). The first line stands.
    HeaderDiffers = "row/header-differs";
    /// The row asks for something that this version of Rungs does not do yet (`void`), so it waits.
    NotYet = "row/not-yet";
    /// The event's night was settled before its file came. It waits until late events are settled.
    Late = "row/late";
    /// An event with this source, account and id is there already with other content, and the dataset names no
    /// `revision`. The first stands.
    Conflict = "row/conflict";
    /// A later revision of an event that is settled. It waits until corrections are settled.
    Revised = "row/revised";
    /// The refund names an order that is not there.
    UnknownOrder = "row/unknown-order";
    /// The event is of somebody who is not a member.
    UnknownMember = "row/unknown-member";
    /// A number that the programme computes from this event leaves 64 bits.
    Overflow = "row/overflow";
}

codes! {
    /// Why a whole file was refused.
    ObjectCode;
    /// The file holds nothing, not even a header.
    Empty = "object/empty";
    /// The header is not UTF-8 text. Save the file as UTF-8 (UTF-16 is refused as well).
    HeaderNotUtf8 = "object/not-utf8";
    /// The header cannot be read: a quote that is not closed, or longer than 1 MiB.
    Header = "object/header";
    /// The file is not Apache Parquet, or its end is missing.
    NotParquet = "object/not-parquet";
    /// The file is Parquet, but a part of it cannot be read. Nothing of it is taken.
    Unreadable = "object/unreadable";
    /// A column that the dataset needs is not in the file.
    MissingColumn = "object/missing-column";
    /// Two columns of the file have the name of one that the dataset needs.
    DuplicateColumn = "object/duplicate-column";
    /// Money stands in floating-point numbers, which do not hold cents exactly. Write it as decimal, as integer
    /// minor units (with `unit = "minor"`) or as text.
    FloatMoney = "object/float-money";
    /// A number or an id stands in floating-point numbers, which are not exact. Write it as decimal, integer or text.
    FloatNumber = "object/float-number";
    /// A column is of a type from which the declared one cannot be read.
    ColumnType = "object/column-type";
    /// The file's ending says no format that Rungs reads, and the dataset declares none.
    UnknownFormat = "object/unknown-format";
    /// A format or compression that this version of Rungs does not read yet.
    FormatNotYet = "object/not-yet";
}

/// A row that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Name of the file in the inbox.
    pub object: String,
    /// Line in the file, from 1 (the line on which the row begins); for Parquet the row, from 1.
    pub line: u64,
    /// Name of the source column, where the cause lies in one.
    pub column: Option<String>,
    /// Which finding.
    pub code: RowCode,
    /// The cause and the next step. Never quotes a value.
    pub reason: String,
    /// The value, at most 200 characters of it; never of a column declared as personal data.
    pub value: Option<String>,
    /// The row as a JSON object of texts, so that it can be corrected and submitted again: the columns that the
    /// dataset reads, without those declared as personal data. None where the row could not be taken apart.
    pub raw: Option<String>,
}

/// Why a file was refused whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Which finding.
    pub code: ObjectCode,
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub help: String,
}

impl Refusal {
    /// From its parts.
    pub fn new(code: ObjectCode, message: impl Into<String>, help: impl Into<String>) -> Refusal {
        Refusal {
            code,
            message: message.into(),
            help: help.into(),
        }
    }
}
