"""Every query that a page shows, run as it stands on the page over the store that the page was made from: it gives the
figures of the report, numerator, denominator and value."""

import datetime
import math
import re
import tomllib
from decimal import Decimal

import duckdb
import pytest
from lxml import html
from expected_report import wallets
from places import GROSS, GROSS_OF, LANGUAGES, ROOT, SAMPLES, WALLETS, WALLETS_OF

# Numbers that are compared at least: fewer would mean that figures or queries were not found.
LEAST = {"coffee": 2600, "cdnow": 980, GROSS: 2600, WALLETS: 2800}

NOBODY = {"numerator": 0, "denominator": 0, "value": None}

# Kinds of KPI of which a query gives more than a total and its rungs.
STATISTICS = ("median", "p90", "mean_of_means")


class Queries:
    """The queries of a page and the store that they are asked of."""

    def __init__(self, page):
        self.page = page
        self.tree = html.fromstring(page.path.read_text(encoding="utf-8"))
        self.compared = 0
        self.differences = []
        self.asked = set()
        self.store = duckdb.connect()
        self.store.execute(f"set file_search_path = '{page.store}'")
        self.store.execute((page.store / "views.sql").read_text(encoding="utf-8"))
        self.store.execute(self.filled(self.shown("run")))
        # Kept in memory under the same names, or each of some hundred queries would read the store's files anew.
        views = self.store.execute("select view_name from duckdb_views() where not internal").fetchall()
        for (view,) in views:
            self.store.execute(f'create temp table "{view}" as from "{view}"')

    def shown(self, place):
        """The query at a place of the page, which is the same in both languages."""
        texts = set()
        for language in LANGUAGES:
            found = self.tree.xpath(f"//*[@id='{language}-{place}' or @aria-labelledby='{language}-{place}']//pre[@class='sql']")
            assert len(found) == 1, f"{len(found)} queries at {language}-{place}"
            texts.add(found[0].text_content())
        assert len(texts) == 1, place
        self.asked.add(place)
        return texts.pop()

    def filled(self, query):
        """What the report does not tell, the reader fills in from the programme."""
        name = {GROSS: GROSS_OF, WALLETS: WALLETS_OF}.get(self.page.name, self.page.name)
        rules = tomllib.loads((ROOT / "programs" / name / self.page.report["version"]["file"]).read_text(encoding="utf-8"))
        joins = {"opt_in": "kind = 'enrol'", "first_order": "kind = 'order'", "automatic": "true"}
        missing = {} if "zone" in self.page.report else {"{zone}": rules["program"]["zone"], "{joins}": joins[rules["enrol"]["kind"]]}
        for brace, value in missing.items():
            query = query.replace(brace, value)
        assert not re.search(r"\{\w+\}", query), query
        return query

    def rows(self, query):
        """What the store answers: a dictionary for each row."""
        answer = self.store.execute(self.filled(query))
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def same(self, what, found, wanted):
        """Counts a comparison: exact, but for quotients, of which the report keeps nine digits."""
        self.compared += 1
        if not equal(found, wanted):
            self.differences.append(f"{what}: the query gives {found}, the report says {wanted}")

    def close(self, what, found, wanted):
        """Counts a comparison of a mean, of which the report keeps six digits."""
        self.compared += 1
        if abs(Decimal(repr(found)) - wanted) > Decimal("6e-7"):
            self.differences.append(f"{what}: the query gives {found}, the report says {wanted}")

    def figure(self, row, figure):
        """A row of a query against a figure."""
        what = f"{figure['id']} {figure['window']['from']} {figure['by']}"
        # Where nobody is, a query has no row. One of a sum gives the sum alone.
        if row is None:
            row = {"value": 0} if figure["unit"] in ("points", "money") and figure["denominator"] == 1 else NOBODY
        self.same(f"{what} numerator", row.get("numerator", row["value"]), figure["numerator"])
        self.same(f"{what} denominator", row.get("denominator", 1), figure["denominator"])
        self.same(f"{what} value", row["value"], figure["value"])


def equal(found, wanted):
    """Whether two numbers are the same to the digits that the report keeps."""
    if found is None or wanted is None:
        return found is wanted
    if isinstance(found, float):
        return abs(Decimal(repr(found)) - wanted) <= Decimal("1e-9") * max(1, abs(Decimal(wanted)))
    return Decimal(found) == wanted


def following(window):
    """The day after the last of the next window, as long as this one: the same months or the same days."""
    first, before = (datetime.date.fromisoformat(window[end]) for end in ("from", "before"))
    months = (before.year - first.year) * 12 + before.month - first.month
    if first.day == before.day == 1 and months:
        year, month = divmod(before.year * 12 + before.month - 1 + months, 12)
        return datetime.date(year, month + 1, 1).isoformat()
    return (before + min(before - first, datetime.timedelta(days=36_500))).isoformat()


def at(query, shown, asked):
    """The query of one window, asked of another: with its days instead."""
    days = {shown["from"]: asked["from"], shown["before"]: asked["before"], following(shown): following(asked)}
    return re.sub(r"\d{4}-\d\d-\d\d", lambda day: days.get(day[0], day[0]), query)


def kpis(queries):
    """Every figure of every KPI, by the query on its card."""
    figures = queries.page.report["kpis"]
    for number, kpi in enumerate(dict.fromkeys(figure["id"] for figure in figures)):
        own = [figure for figure in figures if figure["id"] == kpi]
        query = queries.shown(f"k{number}")
        if own[0]["kind"] == "cohort":
            cohorts(queries, query, own)
            continue
        shown = [figure for figure in own if not figure["by"]][-1]["window"]
        for window in {figure["window"]["from"]: figure["window"] for figure in own}.values():
            there = [figure for figure in own if figure["window"] == window]
            rows = queries.rows(at(query, shown, window))
            (moves if own[0]["kind"] == "tier_moves" else parts)(queries, rows, there)


def parts(queries, rows, figures):
    """A total, its rungs or its statistics."""
    by_rung = {row.get("rung"): row for row in rows}
    assert len(by_rung) == len(rows), rows
    for figure in figures:
        if "statistic" in figure["by"]:
            assert figure["by"]["statistic"] in STATISTICS and len(figure["by"]) == 1
            queries.same(f"{figure['id']} {figure['by']}", rows[0][figure["by"]["statistic"]], figure["value"])
        else:
            queries.figure(by_rung.pop(figure["by"].get("rung"), None), figure)
    # A query tells rungs where the programme asks for none; where it asks, it has them all.
    if any("rung" in figure["by"] for figure in figures):
        assert by_rung == {}, (figures[0], by_rung)


def moves(queries, rows, figures):
    """Where those of each rung went; the total counts those who rose."""
    ladder = [rung["rung"] for rung in queries.page.report["members_by_rung"]]
    places = {rung: place for place, rung in enumerate(ladder)}
    found = {(row["from"], row["to"]): row for row in rows}
    sizes = {row["from"]: row["denominator"] for row in rows}
    for figure in figures:
        if figure["by"]:
            key = (figure["by"]["from"], figure["by"]["to"])
            size = sizes.get(key[0], 0)
            queries.figure(found.pop(key, {"numerator": 0, "denominator": size, "value": 0 if size else None}), figure)
        else:
            rose = sum(row["numerator"] for row in rows if places.get(row["from"], len(places)) < places[row["to"]])
            members = sum(size for rung, size in sizes.items() if rung in places)
            queries.figure({"numerator": rose, "denominator": members, "value": rose / members if members else None}, figure)
    assert found == {}, found


def cohorts(queries, query, figures):
    """Every cohort in every period, and no other."""
    found = {(row["cohort"].isoformat(), str(row["k"])): row for row in queries.rows(query)}
    sizes = {cohort: row["denominator"] for (cohort, _), row in found.items()}
    for figure in figures:
        key = (figure["window"]["from"], figure["by"]["k"])
        nobody = {"numerator": 0, "denominator": sizes.get(key[0], 0), "value": 0.0}
        queries.figure(found.pop(key, nobody), figure)
    assert found == {}, found


def standing(queries):
    """What is not a KPI: members, totals, points, rewards, rows."""
    report = queries.page.report
    rungs = {row["rung"]: row["members"] for row in queries.rows(queries.shown("rungs"))}
    assert rungs.keys() == {None, *(rung["rung"] for rung in report["members_by_rung"])}
    queries.same("members", rungs[None], report["totals"]["members"])
    for rung in report["members_by_rung"]:
        queries.same(f"members on {rung['rung']}", rungs[rung["rung"]], rung["members"])

    (totals,) = queries.rows(queries.shown("totals"))
    assert totals.keys() == report["totals"].keys()
    for name, total in report["totals"].items():
        queries.same(name, totals[name], total)

    for balance, own in wallets(report):
        points(queries, balance, own)

    rewards = {row["reward"]: row for row in queries.rows(queries.shown("rewards-h"))}
    assert rewards.keys() >= {reward["reward"] for reward in report["rewards"] if reward["issued"]}
    for reward in report["rewards"]:
        row = rewards.get(reward["reward"], {"issued": 0, "cost": 0})
        queries.same(f"{reward['reward']} issued", row["issued"], reward["issued"])
        queries.same(f"{reward['reward']} cost", row["cost"], reward["cost"])

    if report.get("surprises"):
        surprises(queries, report["surprises"])
    quality(queries, report["quality"])


def surprises(queries, wanted):
    """What came of draws: each arm, and the interval of the difference between both."""
    (query,) = {queries.shown(f"surprise{number}") for number, _ in enumerate(wanted, 1)}
    found = {(row["surprise"], row["won"]): row for row in queries.rows(query)}
    for held in wanted:
        effect = held.get("effect")
        if not effect:
            assert (held["id"], True) not in found
            continue
        won, lost = arms = [found.pop((held["id"], won)) for won in (True, False)]
        for arm, row in zip((effect["winners"], effect["losers"]), arms, strict=True):
            queries.same(f"{held['id']} n", row["n"], arm["n"])
            queries.same(f"{held['id']} orders", row["orders"], arm["orders"])
            queries.close(f"{held['id']} mean", row["mean"], arm["mean"])
        difference = won["mean"] - lost["mean"]
        queries.close(f"{held['id']} difference", difference, effect["difference"])
        if effect["low"] is not None:
            half = 1.96 * math.sqrt(won["variance_of_mean"] + lost["variance_of_mean"])
            queries.close(f"{held['id']} from", difference - half, effect["low"])
            queries.close(f"{held['id']} to", difference + half, effect["high"])
    assert found == {}, found


def points(queries, balance, own):
    """The roll-forward, whole and of each period that the report tells; open points by the day on which they end."""
    query = queries.shown(f"roll{own}")
    whole = {"from": "0001-01-01", "before": (datetime.date.fromisoformat(queries.page.report["as_of"]) + datetime.timedelta(1)).isoformat()}
    periods = [(whole, balance), *((period["window"], period) for period in balance.get("periods", []))]
    for window, wanted in periods:
        (row,) = queries.rows(query.replace(whole["from"], window["from"]).replace(whole["before"], window["before"]))
        for name, column in row.items():
            # What was brought along is not the opening balance.
            told = "opening" if name == "brought" else name
            if window is not whole or told in wanted:
                queries.same(f"points {told} {window['from']}", column, wanted[told])
    if balance.get("by_expiry"):
        day = lambda value: value and value.isoformat()  # noqa: E731
        ends = {(day(row["on"]), day(row["last"])): row["points"] for row in queries.rows(queries.shown(f"expiry{own}"))}
        for end in balance["by_expiry"]:
            queries.same(f"points that end from {end['on']} on", ends.pop((end["on"], end["last"]), None), end["points"])
        queries.same("points that never end", ends.pop((None, None), 0), balance.get("never", 0))
        assert ends == {}, ends


def quality(queries, wanted):
    """Rows by what became of them: two queries in one."""
    reasons, rows = [query for query in queries.shown("quality").split(";") if query.strip()]
    codes = {row["code"]: row["rows"] for row in queries.rows(reasons)}
    assert codes.keys() == {reason["code"] for reason in wanted["quarantined"]}
    for reason in wanted["quarantined"]:
        queries.same(reason["code"], codes[reason["code"]], reason["count"])
    (sums,) = queries.rows(rows)
    for name in ("read", "accepted", "duplicates"):
        queries.same(f"rows {name}", sums[name], wanted[name])


@pytest.mark.parametrize("name", [*SAMPLES, GROSS, WALLETS])
def test_every_query_on_the_page_gives_its_figures(maker, tell, name):
    queries = Queries(maker.page(name))
    assert any("net" in figure for figure in queries.page.report["kpis"]) == (name == GROSS)
    kpis(queries)
    standing(queries)
    assert queries.differences == [], "\n".join(queries.differences)
    assert queries.compared >= LEAST[name]
    shown = queries.tree.xpath("//*[contains(@class, 'in-en')]//pre[@class='sql']")
    texts = {pre.text_content() for pre in shown}
    assert texts == {queries.shown(place) for place in queries.asked}, "a query on the page was not asked"
    tell(f"{name}: {queries.compared:,} numbers of {len(queries.page.report['kpis'])} figures and the rest of the report "
         f"equal what {len(queries.asked)} queries of the page give, 0 differ")
