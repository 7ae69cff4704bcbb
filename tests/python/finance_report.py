"""A store's last report against its ledger, without Rungs: `finance_report.py PROGRAM.toml STORE`.

Points in all, by month, and open ones by the month in which they end. It lists what differs and ends with 1 if
anything does.
"""

import json
import sys
from datetime import date
from decimal import Decimal

from finance_audit import COMES, DAY, MOVES, Audit


class ReportAudit(Audit):
    def points(self):
        """Of each wallet: points of each kind in all, and what was told of each month and each end."""
        wallets = self.roll_forward()
        report = json.loads((self.store / f"reports/{self.as_of}.json").read_text(), parse_float=Decimal)
        told = {said["wallet"]: said for said in [report["points"], *report.get("other_wallets", [])]}
        self.expect("wallets", list(told), list(self.wallets))
        for wallet, said in told.items():
            self.wallet(wallet, wallets[wallet], said)

    def wallet(self, wallet, months, said):
        """What was told of one of them."""
        held = sum(moved[kind] for moved in months.values() for kind in MOVES)
        self.expect("points in all", said["open"] + said["pending"], held)
        for kind, name in MOVES.items():
            total = sum(moved[kind] for moved in months.values())
            self.expect(f"points {name}", said[name], total if kind in COMES else -total)
        self.periods(months, said["periods"])
        self.ends(wallet, said)

    def periods(self, months, said):
        """The same months as the report tells them, without a gap, each with what was owed at its end."""
        closing = owed = 0
        first = date.fromisoformat(min(months) + "-01")
        numbers = range(first.year * 12 + first.month - 1, self.as_of.year * 12 + self.as_of.month)
        names = [f"{number // 12}-{number % 12 + 1:02}" for number in numbers]
        self.expect("the months", [period["window"]["from"][:7] for period in said], names)
        self.expect("the day after the last", said[-1]["window"]["before"], str(self.as_of + DAY))
        for month, period in zip(names, said, strict=True):
            moved, before = months[month], closing
            closing, owed = closing + sum(moved[kind] for kind in MOVES), owed + moved["debt"] + moved["repay"]
            found = {name: moved[kind] * (1 if kind in COMES else -1) for kind, name in MOVES.items()}
            found |= {"opening_balance": before, "closing_balance": closing, "debt": owed, "forgiven": moved["forgive"]}
            found |= {"open and pending": closing}
            told = period | {"open and pending": period["open"] + period["pending"]}
            told = {name: told[name] for name in found}
            self.expect(f"points of {month}", told, found)
            if told != found:
                return  # what one month has too much, all after it have

    def ends(self, wallet, said):
        """What is left of the lots that can be spent, by the month in which they end."""
        counted = self.rows(f"""select min(local(ends)::date)::varchar, max(local(ends)::date)::varchar, sum(rest)
            from lots where wallet = ? and rest > 0 and not ({self.held}) group by date_trunc('month', local(ends)) order by all nulls last""", wallet)
        never = sum(rest for day, _, rest in counted if day is None)
        found = [(month["on"], month["last"], month["points"]) for month in said["by_expiry"]]
        self.expect("open points by month of expiry", found, [month for month in counted if month[0] is not None])
        self.expect("open points that never expire", said["never"], never)
        self.expect("open points", sum(points for *_, points in found) + never, said["open"])


if __name__ == "__main__":
    audit = ReportAudit(*sys.argv[1:])
    audit.lots()
    audit.points()
    audit.told(f"the report of {audit.as_of}")
