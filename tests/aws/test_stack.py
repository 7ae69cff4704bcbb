"""The local stack keeps its promises: shown with stand-ins for the functions, so it needs nothing built."""

import json
import os
import pathlib
import signal
import sys
import time

import fake_functions
import pytest
from invoke import FunctionFailed
from processes import wait_until
from stack import HERE, Stack

NIGHT = HERE.parents[1] / "infra" / "night.asl.json"

@pytest.fixture(scope="module")
def fakes(tmp_path_factory):
    return tmp_path_factory.mktemp("fakes")


@pytest.fixture(scope="module")
def stack(fakes):
    words = {name: [sys.executable, HERE / "fake_functions.py", name] for name in fake_functions.FUNCTIONS}
    with Stack(words, instances={"fold": 2}, timeouts={"report": 1.0}, environment={"FAKES": str(fakes)}, haste=20,
               visibility=1) as stack:
        yield stack


@pytest.fixture(scope="module")
def night(stack):
    return stack.state_machine(NIGHT, Concurrency=2)


@pytest.fixture
def told(fakes):
    """What the functions were asked for one programme: (function, item) in order."""
    def told(program):
        return [(line["name"], line["item"]) for line in fake_functions.journal(fakes) if line["program"] == program]

    return told


@pytest.fixture
def script(fakes):
    """Makes functions fail: script(program, fold={"2": ["Unavailable"]})."""
    def script(program, **plans):
        path = pathlib.Path(fakes) / "script.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(known | {program: plans}))

    return script


def run(night, program):
    return night.run({"program": program, "night": "2026-11-21"})


def each(function):
    return [(function, str(number)) for number in range(fake_functions.RANGES)]


def test_an_upload_reaches_ingest(stack, fakes, tmp_path):
    """Also with a key that S3 encodes; and only what lies under inbox/."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "Käse + Brot 1.csv").write_text("id\n")
    keys = stack.upload("uploads", inbox=tmp_path, programs=tmp_path)
    stack.wait_until_ingested()
    lines = [line for line in fake_functions.journal(fakes) if line["program"] == "uploads"]
    assert [line["item"] for line in lines] == [keys[-1]] == ["inbox/uploads/orders/Käse + Brot 1.csv"]
    assert lines[0]["raw"] == "inbox/uploads/orders/K%C3%A4se+%2B+Brot+1.csv"


def test_a_message_that_failed_comes_again_and_dies_in_the_end(stack, told, script, tmp_path):
    for name in ("late.csv", "never.csv", "well.csv"):
        (tmp_path / name).write_text("id\n")
    late, never, well = (f"inbox/again/{name}.csv" for name in ("late", "never", "well"))
    script("again", ingest={late: ["Trouble"], never: ["Trouble"] * 9})
    stack.upload("again", inbox=tmp_path)
    stack.wait_until_ingested()
    seen = [item for _, item in told("again")]
    assert [seen.count(key) for key in (late, never, well)] == [2, 3, 1]
    assert [json.loads(body)["Records"][0]["s3"]["object"]["key"] for body in stack.dead_letters()] == [never]


def test_a_night_runs_in_order(night, told):
    outcome = run(night, "coffee")
    assert outcome.status == "SUCCEEDED", outcome.explain()
    calls = told("coffee")
    assert calls[0] == ("cut", "*") and calls[6] == ("report", "*")
    assert sorted(calls[1:6]) == each("fold") and sorted(calls[7:12]) == each("serve")
    # Once a run is served there may be another to settle: an earlier one may have been gone on with.
    assert calls[12:] == [("cut", "*")]
    assert [state for state in outcome.entered() if state in ("Cut", "Fold", "Report", "Serve", "Done")] == [
        "Cut", "Fold", "Report", "Serve", "Cut", "Done"]


def test_nothing_to_settle(night, told):
    outcome = run(night, "closed")
    assert (outcome.status, told("closed")) == ("SUCCEEDED", [("cut", "*")]), outcome.explain()


def test_what_could_not_be_reached_is_tried_again(night, told, script):
    """Every range fails twice: attempts are counted for each child, not for the Map."""
    script("bakery", fold={str(number): ["Unavailable"] * 2 for number in range(fake_functions.RANGES)})
    outcome = run(night, "bakery")
    assert outcome.status == "SUCCEEDED", outcome.explain()
    assert sorted(item for name, item in told("bakery") if name == "fold") == sorted("01234" * 3)


def test_trouble_fails_the_night(night, told, script):
    """After one failure no range is begun, and the report never runs."""
    script("florist", fold={"1": ["Trouble"]})
    outcome = run(night, "florist")
    assert outcome.status == "FAILED", outcome.explain()
    assert outcome.failure()["Error"] == "States.ExceedToleratedFailureThreshold"
    time.sleep(0.2)  # whatever still ran on would show itself
    calls = told("florist")
    assert calls.count(("fold", "1")) == 1
    assert ("report", "*") not in calls and len(calls) < 7
    assert calls[-1] == ("report", "failed: States.ExceedToleratedFailureThreshold")


def test_a_night_has_failed_though_nobody_can_be_told(night, told, script):
    gone = ("report", "failed: Trouble")
    script("baker", cut={"*": ["Trouble"]}, report={gone[1]: ["Unavailable"] * 4})
    outcome = run(night, "baker")
    assert outcome.status == "FAILED" and outcome.error == "NightFailed", outcome.explain()
    assert outcome.failure()["Error"] == "Trouble"
    assert told("baker") == [("cut", "*")] + [gone] * 4


def test_missing_ranges_fail_the_night_by_name(stack):
    """An ItemReader that finds nothing has AWS's name for it, in the Map of the night itself."""
    fold = json.loads(stack.state_machine(NIGHT, Concurrency=2).definition)["States"]["Fold"]
    states = {"Fold": fold | {"Next": "Done"}, "Done": {"Type": "Succeed"}, "TellFailed": {"Type": "Fail"}}
    machine = stack.state_machine(json.dumps({"StartAt": "Fold", "States": states}))
    outcome = machine.run({"ranges": {"bucket": stack.bucket, "key": "lake/nowhere.json"}})
    assert outcome.status == "FAILED", outcome.explain()
    assert outcome.failure()["Error"] == "States.ItemReaderFailed"


def test_deadlines_are_real(stack, fakes):
    """A function is told how long it has, and ended when that is over."""
    stack.invoke("cut", {"program": "deadline", "night": "2026-11-21"})
    [line] = [line for line in fake_functions.journal(fakes) if line["program"] == "deadline"]
    assert 890 < line["left"] <= 900


def test_a_function_out_of_time_is_ended(stack, script):
    script("slow", report={"*": ["sleep"]})
    with pytest.raises(FunctionFailed) as failed:
        stack.invoke("report", {"program": "slow", "run": 2}, timeout=20)
    assert failed.value.kind == "Sandbox.Timedout"
    assert stack.invoke("report", {"program": "slow", "run": 2})["accounts"] == 12


def test_a_function_that_dies_is_started_again(stack, fakes, script):
    script("crash", serve={"0": ["exit"]})
    with pytest.raises(FunctionFailed) as failed:
        stack.invoke("serve", {"program": "crash", "first": 0}, timeout=20)
    assert failed.value.kind == "Runtime.ExitError"
    assert stack.invoke("serve", {"program": "crash", "first": 0}) == {"range": "000", "written": 12}
    assert len({line["pid"] for line in fake_functions.journal(fakes) if line["program"] == "crash"}) == 2


def test_a_function_that_dies_idle_takes_no_invocation_along(stack, fakes):
    """The poll of the dead is taken back before the next invocation comes."""
    ask = {"program": "idle", "first": 0}
    stack.invoke("serve", ask)
    for _ in range(3):
        pid = [line["pid"] for line in fake_functions.journal(fakes) if line["program"] == "idle"][-1]
        os.kill(pid, signal.SIGKILL)
        wait_until("the end of the process", lambda: not pathlib.Path(f"/proc/{pid}/cmdline").exists(), 5)  # noqa: B023
        assert stack.invoke("serve", ask, timeout=20)["written"] == 12
