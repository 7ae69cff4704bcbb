"""Each function may do what it does, and nothing else: its calls of two nights against the roles of the template."""

import fnmatch
import shutil

import cfnlint.decode
import pytest
from call_log import CallLog
from stack import HERE, Stack
from test_night import FUNCTIONS, KEYS, NIGHT, PROGRAM, ROOT, built

TEMPLATE = HERE.parents[1] / "infra" / "template.yaml"


@pytest.fixture(scope="module")
def log():
    log = CallLog("rungs")
    yield log
    log.stop()


@pytest.fixture(scope="module")
def stack(log):
    words = {name: ["env", f"AWS_SDK_UA_APP_ID={name}", built(name)] for name in FUNCTIONS}
    ours = {"AWS_ENDPOINT_URL_S3": log.url, "AWS_ENDPOINT_URL_DYNAMODB": log.url}
    with Stack(words, environment=ours, haste=20, visibility=120) as stack:
        log.target, log.dynamodb = stack.store_url, stack.dynamodb_url
        yield stack


@pytest.fixture(scope="module")
def calls(stack, log, tmp_path_factory):
    """Two nights, with uploads before each; before the first the programme is deployed anew, so that cut has to take
    uploads in again."""
    folder = tmp_path_factory.mktemp("rights")
    keys = folder / "keys.toml"
    keys.write_text(KEYS)
    inboxes = [month_of(folder, month) for month in ("2025-01", "2025-02")]
    stack.upload(PROGRAM, inbox=inboxes[0], programs=ROOT / "programs" / PROGRAM, keys=keys)
    stack.wait_until_ingested(timeout=300)
    for file in sorted((ROOT / "programs" / PROGRAM).glob("*.toml")):
        stack.s3.put_object(Bucket="rungs", Key=f"programs/{PROGRAM}/{file.name}",
                            Body=file.read_text() + "\n# deployed once more\n")
    for night, inbox in (("2025-01-31", inboxes[1]), ("2025-02-01", None)):
        outcome = stack.state_machine(NIGHT, Concurrency=4).run({"program": PROGRAM, "night": night}, timeout=300)
        assert outcome.status == "SUCCEEDED", outcome.explain()
        if inbox:
            stack.upload(PROGRAM, inbox=inbox)
            stack.wait_until_ingested(timeout=300)
    return log.calls


def month_of(folder, month):
    """The files of the sample that are named by a month."""
    sample = ROOT / "samplelocal" / PROGRAM
    for file in sample.rglob(f"*{month}*"):
        copy = folder / month / file.relative_to(sample)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return folder / month


def rights(function):
    """(action, pattern of keys or prefixes) that the function's role allows, of the bucket and the table."""
    template, problems = cfnlint.decode.decode(str(TEMPLATE))
    assert not problems
    role = template["Resources"][f"{function.capitalize()}Role"]["Properties"]
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            for action in listed(statement["Action"]):
                if action == "s3:ListBucket":
                    for prefix in listed(statement["Condition"]["StringLikeIfExists"]["s3:prefix"]):
                        yield action, prefix
                elif action.startswith("s3:"):
                    for resource in listed(statement["Resource"]):
                        yield action, resource["Fn::Sub"].removeprefix("${Bucket.Arn}/")
                elif action.startswith("dynamodb:"):
                    yield action, ""


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_it_does(calls, function):
    needed = {call[1:] for call in calls if call[0] == function}
    assert needed
    refused = {(action, key) for action, key in needed
               if not any(action == right and fnmatch.fnmatchcase(key, pattern) for right, pattern in rights(function))}
    assert refused == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_nothing_else(calls, function):
    needed = {call[1:] for call in calls if call[0] == function}
    # A lake that is not there yet is made by whoever comes first; usually that is ingest.
    never = {(right, pattern) for right, pattern in rights(function)
             if not any(action == right and fnmatch.fnmatchcase(key, pattern) for action, key in needed)}
    assert never - {("s3:PutObject", "lake/*/store.json")} == set()


def test_nobody_else_asks_for_anything(calls):
    assert {call[0] for call in calls} == set(FUNCTIONS)
