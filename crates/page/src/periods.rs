//! Days and windows in the reader's language.

use crate::calendar::Day;
use crate::error::PageError;
use crate::figures::Window;
use crate::forms::Forms;
use crate::texts::filled;

impl Forms {
    /// A day: `Nov 15, 2026`.
    pub(crate) fn date(&self, day: &str, language: &str) -> Result<String, PageError> {
        self.day_as("form.date", Day::of(day)?, language)
    }

    /// The month of a day: `Nov 2026`.
    pub(crate) fn month(&self, day: &str, language: &str) -> Result<String, PageError> {
        self.day_as("form.month", Day::of(day)?, language)
    }

    /// A day for an axis: by its month, if it is the first of one.
    pub(crate) fn day(&self, day: &str, language: &str) -> Result<String, PageError> {
        let day = Day::of(day)?;
        let key = if day.day == 1 {
            "form.short_month"
        } else {
            "form.short_date"
        };
        self.day_as(key, day, language)
    }

    /// A window: `Q2 2026`, `Oct 2026`, `30 days to Nov 15, 2026`, or its first and last day. Short: for an axis.
    pub(crate) fn window(
        &self,
        window: &Window,
        language: &str,
        short: bool,
    ) -> Result<String, PageError> {
        let (first, before) = window.days()?;
        let last = before.plus(-1)?;
        let date = |day| self.day_as("form.date", day, language);
        if window.kind == "rolling" {
            let days = (before.number() - first.number()).to_string();
            let values = [("days", days), ("date", date(last)?)];
            return self.form("form.rolling", values, language);
        }
        if let Some(period) = window.period()? {
            let short = if short { "short_" } else { "" };
            let key = format!("form.{short}{}", period.text());
            return self.day_as(&key, first, language);
        }
        if window.kind == "lifetime" {
            return self.form("form.lifetime", [("a", date(first)?)], language);
        }
        if short {
            return self.day_as("form.short_date", first, language);
        }
        if first == last {
            return date(first);
        }
        if (first.year, first.month) == (last.year, last.month) {
            let month = self.texts.month(language, first.month)?.to_owned();
            let values = [
                ("d", first.day.to_string()),
                ("e", last.day.to_string()),
                ("y", first.year.to_string()),
                ("m", month),
            ];
            return self.form("form.range_month", values, language);
        }
        let values = [("a", date(first)?), ("b", date(last)?)];
        self.form("form.range", values, language)
    }

    fn day_as(&self, key: &str, day: Day, language: &str) -> Result<String, PageError> {
        let values = [
            ("y", day.year.to_string()),
            ("yy", format!("{:02}", day.year % 100)),
            ("q", ((day.month + 2) / 3).to_string()),
            ("m", self.texts.month(language, day.month)?.to_owned()),
            ("d", day.day.to_string()),
        ];
        self.form(key, values, language)
    }

    fn form<const N: usize>(
        &self,
        key: &str,
        values: [(&str, String); N],
        language: &str,
    ) -> Result<String, PageError> {
        Ok(filled(self.texts.text(language, key, false)?, &values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Report;

    fn forms() -> Forms {
        let json = r#"{"currency": "EUR", "totals": {"revenue": 0}, "points": null, "kpis": [], "members_by_rung": []}"#;
        Forms::of(&Report::read(json).unwrap()).unwrap()
    }

    #[test]
    fn days_are_spelled_in_both_languages() {
        let forms = forms();
        let day = "2026-11-05";
        assert_eq!(forms.date(day, "en").unwrap(), "Nov 5, 2026");
        assert_eq!(forms.date(day, "zh").unwrap(), "2026年11月5日");
        assert_eq!(forms.month(day, "en").unwrap(), "Nov 2026");
        assert_eq!(forms.month(day, "zh").unwrap(), "2026年11月");
        assert_eq!(forms.day(day, "en").unwrap(), "Nov 5");
        assert_eq!(forms.day("2026-11-01", "en").unwrap(), "Nov ’26");
        assert_eq!(forms.day("2026-11-01", "zh").unwrap(), "26年11月");
        assert!(forms.date("2026-02-30", "en").is_err());
    }

    #[test]
    fn windows_are_named_by_what_they_are() {
        let forms = forms();
        let shown = |kind: &str, from: &str, before: &str, short| {
            let [kind, from, before] = [kind, from, before].map(str::to_owned);
            let window = Window { kind, from, before };
            ["en", "zh"].map(|language| forms.window(&window, language, short).unwrap())
        };
        let [en, zh] = shown("calendar", "2026-04-01", "2026-07-01", false);
        assert_eq!((en.as_str(), zh.as_str()), ("Q2 2026", "2026年第2季度"));
        let [en, zh] = shown("calendar", "2026-04-01", "2026-07-01", true);
        assert_eq!((en.as_str(), zh.as_str()), ("Q2 ’26", "26年Q2"));
        let [en, zh] = shown("cohort", "2026-10-01", "2026-11-01", false);
        assert_eq!((en.as_str(), zh.as_str()), ("Oct 2026", "2026年10月"));
        let [en, zh] = shown("rolling", "2026-10-17", "2026-11-16", false);
        assert_eq!(
            (en.as_str(), zh.as_str()),
            ("30 days to Nov 15, 2026", "截至2026年11月15日的30天")
        );
        let [en, _] = shown("calendar", "2026-11-01", "2026-11-16", false);
        assert_eq!(en, "Nov 1 – 15, 2026");
        let [en, _] = shown("calendar", "2026-11-01", "2026-11-16", true);
        assert_eq!(en, "Nov 1");
        let [en, _] = shown("calendar", "2026-11-15", "2026-11-16", false);
        assert_eq!(en, "Nov 15, 2026");
        let [en, _] = shown("calendar", "2025-12-30", "2026-01-03", false);
        assert_eq!(en, "Dec 30, 2025 – Jan 2, 2026");
        let [en, _] = shown("lifetime", "2025-01-01", "2026-01-01", false);
        assert_eq!(en, "since Jan 1, 2025");
    }
}
