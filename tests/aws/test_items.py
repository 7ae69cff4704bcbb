"""What a night costs: how many items it writes, and that nothing is written for accounts with which nothing happened.

Writes of items are most of the price of a night. They are counted at the HTTP layer, so nothing that a library does on
its own is left out.
"""

import collections
import json

import bakery
import pytest
from item_log import ItemLog
from kept import items, rows, usable
from stack import HERE, Stack

NIGHT = HERE.parents[1] / "infra" / "night.asl.json"
FUNCTIONS = ["ingest", "cut", "fold", "report", "serve"]
QUIET = "2025-05-20"


def most_items(accounts, entries, rewards):
    """The stated bound: how many items a night may write for the accounts that it touched.

    One for each member, one for each line that the night booked: entries, and rewards that were issued or taken back. A
    member with more than a hundred redemptions in one night needs one more for each further hundred.
    """
    return accounts + entries + rewards


def report_items(kpis):
    """The report, each of its figures, and the run."""
    return kpis + 2


@pytest.fixture(scope="module")
def log():
    log = ItemLog("rungs")
    yield log
    log.stop()


@pytest.fixture(scope="module")
def stack(log):
    words = {name: bakery.built(name) for name in FUNCTIONS}
    urls = {"AWS_ENDPOINT_URL_S3": log.url, "AWS_ENDPOINT_URL_DYNAMODB": log.url}
    with Stack(words, environment=urls, haste=20, visibility=120, shards=bakery.SHARDS) as stack:
        log.target, log.dynamodb = stack.store_url, stack.dynamodb_url
        yield stack


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "keys.toml"
    path.write_text(bakery.KEYS)
    return path


@pytest.fixture(scope="module")
def nights(stack, log, keys, tmp_path_factory):
    """What was written by each night: by its date, by its date once more, and by one on which nothing happens."""
    stack.upload(bakery.PROGRAM, programs=bakery.FOLDER, keys=keys)
    written = {}
    for inbox, night in zip(bakery.write_uploads(tmp_path_factory.mktemp("uploads")), bakery.NIGHTS, strict=True):
        settle(stack, bakery.PROGRAM, night, inbox)
        written[night] = log.take()
    settle(stack, bakery.PROGRAM, night)
    written["again"] = log.take()
    settle(stack, bakery.PROGRAM, QUIET)
    written[QUIET] = log.take()
    return written


def settle(stack, program, night, inbox=None):
    if inbox:
        stack.upload(program, inbox=inbox)
        stack.wait_until_ingested()
    outcome = stack.state_machine(NIGHT, Concurrency=4).run({"program": program, "night": night})
    assert outcome.status == "SUCCEEDED", outcome.explain()


def manifest(stack, run):
    key = f"lake/{bakery.PROGRAM}/runs/{run:05}.json"
    return json.loads(stack.s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read())


def booked(manifest, table):
    """The lines that a run added to a table of the ledger."""
    return sum(file["rows"] for file in manifest["files"].get(table, []))


def kpis(stack, night):
    key = f"lake/{bakery.PROGRAM}/reports/{night}.json"
    return len(json.loads(stack.s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read())["kpis"])


def of_members(written):
    return [key for key in written if key[0].startswith(f"{bakery.PROGRAM}#member#")]


@pytest.mark.parametrize(("run", "night"), list(enumerate(bakery.NIGHTS, start=1)))
def test_a_night_writes_at_most_the_stated_number_of_items(stack, log, nights, run, night):
    settled, written = manifest(stack, run), nights[night]
    entries, rewards = booked(settled, "entries"), booked(settled, "rewards")
    touched = settled["counts"]["touched"]
    assert min(entries, rewards, touched) > 0
    members = of_members(written)
    assert len(members) <= most_items(touched, entries, rewards)
    assert len(written) - len(members) == report_items(kpis(stack, night))
    kinds = collections.Counter(sk.split("#")[0] for _, sk in members)
    assert kinds["member"] == touched == len({pk for pk, _ in members})
    assert kinds["entry"] == entries and kinds["reward"] <= rewards
    assert log.unknown == set()


@pytest.mark.parametrize("night", bakery.NIGHTS)
def test_no_item_is_written_twice_in_a_night(nights, night):
    written = nights[night]
    assert [key for key, times in collections.Counter(written).items() if times > 1] == []


def test_a_night_on_which_nothing_happens_writes_its_run_and_its_report(stack, nights):
    assert of_members(nights[QUIET]) == []
    assert {key[0] for key in nights[QUIET]} == {f"{bakery.PROGRAM}#kpi#{QUIET}", f"{bakery.PROGRAM}#runs"}
    assert len(nights[QUIET]) == report_items(kpis(stack, QUIET))


def test_a_night_that_is_executed_twice_writes_nothing_the_second_time(nights):
    assert nights["again"] == []


def test_what_a_night_did_is_in_the_metrics(stack, nights, template):
    """CloudWatch reads these lines; the alarm on rows in quarantine looks for the one that report writes."""
    lines = metrics(stack, "report")
    runs = [manifest(stack, run) for run in (1, 2, 3)]
    assert [line["EntriesBooked"] for line in lines] == [booked(run, "entries") for run in runs]
    assert [line["AccountsTouched"] for line in lines] == [run["counts"].get("touched", 0) for run in runs]
    assert all(line["RangesFolded"] == 1 and line["RangesUnfinished"] == 0 for line in metrics(stack, "fold"))
    assert sum(line["RowsRead"] for line in metrics(stack, "ingest")) == sum(
        uploaded["read"] for run in runs for uploaded in run["objects"])
    alarm = template["Quarantined"]["Properties"]
    [about] = lines[0]["_aws"]["CloudWatchMetrics"]
    assert alarm["Namespace"] == about["Namespace"]
    assert {"Name": alarm["MetricName"], "Unit": "Count"} in about["Metrics"]
    assert [dimension["Name"] for dimension in alarm["Dimensions"]] in about["Dimensions"]


def metrics(stack, function):
    """The lines of a function's logs that are metrics."""
    lines = [line for log in sorted(stack.logs.glob(f"{function}*.log")) for line in log.read_text().splitlines()]
    return [json.loads(line) for line in lines if line.startswith("{") and '"_aws"' in line]


def test_the_bucket_may_tell_ingest_itself(stack, nights):
    """The notification as S3 gives it to a function, without a queue in between: the file is known, so nothing changes."""
    [message] = json.loads((HERE.parents[1] / "samplelocal" / "events" / "ingest.json").read_text())["Records"]
    told = json.loads(message["body"])
    prefix = f"lake/{bakery.PROGRAM}/staged/"
    before = keys_below(stack, prefix)
    key = keys_below(stack, f"inbox/{bakery.PROGRAM}/")[0]
    told["Records"][0]["s3"]["object"]["key"] = key
    assert stack.invoke("ingest", told) == {"batchItemFailures": []}
    assert keys_below(stack, prefix) == before
    read = metrics(stack, "ingest")[-1]
    assert read["Program"] == bakery.PROGRAM and read["RowsRead"] > 0


def keys_below(stack, prefix):
    return [there["Key"] for there in stack.s3.list_objects_v2(Bucket=stack.bucket, Prefix=prefix).get("Contents", [])]


def test_a_range_that_is_served_again_changes_no_item(stack, log, nights):
    before = items(stack, bakery.PROGRAM)
    for run in (1, 2):
        for shard in range(bakery.SHARDS):
            stack.invoke("serve", {"program": bakery.PROGRAM, "run": run, "first": shard, "last": shard})
    assert len(log.take()) > 0
    assert items(stack, bakery.PROGRAM) == before


def test_a_reward_that_a_correction_gives_anew_can_be_used(stack, log, keys, tmp_path):
    """An order with another time takes the voucher back and gives it again, in one night and under one id.

    Two writes of that item would be on their way at once, and any of them could be the last.
    """
    first, second, program = tmp_path / "first", tmp_path / "second", "anew"
    bakery.write(first / "till" / "may.csv", bakery.ORDERS, [["r1", "ann", "2025-05-10 09:00", "60.00", 1]])
    bakery.write(second / "till" / "later.csv", bakery.ORDERS, [["r1", "ann", "2025-05-11 09:00", "60.00", 2]])
    stack.upload(program, programs=bakery.FOLDER, keys=keys)
    for inbox, night in zip((first, second), bakery.NIGHTS, strict=True):
        log.take()
        settle(stack, program, night, inbox)
    assert log.take().count((f"{program}#member#ann", "reward#voucher/till/r1/ann/1")) == 1
    store = bakery.on_the_laptop(tmp_path, (first, second))
    here = {(row["account"], row["id"]) for row in rows(store, "select account, id from reward")}
    assert here == {("ann", "voucher/till/r1/ann/1")}
    assert usable(items(stack, program), program) == here
