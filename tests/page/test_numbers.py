"""Every number on a page is the report's: each place of it is made anew from the JSON, in both languages, and then nothing
with a number is left on the page that was not compared."""

import random
import re

import pytest
from expected_changes import changes, glance
from expected_kpis import card, cohorts, kpis, moves, objectives
from expected_report import header, points, quality, rewards, run, rungs, surprises, totals, verdict
from forms import Forms
from places import LANGUAGES, NAMES
from reading import Reading

# Numbers that are compared at least, in one language: fewer would mean that places were not found.
LEAST = {"coffee": 3300, "wallets": 3500, "cdnow": 1700, "empty": 24, "first": 600, "one": 1400, "million": 1900, "large": 1400, "no-points": 850, "hostile": 1750,
         "more": 1650, "future": 1300}

# So many times one digit of a page is changed, which must be noticed.
CHANGED = 50


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_the_report_s(maker, tell, name, language):
    page = maker.page(name)
    reading = compared(Reading(page.path.read_text(encoding="utf-8"), language), page)
    assert reading.differences == [], "\n".join(reading.differences)
    assert reading.left_over == []
    assert reading.numbers >= LEAST[name]
    if language == "en":
        tell(f"{name}: {reading.numbers:,} numbers in {len(reading.compared):,} places equal the JSON, 0 differ, none is left over")


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_digit_anywhere_is_noticed(maker, language):
    page = maker.page("more")
    text = page.path.read_text(encoding="utf-8")
    chance = random.Random(7)
    for _ in range(CHANGED):
        reading = Reading(text, language)
        places = [(element, part) for element in reading.root.iter() for part in ("text", "tail")
                  if element.tag not in ("pre", "code") and element.getparent().tag != "pre" and re.search(r"\d", getattr(element, part) or "")]
        element, part = chance.choice(places)
        was = getattr(element, part)
        at = chance.choice([match.start() for match in re.finditer(r"\d", was)])
        setattr(element, part, was[:at] + str((int(was[at]) + chance.randint(1, 9)) % 10) + was[at + 1:])
        try:
            noticed = compared(reading, page)
        except AssertionError:
            continue
        assert noticed.differences or noticed.left_over, (was, getattr(element, part), element.tag, element.get("class"))


def compared(reading, page):
    """The reading after all places of the page were compared."""
    report, previous, language = page.report, page.previous, reading.language
    forms = Forms(report, language)
    every = kpis(report)
    header(reading, forms, report)
    verdict(reading, forms, report)
    objectives(reading, forms, report, {kpi.id: kpi for kpi in every})
    glance(reading, forms, report, previous)
    changes(reading, forms, report, previous, every)
    for kpi in every:
        if kpi.kind == "cohort":
            cohorts(reading, forms, kpi)
        elif kpi.kind == "tier_moves":
            moves(reading, forms, kpi, [rung["rung"] for rung in report["members_by_rung"]])
        else:
            card(reading, forms, kpi, report["warnings"])
    for section in (rungs, points, totals, rewards, surprises, quality, run):
        section(reading, forms, report)
    reading.find_left_over(forms.fixed())
    return reading
