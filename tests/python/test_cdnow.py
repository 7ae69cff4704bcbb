"""CDNOW through the shipped binary, against pandas and against DuckDB, on the real log and on perturbed ones."""

import csv
import random
from fractions import Fraction

import pytest
import recount_duckdb
import recount_pandas
from conftest import exact, figures

AS_OF = "1998-06-30"
LOG = "samplelocal/cdnow/purchases/purchases.csv"
PROGRAM = "programs/cdnow"

PERIODS = {"orders-per-buyer", "basket", "repeat-in-quarter", "quarter-retention", "quarter-churn"}
ALL_TIME = {"repeat-ever", "days-between", "active-90"}


@pytest.fixture(scope="module")
def log(root):
    return root / LOG


def perturbed(log, folder, seed):
    """Another history made of the real one: rows dropped, repeated as new purchases, moved in time.

    It is written in three files in a shuffled order, and some rows are delivered twice. Returns the log as one file
    without the second deliveries, the inbox, and how many rows were delivered twice.
    """
    chance = random.Random(seed)
    with log.open() as file:
        header, *rows = csv.reader(file)
    first, last = min(row[2] for row in rows), max(row[2] for row in rows)
    days = sorted({row[2] for row in rows})
    kept = []
    for row in rows:
        drawn = chance.random()
        if drawn < 0.05:
            continue
        if drawn < 0.15:
            at = days.index(row[2]) + chance.randint(-60, 60)
            row = [*row[:2], days[min(max(at, 0), len(days) - 1)], *row[3:]]
        kept.append(row)
        if drawn > 0.95:
            kept.append(list(row))
    kept = [[str(number), *row[1:]] for number, row in enumerate(kept, 1)]
    assert all(first <= row[2] <= last for row in kept)

    again = chance.sample(kept, 500)
    delivered = kept + again
    chance.shuffle(delivered)
    inbox = folder / "inbox"
    (inbox / "purchases").mkdir(parents=True)
    for part in range(3):
        write(inbox / "purchases" / f"part-{part}.csv", header, delivered[part::3])
    write(folder / "log.csv", header, kept)
    return folder / "log.csv", inbox, len(again)


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def recounted(log):
    """Figures of a log by both recounts, which must agree."""
    frame, connection = recount_pandas.read(log), recount_duckdb.connect(log, AS_OF)
    periods = recount_pandas.of_periods(frame, AS_OF) | recount_pandas.of_cohorts(frame, AS_OF)
    assert periods == recount_duckdb.of_periods(connection) | recount_duckdb.of_cohorts(connection)
    always = recount_pandas.of_all_time(frame, AS_OF)
    others = recount_duckdb.of_all_time(connection)
    assert always.keys() == others.keys()
    for name, (numerator, denominator) in always.items():
        assert abs(numerator - others[name][0]) < Fraction(1, 10**5), name
        assert denominator == others[name][1], name
    return periods, always


def assert_report_agrees(report, log):
    """Every complete window is listed, none is missing, and each has the recounted numerator and denominator."""
    periods, always = recounted(log)
    reported = figures(report, PERIODS | {"cohorts"})
    assert reported.keys() == periods.keys()
    assert {name: figure for name, figure in reported.items() if figure != periods[name]} == {}

    reported = {}
    for (kpi, _, _, by), figure in figures(report, ALL_TIME).items():
        reported[" ".join([kpi, *(value for _, value in by)])] = figure
    assert reported.keys() == always.keys()
    for name, (numerator, denominator) in always.items():
        assert abs(reported[name][0] - numerator) < Fraction(1, 10**4), name
        assert reported[name][1] == denominator, name


def test_both_recounts_find_what_is_published_of_the_log(log):
    frame = recount_pandas.read(log)
    assert len(frame) == 69_659
    assert frame["customer"].nunique() == 23_570
    assert frame["cents"].sum() == 2_500_315_63
    periods, _ = recounted(log)
    assert periods["quarter-retention", "1997-07-01", "1997-10-01", ()] == (2063, 4263)


def test_the_naive_formula_is_far_off(log):
    """(customers at the end − new ones) / customers at the start: nobody is new in the last quarter of 1997."""
    frame = recount_pandas.read(log)
    quarters = frame.groupby(frame["date"].dt.to_period("Q"))["customer"].nunique()
    assert round(100 * quarters["1997Q4"] / quarters["1997Q3"], 1) == 99.0


def test_the_report_agrees_on_the_real_log(rungs, log, tmp_path):
    rungs.settle(PROGRAM, log.parent.parent, tmp_path / "store", AS_OF)
    report = rungs.report(PROGRAM, tmp_path / "store")
    assert (report["program"], report["as_of"]) == ("cdnow", AS_OF)
    quality = report["quality"]
    assert (quality["read"], quality["accepted"], quality["duplicates"]) == (69_659, 69_659, 0)
    assert quality["quarantined"] == []
    assert_report_agrees(report, log)
    revenue = sum(
        exact(kpi["numerator"]) for kpi in report["kpis"] if kpi["id"] == "basket" and kpi["by"] == {}
    )
    assert revenue == Fraction("2500315.63")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_report_agrees_on_a_perturbed_log(rungs, log, tmp_path, seed):
    perturbed_log, inbox, twice = perturbed(log, tmp_path, seed)
    rungs.settle(PROGRAM, inbox, tmp_path / "store", AS_OF)
    report = rungs.report(PROGRAM, tmp_path / "store")
    assert report["quality"]["duplicates"] == twice
    assert report["quality"]["quarantined"] == []
    assert_report_agrees(report, perturbed_log)


@pytest.mark.parametrize("seed", [1, 2])
def test_both_recounts_agree_on_a_perturbed_log(log, tmp_path, seed):
    perturbed_log, _, _ = perturbed(log, tmp_path, seed)
    real, _ = recounted(log)
    other, _ = recounted(perturbed_log)
    assert real != other
