//! What the ingest has to say about rows and files: a code each, the cause and the next step.

use crate::codes::codes;
use serde::Serialize;

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
    /// The text is not true, false, yes, no, 1 or 0. Write one of these, or declare the column as text.
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
    /// account: the first stands, this row waits. Correct one of the two, or give the event an id of its own. An
    /// event that belongs to another account than was said moves by two rows: the old one with `void`, and the event
    /// in the new account. Rows that stand further apart, or in two files, are not compared: `rungs verify` names them.
    TwoAccounts = "row/two-accounts";
    /// The row is in another currency than the programme. Convert before the upload.
    OtherCurrency = "row/other-currency";
    /// An amount, quantity or number of points is below zero. What is given back is a `refund` event; a
    /// discount is written as a positive amount. Lines below zero are accepted where the column declares a
    /// `min` below zero.
    Negative = "row/negative";
    /// The lines of one event differ in a column of the event (time, total, coupon…). The first line stands. Give
    /// all lines of an event the same value; what may differ by line is declared as a column of lines.
    HeaderDiffers = "row/header-differs";
    /// The file is read by several versions of the programme, and the one that rules on the row's day cannot read it:
    /// it lacks a column that this version needs, or dates the row on another day. Upload the row in a file of the form
    /// that its version declares.
    OtherVersion = "row/other-version";
    /// The event's night, or that of the event that it corrects, was settled longer ago than `[program] late`
    /// allows, so the ledger stays as it was. Let the desk book the difference; or widen `late`, and settle the
    /// uploads into a new store.
    Late = "row/late";
    /// The dataset has an event of this account and id already, with other content, and names no `revision` that
    /// says which is newer. The one that was settled first stands; of one night the one with the smaller digest. All lines of an order
    /// belong into one file: of an order whose lines are spread over two files one file's lines stand, the others
    /// are in conflict.
    Conflict = "row/conflict";
    /// A later revision of the event stands, or a `void` has cancelled it. Nothing is to be done.
    Superseded = "row/superseded";
    /// The refund names an order that the account does not have before it. It takes nothing back. Look at the
    /// refund's order, account and time (a refund cannot be earlier than its order), and whether the order itself is in
    /// quarantine. If the order comes later, the refund is settled with it.
    UnknownOrder = "row/unknown-order";
    /// The refund asks for more than is left of its order, and the programme says `[refunds] over = "reject"`: it takes
    /// nothing back. Look whether it was uploaded twice under two ids; correct its lines, quantities or amounts.
    OverRefund = "row/over-refund";
    /// The refund asks for more than is left of its order: a larger quantity or amount, a line that came back already
    /// or was never bought, an order of which nothing is left. What was left is taken. Look whether it was uploaded
    /// twice under two ids; `[refunds] over = "reject"` refuses such refunds whole.
    TrimmedRefund = "row/refund-trimmed";
    /// The un-redeem names a redemption that the account does not have before it. It gives nothing back. Look at its
    /// redemption and account, and whether the redemption itself is in quarantine.
    UnknownRedeem = "row/unknown-redeem";
    /// The row of the desk or of an opening names a rung, metric or wallet that the programme does not have; or that of
    /// a reward a state other than `used` and `returned`.
    UnknownName = "row/unknown-name";
    /// The row of the desk, of an opening or of a redemption of no declared reward has points, the programme several
    /// wallets, and the row names none. Give the dataset a column `wallet`; what else the row says was booked.
    WhichWallet = "row/which-wallet";
    /// The desk adds to a metric a number that is finer than what the metric counts in, such as half an order. It
    /// is not rounded. Write a number that fits, or let the metric sum a column with more `digits`.
    FinerThanMetric = "row/finer-than-metric";
    /// A number that the programme computes from this event leaves 64 bits. The event gives nothing. Declare `min`
    /// and `max` of the columns that the rule uses, so that `rungs check` sees the largest number.
    Overflow = "row/overflow";
}

codes! {
    /// Why a whole file was refused.
    ObjectCode;
    /// The file holds nothing, not even a header. Upload it again, or delete it.
    Empty = "object/empty";
    /// The header is not UTF-8 text. Save the file as UTF-8 (UTF-16 is refused as well).
    HeaderNotUtf8 = "object/not-utf8";
    /// The header cannot be read: a quote that is not closed, or longer than 1 MiB. The first line of a CSV file has
    /// the names of its columns.
    Header = "object/header";
    /// The file is not Apache Parquet, or its end is missing: often a copy that was not finished. Upload it again.
    NotParquet = "object/not-parquet";
    /// The file is Parquet, but a part of it cannot be read. Nothing of it is taken. Write it again.
    Unreadable = "object/unreadable";
    /// A column that the dataset needs is not in the file. Correct the file's header, or the names in
    /// `[collect.<dataset>]`.
    MissingColumn = "object/missing-column";
    /// Two columns of the file have the name of one that the dataset needs. Give each its own name.
    DuplicateColumn = "object/duplicate-column";
    /// Money stands in floating-point numbers, which do not hold cents exactly. Write it as decimal, as integer
    /// minor units (with `unit = "minor"`) or as text.
    FloatMoney = "object/float-money";
    /// A number or an id stands in floating-point numbers, which are not exact. Write it as decimal, integer or text.
    FloatNumber = "object/float-number";
    /// A column is of a type from which the declared one cannot be read. Write it as another type, or as text.
    ColumnType = "object/column-type";
    /// The file's ending says no format that Rungs reads, and the dataset declares none. Name it `….csv` or
    /// `….parquet`, or declare the dataset's `format`.
    UnknownFormat = "object/unknown-format";
    /// A format or compression that this version of Rungs does not read yet. Unpack it, or write CSV or Parquet.
    FormatNotYet = "object/not-yet";
}

impl RowCode {
    /// What settlement refuses, after the row was accepted into the history.
    pub const OF_SETTLEMENT: [RowCode; 8] = [
        RowCode::UnknownOrder,
        RowCode::OverRefund,
        RowCode::TrimmedRefund,
        RowCode::UnknownRedeem,
        RowCode::UnknownName,
        RowCode::WhichWallet,
        RowCode::FinerThanMetric,
        RowCode::Overflow,
    ];
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
