"""What the checks of the page share: the pages, a browser, and the numbers that are told at the end."""

import os
import shutil

import playwright.sync_api
import pytest
from places import Maker

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
FLAGS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync""".split()

TOLD = []


@pytest.fixture(scope="session")
def tell():
    """Keeps a line for the end of the run."""
    return TOLD.append


def pytest_terminal_summary(terminalreporter):
    """Says what was seen and counted."""
    for line in TOLD:
        terminalreporter.write_line(f"  {line}")


@pytest.fixture(scope="session")
def maker(tmp_path_factory):
    """Makes pages."""
    return Maker(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="session")
def browser(tell):
    """Chromium, without a window."""
    found = filter(None, [os.environ.get("RUNGS_CHROMIUM"), *map(shutil.which, BROWSERS)])
    binary = next(found, None)
    assert binary, f"no {', '.join(BROWSERS)} on the path: install one, or name it in RUNGS_CHROMIUM"
    with playwright.sync_api.sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path=binary, headless=True, args=FLAGS)
        tell(f"Chromium {chromium.version}")
        yield chromium
        chromium.close()
