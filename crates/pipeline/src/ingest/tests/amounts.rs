//! What follows from the amounts that a file gives.

use super::*;

fn order(header: &str, row: &str) -> String {
    let outcome = csv(
        &orders(),
        format!("id,member,time,{header}\n1,ann,2026-03-10,{row}\n"),
    );
    assert_eq!(outcome.rejected, [], "{header}: {row}");
    let row = outcome.rows().remove(0);
    let amounts = row.find("order_").map_or("", |at| &row[at..]);
    amounts.replace("order_", "")
}

#[test]
fn an_order_without_lines_is_its_only_line() {
    assert_eq!(
        order("gross,discount,tax,shipping", "10.00,1.50,2.00,3.00"),
        "gross=10.00 discount=1.50 net=8.50 tax=2.00 shipping=3.00 total=13.50 \
         line_quantity=1.000 line_gross=10.00 line_discount=1.50 line_net=8.50 line_tax=2.00"
    );
    assert_eq!(
        order("net,discount,sku,quantity", "8.50,1.50,K7,2"),
        "gross=10.00 discount=1.50 net=8.50 tax=0.00 shipping=0.00 total=8.50 \
         line_sku=K7 line_quantity=2.000 line_gross=10.00 line_discount=1.50 line_net=8.50 line_tax=0.00"
    );
}

/// Gross, discount, net, tax, shipping and total of an order.
fn six(header: &str, row: &str) -> String {
    let all = order(header, row);
    let amounts = all.split(' ').filter(|cell| !cell.starts_with("line_"));
    let values: Vec<&str> = amounts.filter_map(|cell| cell.split('=').nth(1)).collect();
    values.join(" ")
}

#[test]
fn an_order_has_all_its_amounts() {
    assert_eq!(six("net", "8.50"), "8.50 0.00 8.50 0.00 0.00 8.50");
    assert_eq!(six("gross", "8.50"), "8.50 0.00 8.50 0.00 0.00 8.50");
    assert_eq!(
        six("gross,net", "10.00,8.50"),
        "10.00 1.50 8.50 0.00 0.00 8.50"
    );
    assert_eq!(six("total", "7.00"), "7.00 0.00 7.00 0.00 0.00 7.00");
    assert_eq!(
        six("total,tax,shipping", "9.00,1.00,2.50"),
        "5.50 0.00 5.50 1.00 2.50 9.00"
    );
    assert_eq!(
        six("total,discount", "9.00,1.00"),
        "10.00 1.00 9.00 0.00 0.00 9.00"
    );
    // What is given stands, even if it does not add up.
    assert_eq!(
        six("gross,discount,net,total", "10.00,1.00,8.00,7.00"),
        "10.00 1.00 8.00 0.00 0.00 7.00"
    );
    assert_eq!(
        six("gross,net", "8.00,8.50"),
        "8.00 0.00 8.50 0.00 0.00 8.50"
    );
    // What nobody says is nothing.
    assert_eq!(six("gross,net", ","), "0.00 0.00 0.00 0.00 0.00 0.00");
    assert_eq!(six("sku", "K7"), "0.00 0.00 0.00 0.00 0.00 0.00");
}

#[test]
fn amounts_are_completed_row_by_row() {
    let outcome = csv(
        &orders(),
        "id,member,time,gross,discount,net,total\n1,a,2026-03-10,5.00,,,\n2,a,2026-03-10,,1.00,3.00,\n3,a,2026-03-10,,,,9.00\n4,a,2026-03-10,5.00,1.00,4.00,4.00\n",
    );
    assert_eq!(
        outcome.column("order_gross"),
        ["5.00", "4.00", "9.00", "5.00"]
    );
    assert_eq!(
        outcome.column("order_discount"),
        ["0.00", "1.00", "0.00", "1.00"]
    );
    assert_eq!(
        outcome.column("order_net"),
        ["5.00", "3.00", "9.00", "4.00"]
    );
    assert_eq!(
        outcome.column("order_total"),
        ["5.00", "3.00", "9.00", "4.00"]
    );
    assert_eq!(
        outcome.column("order_line_net"),
        ["5.00", "3.00", "9.00", "4.00"]
    );
}

#[test]
fn a_discount_above_the_price_is_told() {
    let text =
        "id,member,time,gross,discount\n1,ann,2026-03-10,5.00,6.00\n2,ann,2026-03-10,5.00,5.00\n";
    let outcome = csv(&orders(), text);
    assert_eq!(outcome.codes(), [(2, RowCode::Negative)]);
    assert_eq!(outcome.rejected[0].column, None);
    assert!(
        outcome.rejected[0]
            .reason
            .starts_with("`event.net` is not in the file, and what follows")
    );
    assert_eq!(outcome.column("order_net"), ["0.00"]);
    let mut program = orders();
    let gross = index(&program, Kind::Order, false, "gross");
    program.datasets[0].columns = vec![SourceColumn {
        min: whole(-100),
        ..listed(gross, "gross")
    }];
    assert_eq!(csv(&program, text).column("order_net"), ["-1.00", "0.00"]);
}

#[test]
fn sums_beyond_eighteen_digits_are_told() {
    let text = "id,member,time,net,discount\n1,ann,2026-03-10,9999999999999999.99,0.01\n2,ann,2026-03-10,9999999999999999.98,0.01\n";
    let outcome = csv(&orders(), text);
    assert_eq!(outcome.codes(), [(2, RowCode::OutOfRange)]);
    assert_eq!(outcome.column("order_gross"), ["9999999999999999.99"]);
}

#[test]
fn lines_are_completed_and_the_order_is_left_to_its_lines() {
    let outcome = csv(
        &lined_orders(),
        "id,line,member,time,gross,discount,quantity,shipping\n7,1,ann,2026-03-10,3.00,0.50,,2.00\n7,2,ann,2026-03-10,4.00,,3,2.00\n",
    );
    assert_eq!(outcome.column("line"), ["1", "2"]);
    assert_eq!(outcome.column("order_line_net"), ["2.50", "4.00"]);
    assert_eq!(outcome.column("order_line_quantity"), ["1.000", "3.000"]);
    for empty in [
        "order_gross",
        "order_discount",
        "order_net",
        "order_tax",
        "order_total",
    ] {
        assert_eq!(outcome.column(empty), ["-", "-"], "{empty}");
    }
    assert_eq!(outcome.column("order_shipping"), ["2.00", "2.00"]);
    let outcome = csv(
        &lined_orders(),
        "id,line,member,time,net\n7,1,ann,2026-03-10,3.00\n",
    );
    assert_eq!(outcome.column("order_shipping"), ["0.00"]);
}

#[test]
fn where_lines_have_no_amounts_those_of_the_order_are_completed() {
    let mut program = lined_orders();
    let net = index(&program, Kind::Order, false, "net");
    program.datasets[0].columns = vec![listed(net, "net")];
    let outcome = csv(
        &program,
        "id,line,member,time,sku,net,tax\n7,1,ann,2026-03-10,K1,3.00,\n7,2,ann,2026-03-10,K2,3.00,\n",
    );
    // A column `tax` would be the lines' own: then the lines have amounts and the order waits for them.
    assert_eq!(outcome.column("order_total"), ["-", "-"]);
    let outcome = csv(
        &program,
        "id,line,member,time,sku,net\n7,1,ann,2026-03-10,K1,3.00\n7,2,ann,2026-03-10,K2,3.00\n",
    );
    assert_eq!(outcome.column("order_gross"), ["3.00", "3.00"]);
    assert_eq!(outcome.column("order_total"), ["3.00", "3.00"]);
    assert_eq!(outcome.column("order_line_net"), ["0.00", "0.00"]);
}

#[test]
fn which_datasets_leave_sums_to_the_lake() {
    let lined = lined_orders();
    let sums = line_sums(&lined, 0).unwrap();
    let names: Vec<(String, String)> = sums
        .sums
        .iter()
        .map(|(event, line)| {
            (
                lined.columns[*event].stored(),
                lined.columns[*line].stored(),
            )
        })
        .collect();
    let expected = ["gross", "discount", "net", "tax"]
        .map(|name| (format!("order_{name}"), format!("order_line_{name}")));
    assert_eq!(names, expected);
    assert_eq!(
        sums.order[5],
        Some(index(&lined, Kind::Order, false, "total"))
    );
    assert!(needs_line_sums(&lined, 0));
    assert!(!needs_line_sums(&orders(), 0));
    assert!(!needs_line_sums(&lined, 1));
}

#[test]
fn finer_unit_prices_keep_their_digits_and_never_lose_any() {
    let mut program = orders();
    let text = "id,member,time,gross,discount\n1,ann,2026-03-10,5.1234,0.1234\n2,ann,2026-03-10,5.1234,0.12\n3,ann,2026-03-10,5.10,0.1\n";
    let mut finer = |line, name| {
        let at = index(&program, Kind::Order, line, name);
        program.columns[at].digits = 4;
    };
    finer(false, "gross");
    finer(false, "discount");
    finer(true, "discount");
    // The line of the order carries the same amounts, so it needs the same digits.
    let outcome = csv(&program, text);
    assert_eq!(outcome.column("order_line_gross"), ["5.10"]);
    assert_eq!(
        outcome.codes(),
        [(2, RowCode::TooPrecise), (3, RowCode::TooPrecise)]
    );
    assert_eq!(
        outcome.rejected[0].reason,
        "`line.gross` is not in the file, and what follows from the other amounts has more digits than it keeps; declare it with more `digits`"
    );
    let line_gross = index(&program, Kind::Order, true, "gross");
    program.columns[line_gross].digits = 4;
    let outcome = csv(&program, text);
    assert_eq!(outcome.column("order_net"), ["5.00", "5.00"]);
    assert_eq!(outcome.column("order_line_gross"), ["5.1234", "5.1000"]);
    assert!(
        outcome.rejected[0]
            .reason
            .starts_with("`event.net` is not in the file")
    );
}

fn refunds(line: Option<&str>) -> Program {
    let mut refunds = dataset("refunds", Kind::Refund);
    refunds.line = line.map(str::to_owned);
    with(program(Vec::new()), refunds)
}

#[test]
fn a_refund_names_lines_or_gives_back_the_whole_rest() {
    let whole = csv(
        &refunds(None),
        "id,member,time,order\n1,ann,2026-03-10,D1/7\n",
    );
    assert_eq!(whole.column("line"), ["0"]);
    assert_eq!(whole.column("refund_order"), ["D1/7"]);
    let text = "id,member,time,order,number,net\n1,ann,2026-03-10,7,2,1.50\n1,ann,2026-03-10,7,3,0.50\n2,ann,2026-03-10,8,,\n3,ann,2026-03-10,8,,1.00\n4,ann,2026-03-10,8,1,-1.00\n5,ann,2026-03-10,8,0,1.00\n";
    for program in [refunds(None), refunds(Some("number"))] {
        let outcome = csv(&program, text);
        assert_eq!(outcome.column("line"), ["2", "3", "0"]);
        assert_eq!(outcome.column("refund_line_net"), ["1.50", "0.50", "-"]);
        assert_eq!(
            outcome.codes(),
            [
                (5, RowCode::MissingValue),
                (6, RowCode::Negative),
                (7, RowCode::OutOfRange),
            ]
        );
    }
}
