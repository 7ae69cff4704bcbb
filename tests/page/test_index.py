"""The page over all nights: every number on it is that of the night's own report, and every link leads to a page."""

import datetime
import json
import re
import urllib.parse

import pytest
from forms import UNKNOWN, Forms
from places import FAILED, LANGUAGES, SAMPLES, read
from reading import Reading

# Numbers that are compared at least, in one language.
LEAST = 250


def reports(store):
    """The reports of a store by their nights, as they were kept."""
    paths = sorted((store / "reports").glob("*-*-*.json"))
    return {path.stem: read(path.read_text(encoding="utf-8")) for path in paths}


def totals(report):
    """The last total of each KPI."""
    return {figure["id"]: figure for figure in report["kpis"] if not figure["by"]}


def earlier(nights, kpi, last):
    """The night to compare with: the last one four weeks before, else the first."""
    known = [night for night in nights if night < last and totals(nights[night]).get(kpi, {}).get("value") is not None]
    far = str(datetime.date.fromisoformat(last) - datetime.timedelta(28))
    return next((night for night in reversed(known) if night <= far), known[0] if known else None)


def title(forms, figure, was, night):
    """What a trend says."""
    name, value = forms.kpi(figure), forms.value(figure["value"], figure["unit"])
    if night is None or figure["value"] is None:
        return forms.text("index.level", name=name, value=value)
    change, date = figure["value"] - was["value"], forms.date(night)
    if forms.signed(change, figure["unit"]) in (forms.signed(0, figure["unit"]), "+0", "−0"):
        return forms.text("index.same", name=name, value=value, date=date)
    return forms.text("index.rose" if change > 0 else "index.fell", name=name, value=value, date=date,
                      change=forms.distance(change, figure["unit"]))


def programme(reading, language, number, nights, failed):
    """One programme's part of the page."""
    last = max(nights)
    report = nights[last]
    forms = Forms(report, language)
    (section,) = reading.all(f".//section[@id='{language}-p{number}']")
    (heading,) = reading.all("./h2", section)
    reading.expect(heading, report["name"])
    lines = reading.all("./p", section)
    if failed:
        line = json.loads(failed)
        said = forms.text("index.failed", date=forms.date(line["night"]), message=line["failed"]["message"])
        reading.expect(lines.pop(0), f"{said} {forms.text('index.why')}")
    count = {name: forms.number(report["totals"][name]) for name in ("members", "orders")}
    reading.expect(lines[0], f"{forms.text('index.as_of', date=forms.date(last), **count)} {forms.text('index.open')}")
    for item, objective in zip(reading.all("./ul/li", section), report["objectives"], strict=True):
        reading.expect(item, f"{forms.text('state.' + objective['state'])} {objective.get('name') or objective['id']}")
    for at, (kpi, figure) in enumerate(totals(report).items()):
        card = reading.card(f"p{number}-k{at}")
        then = earlier(nights, kpi, last)
        wanted = title(forms, figure, totals(nights[then])[kpi] if then else None, then)
        reading.expect(reading.one("./h3", card), wanted)
        reading.expect(reading.one("./p[@class='eyebrow']", card), kpi)
        reading.expect(reading.one("./p[@class='soft']", card), forms.window(figure["window"]))
        rows = [(night, totals(nights[night]).get(kpi)) for night in sorted(nights, reverse=True)]
        head = [forms.text(f"{key}") for key in ("index.night", "table.value", "table.window")]
        reading.expect(reading.one(".//caption", card), forms.text("index.caption", name=forms.kpi(figure)))
        reading.rows(reading.one(".//table", card), [head, *([forms.date(night), forms.value(told["value"], told["unit"]),
                                                              forms.window(told["window"])] for night, told in rows if told)])
        for drawing in reading.all(".//svg", card):
            reading.expect(reading.one("./title", drawing), wanted)
            points = [told["value"] for _, told in rows if told and told["value"] is not None]
            assert all(forms.value(end, figure["unit"]) in reading.one("./desc", drawing).text_content() for end in (min(points), max(points)))
            reading.compared.add(reading.one("./desc", drawing))
            marks = [(forms.date(night), forms.value(told["value"], told["unit"])) for night, told in reversed(rows) if told and told["value"] is not None]
            for mark, (night, value) in zip(reading.all("./circle", drawing), marks, strict=True):
                reading.expect(mark, f"{night}: {value}")
    by_month(reading, forms, number, nights, failed)


def by_month(reading, forms, number, nights, failed):
    """The table of all nights."""
    card = reading.card(f"p{number}-n")
    reading.expect(reading.one("./h3", card), forms.text("index.all", n=len(nights)))
    lines = {night: settled(forms, night, report) for night, report in nights.items()}
    if failed:
        line = json.loads(failed)
        lines[line["night"]] = [forms.date(line["night"]), f"{forms.text('index.not_settled')} {line['failed']['code']}"]
    months = sorted({night[:7] for night in lines}, reverse=True)
    head = [forms.text(key) for key in ("index.night", "table.members", "nav.orders", "index.refused", "index.on_course")]
    for month, box in zip(months, reading.all("./details", card), strict=True):
        own = [lines[night] for night in sorted(lines, reverse=True) if night.startswith(month)]
        reading.expect(reading.one("./summary", box), f"{forms.date(month + '-01', 'month')} · {forms.text('index.nights', n=len(own))}")
        reading.expect(reading.one(".//caption", box), forms.date(month + "-01", "month"))
        reading.rows(reading.one(".//table", box), [head, *own])


def settled(forms, night, report):
    """A night's row."""
    states = [objective["state"] for objective in report["objectives"]]
    course = f"{sum(state in ('ahead', 'on_track') for state in states)} / {len(states)}" if states else UNKNOWN
    refused = report["quality"]["read"] - report["quality"]["accepted"]
    return [forms.date(night), *map(forms.number, (report["totals"]["members"], report["totals"]["orders"], refused)), course]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_the_index_is_that_of_a_night(maker, tell, language):
    page = maker.page("index")
    reading = Reading(page.path.read_text(encoding="utf-8"), language)
    every = 0
    for number, name in enumerate(sorted(SAMPLES)):
        nights = reports(page.store / name)
        every += len(nights)
        lines = (page.store / name / "reports" / "nights.jsonl").read_text(encoding="utf-8").splitlines()
        programme(reading, language, number, nights, lines[-1] if name == FAILED else None)
    forms = Forms(nights[max(nights)], language)
    reading.expect(reading.one(".//h1"), forms.text("index.title", n=len(SAMPLES)))
    reading.expect(reading.one(".//p[@class='when']"), forms.text("index.nights", n=every))
    reading.find_left_over(forms.fixed())
    assert reading.differences == [] and reading.left_over == [], "\n".join([*reading.differences, *map(str, reading.left_over)])
    assert reading.numbers >= LEAST
    if language == "en":
        tell(f"index: {reading.numbers:,} numbers of {every} nights equal their reports, 0 differ, none is left over")


@pytest.mark.parametrize("name", ["index", "failed"])
def test_every_link_leads_to_a_page(maker, name):
    page = maker.page(name)
    links = set(re.findall(r'href="([^"#]+\.html)"', page.path.read_text(encoding="utf-8")))
    assert len(links) == (sum(map(len, SAMPLES.values())) + 1 if name == "index" else 1)
    for link in links:
        text = (page.path.parent / urllib.parse.unquote(link)).read_text(encoding="utf-8")
        assert text.startswith("<!doctype html>")


def test_the_page_of_a_night_that_failed_says_why(maker):
    page = maker.page("failed")
    for language in LANGUAGES:
        root = Reading(page.path.read_text(encoding="utf-8"), language).root
        text = " ".join(root.text_content().split())
        assert "run/inbox" in text and "No such file" in text and "name the folder" in text


def test_a_night_that_is_settled_after_all_has_its_page(maker):
    """The page that said why is gone; the index knows no failure."""
    page = maker.settled_after_all()
    assert "run/inbox" not in page.path.read_text(encoding="utf-8")
    assert page.path.stat().st_size > 100_000
    index = (page.store / "reports" / "index.html").read_text(encoding="utf-8")
    assert f"{page.path.stem}.html" in index and "run/inbox" not in index
