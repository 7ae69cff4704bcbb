"""The reader's form of numbers, days and sentences, made anew from the report: exact decimals, rounded a half away from
zero. The words are those of the page's own lists; everything else here is independent of the page's code."""

import calendar
import datetime
import tomllib
from decimal import ROUND_HALF_UP, Decimal

from places import ROOT

SIGNS = {"EUR": "€", "USD": "US$", "GBP": "£", "CNY": "CN¥", "JPY": "JP¥", "CHF": "CHF ", "HKD": "HK$"}
UNKNOWN = "–"


def rounded(number, digits):
    """A half goes away from zero, and there is no negative nothing."""
    number = Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return abs(number) if number == 0 else number


def grouped(number):
    """Thousands apart, with a true minus."""
    return f"{number:,f}".replace("-", "−") if isinstance(number, Decimal) else f"{number:,}".replace("-", "−")


def trimmed(number):
    """Without zeros at the end, and with a true minus."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def share(part, whole):
    """A quotient to nine digits; none of nothing."""
    return rounded(Decimal(part) / Decimal(whole), 9) if whole else None


class Forms:
    """How a report is shown in a language."""

    def __init__(self, report, language):
        self.report = report
        self.words = tomllib.loads((ROOT / "crates" / "page" / "texts" / f"{language}.toml").read_text(encoding="utf-8"))
        self.money_digits = max(0, -Decimal(report["totals"]["revenue"]).as_tuple().exponent)
        self.currency = SIGNS.get(report["currency"], report["currency"] + " ")
        self.rungs = {rung["rung"]: rung.get("name", rung["rung"]) for rung in report["members_by_rung"]}
        self.rungs.setdefault("none", self.words["ladder"]["none"])

    def has(self, key):
        """Whether there is such a text."""
        return self.find(key) is not None

    def find(self, key):
        """An entry of the list of texts."""
        found = self.words
        for name in key.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def text(self, key, **values):
        """A sentence with its values, of one if there is another for one."""
        one = str(values.get("n")) in ("1", "+1", "−1")
        text = (self.find(f"{key}_one") if one else None) or self.find(key)
        assert isinstance(text, str), key
        # In one go: what stands in a value is no place to fill.
        parts = text.split("{")
        return parts[0] + "".join(str(values[name]) + rest for name, rest in (part.split("}", 1) for part in parts[1:]))

    def fixed(self, words=None):
        """All texts in which nothing is filled in."""
        words = self.words if words is None else words
        if isinstance(words, dict):
            return set().union(*map(self.fixed, words.values()))
        return {words} if isinstance(words, str) and "{" not in words else set()

    def number(self, number):
        """As it is, with its thousands apart."""
        return grouped(number)

    def money(self, amount):
        """With the currency's sign behind the minus."""
        shown = grouped(rounded(amount, self.money_digits))
        return f"−{self.currency}{shown[1:]}" if shown.startswith("−") else self.currency + shown

    def value(self, value, unit):
        """A value in its unit."""
        if value is None:
            return UNKNOWN
        if unit == "ratio":
            return grouped(rounded(Decimal(value) * 100, 1)) + "%"
        if unit == "money":
            return self.money(value)
        digits = {"orders": 2, "days": 1}.get(unit)
        return grouped(value) if digits is None else grouped(rounded(value, digits))

    def signed(self, difference, unit):
        """A difference with its sign."""
        if unit == "ratio":
            shown = self.text("form.points_of_percent", x=grouped(rounded(Decimal(difference) * 100, 1)))
        else:
            shown = self.value(difference, unit)
        return shown if difference == 0 or shown.startswith("−") else f"+{shown}"

    def distance(self, difference, unit):
        """A difference without its sign."""
        return self.signed(abs(difference), unit).removeprefix("+")

    def tick(self, value, unit):
        """A short number beside a drawing."""
        value = Decimal(value)
        if unit == "ratio":
            return trimmed(value * 100) + "%"
        zeros, letter = next(((zeros, letter) for zeros, letter in ((9, "B"), (6, "M"), (3, "k")) if abs(value) >= 10**zeros), (0, ""))
        shown = trimmed(value.scaleb(-zeros)) + letter
        sign = SIGNS.get(self.report["currency"], "") if unit == "money" else ""
        return f"−{sign}{shown[1:]}" if shown.startswith("−") else sign + shown

    def rung(self, rung):
        """What people call it."""
        return self.rungs.get(rung, rung)

    def part(self, by):
        """What people call a part of a figure."""
        ((name, key),) = by.items()
        if name == "rung":
            return self.rung(key)
        return self.text(f"table.{key}") if name == "statistic" and self.has(f"table.{key}") else key

    def kpi(self, figure):
        """What people call a KPI."""
        kind = f"kind.{figure['kind']}.name"
        return figure.get("name") or (self.text(kind) if self.has(kind) else figure["id"])

    def date(self, day, form="date"):
        """A day, by the list's form of one."""
        day = datetime.date.fromisoformat(day) if isinstance(day, str) else day
        return self.text(f"form.{form}", y=day.year, yy=f"{day.year % 100:02}", q=(day.month + 2) // 3, d=day.day,
                         m=self.words["form"]["months"][day.month - 1])

    def window(self, window, short=False):
        """The days of a figure: a whole month, quarter or year by its name."""
        first, before = (datetime.date.fromisoformat(window[end]) for end in ("from", "before"))
        last = before - datetime.timedelta(1)
        if window["kind"] == "rolling":
            return self.text("form.rolling", days=(before - first).days, date=self.date(last))
        period = whole(first, last) if window["kind"] in ("calendar", "cohort") else None
        if period:
            return self.date(first, f"short_{period}" if short else period)
        if window["kind"] == "lifetime":
            return self.text("form.lifetime", a=self.date(first))
        if short:
            return self.date(first, "short_date")
        if first == last:
            return self.date(first)
        if (first.year, first.month) == (last.year, last.month):
            return self.text("form.range_month", d=first.day, e=last.day, y=first.year, m=self.words["form"]["months"][first.month - 1])
        return self.text("form.range", a=self.date(first), b=self.date(last))


def whole(first, last):
    """Month, quarter or year, if those are its first and last day."""
    if first.day != 1 or last.day != calendar.monthrange(last.year, last.month)[1]:
        return None
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return {(1, True): "month", (3, first.month % 3 == 1): "quarter", (12, first.month == 1): "year"}.get((months, True))
