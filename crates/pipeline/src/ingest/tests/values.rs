//! How texts become the values of each type of column.

use super::*;
use rungs_engine::program::Literal;

fn orders_in(zone: Option<&str>) -> Program {
    let mut program = orders();
    program.datasets[0].zone = zone.map(|zone| Zone::named(zone).unwrap());
    program
}

#[test]
fn times_without_an_offset_are_local_to_the_dataset_or_the_programme() {
    let text = "id,member,time\n1,a,2026-07-10T09:00:00\n2,a,2026-07-10 09:00\n3,a,2026-07-10\n4,a,20260710\n5,a,2026-07-10T09:00:00+02:00\n6,a,2024-02-29T00:00:00.1234567\n";
    assert_eq!(
        csv(&orders_in(None), text).column("time"),
        [
            "2026-07-10T08:00:00Z",
            "2026-07-10T08:00:00Z",
            "2026-07-09T23:00:00Z",
            "2026-07-09T23:00:00Z",
            "2026-07-10T07:00:00Z",
            "2024-02-29T00:00:00.123456Z",
        ]
    );
    assert_eq!(
        csv(&orders_in(Some("America/New_York")), text).column("time"),
        [
            "2026-07-10T13:00:00Z",
            "2026-07-10T13:00:00Z",
            "2026-07-10T04:00:00Z",
            "2026-07-10T04:00:00Z",
            "2026-07-10T07:00:00Z",
            "2024-02-29T05:00:00.123456Z",
        ]
    );
}

#[test]
fn in_the_gap_of_spring_the_time_after_and_in_the_fold_of_autumn_the_first() {
    // New York 2026: 02:00 becomes 03:00 on 8 March; 02:00 becomes 01:00 on 1 November.
    let text = "id,member,time\n1,a,2026-03-08 02:30\n2,a,2026-03-08 03:30\n3,a,2026-11-01 01:30\n4,a,2026-11-01 02:30\n";
    assert_eq!(
        csv(&orders_in(Some("America/New_York")), text).column("time"),
        [
            "2026-03-08T07:30:00Z",
            "2026-03-08T07:30:00Z",
            "2026-11-01T05:30:00Z",
            "2026-11-01T07:30:00Z",
        ]
    );
}

#[test]
fn ids_are_taken_as_they_are_and_whole_numbers_sort_as_numbers() {
    let text = "id,member,time\n0,a,2026-03-10\n007,a,2026-03-10\n417,a,2026-03-10\n A1 ,a,2026-03-10\n1234567890123456789,a,2026-03-10\n";
    let outcome = csv(&orders(), text);
    assert_eq!(outcome.column("id_number"), ["0", "-", "417", "-", "-"]);
    assert_eq!(
        outcome.column("id"),
        ["-", "007", "-", " A1 ", "1234567890123456789"]
    );
}

fn people() -> Program {
    let mut program = program(vec![
        column(Kind::Profile, false, "email", Type::Text),
        column(Kind::Profile, false, "phone", Type::Text),
        column(Kind::Profile, false, "city", Type::Text),
        column(Kind::Profile, false, "since", Type::Date),
        column(Kind::Profile, false, "seen", Type::Time),
        column(Kind::Profile, false, "decaf", Type::Boolean),
        column(Kind::Profile, false, "height", Type::Decimal),
    ]);
    let at = |name| index(&program, Kind::Profile, false, name);
    let mut people = dataset("people", Kind::Profile);
    people.columns = vec![
        pii(listed(at("email"), "mail"), Pii::Hash),
        SourceColumn {
            required: true,
            ..pii(listed(at("phone"), "phone"), Pii::Drop)
        },
        pii(listed(at("city"), "city"), Pii::Keep),
        pii(listed(at("birthday"), "birthday"), Pii::Keep),
        listed(at("since"), "since"),
        listed(at("seen"), "seen"),
        listed(at("decaf"), "decaf"),
        listed(at("height"), "height"),
    ];
    people.fixed = vec![(at("country"), Literal::Text("IE".into()))];
    program.datasets.push(people);
    program
}

#[test]
fn every_type_is_read_and_personal_data_is_kept_hashed_or_dropped() {
    let outcome = csv(
        &people(),
        "id,member,time,mail,phone,city,birthday,since,seen,decaf,height,country,language\n\
         1,ann,2026-03-10,ann@example.org,555-0100,Cork,02-29,2020-02-29,2026-03-10T01:02:03Z,YES,1.745,FR,ga\n\
         2,bob,2026-03-10,,555-0101,,1990-05-20,20200229, 2026-03-10 ,0, 2 ,,\n\
         3,eve,2026-03-10,ann@example.org,,,,,,,,,\n",
    );
    let hashed = KEY.pseudonym("people", "mail", "ann@example.org");
    assert_eq!(
        outcome.rows(),
        [
            format!(
                "account=ann time=2026-03-10T00:00:00Z kind=profile source=people id_number=1 line=0 profile_email={hashed} \
                 profile_city=Cork profile_since=2020-02-29 profile_seen=2026-03-10T01:02:03Z profile_decaf=true \
                 profile_height=1.745 profile_birthday=229 profile_country=IE profile_language=ga"
            ),
            "account=bob time=2026-03-10T00:00:00Z kind=profile source=people id_number=2 line=0 profile_since=2020-02-29 \
             profile_seen=2026-03-10T00:00:00Z profile_decaf=false profile_height=2.000 profile_birthday=520 profile_country=IE"
                .to_owned(),
        ]
    );
    // Dropped, and still required to have been there.
    assert_eq!(outcome.codes(), [(4, RowCode::MissingValue)]);
    let raw = outcome.rejected[0].raw.as_ref().unwrap();
    for personal in ["mail", "phone", "city", "birthday", "ann@example.org"] {
        assert!(!raw.contains(personal), "{raw}");
    }
    // A column whose value is fixed is not read.
    assert_eq!(outcome.ingested.ignored_columns, ["country"]);
}

#[test]
fn minor_units_are_whole_numbers_of_cents() {
    let mut program = orders();
    let net = index(&program, Kind::Order, false, "net");
    program.datasets[0].columns = vec![SourceColumn {
        minor: true,
        ..listed(net, "cents")
    }];
    let outcome = csv(
        &program,
        "id,member,time,cents\n1,a,2026-03-10,450\n2,a,2026-03-10,450.00\n3,a,2026-03-10,4.5\n",
    );
    assert_eq!(outcome.column("order_net"), ["4.50", "4.50"]);
    assert_eq!(outcome.codes(), [(4, RowCode::TooPrecise)]);
    assert!(outcome.rejected[0].reason.contains("minor units"));
}

#[test]
fn a_source_column_with_another_meaning_is_not_read_by_its_name() {
    let mut program = orders();
    let total = index(&program, Kind::Order, false, "total");
    program.datasets[0].columns = vec![listed(total, "net")];
    let outcome = csv(
        &program,
        "id,member,time,net,gross\n1,a,2026-03-10,12.00,10.00\n",
    );
    assert_eq!(outcome.column("order_total"), ["12.00"]);
    assert_eq!(outcome.column("order_net"), ["10.00"]);
}

#[test]
fn negative_amounts_are_fine_where_they_mean_something() {
    let mut program = program(Vec::new());
    program.datasets.push(dataset("desk", Kind::Adjust));
    let outcome = csv(
        &program,
        "id,member,time,wallet,points,reason\n1,a,2026-03-10,beans,-25,goodwill\n",
    );
    assert_eq!(outcome.column("adjust_points"), ["-25.000"]);
    let mut program = lined_orders();
    let net = index(&program, Kind::Order, true, "net");
    program.datasets[0].columns = vec![SourceColumn {
        min: whole(-10),
        ..listed(net, "net")
    }];
    let text = "id,line,member,time,net\n1,1,a,2026-03-10,5.00\n1,2,a,2026-03-10,-1.00\n1,3,a,2026-03-10,-10.01\n";
    let outcome = csv(&program, text);
    assert_eq!(outcome.column("order_line_net"), ["5.00", "-1.00"]);
    assert_eq!(outcome.codes(), [(4, RowCode::OutOfRange)]);
}

#[test]
fn declared_values_and_bounds_between_units_hold_for_numbers_too() {
    let mut program = program(vec![column(Kind::Survey, false, "weight", Type::Decimal)]);
    let at = |name| index(&program, Kind::Survey, false, name);
    let third = Rational::new(1, 3);
    let mut answers = dataset("answers", Kind::Survey);
    answers.columns = vec![
        SourceColumn {
            values: Some(vec!["0".into(), "10".into()]),
            ..listed(at("score"), "score")
        },
        SourceColumn {
            min: third,
            max: third,
            ..listed(at("weight"), "weight")
        },
    ];
    program.datasets.push(answers);
    let outcome = csv(
        &program,
        "id,member,time,score,weight\n1,a,2026-03-10,10,\n2,a,2026-03-10,7,\n3,a,2026-03-10,,0.333\n4,a,2026-03-10,,0.334\n",
    );
    assert_eq!(outcome.column("id_number"), ["1"]);
    assert_eq!(
        outcome.codes(),
        [
            (3, RowCode::NotAllowed),
            (4, RowCode::OutOfRange),
            (5, RowCode::OutOfRange)
        ]
    );
}
