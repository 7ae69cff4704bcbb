//! Every way in which a row is rejected, and what quarantine says about it.

use super::*;
use std::collections::BTreeSet;

/// Orders with what the cases need.
fn till() -> Program {
    let mut program = program(vec![
        column(Kind::Order, true, "own_cup", Type::Boolean),
        column(Kind::Order, false, "promised", Type::Date),
        column(Kind::Order, false, "guests", Type::Integer),
    ]);
    let at = |line, name| index(&program, Kind::Order, line, name);
    let mut till = dataset("till", Kind::Order);
    till.event_id = vec!["shop".into(), "receipt".into()];
    till.account = Some("family".into());
    till.line = Some("line".into());
    till.columns = vec![
        SourceColumn {
            required: true,
            min: whole(0),
            max: whole(2000),
            ..listed(at(true, "net"), "net")
        },
        SourceColumn {
            values: Some(vec!["drink".into(), "food".into()]),
            ..listed(at(true, "category"), "category")
        },
        SourceColumn {
            min: whole(1),
            max: whole(99),
            ..listed(at(true, "quantity"), "qty")
        },
        listed(at(true, "own_cup"), "own_cup"),
        listed(at(false, "promised"), "promised"),
        listed(at(false, "guests"), "guests"),
        pii(listed(at(false, "coupon"), "coupon"), Pii::Keep),
        SourceColumn {
            target: Target::Store,
            ..listed(0, "shop")
        },
    ];
    program.datasets.push(till);
    program
}

const HEADER: &str = "shop,receipt,line,family,member,time,net,category,qty,own_cup,promised,guests,coupon,currency,void";
const GOOD: [&str; 15] = [
    "D1",
    "17",
    "1",
    "F1",
    "ann",
    "2026-03-10T09:00:00Z",
    "4.50",
    "drink",
    "1",
    "yes",
    "2026-03-11",
    "2",
    "SPRING",
    "EUR",
    "",
];

fn good_with(changes: &[(&str, &str)]) -> String {
    let cells: Vec<&str> = HEADER
        .split(',')
        .zip(GOOD)
        .map(|(name, good)| {
            let change = changes.iter().find(|(changed, _)| *changed == name);
            change.map_or(good, |(_, value)| value)
        })
        .collect();
    cells.join(",")
}

#[test]
fn a_good_row_is_accepted_whole() {
    let outcome = csv(&till(), format!("{HEADER}\n{}\n", good_with(&[])));
    assert_eq!(outcome.rejected, []);
    assert_eq!(
        outcome.rows(),
        [
            "account=F1 member=ann time=2026-03-10T09:00:00Z kind=order source=till id=D1/17 line=1 store=D1 \
             order_line_own_cup=true order_promised=2026-03-11 order_guests=2 order_shipping=0.00 order_currency=EUR order_coupon=SPRING \
             order_line_category=drink order_line_quantity=1.000 order_line_gross=4.50 order_line_discount=0.00 order_line_net=4.50 order_line_tax=0.00"
        ]
    );
}

/// Changes of the good row, the code they cause, the column named, and part of the reason.
type Case = (&'static [Change], RowCode, &'static str, &'static str);
/// A column of the good row and what stands there instead.
type Change = (&'static str, &'static str);

const CASES: &[Case] = &[
    (
        &[("receipt", "")],
        RowCode::MissingValue,
        "",
        "`shop` + `receipt` is empty",
    ),
    (
        &[("member", "  ")],
        RowCode::MissingValue,
        "member",
        "`member` is empty; fill it",
    ),
    (
        &[("family", "")],
        RowCode::MissingValue,
        "family",
        "is empty",
    ),
    (&[("time", "")], RowCode::MissingValue, "time", "is empty"),
    (&[("line", "")], RowCode::MissingValue, "line", "is empty"),
    (&[("net", "")], RowCode::MissingValue, "net", "is empty"),
    (
        &[("net", "\"4,50\"")],
        RowCode::NotANumber,
        "net",
        "with a point for decimals",
    ),
    (
        &[("line", "one")],
        RowCode::NotANumber,
        "line",
        "is not a number",
    ),
    (
        &[("net", "4.505")],
        RowCode::TooPrecise,
        "net",
        "more than 2 digits after the point",
    ),
    (
        &[("guests", "2.5")],
        RowCode::TooPrecise,
        "guests",
        "is not a whole number",
    ),
    (
        &[("net", "2000.01")],
        RowCode::OutOfRange,
        "net",
        "`net` is below 0.00 or above 2000.00",
    ),
    (
        &[("qty", "0.5")],
        RowCode::OutOfRange,
        "qty",
        "below 1 or above 99",
    ),
    (
        &[("guests", "9223372036854775808")],
        RowCode::OutOfRange,
        "guests",
        "larger than a number can be",
    ),
    (
        &[("line", "0")],
        RowCode::OutOfRange,
        "line",
        "number the lines from 1",
    ),
    (
        &[("line", "2147483648")],
        RowCode::OutOfRange,
        "line",
        "number the lines from 1",
    ),
    (
        &[("category", "Drink")],
        RowCode::NotAllowed,
        "category",
        "none of `drink`, `food`",
    ),
    (
        &[("time", "10.03.2026 09:00")],
        RowCode::NotATime,
        "time",
        "write `2026-03-10T09:30:00+01:00`",
    ),
    (
        &[("time", "1773133200")],
        RowCode::NotATime,
        "time",
        "is not a time",
    ),
    (
        &[("promised", "2026-02-29")],
        RowCode::NotATime,
        "promised",
        "is not a time",
    ),
    (
        &[("own_cup", "maybe")],
        RowCode::NotABoolean,
        "own_cup",
        "true, false, yes, no, 1, 0",
    ),
    (
        &[("void", "perhaps")],
        RowCode::NotABoolean,
        "void",
        "true, false",
    ),
    (
        &[("currency", "USD")],
        RowCode::OtherCurrency,
        "currency",
        "is not the programme's `EUR`",
    ),
    (
        &[("net", "-4.50")],
        RowCode::Negative,
        "net",
        "is below zero",
    ),
    (&[("qty", "-1")], RowCode::Negative, "qty", "is below zero"),
    (
        &[("net", "1,2")],
        RowCode::WrongFieldCount,
        "",
        "more or fewer fields",
    ),
    (&[("net", "\"1\"2")], RowCode::Quotes, "", "double a quote"),
];

#[test]
fn each_bad_row_is_rejected_with_its_line_column_cause_and_next_step_and_stops_no_good_one() {
    for (changes, code, column, reason) in CASES {
        let text = format!(
            "{HEADER}\n{}\n{}\n{}\n",
            good_with(&[("receipt", "1")]),
            good_with(changes),
            good_with(&[("receipt", "3")])
        );
        let outcome = csv(&till(), text);
        assert_eq!(outcome.codes(), [(3, *code)], "{changes:?}");
        let rejected = &outcome.rejected[0];
        assert_eq!(
            rejected.column.as_deref().unwrap_or(""),
            *column,
            "{changes:?}"
        );
        assert!(
            rejected.reason.contains(reason),
            "{changes:?}: {}",
            rejected.reason
        );
        assert_eq!(outcome.column("id"), ["D1/1", "D1/3"], "{changes:?}");
        let value = changes[0].1.replace('"', "");
        let expected = (!column.is_empty() && !value.is_empty()).then_some(value);
        assert_eq!(rejected.value, expected, "{changes:?}");
    }
}

#[test]
fn every_code_of_the_ingest_has_a_case() {
    let shown: BTreeSet<RowCode> = CASES.iter().map(|(_, code, _, _)| *code).collect();
    // Tested below, since they need bytes, length or neighbours; and those of the lake and of settlement.
    let elsewhere = [
        RowCode::NotUtf8,
        RowCode::TooLong,
        RowCode::TwoAccounts,
        RowCode::HeaderDiffers,
        RowCode::OtherVersion,
        RowCode::Late,
        RowCode::Conflict,
        RowCode::Superseded,
        RowCode::UnknownOrder,
        RowCode::OverRefund,
        RowCode::TrimmedRefund,
        RowCode::UnknownRedeem,
        RowCode::UnknownName,
        RowCode::WhichWallet,
        RowCode::FinerThanMetric,
        RowCode::Overflow,
    ];
    for code in RowCode::ALL {
        assert!(
            shown.contains(code) != elsewhere.contains(code),
            "{}",
            code.text()
        );
    }
}

#[test]
fn personal_data_never_reaches_quarantine() {
    let mut program = till();
    program.datasets[0].columns[6].values = Some(vec!["SPRING".into()]);
    let text = format!(
        "{HEADER}\n{}\n",
        good_with(&[("coupon", "for-ann-of-5-main-street")])
    );
    let outcome = csv(&program, text);
    let rejected = &outcome.rejected[0];
    assert_eq!(rejected.code, RowCode::NotAllowed);
    assert_eq!(rejected.column.as_deref(), Some("coupon"));
    assert_eq!(rejected.value, None);
    assert!(
        !serde_json::to_string(rejected)
            .unwrap()
            .contains("main-street")
    );
    assert!(rejected.raw.as_ref().unwrap().contains(r#""net":"4.50""#));
}

#[test]
fn a_rejected_row_is_kept_as_it_was_but_for_columns_that_nobody_asked_for() {
    let outcome = csv(
        &orders(),
        "id,member,time,net,phone\n1,\"O'Hara, \"\"Ann\"\"\",2026-03-10,x,555-0100\n",
    );
    assert_eq!(
        outcome.rejected[0].raw.as_deref(),
        Some(r#"{"id":"1","member":"O'Hara, \"Ann\"","net":"x","time":"2026-03-10"}"#)
    );
    assert_eq!(outcome.ingested.ignored_columns, ["phone"]);
    let long = "9".repeat(5_000);
    let outcome = csv(
        &orders(),
        format!("id,member,time,net\n1,ann,2026-03-10,x{long}\n"),
    );
    assert_eq!(
        outcome.rejected[0].value.as_ref().map(String::len),
        Some(200)
    );
}

#[test]
fn bytes_that_are_not_utf8_cost_their_row_and_only_in_columns_that_are_read() {
    let mut text = b"id,member,time,net,remark\n".to_vec();
    text.extend(b"1,ann,2026-03-10,1.00,caf\xe9\n");
    text.extend(b"2,ann,2026-03-10,1.\xe9,x\n");
    text.extend(b"3,J\xf6rg,2026-03-10,1.00,x\n");
    text.extend("4,Jörg,2026-03-10,1.00,é\n".bytes());
    let outcome = csv(&orders(), &text);
    assert_eq!(outcome.column("id_number"), ["1", "4"]);
    assert_eq!(outcome.column("account"), ["ann", "Jörg"]);
    assert_eq!(
        outcome.codes(),
        [(3, RowCode::NotUtf8), (4, RowCode::NotUtf8)]
    );
    assert_eq!(outcome.rejected[0].column.as_deref(), Some("net"));
    assert_eq!(outcome.rejected[1].column.as_deref(), Some("member"));
    assert_eq!(
        (&outcome.rejected[0].value, &outcome.rejected[0].raw),
        (&None, &None)
    );
}

#[test]
fn a_character_cut_in_two_by_a_comma_is_no_character() {
    let text = b"id,member,time,channel\n1,a\xc3,2026-03-10,\xa9b\n2,b,2026-03-10,app\n";
    let outcome = csv(&orders(), text);
    assert_eq!(outcome.codes(), [(2, RowCode::NotUtf8)]);
    assert_eq!(outcome.column("account"), ["b"]);
}

#[test]
fn a_line_of_ten_megabytes_costs_itself_alone() {
    let mut text = b"id,member,time\n1,ann,2026-03-10\n2,".to_vec();
    text.extend(std::iter::repeat_n(b'x', 10_000_000));
    text.extend(b",2026-03-10\n3,bob,2026-03-10\n");
    let outcome = csv(&orders(), &text);
    assert_eq!(outcome.codes(), [(3, RowCode::TooLong)]);
    assert!(outcome.rejected[0].reason.contains("longer than 1 MiB"));
    assert_eq!(outcome.column("id_number"), ["1", "3"]);
}

#[test]
fn lines_are_counted_through_quoted_line_ends_blank_lines_and_carriage_returns() {
    let text = "id,member,time,coupon\r\n1,ann,2026-03-10,\"a\r\nb\nc\"\r\n\r\n2,ann,oops,x\r\n3,ann,2026-03-10,\r\n";
    let outcome = csv(&orders(), text);
    assert_eq!(outcome.codes(), [(6, RowCode::NotATime)]);
    assert_eq!(outcome.column("order_coupon"), ["a\r\nb\nc", "-"]);
}

#[test]
fn an_id_under_two_accounts_is_told_where_it_is_seen() {
    let text =
        "id,member,time\n1,ann,2026-03-10\n1,bob,2026-03-10\n2,bob,2026-03-10\n2,bob,2026-03-10\n";
    let outcome = csv(&orders(), text);
    assert_eq!(outcome.codes(), [(3, RowCode::TwoAccounts)]);
    assert_eq!(outcome.rejected[0].column.as_deref(), Some("member"));
    assert_eq!(outcome.rejected[0].value.as_deref(), Some("bob"));
    assert_eq!(outcome.column("account"), ["ann", "bob", "bob"]);
}

#[test]
fn an_order_moves_to_another_account_by_a_void_and_a_row_in_either_order() {
    let text = "id,member,time,total,void\n\
                1,ann,2026-03-10,9.00,true\n1,bob,2026-03-10,9.00,\n\
                2,bob,2026-03-10,5.00,\n2,ann,2026-03-10,,yes\n\
                3,ann,2026-03-10,,true\n3,bob,2026-03-10,5.00,\n3,cid,2026-03-10,5.00,\n";
    for at_once in [1, 2, 3, 100] {
        let outcome = read_in_chunks(&orders(), "x.csv", text.as_bytes(), at_once);
        assert_eq!(outcome.codes(), [(8, RowCode::TwoAccounts)]);
        assert_eq!(
            outcome.column("account"),
            ["ann", "bob", "bob", "ann", "ann", "bob"]
        );
    }
}

#[test]
fn a_revision_that_names_another_account_is_told_where_it_is_seen() {
    let mut program = orders();
    program.datasets[0].revision = Some("rev".into());
    let text = "id,rev,member,time\n1,1,ann,2026-03-10\n1,2,bob,2026-03-10\n1,3,ann,2026-03-10\n";
    let outcome = csv(&program, text);
    assert_eq!(outcome.codes(), [(3, RowCode::TwoAccounts)]);
    assert_eq!(outcome.column("revision"), ["1", "3"]);
}

#[test]
fn lines_of_one_order_agree_on_what_belongs_to_the_order() {
    let header = "id,line,member,time,total,channel,net";
    let outcome = csv(
        &lined_orders(),
        format!(
            "{header}\n\
             1,1,ann,2026-03-10T09:00,9.00,app,4.00\n\
             1,2,ann,2026-03-10T09:00,9.00,app,5.00\n\
             1,3,ann,2026-03-10T09:00,9.50,app,5.00\n\
             1,4,ann,2026-03-10T09:01,9.00,app,5.00\n\
             1,5,ann,2026-03-10T09:00,9.00,,5.00\n\
             1,6,bob,2026-03-10T09:00,9.00,app,5.00\n\
             1,7,ann,2026-03-10T09:00,9.00,app,5.00\n\
             2,1,ann,2026-03-10T10:00,5.00,app,5.00\n"
        ),
    );
    assert_eq!(
        outcome.codes(),
        [
            (4, RowCode::HeaderDiffers),
            (5, RowCode::HeaderDiffers),
            (6, RowCode::HeaderDiffers),
            (7, RowCode::TwoAccounts),
        ]
    );
    let columns: Vec<_> = outcome
        .rejected
        .iter()
        .filter_map(|one| one.column.as_deref())
        .collect();
    assert_eq!(columns, ["total", "time", "channel", "member"]);
    assert_eq!(outcome.column("line"), ["1", "2", "7", "1"]);
}

#[test]
fn revisions_of_an_order_are_not_compared_with_each_other() {
    let mut program = lined_orders();
    program.datasets[0].revision = Some("rev".into());
    let outcome = csv(
        &program,
        "id,line,rev,member,time,total\n1,1,1,ann,2026-03-10,9.00\n1,1,2,ann,2026-03-10,8.00\n1,2,2,ann,2026-03-10,8.00\n2,1,,ann,2026-03-10,8.00\n",
    );
    assert_eq!(outcome.codes(), [(5, RowCode::MissingValue)]);
    assert_eq!(outcome.column("revision"), ["1", "2", "2"]);
}

#[test]
fn in_one_family_a_line_of_another_member_differs() {
    let mut program = lined_orders();
    program.datasets[0].account = Some("family".into());
    let outcome = csv(
        &program,
        "id,line,family,member,time\n1,1,F,ann,2026-03-10\n1,2,F,bob,2026-03-10\n2,1,bob,bob,2026-03-10\n",
    );
    assert_eq!(outcome.codes(), [(3, RowCode::HeaderDiffers)]);
    assert_eq!(outcome.column("account"), ["F", "bob"]);
    // Empty where the member is the account.
    assert_eq!(outcome.column("member"), ["ann", "-"]);
}
