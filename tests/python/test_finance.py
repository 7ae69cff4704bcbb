"""A finance person's audit agrees with both samples' stores, and notices what was changed in them."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import duckdb
import pytest
from conftest import ROOT

AUDIT, REPORT = (ROOT / f"tests/python/{name}.py" for name in ("finance_audit", "finance_report"))
SAMPLES = {"cdnow": "1998-06-30", "coffee": "2026-11-15"}
# The second sample with a second wallet: credit for every euro, which buys the mug.
CREDIT = """
[points.credit]
scale = 2
rounding = "half_up"
pending = { length = "5 days" }
expiry = { kind = "rolling", length = "4 months", round = "month_end" }

[[earn]]
id = "cash-back"
kind = "per_amount"
wallet = "credit"
points = 12.25
per = 1.00
amount = 'line.net'
counts = false
"""


@pytest.fixture(scope="module")
def stores(rungs, tmp_path_factory):
    """The store of each sample."""
    folder = tmp_path_factory.mktemp("stores")
    for sample, as_of in SAMPLES.items():
        rungs.settle(f"programs/{sample}", f"samplelocal/{sample}", folder / sample, as_of)
    return folder


@pytest.fixture(scope="module")
def two_wallets(rungs, tmp_path_factory):
    """The programme with the second wallet, and its store."""
    folder = tmp_path_factory.mktemp("two-wallets")
    (written,) = (ROOT / "programs/coffee").glob("*.toml")
    tables = re.split(r"(?m)^(?=\[)", written.read_text())
    moves_points = re.compile(r"\[\[earn\]\]|(?s:.*)\n(price = |kind = \"(granted|points_))")
    named = [re.sub("\n", f'\nwallet = "{"credit" if "mug" in table else "beans"}"\n', table, count=1)
             if table.startswith("[[") and moves_points.match(table) else table for table in tables]
    program = folder / "coffee" / written.name
    program.parent.mkdir()
    program.write_text("".join(named) + CREDIT)
    rungs.settle(program.parent, "samplelocal/coffee", folder / "store", SAMPLES["coffee"])
    return program, folder / "store"


def audited(sample, store, script=AUDIT):
    """How an audit ends, and what it prints."""
    (program,) = (ROOT / "programs" / sample).glob("*.toml")
    return audit_of(program, store, script)


def audit_of(program, store, script=AUDIT):
    """The same for a programme that is no sample."""
    words = [sys.executable, script, program, store]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("sample", "says"),
    [("cdnow", "23570 accounts, 7455 rung moves"), ("coffee", "2770 accounts, 1260 rung moves")],
)
def test_the_audit_agrees_with(stores, sample, says):
    code, printed = audited(sample, stores / sample)
    assert (code, printed.splitlines()[-1]) == (0, f"{says}, 0 differences"), printed


@pytest.mark.parametrize(("sample", "as_of"), SAMPLES.items())
def test_the_audit_of_the_report_agrees_with(stores, sample, as_of):
    code, printed = audited(sample, stores / sample, REPORT)
    assert (code, printed.splitlines()[-1]) == (0, f"the report of {as_of}, 0 differences"), printed


def test_the_audits_agree_with_two_wallets(two_wallets):
    code, printed = audit_of(*two_wallets)
    assert (code, printed.splitlines()[-1]) == (0, "2770 accounts, 1260 rung moves, 0 differences"), printed
    code, printed = audit_of(*two_wallets, REPORT)
    assert (code, printed.splitlines()[-1]) == (0, f"the report of {SAMPLES['coffee']}, 0 differences"), printed


def test_the_audit_notices_a_change_in_the_second_wallet(two_wallets, tmp_path):
    program, store = two_wallets
    changed = tmp_path / "store"
    shutil.copytree(store, changed)
    with closing(sqlite3.connect(changed / "serving.sqlite")) as serving:
        more = "json_set(other_wallets, '$[0][1].balance', json_extract(other_wallets, '$[0][1].balance') + 1)"
        serving.execute(f"update member set other_wallets = {more} where account = 'C00138'")
        serving.commit()
    code, printed = audit_of(program, changed)
    assert code == 1
    assert "points of C00138 in credit" in printed, printed


def test_the_audit_is_short_enough_to_be_read():
    lines = [line for line in AUDIT.read_text().splitlines() if line.strip()]
    assert len(lines) <= 200


@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        ("entries", "points + if(row = 1, 1, 0) as points", "points of C"),
        ("entries", "if(row = 1, expires - interval 1 day, expires) as expires", "the end of what"),
        ("rungs", "if(row = 1, rung_to, rung_from) as rung_from", "rungs of C"),
        ("rungs", "if(row = 1, until + 1, until) as until", "rungs of C"),
        ("states", "debt + if(row = 1, 1, 0) as debt", "points of C"),
    ],
)
def test_the_audit_notices_a_change_of(stores, tmp_path, table, change, says):
    store = tmp_path / "coffee"
    shutil.copytree(stores / "coffee", store)
    file = sorted(store.glob(f"{table}/*/*.parquet"))[0]
    # The first row of the file; of entries the first one, which grants.
    order = {"entries": 'order by expires is null, "at"', "rungs": "order by until is null"}.get(table, "")
    rows = f"select *, row_number() over ({order}) as row from read_parquet('{file}')"
    changed = f"select * exclude (row) replace ({change}) from ({rows})"
    duckdb.sql(f"copy ({changed}) to '{file}.new' (format parquet)")
    file.with_name(file.name + ".new").replace(file)
    code, printed = audited("coffee", store)
    assert code == 1
    assert says in printed, printed


@pytest.mark.parametrize(
    ("list_of", "key", "says"),
    [("by_expiry", "points", "open points by month"), ("periods", "debt", "points of 2025-01")],
)
def test_the_audit_notices_a_report_that_differs_in(stores, tmp_path, list_of, key, says):
    store = tmp_path / "coffee"
    shutil.copytree(stores / "coffee", store)
    file = store / f"reports/{SAMPLES['coffee']}.json"
    report = json.loads(file.read_text())
    report["points"][list_of][0][key] += 1
    file.write_text(json.dumps(report))
    code, printed = audited("coffee", store, REPORT)
    assert code == 1
    assert says in printed, printed
