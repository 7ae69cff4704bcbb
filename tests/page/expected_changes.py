"""What the page must say of the night before: its sentences, its table, and the answers at a glance."""

from expected_report import adds_up, quarantined, surprise, wallets
from forms import share

STILL = ("calendar", "cohort")


def key(figure):
    """What makes two figures of two reports the same one."""
    return figure["id"], figure["window"]["kind"], figure["window"]["from"], tuple(figure["by"].items())


def glance(reading, forms, report, previous):
    """The owner's questions, answered in a line each."""
    total, points = report["totals"], report["points"]
    answers = {}
    if not previous:
        answers["changes"] = forms.text("glance.changed_first")
    else:
        orders = total["orders"] - previous["totals"]["orders"]
        revenue = total["revenue"] - previous["totals"]["revenue"]
        values = {"n": orders, "orders": forms.number(orders), "revenue": forms.money(revenue)}
        if not orders and not revenue:
            answers["changes"] = forms.text("glance.changed_none")
        elif points and previous["points"] and not report.get("other_wallets"):
            answers["changes"] = forms.text("glance.changed_orders", **values, points=forms.number(points["granted"] - previous["points"]["granted"]))
        else:
            answers["changes"] = forms.text("glance.changed_orders_only", **values)
    cost, space = sum(reward["cost"] for reward in report["rewards"]), forms.words["form"]["space"]
    answers["rewards"] = forms.text("glance.pays_cannot")
    if report["rewards"] and total["revenue"] > 0:
        answers["rewards"] += space + forms.text("glance.pays_cost", cost=forms.money(cost), share=forms.value(share(cost, total["revenue"]), "ratio"))
    for balance, own in wallets(report):
        answers[f"points{own}"] = expiry(forms, balance)
    if report.get("surprises") is None:
        answers["surprises"] = forms.text("glance.surprise_missing")
    else:
        answers["surprises"] = "; ".join(surprise(forms, held) for held in report["surprises"]) or forms.text("surprises.none")
    rows = report["quality"]
    sure = "_only" if not wallets(report) else "" if all(adds_up(balance) for balance, _ in wallets(report)) else "_no"
    answers["data"] = forms.text(f"glance.trust_rows{sure}", accepted=forms.number(rows["accepted"]),
                                 read=forms.number(rows["read"]), quarantined=forms.number(quarantined(report))) if rows["read"] else forms.text("glance.trust_none")
    for place, answer in answers.items():
        link = reading.one(f".//aside//dt/a[@href='#{reading.language}-{place}']")
        reading.expect(reading.one("./dd", link.getparent().getparent()), answer)
    for element in reading.all(".//aside//dd[@class='warning']"):
        reading.expect(element, forms.words["form"]["list"].join(warning["kpi"] for warning in report["warnings"]))


def both(report, previous):
    """Each wallet now and before, with its name where there are several."""
    known = {balance["wallet"]: balance for balance, _ in wallets(previous)}
    several = len(wallets(report)) > 1
    for balance, _ in wallets(report):
        # Where there is one, it is that one, whatever it is called.
        before = known.get(balance["wallet"]) if several or len(known) != 1 else next(iter(known.values()))
        if before:
            yield balance, before, (balance.get("name") or balance["wallet"]) if several else ""


def expiry(forms, points):
    """Which points end next, and when the most do."""
    ends = points.get("by_expiry")
    if ends is None:
        return forms.text("glance.expire_missing")
    if not ends:
        return forms.text("glance.expire_none")
    most = max(ends, key=lambda end: end["points"])
    values = {"points": forms.number(ends[0]["points"]), "date": forms.date(ends[0]["on"])}
    if most["on"] == ends[0]["on"]:
        return forms.text("glance.expire_only", **values)
    return forms.text("glance.expire_next", **values, most=forms.date(most["on"]), most_points=forms.number(most["points"]))


def changes(reading, forms, report, previous, kpis):
    """Sentences in their order, and all figures before and now."""
    section = reading.by_id("changes")
    if not previous:
        return
    day = forms.date(previous["as_of"])
    reading.expect(reading.one("./h2", section), forms.text("changes.lead", date=day))
    wanted = sentences(forms, report, previous, {kpi.id: kpi for kpi in kpis})
    found = reading.all("./ul[@class='sentences']/li", section)
    assert len(found) == len(wanted), (len(found), wanted)
    for element, text in zip(found, wanted, strict=True):
        reading.expect(element, text)
    if not wanted:
        reading.expect(reading.one("./p[@class='missing']", section), forms.text("changes.nothing", date=day))
    tables = reading.all(".//table", section)
    reading.rows(tables[0], before_and_now(forms, report, previous, kpis))
    old = {key(figure): figure for figure in previous["kpis"]}
    changed = restated(report, old, totals_only=True)
    if changed:
        rows = [[forms.text(name) for name in ("changes.figure", "table.window", "changes.before", "changes.now")]]
        for figure in changed:
            value = [forms.value(each["value"], figure["unit"]) for each in (old[key(figure)], figure)]
            rows.append([f"{forms.kpi(figure)} {figure['id']}", forms.window(figure["window"]), *value])
        reading.rows(tables[1], rows)


def restated(report, old, totals_only=False):
    """Figures of windows that stand still and yet changed."""
    return [figure for figure in report["kpis"] if figure["window"]["kind"] in STILL and not (totals_only and figure["by"]) and key(figure) in old
            and any(figure[part] != old[key(figure)][part] for part in ("numerator", "denominator"))]


def sentences(forms, report, previous, kpis):
    """What there is to say, in the page's order."""
    said = []
    say = lambda name, **values: said.append(forms.text(f"changes.{name}", **values))  # noqa: E731
    if report["version"]["digest"] != previous["version"]["digest"]:
        before, now = (f"{each['version']['file']} {each['version']['digest'][:8]}" for each in (previous, report))
        say("version", before=before, now=now)
    states = {objective["id"]: objective["state"] for objective in previous["objectives"]}
    for objective in report["objectives"]:
        before = states.get(objective["id"], objective["state"])
        if before != objective["state"]:
            say("state", id=objective.get("name") or objective["id"], before=forms.text(f"state.{before}"), now=forms.text(f"state.{objective['state']}"))
    for warning in report["warnings"]:
        if warning["kpi"] not in [old["kpi"] for old in previous["warnings"]]:
            say("warning_new", kpi=warning["kpi"])
    comma, space = forms.words["form"]["list"], forms.words["form"]["space"]
    old = {key(figure): figure for figure in previous["kpis"]}
    new = [figure for figure in report["kpis"] if figure["window"]["kind"] in STILL and not figure["by"] and key(figure) not in old]
    if new:
        shown = [forms.text("changes.new_figure", kpi=forms.kpi(kpis[figure["id"]].first), window=forms.window(figure["window"]),
                            value=forms.value(figure["value"], figure["unit"])) for figure in new]
        say("new", n=len(new), list=comma.join(shown))
    more = {name: report["totals"][name] - previous["totals"][name] for name in report["totals"]}
    if more["orders"] > 0:
        say("orders", n=forms.number(more["orders"]), revenue=forms.money(more["revenue"]))
    elif more["orders"] < 0 or more["revenue"]:
        say("orders_less", n=forms.number(-more["orders"]), revenue=forms.signed(more["revenue"], "money"))
    if more["refunded"]:
        say("refunded", amount=forms.money(more["refunded"]))
    if more["customers"] > 0:
        say("customers", n=forms.number(more["customers"]))
    if more["members"] > 0:
        say("members", n=forms.number(more["members"]), now=forms.number(report["totals"]["members"]))
    was = {rung["rung"]: rung["members"] for rung in previous["members_by_rung"]}
    for rung in report["members_by_rung"]:
        before = was.get(rung["rung"], rung["members"])
        if rung["members"] != before:
            say("rung_more" if rung["members"] > before else "rung_less", n=forms.number(abs(rung["members"] - before)),
                rung=forms.rung(rung["rung"]), before=forms.number(before), now=forms.number(rung["members"]))
    for points, before, name_of in both(report, previous):
        kinds = ["granted", "opening", "adjusted", "converted", "redeemed", "expired", "reversed", "repaid", "forgiven"]
        listed = [forms.text(f"changes.points_{name}", n=forms.number(points.get(name, 0) - before.get(name, 0)))
                  for name in kinds if points.get(name, 0) != before.get(name, 0)]
        if listed:
            text = f"{name_of} · " if name_of else ""
            text += forms.text("changes.points", list=comma.join(listed)) + space
            text += forms.text("changes.points_left", n=forms.number(points["open"]), change=forms.signed(points["open"] - before["open"], "points"))
            said.append(text + (space + forms.text("changes.points_owed", n=forms.number(points["debt"])) if points["debt"] > 0 else ""))
    was = {reward["reward"]: reward for reward in previous["rewards"]}
    given = [(reward, reward["issued"] - was[reward["reward"]]["issued"]) for reward in report["rewards"]
             if reward["reward"] in was and reward["issued"] != was[reward["reward"]]["issued"]]
    if given:
        listed = [forms.text("changes.reward", n=forms.number(number), reward=reward.get("name") or reward["reward"]) for reward, number in given]
        cost = sum(reward["cost"] - was[reward["reward"]]["cost"] for reward, _ in given)
        say("rewards", n=forms.number(sum(number for _, number in given)), cost=forms.money(cost), list=comma.join(listed))
    totals, parts = restated(report, old, totals_only=True), restated(report, old)
    if totals:
        say("restated", n=len(totals), all=forms.number(len(parts)))
    elif parts:
        say("restated_parts", n=forms.number(len(parts)))
    if quarantined(report) > quarantined(previous):
        say("quarantine", n=forms.number(quarantined(report) - quarantined(previous)))
    return said


def before_and_now(forms, report, previous, kpis):
    """Every number of the report that has one before it."""
    rows = [[forms.text(f"changes.{name}") for name in ("figure", "before", "now", "difference")]]

    def row(name, before, now, unit):
        rows.append([name, forms.value(before, unit), forms.value(now, unit), forms.signed(now - before, unit)])

    for name in ("customers", "orders", "revenue", "refunded", "members"):
        unit = "money" if name in ("revenue", "refunded") else "points"
        row(forms.text("table.members" if name == "members" else f"orders.{name}"), previous["totals"][name], report["totals"][name], unit)
    was = {rung["rung"]: rung["members"] for rung in previous["members_by_rung"]}
    for rung in report["members_by_rung"]:
        if rung["rung"] in was:
            row(forms.rung(rung["rung"]), was[rung["rung"]], rung["members"], "points")
    for points, before, name_of in both(report, previous):
        converted = ("converted",) if points.get("converted") else ()
        for name in ("granted", "adjusted", *converted, "redeemed", "expired", "reversed", "repaid", "open", "pending", "debt"):
            row(f"{forms.text(f'points.name_{name}')} {name_of}".strip(), before.get(name, 0), points[name], "points")
    for kpi in kpis:
        before = [figure for figure in previous["kpis"] if figure["id"] == kpi.id and not figure["by"]]
        if kpi.totals and before and None not in (before[-1]["value"], kpi.totals[-1]["value"]):
            row(f"{forms.kpi(kpi.first)} {kpi.id}", before[-1]["value"], kpi.totals[-1]["value"], kpi.unit)
    return rows
