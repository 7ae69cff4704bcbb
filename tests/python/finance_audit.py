"""A finance person's audit of a store, without Rungs: `finance_audit.py PROGRAM.toml STORE`.

From the entries it recounts every balance, the end of every lot and the points by month; from the events every move on the ladder, for periods
of calendar months (validity of one more, `drop_one`) or of rolling days (validity `none`). It lists what differs and ends with 1 if anything does.
"""

import pathlib
import sqlite3
import sys
import tomllib
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby

import duckdb

AMOUNTS = "('release', 'debt', 'forgive')"  # entries that say an amount and move nothing in or out
MOVES = {"grant": "granted", "opening": "opening", "restore": "restored", "adjust": "adjusted", "convert": "converted",
         "redeem": "redeemed", "expire": "expired", "reverse": "reversed", "repay": "repaid"}
COMES = ("grant", "opening", "restore", "adjust", "convert")
ORDER, EARNED, REFUND, DESK, METRIC, DAY = *range(5), timedelta(1)
IN_TURN = lambda fact: (*fact[:2], len(fact[3]), fact[3], fact[2])  # noqa: E731; ids that are numbers by value


class Audit:
    def __init__(self, program, store):
        self.program = tomllib.loads(pathlib.Path(program).read_text(), parse_float=Decimal)
        self.wallets = self.program["points"]
        self.held = f"granted and not released and wallet in {[id for id, wallet in self.wallets.items() if 'pending' in wallet]}"
        self.store, self.differences = pathlib.Path(store), []
        self.db = duckdb.connect(config={"file_search_path": str(store)})
        self.db.execute((self.store / "views.sql").read_text())
        entry = "kind, rule, wallet, event, event_source, lot, lot_source, expires, rung, sign * points as points"
        move = "rung_moves", "rung_from, rung_to, until, reason, event"
        for view, line in ("ledger", entry), move:  # what was booked and not withdrawn by a later night
            self.db.execute(f"""create table standing_{view} as select * exclude n from (select account, "at", {line},
                sum(sign)::int as n from (select *, if(booking = 'withdrawn', -1, 1) as sign from {view}) group by all),
                unnest(range(n))""")
        zone = self.program["program"]["zone"]
        self.db.execute(f"""create macro local(t) as timezone('{zone}', t);
            create macro midnight(d) as epoch_us(timezone('{zone}', d::date::timestamp))""")
        self.midnight = cache(lambda day: self.rows("select midnight(?::date)", day)[0][0])
        self.as_of = date.fromisoformat(max(path.stem for path in self.store.glob("reports/*.json")))

    def rows(self, query, *values):
        return self.db.execute(query, values).fetchall()

    def expect(self, what, found, counted):
        self.differences += [f"{what}: the store says {found}, counted {counted}"] * (found != counted)

    def told(self, what):
        """What was looked at and what differs, for the exit code."""
        print(f"{what}, {len(self.differences)} differences", *self.differences[:20], sep="\n")
        sys.exit(bool(self.differences))

    def lots(self):
        """Every lot ends on its day with nothing left and not before, and no lot gives more than it had."""
        self.db.execute(f"""create table lots as select account, wallet, coalesce(lot_source, event_source) as source, coalesce(lot, event) as id,
                expires as ends, sum(points) filter (kind not in {AMOUNTS}) as rest, bool_or(kind = 'grant'
                or kind = 'convert' and points > 0) as granted, bool_or(kind = 'release') as released, coalesce(list(distinct "at") filter (kind = 'expire'), []) as expired from standing_ledger
                where kind not in ('debt', 'forgive') group by all""")
        wrong = self.rows("""select account, source, id, rest, ends::varchar, expired::varchar from lots where rest < 0
            or rest <> 0 and epoch_us(ends) < midnight(? + 1) or expired not in ([], [ends]) and ends is not null""", self.as_of)
        self.differences += [f"lot (account, source, id, rest, end, expired): {lot}" for lot in wrong]
        rules, rungs = ({it["id"]: it["expiry"] for it in those if "expiry" in it}
                        for those in (self.program["earn"], self.program.get("tiers", {}).get("rung", [])))
        for rule, rung, wallet in self.rows("select distinct rule, rung, wallet from standing_ledger where kind = 'grant'"):
            expiry = rules.get(rule) or rungs.get(rung) or self.wallets[wallet].get("expiry", {"kind": "never"})
            if expiry["kind"] == "rolling" and expiry.get("round") == "month_end":
                day = f"""(local("at")::date + interval '{expiry["length"]}')"""  # then on to the first of a month
                for event, found, counted in self.rows(f"""select event, epoch_us(expires), midnight(date_trunc('month', {day}
                        - interval 1 day) + interval 1 month) from standing_ledger where kind = 'grant' and rule = ?
                        and rung is not distinct from ?""", rule, rung):
                    self.expect(f"the end of what {event} gave", found, counted)

    def balances(self):
        """What every account can spend, what is held back and what it owes, in each wallet."""
        counted = {(account, wallet): found for account, wallet, *found in self.rows(f"""with pending as (select account, wallet, sum(rest) as held
            from lots where {self.held} group by all) select account, wallet, sum(points) filter (kind not in {AMOUNTS}) - coalesce(any_value(held), 0),
            any_value(held), sum(points) filter (kind in ('debt', 'repay')) from ledger left join pending using (account, wallet) group by all""")}
        told = self.rows("select account, ?, balance, pending, debt from states", next(iter(self.wallets)))
        told += sqlite3.connect(self.store / "serving.sqlite").execute("""select account, json_extract(value, '$[0]'), json_extract(value,
            '$[1].balance'), json_extract(value, '$[1].pending'), json_extract(value, '$[1].debt') from member, json_each(other_wallets)""")
        scale = 10 ** max(wallet.get("scale", 0) for wallet in self.wallets.values())
        for account, wallet, *found in told:
            self.expect(f"points of {account} in {wallet}", found, [int((it or 0) * scale) for it in counted.pop((account, wallet), (0, 0, 0))])
        self.expect("points of nobody", [], list(counted))
        return len({account for account, *_ in told})

    def roll_forward(self):
        """What was there, plus what came, less what went, month by month, in each wallet."""
        wallets = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        month = """strftime(if(booking is null, local("at"), night), '%Y-%m')"""
        for wallet, month, kind, points in self.rows(f"select wallet, {month}, kind, sum(points) from ledger group by all"):
            wallets[wallet][month][kind] = points
        for wallet, months in sorted(wallets.items()):
            print(f"{wallet:8}", *(f"{it:>12}" for it in ("before", *MOVES, "after")))
            after = 0
            for month, moved in sorted(months.items()):
                before, after = after, after + sum(moved[kind] for kind in MOVES)
                print(f"{month:8}", *(f"{it:>12}" for it in (before, *(moved[kind] for kind in MOVES), after)))
        return wallets

    def rungs(self):
        """Every move: instant, rung before and after, the day on which it ends, why."""
        counted = {account: Ladder(self, facts).moves for account, facts in self.facts().items()}
        stored = defaultdict(list)
        for account, *move in self.rows('select account, epoch_us("at"), rung_from, rung_to, until, reason from standing_rung_moves'):
            stored[account].append(tuple(move))
        for account in sorted(stored.keys() | counted):
            self.expect(f"rungs of {account}", *(sorted(moves, key=str) for moves in (stored[account], counted.get(account, []))))
        return sum(map(len, stored.values()))

    def facts(self):
        """By account, from enrolment on: (instant, which, day, order or name, values)."""
        facts, columns = defaultdict(list), {name for name, *_ in self.rows("describe events")}
        wanted = ("id", "order_net", "order_line_quantity", "refund_order", "refund_line_quantity", "adjust_rung",
                  "adjust_ends", "adjust_metric", "adjust_value")
        missing = "".join(f", null as {name}" for name in wanted if name not in columns)
        for account, at, day, kind, order, line, net, bought, back, gone, rung, ends, metric, value in self.rows(f"""
                select account, epoch_us(time), local(time)::date, kind, coalesce(id_number::varchar, id), line,
                    {", ".join(wanted[1:])} from (select *{missing} from events) qualify time >= coalesce(
                    min(time) filter (kind = 'enrol') over (partition by account), time)"""):
            _, name, *_ = fact = {"order": (ORDER, order, line, net, bought), "refund": (REFUND, back, line, gone),
                "adjust": (DESK, rung, ends) if rung else (METRIC, metric, value)}.get(kind, (None, None))
            facts[account] += [(at, day, *fact)] if name else []
        counting = [rule["id"] for rule in self.program["earn"] if rule.get("counts", True)] or [""]
        for account, *fact in self.rows(f"""select account, epoch_us("at"), local("at")::date, {EARNED},
                coalesce(lot, event), points from standing_ledger where kind in ('grant', 'reverse') and rule in ?""", counting):
            facts[account].append(tuple(fact))
        return {account: sorted(those, key=IN_TURN) for account, those in facts.items() if those}


class Ladder:
    """One account on its way: what stands in each order, the rung held, until when, and the stretch it rests on."""

    def __init__(self, audit, facts):
        self.audit, self.tiers, self.orders, self.moves = audit, audit.program["tiers"], {}, []
        self.metrics = {metric["id"]: metric["kind"] for metric in audit.program["metrics"]}
        self.ladder, self.length = self.tiers["rung"], int(self.tiers["period"]["length"].split()[0])
        self.rung, self.until, self.below, self.rests = 0, None, 0, None
        self.rolling, self.looked = self.tiers["period"]["kind"] == "rolling", date.min
        self.period_end = self.period(facts[0][1])[1] if not self.rolling else None
        for (at, day, _, _), those in groupby(facts, key=lambda fact: IN_TURN(fact)[:4]):
            self.time_passes(at)
            self.happen(at, day, list(those))
        self.time_passes(audit.midnight(audit.as_of + DAY) - 1)

    def period(self, day):
        """First day of the calendar's period around a day, and of the next."""
        month = day.year * 12 + (day.month - 1) // self.length * self.length
        return tuple(date(month // 12, month % 12 + 1, 1) for month in (month, month + self.length))

    def stretch(self, day, at):
        return *((day - DAY * (self.length - 1), day + DAY) if self.rolling else self.period(day)), at

    def meets(self, needs, stretch):
        first, before, at = stretch
        cells = [cell for cell in self.orders.values() if first <= cell["day"] < before and cell["at"] <= at]
        kinds = {"sum": sum(cell["net"] for cell in cells), "granted": sum(cell["points"] for cell in cells),
                 "distinct": len({cell["day"] for cell in cells if cell["lines"]})}
        value = {id: kinds.get(kind, 0) + sum(cell[id] for cell in cells) for id, kind in self.metrics.items()}
        return any(all(value[metric] >= least for metric, least in need.items())
                   for need in (needs if isinstance(needs, list) else [needs]))

    def qualified(self, stretch):
        return max(rung for rung, it in enumerate(self.ladder) if not rung or self.meets(it["reach"], stretch))

    def step(self, at, rung, day, why, rests=None, until=None):
        """A move; a rung that is reached on a day holds for one period after the one at hand."""
        until = until or (self.period(self.period(day)[1])[1] if rung and not self.rolling else None)
        self.moves.append((at, self.ladder[self.rung]["id"], self.ladder[rung]["id"], until, why))
        same = rung == self.rung and why not in ("adjusted", "opening")
        self.below = self.rung if why == "reached" else self.below if same else 0
        self.rung, self.until, self.rests = rung, until, rests

    def happen(self, at, day, facts):
        """An order with what it earned, a refund with what it took back, or the desk. In the calendar a rung rests on its whole period."""
        refunded, new = None, {"at": at, "day": day, "net": 0, "points": 0} | dict.fromkeys(self.metrics, 0)
        for _, _, which, name, *values in facts:
            cell = self.orders.setdefault((at, name) if which > REFUND else name, {**new, "lines": {}})
            if which == ORDER:
                cell["net"], cell["lines"][values[0]] = values[1:]
            elif which == REFUND:
                refunded, (line, gone) = cell, values
                left = {of: left - (gone if of == line else 0) for of, left in cell["lines"].items() if line}
                cell["lines"] = {of: left for of, left in left.items() if left > 0}
            elif which == DESK:
                self.step(at, [it["id"] for it in self.ladder].index(name), day, "adjusted", until=values[0])
            else:
                cell[name if which == METRIC else "points"] += values[0]
        now = self.stretch(day, at)
        if refunded and self.rung and self.rests and self.rests[0] <= refunded["day"] < self.rests[1]:
            needs = (self.ladder[self.rung].get(need, []) for need in ("reach", "keep"))
            if not any(self.meets(need, look) for need in needs for look in (self.rests, now)):
                self.step(at, max(self.qualified(now), self.below), day, "refunded")
        if (rung := self.qualified(now)) > self.rung:
            self.step(at, rung, day, "reached", now if self.rolling else (*now[:2], self.audit.midnight(now[1])))

    def time_passes(self, until):
        """What time alone does: orders leave a rolling period, periods of the calendar end, rungs end."""
        while True:
            leave = (cell["day"] + DAY * self.length for cell in self.orders.values())
            days = (day for day in leave if day > self.looked) if self.rolling else (self.period_end, self.until)
            day = min(filter(None, days), default=None)
            if day is None or (at := self.audit.midnight(day)) > until:
                return
            self.looked, back = day, self.stretch(day - DAY, at - 1)
            keep = self.ladder[self.rung].get("keep", self.ladder[self.rung].get("reach", []))
            if self.rolling and (rung := self.qualified(self.stretch(day, at))) < self.rung:
                self.step(at, rung, day, "shortfall")
            if day == self.period_end:
                self.period_end = self.period(day)[1]
                if self.until and self.period_end > self.until and self.meets(keep, back):
                    self.step(at, self.rung, day - DAY, "kept", back)
            if day == self.until:
                self.step(at, min(self.rung, max(self.qualified(back), self.rung - 1)), day, "shortfall")


if __name__ == "__main__":
    audit = Audit(*sys.argv[1:])
    audit.lots()
    audit.roll_forward()
    audit.told(f"{audit.balances()} accounts, {audit.rungs()} rung moves")
