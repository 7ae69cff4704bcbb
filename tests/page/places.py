"""The pages that are looked at, and how each is made: of a sample with the shipped binary, of a kept report without it."""

import dataclasses
import json
import os
import pathlib
import subprocess
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "crates" / "page" / "tests" / "golden"
SUFFIX = ".exe" if os.name == "nt" else ""

LANGUAGES = {"en": "en", "zh": "zh-Hans"}

# The samples are settled in two nights, so that their pages also tell what changed: the day before the last, and the last.
SAMPLES = {"coffee": ("2026-11-14", "2026-11-15"), "cdnow": ("1998-06-29", "1998-06-30")}

# Kept reports, each with the report before it: an empty programme, one before its first order, one member, two million
# members, one without points, names that look like markup, all sections, kinds that are not known yet.
KEPT = {
    "empty": None,
    "first": None,
    "one": "before",
    "large": "before",
    "no-points": None,
    "hostile": "before",
    "more": "before",
    "future": None,
}

NAMES = [*SAMPLES, *KEPT]
# Looked at in the browser; the others differ in numbers only.
VIEWED = [name for name in NAMES if name not in ("first", "future")]


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
            self.known[name] = self.settled(name) if name in SAMPLES else self.kept(name)
        return self.known[name]

    def settled(self, name):
        """Settles a sample and asks for its report."""
        before, last = SAMPLES[name]
        store = self.folder / name
        place = ["--program", f"programs/{name}", "--store", str(store)]
        for night in (before, last):
            self.call("rungs", "run", *place, "--inbox", f"samplelocal/{name}", "--as-of", night)
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

    def call(self, binary, *words):
        """Standard output of a call that must end well."""
        path = self.built / f"{binary}{SUFFIX}"
        assert path.exists(), f"{path} is missing: cargo build --workspace --release --bins --examples"
        done = subprocess.run([path, *words], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, f"{binary} {' '.join(words)}\n{done.stdout.decode()}\n{done.stderr.decode()}"
        return done.stdout


def read(text):
    """A report, its decimals exact."""
    return json.loads(text, parse_float=Decimal)
