"""What the cards of KPIs and objectives must say: findings, tables, legends, drawings."""

import re
from decimal import Decimal

from forms import UNKNOWN, rounded, share
from reading import TURNING

SECTIONS = {
    "retention": ["retention", "churn", "repeat_purchase", "active", "cohort"],
    "ladder": ["tier_moves"],
    "points": ["points_issued", "points_redeemed", "points_expired", "points_open"],
    "orders": ["frequency", "order_value", "inter_purchase"],
    "rewards": ["reward_cost"],
}
COLUMNS = ["points_issued", "points_redeemed", "points_expired", "reward_cost"]


class Kpi:
    """The figures of a KPI: its totals by window, and its parts."""

    def __init__(self, number, figures):
        self.number = number
        self.figures = figures
        self.first = figures[0]
        self.id, self.kind, self.unit = (self.first[key] for key in ("id", "kind", "unit"))
        self.totals = [figure for figure in figures if not figure["by"]]
        # Names of parts in the order in which they come up; of several names together each counts.
        self.parts = list(dict.fromkeys(pair for figure in figures for pair in figure["by"].items()))
        self.section = next((section for section, kinds in SECTIONS.items() if self.kind in kinds), "more")

    def part(self, pair, window):
        """The figure of a part in a window; the last one if it is told twice."""
        found = [figure for figure in self.figures
                 if list(figure["by"].items()) == [pair] and figure["window"]["from"] == window["from"]]
        return found[-1] if found else None


def kpis(report):
    """All KPIs, in the report's order."""
    ids = dict.fromkeys(figure["id"] for figure in report["kpis"])
    return [Kpi(number, [figure for figure in report["kpis"] if figure["id"] == kpi]) for number, kpi in enumerate(ids)]


def finding(forms, kpi):
    """The sentence of the last window against the one before, and against all."""
    name = forms.kpi(kpi.first)
    if not kpi.totals:
        return forms.text("finding.no_window", name=name)
    now = kpi.totals[-1]
    window = forms.window(now["window"])
    if now["value"] is None:
        return forms.text("finding.no_value", name=name, window=window)
    value = forms.value(now["value"], kpi.unit)
    before = kpi.totals[-2]["value"] if len(kpi.totals) > 1 else None
    if before is None:
        return forms.text("finding.level", name=name, value=value, window=window)
    was = forms.value(before, kpi.unit)
    rule = "same" if was == value else "rose" if now["value"] > before else "fell"
    sentence = forms.text(f"finding.{rule}", name=name, value=value, before=was, window=window)
    others = [figure["value"] for figure in kpi.totals[:-1] if figure["value"] is not None]
    for extreme, best in (("highest", max), ("lowest", min)):
        if len(kpi.totals) > 3 and now["value"] == best([now["value"], *others]) and now["value"] not in others:
            return forms.text(f"finding.{extreme}", finding=sentence, n=len(kpi.totals))
    return sentence


def windows(reading, forms, kpi, under):
    """The table of all windows, the last one first."""
    quotient = kpi.totals[0]["denominator"] != 1 or kpi.unit == "ratio"
    head = ["table.window", "table.value", *(["table.numerator", "table.denominator"] if quotient else [])]
    rows = [[*map(forms.text, head), *(forms.part(dict([pair])) for pair in kpi.parts)]]
    for figure in reversed(kpi.totals):
        row = [forms.window(figure["window"]), forms.value(figure["value"], kpi.unit)]
        if quotient:
            amount = forms.money if kpi.unit == "money" else forms.number
            row += [amount(figure["numerator"]), forms.number(figure["denominator"])]
        for pair in kpi.parts:
            part = kpi.part(pair, figure["window"])
            row.append(forms.value(part["value"], kpi.unit) if part else UNKNOWN)
        rows.append(row)
    table = reading.one("./details[@class='data']//table", under)
    reading.expect(reading.one("./caption", table), forms.text("table.caption_window", name=forms.kpi(kpi.first)))
    reading.rows(table, rows)


def how(reading, forms, kind, under, window=None):
    """Definition, numerator, denominator, period and source as they are on the list."""
    details = reading.all("./details[@class='how']", under)
    if not forms.has(f"kind.{kind}"):
        return
    wanted = [forms.text(f"kind.{kind}.{part}") for part in ("definition", "numerator", "denominator") if forms.has(f"kind.{kind}.{part}")]
    if window:
        wanted.append(f"{forms.window(window)} [{window['from']}, {window['before']})")
    wanted += [forms.text(f"kind.{kind}.{part}") for part in ("source", "naive") if forms.has(f"kind.{kind}.{part}")]
    found = reading.all(".//dd", details[0])
    assert len(found) == len(wanted), (kind, len(found))
    for element, text in zip(found, wanted, strict=True):
        reading.expect(element, text, f"how {kind} is counted")


def card(reading, forms, kpi, warnings):
    """A card with its number or its chart."""
    article = reading.card(f"k{kpi.number}")
    title = finding(forms, kpi)
    reading.expect(reading.one("./p[@class='eyebrow']", article), kpi.id)
    reading.expect(reading.one("./h3", article), title)
    for element in reading.all("./p[@class='warning']", article):
        (warning,) = [warning for warning in warnings if warning["kpi"] == kpi.id][:1]
        limit = warning.get("limit")
        end = "_limit" if limit else ""
        reading.expect(element, forms.text(f"warning.{warning['side']}{end}", limit=forms.value(limit, kpi.unit) if limit else ""))
    known = [figure for figure in kpi.totals if figure["value"] is not None]
    if len(kpi.totals) > 1 and known:
        chart(reading, forms, kpi, article, title)
    elif known:
        single(reading, forms, kpi, article)
    if kpi.totals:
        windows(reading, forms, kpi, article)
        how(reading, forms, kpi.kind, article, kpi.totals[-1]["window"])


def single(reading, forms, kpi, article):
    """One window: the number, what it is a quotient of, and its parts."""
    now = kpi.totals[-1]
    reading.expect(reading.one("./p[@class='big']", article), forms.value(now["value"], kpi.unit))
    for element in reading.all("./p[@class='soft']", article):
        above = forms.money(now["numerator"]) if kpi.unit == "money" else forms.number(now["numerator"])
        reading.expect(element, f"{above} / {forms.number(now['denominator'])}")
    parts = [(pair, kpi.part(pair, kpi.totals[0]["window"])) for pair in kpi.parts]
    parts = [(pair, part) for pair, part in parts if part and part["value"] is not None]
    bars = reading.all("./ul[@class='bars']/li", article)
    assert len(bars) == len(parts), kpi.id
    for bar, (pair, part) in zip(bars, parts, strict=True):
        reading.expect(reading.one("./span", bar), forms.part(dict([pair])))
        reading.expect(reading.one("./b", bar), forms.value(part["value"], kpi.unit))
        for mark in reading.all(".//rect[contains(@class, 'fill')]", bar):
            near(reading, mark.get("width"), part["value"] * 100, f"{kpi.id}, bar of {pair}")


def chart(reading, forms, kpi, article, title):
    """A chart over all windows: its words, its marks, its legend."""
    (svg,) = reading.all("./*[local-name()='svg']", article)
    key = "columns" if kpi.kind in COLUMNS else "line"
    drawn(reading, forms, kpi, svg, title, key)
    marks = reading.all(".//rect" if key == "columns" else ".//circle", svg)
    known = [figure for figure in kpi.totals if figure["value"] is not None]
    assert len(marks) == len(known), kpi.id
    scale = ticks(reading, svg)
    for mark, figure in zip(marks, known, strict=True):
        reading.expect(reading.one("./title", mark), f"{forms.window(figure['window'])}: {forms.value(figure['value'], kpi.unit)}")
        place = mark.get("cy") or (Decimal(mark.get("y")) + (Decimal(mark.get("height")) if figure["value"] < 0 else 0))
        near(reading, place, at(scale, figure["value"]), f"{kpi.id} {figure['window']['from']} in the drawing")
    rungs = [pair for pair in kpi.parts if pair[0] == "rung"]
    legend = reading.all("./ul[@class='legend']/li", article)
    wanted = [(forms.text("chart.all"), kpi.totals[-1])] + [
        (forms.rung(rung), kpi.part((by, rung), kpi.totals[-1]["window"])) for by, rung in rungs if rung != "none"]
    wanted = [(name, figure) for name, figure in wanted if figure] if rungs and key == "line" else []
    assert len(legend) == len(wanted), (kpi.id, len(legend), len(wanted))
    for entry, (name, figure) in zip(legend, wanted, strict=True):
        reading.expect(entry, f"{name} {forms.value(figure['value'], kpi.unit)}")


def drawn(reading, forms, kpi, svg, title, key):
    """What a drawing is called, and its words."""
    reading.expect(reading.one("./title", svg), title)
    known = [figure for figure in kpi.totals if figure["value"] is not None]
    low, high = (best(known, key=lambda figure: figure["value"]) for best in (min, max))
    value, window = (lambda figure: forms.value(figure["value"], kpi.unit)), (lambda figure: forms.window(figure["window"]))
    words = forms.text(f"chart.{key}", n=len(kpi.totals), first=window(kpi.totals[0]), last=window(kpi.totals[-1]), low=value(low),
                       low_window=window(low), high=value(high), high_window=window(high))
    reading.expect(reading.one("./desc", svg), words)
    # The last window always has its label, and six at most have one.
    labels = reading.all(".//*[starts-with(@class, 'label')]", svg)
    named = kpi.totals[::-1][::-(-len(kpi.totals) // 6)][::-1] if labels else []
    marks = {id(figure): mark for figure, mark in zip(known, reading.all(".//circle | .//rect", svg), strict=True)}
    for label, figure in zip(labels, named, strict=True):
        reading.expect(label, forms.window(figure["window"], short=True))
        mark = marks.get(id(figure))
        if mark is not None:
            middle = mark.get("cx") or Decimal(mark.get("x")) + Decimal(mark.get("width")) / 2
            near(reading, label.get("x"), Decimal(middle), f"label of {figure['window']['from']}")


def ticks(reading, svg):
    """The lowest and the highest place of the scale with their values; from tick to tick it is 1, 2 or 5 with zeros."""
    found = []
    lines = [Decimal(line.get("y1")) for line in reading.all(".//line[starts-with(@class, 'grid')]", svg)]
    for tick, y in zip(reading.all(".//*[@class='tick']", svg), lines, strict=False):
        text = re.sub(r"[^\d.−kMB%]", "", tick.text).replace("−", "-")
        factor = {"k": 10**3, "M": 10**6, "B": 10**9, "%": Decimal("0.01")}.get(text[-1], 1)
        found.append((y, Decimal(text.rstrip("kMB%")) * factor))
        reading.compared.add(tick)
    ends = min(found, key=lambda tick: tick[1]), max(found, key=lambda tick: tick[1])
    for (y, value), (_, before) in zip(found[1:], found, strict=False):
        near(reading, y, at(ends, value), f"tick of {value}")
        step = (value - before).normalize()
        if step != (found[1][1] - found[0][1]) or step.as_tuple().digits not in ((1,), (2,), (5,)):
            reading.differences.append(f"a tick of {value} after one of {before}")
    return ends


def at(scale, value):
    """The place of a value in a drawing."""
    (low_y, low), (high_y, high) = scale
    return low_y + (Decimal(value) - low) / (high - low) * (high_y - low_y)


def near(reading, place, wanted, what, exact="0.11"):
    """A place in a drawing is that of the value, to a tenth of its units."""
    reading.numbers += 1
    if abs(Decimal(place) - wanted) > Decimal(exact):
        reading.differences.append(f"{what}: drawn at {place}, its value is at {wanted}")


def cohorts(reading, forms, kpi):
    """The heat map: whole percents, and all cohorts together."""
    own = [figure for figure in kpi.figures if list(figure["by"]) == ["k"]]
    starts = list(dict.fromkeys(figure["window"]["from"] for figure in own))
    rows = [[figure for figure in own if figure["window"]["from"] == start] for start in starts]
    sums = {}
    for figure in own:
        sums.setdefault(int(figure["by"]["k"]), []).append(figure)
    total = {k: [sum(figure[key] for figure in figures) for key in ("numerator", "denominator")] for k, figures in sorted(sums.items())}
    pooled = {k: share(*pair) for k, pair in total.items()}
    columns = max(map(len, rows))
    article = reading.card(f"k{kpi.number}")
    reading.expect(reading.one("./p[@class='eyebrow']", article), kpi.id)
    far = max((k for k in pooled if k <= 12), default=0)
    period = {1: "month", 3: "quarter", 12: "year"}.get(months(own[0]["window"]), "period")
    if columns < 2 or pooled[1] is None:
        title = forms.text("finding.cohort_none")
    elif columns == 2:
        title = forms.text("finding.cohort_next", one=forms.value(pooled[1], "ratio"))
    else:
        title = forms.text(f"finding.cohort_{period}", one=forms.value(pooled[1], "ratio"), more=forms.value(pooled[far], "ratio"), k=far)
    reading.expect(reading.one("./h3", article), title)
    percent = lambda value: UNKNOWN if value is None else str(rounded(value * 100, 0))  # noqa: E731
    head = [forms.text("table.cohort"), forms.text("table.size"), *(f"{forms.text('table.period_k')} {k}" for k in range(1, columns))]
    body = [[forms.window(row[0]["window"]), forms.number(row[0]["denominator"]), *(percent(cell["value"]) for cell in row[1:])] for row in rows]
    foot = [forms.text("table.all_cohorts"), forms.number(total[0][1]), *(percent(value) for k, value in pooled.items() if k)]
    reading.rows(reading.one("./div[@class='heat']//table", article), [head, *body, foot])
    how(reading, forms, "cohort", article, rows[-1][0]["window"])


def months(window):
    """How many months a window of whole months is long."""
    (year, month), (last_year, last_month) = ([int(part) for part in window[end].split("-")[:2]] for end in ("from", "before"))
    return (last_year - year) * 12 + last_month - month


def moves(reading, forms, kpi, ladder):
    """Who rose and fell in the last window, as a drawing and as a table."""
    now = kpi.totals[-1]
    cells = {(figure["by"]["from"], figure["by"]["to"]): figure for figure in kpi.figures if figure["by"] and figure["window"] == now["window"]}
    down = list(reversed(ladder))
    place = {rung: number for number, rung in enumerate(down)}
    fell = sum(figure["numerator"] for (start, end), figure in cells.items() if start in place and place[end] > place[start])
    article = reading.card(f"k{kpi.number}")
    title = forms.text("finding.moves", rose=forms.number(now["numerator"]), members=forms.number(now["denominator"]),
                       fell=forms.number(fell), window=forms.window(now["window"]))
    reading.expect(reading.one("./p[@class='eyebrow']", article), kpi.id)
    reading.expect(reading.one("./h3", article), title)
    table = {start: [cells[start, end] for end in down if (start, end) in cells] for start in [*down, "none"]}
    table = {start: row for start, row in table.items() if row and row[0]["denominator"]}
    head = [forms.text("table.from"), forms.text("table.members"), *(f"→ {forms.rung(end)}" for end in down)]
    body = [[forms.rung(start), forms.number(row[0]["denominator"]),
             *(f"{forms.value(cell['value'], 'ratio')} {forms.number(cell['numerator'])}" for cell in row)] for start, row in table.items()]
    reading.rows(reading.one(".//table", article), [head, *body])
    reading.expect(reading.one(".//caption", article), forms.text("table.caption_moves", window=forms.window(now["window"])))
    for svg in reading.all(".//*[local-name()='svg']", article):
        reading.expect(reading.one("./title", svg), title)
        reading.expect(reading.one("./desc", svg), forms.text("chart.flow", window=forms.window(now["window"])))
        ends = {end: sum(row[down.index(end)]["numerator"] for row in table.values()) for end in down}
        nodes = [(start, row[0]["denominator"]) for start, row in table.items()] + list(ends.items())
        bands = {f"{forms.rung(start)} → {forms.rung(cell['by']['to'])}: {forms.number(cell['numerator'])}"
                 for start, row in table.items() for cell in row if cell["numerator"]}
        found = reading.all(".//path/title", svg)
        assert {band.text for band in found} == {band.translate(TURNING) for band in bands}
        for band in found:
            reading.expect(band, band.text)
        texts = reading.all(".//*[@class='node']", svg)
        for text, (rung, members) in zip(texts, nodes, strict=True):
            name = forms.rung(rung)
            name = name if len(name) <= 12 else name[:11] + "…"
            reading.expect(text, f"{name} {forms.number(members)}")
    how(reading, forms, "tier_moves", article, now["window"])


def objectives(reading, forms, report, by_id):
    """Where each objective stands against its straight line."""
    for number, objective in enumerate(report["objectives"], 1):
        article = reading.card(f"o{number}")
        kpi = by_id.get(objective["kpi"])
        unit = kpi.unit if kpi else "orders"
        value = lambda key: forms.value(objective[key], unit)  # noqa: B023, E731
        reading.expect(reading.one("./header/p[@class='eyebrow']", article), objective.get("name") or objective["id"])
        reading.expect(reading.one("./h2", article), forms.kpi(kpi.first) if kpi else objective["id"])
        reading.expect(reading.one(".//p[@class='big']", article), value("value"))
        reading.expect(reading.one(".//p[@class='of']", article), forms.window(kpi.totals[-1]["window"]) if kpi and kpi.totals else "")
        reading.expect(reading.one(".//figcaption", article),
                       f"{forms.text('objective.baseline')} {value('baseline')}{forms.text('objective.target')} {value('target')}")
        told = objective["value"] is not None and objective["expected"] is not None
        track = forms.text("objective.track" if told else "objective.track_none", baseline=value("baseline"), target=value("target"),
                           now=value("value"), expected=value("expected"))
        reading.attribute(reading.one(".//figure/*[@role='img']", article), "aria-label", track)
        gap = reading.one("./p[@class='gap']", article)
        if told:
            ahead = objective["state"] == "ahead"
            far = objective["value"] - objective["target" if ahead else "expected"]
            level = forms.value(far, unit).lstrip("−") == forms.value(0, unit)
            side = ("level" if level else "above" if far > 0 else "below") + ("_target" if ahead else "")
            reading.expect(gap, forms.text(f"objective.{side}", gap=forms.distance(far, unit), expected=value("expected"), target=value("target")))
        else:
            reading.expect(gap, forms.text("state.cannot_tell_long"))
        for svg in reading.all("./*[local-name()='svg']", article):
            drawn(reading, forms, kpi, svg, forms.text("objective.trend"), "line")
            for mark, figure in zip(reading.all(".//circle/title", svg), [f for f in kpi.totals if f["value"] is not None], strict=True):
                reading.expect(mark, f"{forms.window(figure['window'])}: {forms.value(figure['value'], unit)}")
            for tick in reading.all(".//*[@class='tick']", svg):
                reading.expect(tick, forms.tick(objective["target"], unit))
        owner = f" · {objective['owner']}" if objective.get("owner") else ""
        reading.expect(reading.all("./p[@class='soft']", article)[-1], forms.text("objective.by", date=forms.date(objective["by"])) + owner)
        if kpi and kpi.totals:
            windows(reading, forms, kpi, article)
            how(reading, forms, kpi.kind, article, kpi.totals[-1]["window"])
