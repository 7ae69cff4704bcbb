"""The pages that are looked at, and how each is made: of a sample with the shipped binary, of a kept report without it."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "crates" / "page" / "tests" / "golden"
SUFFIX = ".exe" if os.name == "nt" else ""

LANGUAGES = {"en": "en", "zh": "zh-Hans"}

# The samples are settled in two nights, so that their pages also tell what changed: the day before the last, and the last.
SAMPLES = {"coffee": ("2026-11-14", "2026-11-15"), "cdnow": ("1998-06-29", "1998-06-30")}

# A sample with a second wallet beside the one that it has.
WALLETS, WALLETS_OF = "wallets", "coffee"
CREDIT = """
[points.credit]
name = "Credit"
scale = 2
rounding = "half_up"
pending = { length = "5 days" }
expiry = { kind = "rolling", length = "4 months" }

[[earn]]
id = "cash-back"
kind = "per_amount"
wallet = "credit"
points = 12.25
per = 1.00
amount = 'line.net'
counts = false

[[kpis]]
id = "credit-issued"
kind = "points_issued"
wallet = "credit"
window = "month"

[[kpis]]
id = "credit-open"
kind = "points_open"
wallet = "credit"
window = "month"
by = ["rung"]
"""

# Kept reports, each with the report before it: an empty programme, one before its first order, one member, two million
# members (settled in earnest: docs/report.md says how), numbers as long as they come, one without points, names that look
# like markup, all sections, kinds that are not known yet.
KEPT = {
    "empty": None,
    "first": None,
    "one": "before",
    "million": "million-before",
    "large": "before",
    "no-points": None,
    "hostile": "before",
    "more": "before",
    "future": None,
}

NAMES = [*SAMPLES, WALLETS, *KEPT]
# Reports that are looked at in the browser; the others differ in numbers only.
REPORTS = [name for name in NAMES if name not in ("first", "future")]
# All that is looked at: also the page over all nights of both samples, and that of a night that failed.
VIEWED = [*REPORTS, "index", "failed"]

# The sample of which a night fails, and that night.
FAILED, FAILED_NIGHT = "coffee", "2026-11-16"

# A sample of which every KPI counts orders before discounts and refunds.
GROSS, GROSS_OF = "gross", "coffee"


@dataclasses.dataclass(frozen=True)
class Page:
    """A page, and what it was made from."""

    name: str
    path: pathlib.Path
    report: dict
    previous: dict | None
    store: pathlib.Path | None

    @property
    def address(self):
        """Where the browser finds it."""
        return self.path.as_uri()


class Maker:
    """Makes each page once, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.built = pathlib.Path(os.environ.get("RUNGS_BUILT", ROOT / "target" / "release"))
        self.known = {}

    def page(self, name):
        """The page of a sample or of a kept report."""
        if name not in self.known:
            others = {GROSS: self.gross, WALLETS: self.wallets, "index": self.index, "failed": self.failed}
            make = others.get(name) or (lambda: self.settled(name) if name in SAMPLES else self.kept(name))
            self.known[name] = make()
        return self.known[name]

    def place(self, name):
        """Programme and store of a sample."""
        return ["--program", f"programs/{name}", "--store", str(self.folder / name)]

    def gross(self):
        """Settles a sample by its programme with every KPI gross."""
        programme = self.folder / "programs" / GROSS_OF
        programme.mkdir(parents=True)
        for path in (ROOT / "programs" / GROSS_OF).glob("*.toml"):
            text = path.read_text(encoding="utf-8")
            (programme / path.name).write_text(text.replace("[[kpis]]\n", "[[kpis]]\nnet = false\n"), encoding="utf-8")
        place = ["--program", str(programme), "--store", str(self.folder / GROSS)]
        return self.settled(GROSS, GROSS_OF, place)

    def wallets(self):
        """Settles a sample of which a purchase also gives credit, which buys one of the rewards."""
        programme = self.folder / "two-wallets" / WALLETS_OF
        programme.mkdir(parents=True)
        for path in (ROOT / "programs" / WALLETS_OF).glob("*.toml"):
            (programme / path.name).write_text(with_credit(path.read_text(encoding="utf-8")), encoding="utf-8")
        place = ["--program", str(programme), "--store", str(self.folder / WALLETS)]
        return self.settled(WALLETS, WALLETS_OF, place)

    def failed(self):
        """Fails a night: its inbox is not there."""
        self.page(FAILED)
        words = [*self.place(FAILED), "--inbox", str(self.folder / "nowhere"), "--as-of", FAILED_NIGHT]
        done = subprocess.run([self.binary("rungs"), "run", *words], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 3, done
        path = self.folder / FAILED / "reports" / f"{FAILED_NIGHT}.html"
        return Page("failed", path, None, None, self.folder / FAILED)

    def index(self):
        """All nights of both samples, one of which failed."""
        shelf = self.folder / "shelf"
        for name in SAMPLES:
            self.page(name)
            self.page("failed")
            shutil.copytree(self.folder / name / "reports", shelf / name / "reports")
            for part in ("runs", "store.json"):
                source = self.folder / name / part
                (shutil.copytree if source.is_dir() else shutil.copy)(source, shelf / name / part)
        assert self.call("rungs", "index", str(shelf)).decode().strip() == str(shelf / "index.html")
        return Page("index", shelf / "index.html", None, None, shelf)

    def settled_after_all(self):
        """Settles the night that had failed, elsewhere."""
        self.page("failed")
        store = self.folder / "after-all"
        shutil.copytree(self.folder / FAILED, store)
        self.call("rungs", "run", "--program", f"programs/{FAILED}", "--store", str(store), "--inbox", f"samplelocal/{FAILED}",
                  "--as-of", FAILED_NIGHT)
        return Page("after-all", store / "reports" / f"{FAILED_NIGHT}.html", None, None, store)

    def settled(self, name, sample=None, place=None):
        """Settles a sample and asks for its report."""
        sample = sample or name
        before, last = SAMPLES[sample]
        store = self.folder / name
        place = place or self.place(name)
        for night in (before, last):
            self.call("rungs", "run", *place, "--inbox", f"samplelocal/{sample}", "--as-of", night)
        report = self.call("rungs", "report", *place, "--format", "json")
        previous = self.call("rungs", "report", *place, "--format", "json", "--as-of", before)
        html = self.call("rungs", "report", *place, "--format", "html")
        return self.written(name, html, read(report), read(previous), store)

    def kept(self, name):
        """Renders a kept report."""
        paths = [GOLDEN / f"{kept}.json" for kept in (name, KEPT[name]) if kept]
        html = self.call("examples/render", *map(str, paths))
        report, previous = [read(path.read_text(encoding="utf-8")) for path in paths] + [None] * (2 - len(paths))
        return self.written(name, html, report, previous, None)

    def written(self, name, html, report, previous, store):
        """The page in a file."""
        path = self.folder / f"{name}.html"
        path.write_bytes(html)
        return Page(name, path, report, previous, store)

    def binary(self, name):
        """A binary that was built."""
        path = self.built / f"{name}{SUFFIX}"
        assert path.exists(), f"{path} is missing: cargo build --workspace --release --bins --examples"
        return path

    def call(self, binary, *words):
        """Standard output of a call that must end well."""
        done = subprocess.run([self.binary(binary), *words], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, f"{binary} {' '.join(words)}\n{done.stdout.decode()}\n{done.stderr.decode()}"
        return done.stdout


def with_credit(text):
    """The programme with the other wallet; whatever gives, takes or counts points says of which it is."""
    tables = re.split(r"(?m)^(?=\[)", text)
    named = []
    for table in tables:
        points = table.startswith("[[earn]]") or "\nprice = " in table or '\nkind = "granted"' in table or '\nkind = "points_' in table
        if table.startswith("[[") and points:
            wallet = "credit" if '\nid = "mug"' in table else "beans"
            table = table.replace("\n", f'\nwallet = "{wallet}"\n', 1)
        named.append(table)
    return "".join(named) + CREDIT


def read(text):
    """A report, its decimals exact."""
    return json.loads(text, parse_float=Decimal)
