//! `[program]` and `[[assumptions]]`.

use super::Build;
use super::reader::{Item, Placed, Reader, Value};
use super::table::{Shape, table};
use super::values::{Anything, DurationOrZero, Many, Weekday, Whole};
use crate::calendar::{LeapDay, Length, Unit, Zone};
use crate::finding::{Code, closest};
use iso_currency::Currency;

table! {
    /// Name, zone and currency of the programme, and the few settings that hold everywhere.
    ProgramTable as "[program]" {
        /// Name that members see.
        required name: String,
        /// IANA zone whose midnight counts, such as `"Europe/Dublin"`.
        required zone: String,
        /// ISO 4217 code of the one currency; rows in others go to quarantine.
        required currency: String,
        /// Edition of the language and of the engine's semantics. What a programme of an edition means does not change: a version of Rungs that settles otherwise calls it another edition, and goes on settling this one as before.
        default("1") edition: Edition,
        /// How long a night waits for stragglers.
        default("\"1 day\"") settle_after: DurationOrZero,
        /// How long a settled night stays open: events that come later than their night, in a higher revision or as a cancellation (`void`) replay their account, and what differs is booked by the night that learns of it. What comes later still goes to quarantine.
        default("\"30 days\"") late: DurationOrZero,
        /// When 29 February falls in a common year.
        default("\"02-28\"") leap_day: LeapDay,
        /// First day of a week.
        default("\"mon\"") week: Weekday,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Dates that are no business days.
        holidays,
        /// How far ahead promises may be reduced.
        notice,
    }
}

/// The edition of the language and of the engine's semantics: there is one so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edition;

impl Value for Edition {
    fn shape() -> Shape {
        Whole::<1, 1>::shape()
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Whole(edition) = Whole::<0, 1_000_000>::read(item, reader)?;
        if edition != 1 {
            let place = reader.place(item.span());
            reader.find(
                Code::Edition,
                place,
                format!("edition `{edition}` is not known"),
                "this version of rungs knows edition 1",
                "write `edition = 1`, or run a version of rungs that knows this one",
            );
            return None;
        }
        Some(Edition)
    }
}

table! {
    /// What nobody knows, said: which key was guessed, why, and what else it could be.
    AssumptionTable as "[[assumptions]]" {
        /// Path by ids: `"earn.base.points"`.
        required key: String,
        /// Why it was guessed.
        optional note: String,
        /// Other values that it could have.
        optional others: Many<Anything>,
    }
}

/// `[program]`, checked.
pub(crate) struct Head {
    pub name: String,
    pub zone: Zone,
    pub currency: String,
    pub late: Length,
    pub settle_after: Length,
    pub leap_day: LeapDay,
    pub week: i64,
}

/// The currency's code and digits, for reading money before the rest is checked.
pub(crate) fn currency_digits(item: Option<&Item<'_>>) -> Option<u8> {
    let code = item?.get_ref().as_str()?;
    let digits = Currency::from_code(code)?.exponent()?;
    u8::try_from(digits).ok()
}

/// The zone of this name, or a finding.
pub(crate) fn zone(build: &mut Build<'_>, name: &Placed<String>) -> Option<Zone> {
    let zone = Zone::named(&name.value);
    if zone.is_none() {
        let known: Vec<String> = jiff::tz::TimeZoneDatabase::bundled()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect();
        let help = match closest(&name.value, known.iter().map(String::as_str)) {
            Some(close) => format!("did you mean `\"{close}\"`?"),
            None => "write an IANA name, such as `\"Europe/Dublin\"`".to_owned(),
        };
        build.reader.find(
            Code::WrongValue,
            name.place,
            format!("unknown zone `{}`", name.value),
            "not a zone of the IANA database",
            help,
        );
    }
    zone
}

/// Checks `[program]`.
pub(crate) fn program(build: &mut Build<'_>, raw: ProgramTable) -> Option<Head> {
    let zone = raw.zone.and_then(|name| zone(build, &name));
    let currency = raw.currency.and_then(|currency| {
        let known = Currency::from_code(&currency.value);
        let digits = known.and_then(Currency::exponent);
        if digits.is_none() {
            let upper = currency.value.to_uppercase();
            let help = match Currency::from_code(&upper) {
                Some(_) => format!("write `\"{upper}\"`"),
                None => "write the ISO 4217 code, such as `\"EUR\"`".to_owned(),
            };
            build.reader.find(
                Code::WrongValue,
                currency.place,
                format!("unknown currency `{}`", currency.value),
                "not an ISO 4217 code of a currency with a minor unit",
                help,
            );
        }
        digits.map(|_| currency.value)
    });
    let days = |reader: &mut Reader<'_>, length: Option<Placed<DurationOrZero>>| {
        let length = length?;
        if matches!(length.value.0.unit, Unit::Minute | Unit::Hour) {
            reader.find(
                Code::WrongValue,
                length.place,
                "nights are counted in days",
                "shorter than a day",
                "write it in days or longer units",
            );
            return None;
        }
        Some(length.value.0)
    };
    let late = days(&mut build.reader, raw.late);
    let settle_after = raw.settle_after;
    Some(Head {
        name: raw.name?.value,
        zone: zone?,
        currency: currency?,
        late: late?,
        settle_after: settle_after?.value.0,
        leap_day: raw.leap_day?.value,
        week: raw.week?.value.0,
    })
}
