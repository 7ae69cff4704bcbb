"""The Complete Journey, settled night by night while files come late, are wrong and are corrected.

What is known in the end is one history: its ledger is the one that a store has which was told everything on time. The
recount and the finance audit agree with it, and the quarantine holds what could not stand when it came, and no more.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict, deque
from datetime import date, timedelta
from pathlib import Path

import complete_journey
import duckdb
import pytest
from conftest import ROOT

PROGRAM = ROOT / "programs/journey"
SEED = 2017
BEGIN, NIGHTLY, END = date(2017, 1, 1), date(2017, 10, 1), date(2018, 1, 1)
DAY = timedelta(1)


def nights(last: date) -> list[date]:
    """A run a week up to the last quarter of the purchases, then a night each, then a week again for what comes later."""
    days = [BEGIN + DAY * number for number in range((last - BEGIN).days + 1)]
    return [day for day in days if NIGHTLY <= day < END or day.weekday() == 5 or day == last]


class Journey:
    """Both stores, the inbox of the nightly one, and the nights on which it was settled."""

    def __init__(self, rungs, folder: Path) -> None:
        tables = complete_journey.prepared(SEED, str(BEGIN), str(END))
        complete_journey.nightly(tables, folder / "arrive", SEED)
        complete_journey.truth(tables, folder / "truth")
        self.rungs, self.inbox, self.nightly, self.on_time = rungs, folder / "inbox", folder / "nightly", folder / "on-time"
        files = sorted((folder / "arrive").glob("*/*.csv"), key=lambda file: file.stem)
        self.nights = nights(max(arrives(file) for file in files))
        for number, night in enumerate(self.nights):
            while files and arrives(files[0]) <= night:
                came = self.inbox / files[0].parent.name
                came.mkdir(parents=True, exist_ok=True)
                files[0].rename(came / files.pop(0).name)
            rungs.settle(PROGRAM, self.inbox, self.nightly, night)
            if number % 40 == 0:
                print(f"settled {night}", flush=True)
        rungs.settle(PROGRAM, folder / "truth", self.on_time, self.nights[-1])

    def tell(self, store: Path, *words: str) -> str:
        """What a command says of a store."""
        return self.rungs.call(*words, "--program", PROGRAM, "--store", store)

    def lake(self, store: Path) -> duckdb.DuckDBPyConnection:
        """A store as DuckDB reads it."""
        db = duckdb.connect()
        db.execute("set file_search_path = ?", [str(store)])
        db.execute((store / "views.sql").read_text())
        return db


def arrives(file: Path) -> date:
    """The day on which a file arrives."""
    return date.fromisoformat(file.stem[:10])


@pytest.fixture(scope="module")
def journey(rungs):
    """Everything, settled. It is large, so it goes when the tests are done."""
    with tempfile.TemporaryDirectory() as folder:
        yield Journey(rungs, Path(folder))


def test_the_data_is_what_was_published(journey):
    baskets, lines, households, net = journey.lake(journey.on_time).sql(
        """select count(distinct (account, id_number)), count(*), count(distinct account),
           sum(order_line_net) from events where kind = 'order'"""
    ).fetchall()[0]  # fmt: skip
    assert (baskets, lines, households) == (155_848, 1_469_307, 2_469)
    # What the shop received, less what the makers paid for their coupons.
    assert str(net) == "4569679.68"


def test_late_wrong_and_cancelled_files_give_the_ledger_of_what_is_known_in_the_end(journey):
    digests = {journey.tell(store, "ledger", "--digest") for store in (journey.nightly, journey.on_time)}
    assert len(digests) == 1


@pytest.mark.parametrize("store", ["nightly", "on_time"])
def test_the_recount_agrees(journey, store):
    assert " 0 differences" in journey.tell(getattr(journey, store), "verify")


@pytest.mark.parametrize("store", ["nightly", "on_time"])
def test_the_finance_audit_agrees(journey, store):
    words = [sys.executable, ROOT / "tests/python/finance_audit.py", PROGRAM / "2017-01-01.toml", getattr(journey, store)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "2469 accounts" in done.stdout


def test_the_nights_learnt_of_much(journey):
    db = journey.lake(journey.nightly)
    learnt = dict(db.sql("select source || ' ' || change, count(*) from corrections group by 1").fetchall())
    floors = {"cards late": 40, "orders late": 4_000, "orders revised": 2_500, "orders void": 800, "redemptions late": 150,
              "returns late": 200}  # fmt: skip
    assert learnt.keys() == floors.keys()
    assert all(learnt[what] >= least for what, least in floors.items()), learnt
    booked = dict(db.sql("select booking, count(*) from ledger where booking is not null group by 1").fetchall())
    assert booked["withdrawn"] > 10_000 and booked["late"] > 20_000, booked
    kinds = dict(db.sql("select kind, count(*) from ledger group by 1").fetchall())
    assert kinds["reverse"] > 3_000 and kinds["debt"] > 300 and kinds["expire"] > 30_000, kinds


def superseded(journey) -> int:
    """How many rows were refused for a higher revision: from the files and the nights alone, without the programme."""
    told = deque(duckdb.sql(f"""select parse_filename(filename)[:10]::date as arrives, basket, revision::int as revision,
            timezone('America/New_York', any_value(time)::timestamptz)::date as day,
            count(distinct coalesce(line, '')) as lines,
            list_sort(list(distinct hash(time, void, store, coupon, line, sku, quantity, gross, discount, net))) as says
        from read_csv('{journey.inbox}/orders/*.csv', filename = true, all_varchar = true)
        group by filename, arrives, basket, revision order by arrives""").fetchall())
    stands, refused = {}, 0
    for before, night in zip([date.min, *journey.nights], journey.nights, strict=False):
        tonight = defaultdict(list)
        while told and told[0][0] <= night:
            tonight[told[0][1]].append(told.popleft()[2:])
        for basket, said in tonight.items():
            known = stands.get(basket)
            if known and known[1] > before:  # It waits for its night, and is judged with what comes tonight.
                said.append(known)
                known = None
            best = max(said, key=lambda it: it[0])
            stands[basket] = known if known and known[0] > best[0] else best
            # What says the same is no news; and the best of tonight may be less than what is settled.
            refused += sum(it[2] for it in said if it[3] != best[3])
            refused += best[2] if stands[basket] is known and known[3] != best[3] else 0
    return refused


def test_the_quarantine_holds_what_could_not_stand(journey):
    refused = json.loads(journey.tell(journey.nightly, "quarantine", "--format", "json"))
    codes = Counter((row["source"], row["code"]) for row in refused)
    assert codes.keys() == {("orders", "row/superseded"), ("returns", "row/unknown-order")}, codes
    assert codes["orders", "row/superseded"] == superseded(journey)
    # Goods that came back before it was known that they had been sold: once that is known, they have come back.
    assert codes["returns", "row/unknown-order"] >= 15
    quality = journey.rungs.report(PROGRAM, journey.nightly)["quality"]
    assert quality["duplicates"] > 50_000 and quality["late"] == 0
    assert json.loads(journey.tell(journey.on_time, "quarantine", "--format", "json")) == []


def test_a_seed_makes_the_same_files_and_another_one_others(tmp_path):
    def digest(name: str, seed: int) -> str:
        tables = complete_journey.prepared(seed, "2017-03-01", "2017-03-04")
        complete_journey.nightly(tables, tmp_path / name, seed)
        complete_journey.truth(tables, tmp_path / name / "truth")
        files = sorted((tmp_path / name).rglob("*.csv"))
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    assert digest("one", 1) == digest("again", 1)
    assert digest("other", 2) != digest("one-more", 1)
