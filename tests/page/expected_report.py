"""What the rest of the page must say: members, points, orders, rewards, surprises, rows, the run, and what changed."""

from decimal import Decimal

from expected_kpis import how, near, ticks
from forms import UNKNOWN, rounded, share

ROLL = [("granted", 1), ("opening", 1), ("restored", 1), ("adjusted", 1), ("converted", 1), ("redeemed", -1), ("expired", -1), ("reversed", -1),
        ("repaid", -1)]


def adds_up(balance):
    """Whether what came less what went is what there is."""
    return sum(way * balance.get(key, 0) for key, way in ROLL) == balance["open"] + balance["pending"]


def quarantined(report):
    """Rows that were refused."""
    return sum(reason["count"] for reason in report["quality"]["quarantined"])


def facts(reading, article, wanted):
    """A list of names and numbers."""
    found = reading.all("./dl[@class='facts']/div", article)
    assert len(found) == len(wanted), [fact.text_content() for fact in found]
    for fact, (name, number) in zip(found, wanted, strict=True):
        reading.expect(reading.one("./dt", fact), name)
        reading.expect(reading.all("./dd", fact)[0], number)


def verdict(reading, forms, report):
    """The first line of the page."""
    states = [objective["state"] for objective in report["objectives"]]
    behind, unclear = states.count("behind"), states.count("cannot_tell")
    if not states:
        text = forms.text("verdict.none")
    elif behind:
        text = forms.text("verdict.behind", n=behind, all=len(states))
    elif unclear:
        text = forms.text("verdict.tell", n=unclear, all=len(states))
    else:
        text = forms.text("verdict.all", n=len(states))
    reading.expect(reading.one(".//h1"), text)


def header(reading, forms, report):
    """Name and day, above and below."""
    reading.expect(reading.one("./header/p[@class='brand']"), report["name"])
    day = forms.text("page.as_of", date=forms.date(report["as_of"]))
    reading.expect(reading.one("./header/p[@class='when']"), day)
    run = f" · {forms.text('run.run')} {report['run']}" if report.get("run") else ""
    reading.expect(reading.all("./footer/p")[0], f"{report['name']} · {day}{run}")
    title = forms.text("page.title", name=report["name"], date=forms.date(report["as_of"]))
    reading.attribute(reading.root, "data-title", title)


def rungs(reading, forms, report):
    """Members by rung: a bar, a legend, a table."""
    ladder, members = report["members_by_rung"], report["totals"]["members"]
    if not ladder:
        return
    article = reading.card("rungs")
    reading.expect(reading.one("./p[@class='eyebrow']", article), f"{forms.text('ladder.rungs')} · {forms.date(report['as_of'])}")
    part = lambda rung: forms.value(share(rung["members"], members), "ratio")  # noqa: E731
    name = lambda rung: forms.rung(rung["rung"])  # noqa: E731
    if not members:
        title = forms.text("finding.rungs_none")
    elif len(ladder) == 1:
        title = forms.text("finding.rungs_flat", rung=name(ladder[0]))
    else:
        title = forms.text("finding.rungs", share=part(ladder[0]), rung=name(ladder[0]), top_share=part(ladder[-1]), top=name(ladder[-1]))
    reading.expect(reading.one("./h3", article), title)
    head = [forms.text(f"table.{key}") for key in ("rung", "members", "share")]
    reading.rows(reading.one(".//table", article), [head, *([name(rung), forms.number(rung["members"]), part(rung)] for rung in ladder)])
    if members:
        svg = reading.one("./*[local-name()='svg']", article)
        reading.expect(reading.one("./title", svg), title)
        legend = reading.all("./ul/li", article)
        for entry, mark, rung in zip(legend, reading.all("./rect", svg), ladder, strict=True):
            reading.expect(entry, f"{name(rung)} {forms.number(rung['members'])} {part(rung)}")
            size = Decimal(rung["members"]) / members * 1000
            near(reading, mark.get("width"), max(size - 2, 1 if size else 0), f"bar of {rung['rung']}")
    how(reading, forms, "rungs", article)


def wallets(report):
    """What there is in each wallet, and with what the ids of its section end."""
    all_wallets = [balance for balance in (report["points"], *report.get("other_wallets", [])) if balance]
    return [(balance, f"-{number}" if number > 1 else "") for number, balance in enumerate(all_wallets, 1)]


def points(reading, forms, report):
    """Of each wallet the roll-forward and what ends when."""
    for balance, own in wallets(report):
        wallet(reading, forms, balance, own)


def wallet(reading, forms, balance, own):
    """The section of a wallet."""
    reading.expect(reading.by_id(f"h-points{own}"), f"{forms.text('section.points')} · {balance.get('name') or balance['wallet']}")
    article = reading.card(f"roll{own}")
    issued = balance["granted"] + balance["opening"] + balance["adjusted"] + balance.get("converted", 0)
    ratio = lambda key: forms.value(share(balance[key], issued), "ratio")  # noqa: E731
    title = forms.text("finding.roll", issued=forms.number(issued), redeemed=ratio("redeemed"), expired=ratio("expired"), open=ratio("open")) \
        if issued else forms.text("finding.roll_none")
    reading.expect(reading.one("./h3", article), title)
    whole = balance | {"opening_balance": 0, "closing_balance": balance["open"] + balance["pending"]}
    periods = [*reversed(balance.get("periods", [])[-3:]), whole]
    number = lambda key: [forms.number(period[key]) if key in period else UNKNOWN for period in periods]  # noqa: E731
    rows = [["", *(forms.window(period["window"]) if "window" in period else forms.text("points.since") for period in periods)],
            [forms.text("points.opening"), *number("opening_balance")]]
    for key, way in ROLL:
        if whole.get(key) or key in ("granted", "redeemed", "expired"):
            name = forms.text(f"points.{'brought' if key == 'opening' else key}")
            rows.append([name, *(forms.signed(way * period[key] + 0, "points") for period in periods)])
    rows.append([forms.text("points.closing"), *number("closing_balance")])
    rows += [[forms.text(f"points.{key}"), *number(key)] for key in ("open", "pending", "debt")]
    if whole.get("forgiven"):
        rows.append([forms.text("points.forgiven"), *number("forgiven")])
    table = reading.one(".//table", article)
    # Below the closing balance the place of the bars is an empty cell.
    for cell in reading.all("./tbody/tr[@class='soft' or @class='apart' or not(.//*[local-name()='svg'])]/td[not(node())]", table):
        cell.getparent().remove(cell)
    reading.rows(table, rows)
    assert adds_up(balance) == (reading.all("./p[@class='warning']", article) == [])
    how(reading, forms, "points_roll", article)
    expiry(reading, forms, balance, own)


def expiry(reading, forms, balance, own):
    """Open points by the day on which they end."""
    ends = balance.get("by_expiry")
    article = reading.card(f"expiry{own}")
    if not ends:
        reading.expect(reading.one("./h3", article), forms.text("points.no_expiry" if ends is None else "glance.expire_none"))
        return
    total, most = sum(end["points"] for end in ends), max(ends, key=lambda end: end["points"])
    part = lambda end: forms.value(share(end["points"], total), "ratio")  # noqa: E731
    title = forms.text("finding.expiry", date=forms.date(most["on"]), points=forms.number(most["points"]), share=part(most))
    reading.expect(reading.one("./h3", article), title)
    svg = reading.one("./*[local-name()='svg']", article)
    reading.expect(reading.one("./title", svg), title)
    reading.expect(reading.one("./desc", svg), forms.text("chart.expiry", first=forms.date(ends[0]["on"]), last=forms.date(ends[-1]["on"]),
                                                          high=forms.number(most["points"]), high_date=forms.date(most["on"])))
    highest = max(Decimal(mark.get("height")) for mark in reading.all("./rect", svg))
    for mark, end in zip(reading.all("./rect", svg), ends, strict=True):
        reading.expect(reading.one("./title", mark), f"{forms.date(end['on'])}: {forms.number(end['points'])}")
        near(reading, mark.get("height"), end["points"] * highest / most["points"], f"column of {end['on']}", "0.2")
    for label, end in zip(reading.all("./*[starts-with(@class, 'label')]", svg), ends, strict=True):
        reading.expect(label, forms.date(end["on"], "short_month" if end["on"].endswith("-01") else "short_date"))
    ticks(reading, svg)
    head = [forms.text(f"table.{key}") for key in ("date", "points", "share")]
    reading.rows(reading.one(".//table", article), [head, *([forms.date(end["on"]), forms.number(end["points"]), part(end)] for end in ends)])
    if balance.get("never"):
        reading.expect(reading.one("./p[@class='soft']", article), forms.text("points.never", points=forms.number(balance["never"])))
    how(reading, forms, "points_expiry", article)


def totals(reading, forms, report):
    """Orders and revenue since the beginning."""
    total = report["totals"]
    article = reading.card("totals")
    title = forms.text("finding.totals", n=forms.number(total["orders"]), orders=forms.number(total["orders"]), customers=forms.number(total["customers"]),
                       revenue=forms.money(total["revenue"])) if total["orders"] else forms.text("finding.totals_none")
    reading.expect(reading.one("./h3", article), title)
    wanted = [(forms.text("table.members"), forms.number(total["members"]))]
    wanted += [(forms.text(f"orders.{key}"), forms.number(total[key])) for key in ("customers", "orders")]
    wanted += [(forms.text(f"orders.{key}"), forms.money(total[key])) for key in ("revenue", "refunded")]
    if total["customers"]:
        wanted.append((forms.text("orders.per_customer"), forms.value(share(total["orders"], total["customers"]), "orders")))
    if total["orders"]:
        wanted.append((forms.text("orders.value"), forms.money(share(total["revenue"], total["orders"]))))
    facts(reading, article, wanted)
    how(reading, forms, "totals", article)


def rewards(reading, forms, report):
    """What was given and what it cost."""
    given, revenue = report["rewards"], report["totals"]["revenue"]
    if not given:
        return
    article = reading.card("rewards-h")
    cost, most = sum(reward["cost"] for reward in given), max(given, key=lambda reward: reward["cost"])
    name = lambda reward: reward.get("name") or reward["reward"]  # noqa: E731
    title = forms.text("finding.rewards", reward=name(most), cost=forms.money(most["cost"]), all=forms.money(cost)) \
        if cost else forms.text("finding.rewards_none")
    reading.expect(reading.one("./h3", article), title)
    line = forms.text("rewards.share_of_revenue", cost=forms.money(cost), share=forms.value(share(cost, revenue), "ratio")) \
        + forms.words["form"]["space"] if revenue > 0 else ""
    reading.expect(reading.one("./p[not(@class)]", article), line + forms.text("glance.pays_cannot"))
    rows = [[forms.text(f"table.{key}") for key in ("reward", "issued", "cost", "cost_share", "cost_each")]]
    for reward in given:
        each = forms.money(share(reward["cost"], reward["issued"])) if reward["issued"] > 0 else UNKNOWN
        rows.append([name(reward), forms.number(reward["issued"]), forms.money(reward["cost"]), forms.value(share(reward["cost"], cost), "ratio"), each])
    rows.append([forms.text("table.total"), forms.number(sum(reward["issued"] for reward in given)), forms.money(cost), "", ""])
    reading.rows(reading.one(".//table", article), rows)
    for mark, reward in zip(reading.all(".//td//rect", article), given, strict=True):
        near(reading, mark.get("width"), rounded(Decimal(reward["cost"]) / max(Decimal(most["cost"]), Decimal("0.01")) * 100, 3), f"bar of {reward['reward']}")
    how(reading, forms, "rewards", article)


def surprise(forms, held):
    """What came of a surprise."""
    name, effect = held.get("name") or held["id"], held.get("effect")
    if not held["draws"]:
        return f"{name}: {forms.text('surprises.undrawn')}"
    if not effect or effect["low"] is None:
        return forms.text("surprises.finding_few", name=name)
    signed = {key: forms.signed(effect[key], "orders") for key in ("difference", "low", "high")}
    key = "more" if effect["low"] > 0 else "fewer" if effect["high"] < 0 else "cannot_tell"
    return forms.text(f"surprises.finding_{key}", name=name, days=effect["days"], **signed)


def surprises(reading, forms, report):
    """Past draws, and whether winners order more."""
    for number, held in enumerate(report.get("surprises") or [], 1):
        article = reading.card(f"surprise{number}")
        reading.expect(reading.one("./p[@class='eyebrow']", article), held["id"])
        reading.expect(reading.one("./h3", article), surprise(forms, held))
        if not held["draws"]:
            continue
        draws = len(held["draws"]) + held.get("more_draws", 0)
        wanted = [("draws", str(draws)), ("entrants", forms.number(held["entrants"])), ("winners", forms.number(held["winners"])),
                  ("cost", forms.money(held["cost"])), ("last", forms.date(held["draws"][-1]["on"]))]
        if held.get("budget"):
            left, per_draw = forms.number(held["budget"]["left"]), forms.number(held["budget"]["per_draw"])
            wanted.append(("budget", forms.text("surprises.budget_of", left=left, of=per_draw)))
        facts(reading, article, [(forms.text(f"surprises.{key}"), number) for key, number in wanted])
        tables = reading.all(".//table", article)
        effect = held.get("effect")
        if effect:
            rows = [[forms.text("surprises.effect", days=effect["days"]), forms.text("surprises.n"), forms.text("orders.orders"), forms.text("surprises.orders_each")]]
            for key, arm in (("won", effect["winners"]), ("lost", effect["losers"])):
                rows.append([forms.text(f"surprises.{key}"), forms.number(arm["n"]), forms.number(arm["orders"]), forms.value(arm["mean"], "orders")])
            if effect["low"] is not None:
                signed = {key: forms.signed(effect[key], "orders") for key in ("difference", "low", "high")}
                rows.append([forms.text("surprises.difference"), f"{forms.text('surprises.interval')} {signed['low']} … {signed['high']}", signed["difference"]])
            reading.expect(reading.one("./caption", tables[0]), rows[0][0])
            reading.rows(tables.pop(0), rows)
        head = [forms.text(f"surprises.{key}") for key in ("draw", "entrants", "winners")]
        reading.rows(tables[0], [head, *([forms.date(draw["on"]), forms.number(draw["entrants"]), forms.number(draw["winners"])] for draw in reversed(held["draws"]))])
        for element, part in zip(reading.all(".//details[@class='how']//dd", article), ("definition", "numerator", "denominator", "source"), strict=True):
            reading.expect(element, forms.text(f"surprises.how_{part}"))


def quality(reading, forms, report):
    """What was read, what was refused, and where that stands."""
    rows, bad = report["quality"], quarantined(report)
    article = reading.card("quality")
    if not rows["read"]:
        title = forms.text("finding.quality_none")
    elif rows["accepted"] == rows["read"]:
        title = forms.text("finding.quality_clean", read=forms.number(rows["read"]))
    else:
        title = forms.text("finding.quality", n=forms.number(bad), accepted=forms.number(rows["accepted"]), read=forms.number(rows["read"]))
    reading.expect(reading.one("./h3", article), title)
    numbers = {"read": rows["read"], "accepted": rows["accepted"], "duplicates": rows["duplicates"], "quarantined": bad, "late": rows["late"]}
    facts(reading, article, [(forms.text(f"data.{key}"), forms.number(number)) for key, number in numbers.items()])
    if rows["quarantined"]:
        placed = any(reason.get("examples") for reason in rows["quarantined"])
        table = [[forms.text(f"data.{key}") for key in ("reason", "rows", *(["where"] if placed else []))]]
        for reason in rows["quarantined"]:
            code = reason["code"]
            known = forms.find("code").get(code)
            then = forms.find("next").get(code) if known else forms.text("data.unknown", code=code)
            row = [f"{known + ' ' if known else ''}{code} {then}", forms.number(reason["count"])]
            table.append([*row, *([" ".join(places(forms, reason))] if placed else [])])
        reading.rows(reading.one(".//table", article), table)
    how(reading, forms, "quality", article)


def places(forms, reason):
    """Where rows stand that were refused."""
    found = []
    for row in reason.get("examples") or []:
        form = "line" if row["column"] else "row" if row["line"] else "file" if row["file"] else "dataset"
        text = forms.text(f"data.where_{form}", **{key: row[key] for key in ("file", "line", "column", "dataset")})
        found.append(text + (f" (×{forms.number(row['rows'])})" if row["rows"] != 1 else ""))
    left = reason["count"] - sum(row["rows"] for row in reason.get("examples") or [])
    if found and left > 0:
        found.append(forms.text("data.where_more", n=forms.number(left)))
    return found


def run(reading, forms, report):
    """The run, its versions, and what it took in."""
    section = reading.by_id("run")
    info, version = report.get("run_info"), report["version"]
    wanted = [f"{report['name']} {report['program']}", version["file"], forms.date(version["from"]), version["digest"]]
    wanted += [str(report["run"])] if report.get("run") else []
    wanted.append(forms.date(report["as_of"]))
    if info:
        first, last = info["nights"]["from"], info["nights"]["to"]
        wanted.append(forms.date(first) + (f" – {forms.date(last)}" if first != last else ""))
        wanted += [forms.text("run.seconds_value", n=forms.number(info["seconds"]))] if info.get("seconds") else []
    wanted.append(report["currency"])
    wanted += [report["zone"]] if report.get("zone") else []
    for element, text in zip(reading.all("./dl/dd", section), wanted, strict=True):
        reading.expect(element, text)
    if info and info["objects"]:
        details = reading.one("./details[@class='data']", section)
        count = len(info["objects"]) + info.get("more_objects", 0)
        reading.expect(reading.one("./summary", details), f"{forms.text('run.inputs')} ({count})")
        keys = ("read", "accepted", "duplicates", "rejected")
        head = [forms.text("run.input"), forms.text("run.dataset"), *(forms.text(f"run.{key}") for key in keys)]
        reading.rows(reading.one(".//table", details), [head, *([item["name"], item["dataset"], *(forms.number(item[key]) for key in keys)] for item in info["objects"])])
