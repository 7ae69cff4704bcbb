"""The commands of `samplelocal/events/README.md` do what that page says, as they stand there.

The stack is the one that `cargo xtask local-aws --stay` keeps up, with one month of the sample instead of all.
"""

import json
import os
import re
import shutil
import subprocess
import sysconfig
import urllib.parse

import pytest
from stack import Stack
from test_night import FIRST, FUNCTIONS, KEYS, NIGHT, PROGRAM, ROOT, SHARDS, built

EVENTS = ROOT / "samplelocal" / "events"
COMMANDS = dict(re.findall(r"^(cargo lambda invoke (\w+) .*)$", (EVENTS / "README.md").read_text(), re.MULTILINE))
BY_FUNCTION = {function: command for command, function in COMMANDS.items()}
MONTH = "2026-03"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    keys, sample = folder / "keys.toml", ROOT / "samplelocal" / PROGRAM
    keys.write_text(KEYS)
    for file in sample.rglob(f"*{MONTH}*"):
        copy = folder / "inbox" / file.relative_to(sample)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    with Stack({name: built(name) for name in FUNCTIONS}, haste=20, visibility=120, shards=SHARDS) as stack:
        stack.upload(PROGRAM, inbox=folder / "inbox", programs=ROOT / "programs" / PROGRAM, keys=keys)
        stack.wait_until_ingested()
        outcome = stack.state_machine(NIGHT, Concurrency=4).run({"program": PROGRAM, "night": FIRST})
        assert outcome.status == "SUCCEEDED", outcome.explain()
        yield stack


@pytest.fixture(scope="module")
def typed(stack):
    """What a command of the page answers, typed by somebody at the root of the repository."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    port = str(urllib.parse.urlsplit(stack.lambda_url).port)

    def typed(function):
        return subprocess.run(["sh", "-c", BY_FUNCTION[function]], cwd=ROOT, capture_output=True, text=True, timeout=60,
                              env=os.environ | {"PATH": path, "PORT": port})

    return typed


def answered(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_each_function_has_a_command_and_each_event_is_used():
    assert sorted(BY_FUNCTION) == sorted(FUNCTIONS)
    used = {command.split()[-1] for command in COMMANDS}
    assert used == {f"samplelocal/events/{file.name}" for file in EVENTS.glob("*.json")}


def test_the_commands_answer_as_the_page_says(stack, typed):
    """In the order of the page."""
    assert answered(typed("ingest")) == {"batchItemFailures": []}
    cut = {"program": PROGRAM, "lake": PROGRAM, "settle": True, "run": 2, "night": "2026-04-01",
           "ranges": {"bucket": stack.bucket, "key": f"lake/{PROGRAM}/steps/00002/ranges.json"}}
    assert answered(typed("cut")) == answered(typed("cut")) == cut
    assert answered(typed("fold")) == {"range": "000"}
    report = answered(typed("report"))
    assert (report["run"], report["night"]) == (1, FIRST) and report["accounts"] > 100
    served = answered(typed("serve"))
    assert served["range"] == "000" and served["written"] > 10


def test_the_night_goes_on_where_the_commands_left_it(stack):
    outcome = stack.state_machine(NIGHT, Concurrency=4).run({"program": PROGRAM, "night": "2026-04-01"})
    assert outcome.status == "SUCCEEDED", outcome.explain()


def test_a_failure_is_told_by_name(stack, typed, tmp_path):
    """`"run": 3`, as the page suggests: that run was never cut."""
    event = json.loads((EVENTS / "fold.json").read_text()) | {"run": 3}
    (tmp_path / "fold.json").write_text(json.dumps(event))
    command = BY_FUNCTION["fold"].replace("samplelocal/events", str(tmp_path))
    BY_FUNCTION["fold of run 3"] = command
    done = typed("fold of run 3")
    assert done.returncode != 0
    assert "PartsMissing" in done.stdout + done.stderr
