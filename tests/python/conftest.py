"""What the Python checks share: where the repository and the built binary are, and how a store is settled and read."""

import json
import os
import pathlib
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))


@pytest.fixture(scope="session")
def root():
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def built():
    """The folder of built binaries: `cargo xtask test` names it, by hand it is `target/release`."""
    return pathlib.Path(os.environ.get("RUNGS_BUILT", ROOT / "target" / "release"))


class Rungs:
    """The shipped binary, called as anyone would script it."""

    def __init__(self, binary):
        self.binary = binary

    def call(self, *words):
        """Standard output of a call that must end well."""
        done = subprocess.run(
            [self.binary, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"rungs {' '.join(map(str, words))}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def settle(self, program, inbox, store, as_of):
        """Ingests and settles every night up to `as_of`."""
        self.call("run", "--program", program, "--inbox", inbox, "--store", store, "--as-of", as_of)

    def report(self, program, store):
        """The report, its decimals exact."""
        text = self.call("report", "--program", program, "--store", store, "--format", "json")
        return json.loads(text, parse_float=Decimal)


@pytest.fixture(scope="session")
def rungs(built):
    """The shipped binary."""
    binary = built / ("rungs.exe" if os.name == "nt" else "rungs")
    assert binary.exists(), f"{binary} is missing: cargo build --workspace --release"
    return Rungs(binary)


def exact(number):
    """A number of the report as a fraction; numbers may be written as texts."""
    return Fraction(str(number))


def figures(report, ids):
    """{(kpi, window from, window before, by): (numerator, denominator)} of these KPIs, groups by rung left out."""
    found = {}
    for kpi in report["kpis"]:
        if kpi["id"] in ids and "rung" not in kpi["by"]:
            by = tuple(sorted(kpi["by"].items()))
            key = (kpi["id"], kpi["window"]["from"], kpi["window"]["before"], by)
            assert key not in found, f"{key} is listed twice"
            found[key] = (exact(kpi["numerator"]), exact(kpi["denominator"]))
            check_value(kpi)
    return found


def check_value(kpi):
    """The value is the quotient of what stands beside it, and null over nothing."""
    numerator, denominator = exact(kpi["numerator"]), exact(kpi["denominator"])
    if denominator == 0:
        assert kpi["value"] is None, kpi
    else:
        assert abs(exact(kpi["value"]) - numerator / denominator) < Fraction(1, 10**6), kpi
