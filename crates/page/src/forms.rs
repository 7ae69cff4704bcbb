//! Numbers in the reader's form: thousands apart, a true minus, the currency's sign, percent. They come as
//! decimal texts and are rounded as such, a half away from zero.

use crate::decimal::Decimal;
use crate::error::PageError;
use crate::figures::{member, text};
use crate::report::{Report, Rung, said};
use crate::texts::{Texts, filled};

/// Digits of a whole number above which it is shown as it is.
const GROUPED: usize = 300;

/// Colours of rungs; those above begin anew.
const COLOURS: usize = 6;

/// What a value that is not known looks like.
const UNKNOWN: &str = "–";

/// How a report's numbers and names are shown.
#[derive(Debug)]
pub(crate) struct Forms {
    /// All texts.
    pub(crate) texts: Texts,
    /// What people call the points.
    pub(crate) wallet: String,
    currency: String,
    money_digits: u32,
    ladder: Vec<(String, String)>,
}

impl Forms {
    /// Where there is no report: texts and days, no money, points or rungs.
    pub(crate) fn plain() -> Result<Forms, PageError> {
        Ok(Forms {
            texts: Texts::built_in()?,
            wallet: String::new(),
            currency: String::new(),
            money_digits: 0,
            ladder: Vec::new(),
        })
    }

    /// Those of a report.
    pub(crate) fn of(report: &Report) -> Result<Forms, PageError> {
        let shown = &report.shown;
        let revenue = text(&member(shown, "totals")?, "revenue")?;
        let points = member(shown, "points")?;
        let wallet = if points.is_true() {
            match said(&points, "name")? {
                Some(name) => Some(name),
                None => said(&points, "wallet")?,
            }
        } else {
            None
        };
        let named = |rung: &Rung| {
            let name = rung.name.as_ref().unwrap_or(&rung.id);
            (rung.id.clone(), name.clone())
        };
        Ok(Forms {
            texts: Texts::built_in()?,
            wallet: wallet.unwrap_or_default(),
            currency: text(shown, "currency")?,
            money_digits: Decimal::of(&revenue)?.digits,
            ladder: report.ladder.iter().map(named).collect(),
        })
    }

    /// Money with the digits of the currency, which are those of the revenue.
    pub(crate) fn money(&self, amount: &str) -> Result<String, PageError> {
        let rounded = Decimal::of(amount)?.rounded(self.money_digits)?;
        let shown = grouped(&rounded.to_string())?;
        let own = format!("{} ", self.currency);
        Ok(signed_symbol(self.symbol().unwrap_or(&own), &shown))
    }

    /// A value of a KPI in its unit; units that are not known yet as they are.
    pub(crate) fn value(&self, value: Option<&str>, unit: &str) -> Result<String, PageError> {
        let Some(value) = value else {
            return Ok(UNKNOWN.to_owned());
        };
        match unit {
            "ratio" => Ok(format!("{}%", percent(value)?)),
            "money" => self.money(value),
            "orders" => grouped(&Decimal::of(value)?.rounded(2)?.to_string()),
            "days" => grouped(&Decimal::of(value)?.rounded(1)?.to_string()),
            _ => grouped(value),
        }
    }

    /// A difference with its sign: +1.2 pp, −€3.40.
    pub(crate) fn signed(
        &self,
        difference: &str,
        unit: &str,
        language: &str,
    ) -> Result<String, PageError> {
        let shown = if unit == "ratio" {
            let text = self.texts.text(language, "form.points_of_percent", false)?;
            filled(text, &[("x", percent(difference)?)])
        } else {
            self.value(Some(difference), unit)?
        };
        let nothing = Decimal::of(difference)?.units == 0;
        Ok(if nothing || shown.starts_with('−') {
            shown
        } else {
            format!("+{shown}")
        })
    }

    /// A difference without its sign.
    pub(crate) fn distance(
        &self,
        difference: &str,
        unit: &str,
        language: &str,
    ) -> Result<String, PageError> {
        let shown = self.signed(difference.trim_start_matches('-'), unit, language)?;
        Ok(shown.trim_start_matches('+').to_owned())
    }

    /// A short number for an axis: 1.2M, 30%.
    pub(crate) fn tick(&self, value: &str, unit: &str) -> Result<String, PageError> {
        let number = Decimal::of(value)?;
        if unit == "ratio" {
            let percent = number.hundredfold()?.to_string();
            return Ok(format!("{}%", trimmed(&percent)));
        }
        for (zeros, letter) in [(9, "B"), (6, "M"), (3, "k")] {
            if number.reaches(zeros) {
                let digits = number.digits + zeros;
                let short = Decimal { digits, ..number }.to_string();
                return Ok(self.tick_with(unit, &format!("{}{letter}", trimmed(&short))));
            }
        }
        Ok(self.tick_with(unit, &trimmed(value)))
    }

    fn tick_with(&self, unit: &str, shown: &str) -> String {
        match unit {
            "money" => signed_symbol(self.symbol().unwrap_or(""), shown),
            _ => shown.to_owned(),
        }
    }

    /// What people call a rung.
    pub(crate) fn rung<'a>(&'a self, rung: &'a str, language: &str) -> Result<&'a str, PageError> {
        if rung == crate::moves::NONE {
            return self.texts.text(language, "ladder.none", false);
        }
        let known = self.ladder.iter().find(|(id, _)| id == rung);
        Ok(known.map_or(rung, |(_, name)| name))
    }

    /// Place of a rung on the ladder, for colours; one of its own for what is no rung.
    pub(crate) fn place(&self, rung: &str) -> usize {
        let place = self.ladder.iter().position(|(id, _)| id == rung);
        place.map_or(COLOURS, |place| place % COLOURS)
    }

    /// Signs that readers tell apart at once; others are spelled.
    fn symbol(&self) -> Option<&'static str> {
        Some(match self.currency.as_str() {
            "EUR" => "€",
            "USD" => "US$",
            "GBP" => "£",
            "CNY" => "CN¥",
            "JPY" => "JP¥",
            "CHF" => "CHF ",
            "HKD" => "HK$",
            _ => return None,
        })
    }
}

/// `1234.5` is `1,234.5`, with a true minus.
pub(crate) fn grouped(number: &str) -> Result<String, PageError> {
    let refused = || PageError::number(number);
    let (minus, unsigned) = match number.strip_prefix('-') {
        Some(unsigned) => ("−", unsigned),
        None => ("", number),
    };
    let (whole, rest) = match unsigned.find('.') {
        Some(point) => unsigned.split_at(point),
        None => (unsigned, ""),
    };
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused());
    }
    let digits = whole.trim_start_matches('0');
    if digits.len() > GROUPED {
        return Ok(format!("{minus}{unsigned}"));
    }
    let digits = if digits.is_empty() { "0" } else { digits };
    let mut text = minus.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(rest);
    Ok(text)
}

/// A place inside a drawing, to one digit, without a zero at the end.
pub(crate) fn pixels(place: f64) -> String {
    without_zeros(&format!("{place:.1}")).to_owned()
}

/// At most twelve characters.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 12;
    if text.chars().nth(LONGEST).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

/// A ratio in percent, to one digit.
fn percent(ratio: &str) -> Result<String, PageError> {
    let percent = Decimal::of(ratio)?.hundredfold()?.rounded(1)?;
    grouped(&percent.to_string())
}

/// The currency's sign stands after the minus.
fn signed_symbol(symbol: &str, shown: &str) -> String {
    match shown.strip_prefix('−') {
        Some(amount) => format!("−{symbol}{amount}"),
        None => format!("{symbol}{shown}"),
    }
}

/// Without zeros at the end, and with a true minus.
fn trimmed(number: &str) -> String {
    without_zeros(number).replace('-', "−")
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(currency: &str, revenue: &str) -> Forms {
        let json = format!(
            r#"{{"currency": "{currency}", "totals": {{"revenue": {revenue}}}, "points": {{"wallet": "beans", "name": "Beans"}}, "kpis": [],
            "members_by_rung": [{{"rung": "low"}}, {{"rung": "high", "name": "High & mighty"}}]}}"#
        );
        Forms::of(&Report::read(&json).unwrap()).unwrap()
    }

    #[test]
    fn thousands_are_apart_in_the_whole_part_only() {
        for (number, shown) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1234.5678", "−1,234.5678"),
            ("-0.5", "−0.5"),
            ("0007", "7"),
            (
                "123456789012345678901234",
                "123,456,789,012,345,678,901,234",
            ),
        ] {
            assert_eq!(grouped(number).unwrap(), shown);
        }
        let huge = "1".repeat(301);
        assert_eq!(
            grouped(&format!("-{huge}.5")).unwrap(),
            format!("−{huge}.5")
        );
        for text in ["", "-", "--1", "1e5", "x", ".5", "1,000"] {
            assert!(grouped(text).is_err(), "{text}");
        }
    }

    #[test]
    fn money_has_the_currency_s_digits_and_sign() {
        let euro = forms("EUR", "362574.79");
        assert_eq!(euro.money("3.4").unwrap(), "€3.40");
        assert_eq!(euro.money("-3.405").unwrap(), "−€3.41");
        assert_eq!(
            euro.money("12345678901234567890.125").unwrap(),
            "€12,345,678,901,234,567,890.13"
        );
        assert_eq!(euro.tick("-1500", "money").unwrap(), "−€1.5k");
        let yen = forms("JPY", "0");
        assert_eq!(yen.money("1234.5").unwrap(), "JP¥1,235");
        let other = forms("SEK", "0.00");
        assert_eq!(other.money("-7").unwrap(), "−SEK 7.00");
        assert_eq!(other.tick("200000", "money").unwrap(), "200k");
    }

    #[test]
    fn values_have_the_digits_of_their_unit() {
        let forms = forms("EUR", "0.00");
        let value = |text, unit| forms.value(Some(text), unit).unwrap();
        assert_eq!(value("0.688095238", "ratio"), "68.8%");
        assert_eq!(value("-0.0005", "ratio"), "−0.1%");
        assert_eq!(value("12.3456", "ratio"), "1,234.6%");
        assert_eq!(value("3.14159", "orders"), "3.14");
        assert_eq!(value("3.25", "days"), "3.3");
        assert_eq!(value("1234567", "points"), "1,234,567");
        assert_eq!(value("42.5", "score"), "42.5");
        assert_eq!(forms.value(None, "ratio").unwrap(), "–");
        assert!(forms.value(Some("x"), "ratio").is_err());
    }

    #[test]
    fn differences_have_a_sign_and_distances_none() {
        let forms = forms("EUR", "0.00");
        let signed = |text, unit, language| forms.signed(text, unit, language).unwrap();
        assert_eq!(signed("0.0123", "ratio", "en"), "+1.2 pp");
        assert_eq!(signed("-0.0123", "ratio", "en"), "−1.2 pp");
        assert_eq!(signed("0.0123", "ratio", "zh"), "+1.2个百分点");
        assert_eq!(signed("-3.4", "money", "en"), "−€3.40");
        assert_eq!(signed("3.4", "money", "en"), "+€3.40");
        assert_eq!(signed("0", "points", "en"), "0");
        assert_eq!(forms.distance("-0.0123", "ratio", "en").unwrap(), "1.2 pp");
        assert_eq!(forms.distance("3.4", "money", "en").unwrap(), "€3.40");
    }

    #[test]
    fn ticks_are_short() {
        let forms = forms("EUR", "0.00");
        let tick = |text, unit| forms.tick(text, unit).unwrap();
        assert_eq!(tick("0.30", "ratio"), "30%");
        assert_eq!(tick("0.325", "ratio"), "32.5%");
        assert_eq!(tick("-0.10", "ratio"), "−10%");
        assert_eq!(tick("1500000", "points"), "1.5M");
        assert_eq!(tick("200000.00", "points"), "200k");
        assert_eq!(tick("999.50", "points"), "999.5");
        assert_eq!(tick("600.00", "money"), "€600");
        assert_eq!(tick("2000000000", "points"), "2B");
        assert_eq!(
            tick("123456789012345678901", "points"),
            "123456789012.345678901B"
        );
        assert_eq!(tick("0", "points"), "0");
    }

    #[test]
    fn rungs_have_names_and_places() {
        let forms = forms("EUR", "0.00");
        assert_eq!(forms.rung("low", "en").unwrap(), "low");
        assert_eq!(forms.rung("high", "zh").unwrap(), "High & mighty");
        assert_ne!(forms.rung("none", "en").unwrap(), "none");
        assert_eq!(
            [forms.place("low"), forms.place("high"), forms.place("none")],
            [0, 1, 6]
        );
        assert_eq!(forms.wallet, "Beans");
    }

    #[test]
    fn places_in_a_drawing_have_one_digit() {
        let shown = [190.0, 0.25, 0.35, -0.04, 12.96, -7.5].map(pixels);
        assert_eq!(shown, ["190", "0.2", "0.3", "-0", "13", "-7.5"]);
    }

    #[test]
    fn what_is_short_stays_and_what_is_long_ends_in_an_ellipsis() {
        assert_eq!(short("twelve chars"), "twelve chars");
        assert_eq!(short("thirteen char"), "thirteen ch…");
        assert_eq!(
            short("会员会员会员会员会员会员会员"),
            "会员会员会员会员会员会…"
        );
    }
}
