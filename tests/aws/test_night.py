"""The night on AWS with the functions themselves: the lake is the laptop's, byte for byte, and so is what readers see."""

import datetime
import json
import os
import pathlib
import sqlite3
import subprocess

import pytest
from stack import HERE, Stack

ROOT = HERE.parents[1]
NIGHT = ROOT / "infra" / "night.asl.json"
FUNCTIONS = ["ingest", "cut", "fold", "report", "serve"]
PROGRAM, SHARDS = "coffee", 8
KEYS = 'draw = "' + "1" * 64 + '"\npseudonym = "' + "2" * 64 + '"\n'
# Two nights: the history up to the first at once, then one by itself.
FIRST, SECOND = "2026-03-31", "2026-04-01"


def built(name):
    """The folder of what cargo has built, as the test command says it."""
    return pathlib.Path(os.environ.get("RUNGS_BUILT", ROOT / "target" / "release")) / name


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "keys.toml"
    path.write_text(KEYS)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def stack():
    with Stack({name: built(name) for name in FUNCTIONS}, instances={"fold": 2, "serve": 2}, haste=20,
               visibility=120, shards=SHARDS) as stack:
        yield stack


def on_the_laptop(inbox, keys, store, night):
    subprocess.run([built("rungs"), "run", "--quiet", "--program", ROOT / "programs" / PROGRAM, "--inbox", inbox,
                    "--store", store, "--keys", keys, "--as-of", night, "--shards", str(SHARDS)], check=True)


def on_aws(stack, night):
    outcome = stack.state_machine(NIGHT, Concurrency=4).run({"program": PROGRAM, "night": night}, timeout=300)
    assert outcome.status == "SUCCEEDED", outcome.explain()
    return outcome


def objects(stack):
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket="rungs", Prefix=f"lake/{PROGRAM}/")
    for page in pages:
        for found in page.get("Contents", []):
            yield found["Key"].removeprefix(f"lake/{PROGRAM}/"), found["Key"]


def named(store):
    """The files that count: those that manifests name, the manifests, and the reports."""
    runs = sorted((store / "runs").glob("*.json"))
    names = {run.relative_to(store).as_posix() for run in runs}
    for run in runs:
        for files in json.loads(run.read_text())["files"].values():
            names |= {file["name"] for file in files if (store / file["name"]).exists()}
    names |= {report.relative_to(store).as_posix() for report in (store / "reports").iterdir()}
    return sorted(names | {"store.json", "sums.json"})


def items(stack, prefix):
    found, start = {}, {}
    while True:
        page = stack.dynamodb.scan(TableName="rungs", **start)
        for item in page["Items"]:
            if item["pk"]["S"].startswith(f"{PROGRAM}#{prefix}"):
                found[item["pk"]["S"], item["sk"]["S"]] = item
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def rows(store, sql):
    with sqlite3.connect(store / "serving.sqlite") as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(sql)]


def plain(item):
    return {name: value_of(value) for name, value in item.items() if name not in ("pk", "sk", "ttl")}


def value_of(value):
    (kind, value), = value.items()
    return {"N": int, "S": str, "BOOL": bool, "M": plain, "L": lambda all: [value_of(one) for one in all]}[kind](value)


def instant(micros):
    """As the table says it: people and tills read a time, the laptop's file counts microseconds."""
    return datetime.datetime.fromtimestamp(micros // 1_000_000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def nights(stack, keys, tmp_path_factory):
    """Both nights, on the laptop and on AWS."""
    store = tmp_path_factory.mktemp("laptop") / "store"
    inbox = ROOT / "samplelocal" / PROGRAM
    stack.upload(PROGRAM, inbox=inbox, programs=ROOT / "programs" / PROGRAM, keys=keys)
    stack.wait_until_ingested(timeout=300)
    assert stack.dead_letters() == []
    for night in (FIRST, SECOND):
        on_the_laptop(inbox, keys, store, night)
        on_aws(stack, night)
    return store


def test_the_lake_is_the_laptops_byte_for_byte(stack, nights):
    there = dict(objects(stack))
    names = named(nights)
    assert len(names) > 50
    for name in names:
        body = stack.s3.get_object(Bucket="rungs", Key=there[name])["Body"].read()
        assert body == (nights / name).read_bytes(), name


def test_a_till_reads_a_member_in_one_request(stack, nights):
    members = {row["account"]: row for row in rows(nights, "select * from member")}
    found = {key[0].removeprefix(f"{PROGRAM}#member#"): plain(item)
             for key, item in items(stack, "member#").items() if key[1] == "member"}
    assert found.keys() == members.keys()
    for account, row in members.items():
        row["next_expiry"] = row["next_expiry"] and instant(row["next_expiry"])
        row["open"] = [end | {"until": instant(end["until"])} for end in json.loads(row["open"])]
        # The sample has one wallet.
        row["other_wallets"] = dict(json.loads(row["other_wallets"])) or None
        expected = {name: value for name, value in row.items() if value is not None and name != "account"}
        assert found[account] == expected, account
    account = sorted(members)[0]
    key = {"pk": {"S": f"{PROGRAM}#member#{account}"}, "sk": {"S": "member"}}
    assert plain(stack.dynamodb.get_item(TableName="rungs", Key=key)["Item"])["balance"] == members[account]["balance"]


def test_rewards_that_can_be_used_are_those_of_the_laptop(stack, nights):
    here = {(row["account"], row["id"]) for row in rows(nights, "select * from reward")}
    lapsed = rows(nights, "select min(until) as until from reward")[0]["until"]
    found = {(pk.removeprefix(f"{PROGRAM}#member#"), sk.removeprefix("reward#"))
             for (pk, sk), item in items(stack, "member#").items()
             if sk.startswith("reward#") and "revoked" not in item and item["until"]["S"] >= instant(lapsed or 0)}
    assert here and here <= found


def test_support_reads_what_was_booked_newest_first(stack, nights):
    account = max((row["balance"], row["account"]) for row in rows(nights, "select * from member"))[1]
    key = f"{PROGRAM}#member#{account}"
    answer = stack.dynamodb.query(
        TableName="rungs", KeyConditionExpression="pk = :pk AND begins_with(sk, :entries)", ScanIndexForward=False,
        ExpressionAttributeValues={":pk": {"S": key}, ":entries": {"S": "entry#"}}, Limit=20)
    found = [plain(item) for item in answer["Items"]]
    told = subprocess.run([built("rungs"), "explain", "account", account, "--program", ROOT / "programs" / PROGRAM,
                           "--store", nights, "--format", "json"], check=True, capture_output=True, text=True).stdout
    expected = json.loads(told)["entries"][::-1][:20]
    assert len(found) == 20
    assert [(item["kind"], item["points"]) for item in found] == [(entry["kind"], entry["points"]) for entry in expected]
    assert all(item["place"].startswith("2025-01-01.toml:") for item in found)


def test_the_report_of_a_date_is_one_query(stack, nights):
    report = (nights / "reports" / f"{SECOND}.json").read_text()
    answer = stack.dynamodb.query(TableName="rungs", KeyConditionExpression="pk = :pk",
                                  ExpressionAttributeValues={":pk": {"S": f"{PROGRAM}#kpi#{SECOND}"}})
    whole = [item for item in answer["Items"] if item["sk"]["S"] == "report"]
    assert [item["json"]["S"] for item in whole] == [report]
    assert len(answer["Items"]) == 1 + len(json.loads(report)["kpis"])


def test_a_night_that_is_settled_changes_nothing(stack, nights):
    before = {key: stack.s3.head_object(Bucket="rungs", Key=key)["LastModified"] for _, key in objects(stack)}
    outcome = on_aws(stack, SECOND)
    assert "Fold" not in outcome.entered()
    assert before == {key: stack.s3.head_object(Bucket="rungs", Key=key)["LastModified"] for _, key in objects(stack)}


def test_a_rebuild_is_the_same_machine_with_another_lake(stack, nights):
    """What lies in the inbox is settled once more; the lake and the items that are there stay as they are."""
    before = dict(objects(stack)), items(stack, "member#")
    outcome = stack.state_machine(NIGHT, Concurrency=4).run(
        {"program": PROGRAM, "night": FIRST, "lake": "anew"}, timeout=300)
    assert outcome.status == "SUCCEEDED", outcome.explain()
    assert (dict(objects(stack)), items(stack, "member#")) == before
    read = lambda lake, name: stack.s3.get_object(Bucket="rungs", Key=f"lake/{lake}/{name}")["Body"].read()
    manifest = read("anew", "runs/00001.json")
    assert manifest == read(PROGRAM, "runs/00001.json")
    entries = json.loads(manifest)["files"]["entries"]
    assert entries and all(read("anew", file["name"]) == read(PROGRAM, file["name"]) for file in entries)
    runs = stack.dynamodb.query(TableName="rungs", KeyConditionExpression="pk = :pk",
                                ExpressionAttributeValues={":pk": {"S": "anew#runs"}})["Items"]
    assert [run["night"]["S"] for run in runs] == [FIRST]


def test_a_night_that_failed_says_so_where_its_page_would_be(stack, nights):
    """Until it is settled. In a lake of its own, which has no night before."""
    name = f"keys/{PROGRAM}.toml"
    keys = stack.s3.get_object(Bucket="rungs", Key=name)["Body"].read()
    read = lambda name: stack.s3.get_object(Bucket="rungs", Key=f"lake/failing/reports/{name}")["Body"].read().decode()
    night = "2025-03-01"
    run = lambda: stack.state_machine(NIGHT, Concurrency=4).run({"program": PROGRAM, "night": night, "lake": "failing"}, timeout=300)
    stack.s3.delete_object(Bucket="rungs", Key=name)
    try:
        outcome = run()
    finally:
        stack.s3.put_object(Bucket="rungs", Key=name, Body=keys)
    assert (outcome.status, outcome.failure()["Error"]) == ("FAILED", "Trouble"), outcome.explain()
    page = read(f"{night}.html")
    assert "The night of Mar 1, 2025 was not settled" in page and "keys/unreadable" in page
    assert "no night was settled before" in page
    [line] = map(json.loads, read("nights.jsonl").splitlines())
    assert line["night"] == night and line["failed"]["code"] == "Trouble"
    outcome = run()
    assert outcome.status == "SUCCEEDED", outcome.explain()
    assert "was not settled" not in read(f"{night}.html")
    [line] = map(json.loads, read("nights.jsonl").splitlines())
    assert line["run"] == 1 and "failed" not in line
    assert f"{night}.html" in read("index.html")
    # What comes too late has not failed.
    late = {"input": {"program": PROGRAM, "night": night, "lake": "failing"}, "failure": {"Error": "Trouble", "Cause": "x"}}
    assert stack.invoke("report", late) == {"night": None}
    assert "was not settled" not in read(f"{night}.html")


def test_time_picks_the_last_night_that_has_ended(stack, nights):
    """In Berlin 2 April begins at 22:00Z: before that, the night of the 1st is not over."""
    answer = stack.invoke("cut", {"program": PROGRAM, "time": f"{SECOND}T21:59:00Z"})
    assert answer["settle"] is False


def test_errors_have_the_names_that_the_state_machine_knows(stack, nights):
    with pytest.raises(Exception) as failed:
        stack.invoke("cut", {"program": "nobody", "night": SECOND})
    assert failed.value.kind == "Trouble"
    assert "run/programme" in str(failed.value)


def test_two_programmes_in_one_bucket_and_table_do_not_meet(stack, nights, keys):
    """The other one's inbox holds years; the first days of it are enough here."""
    etags = lambda: {found["Key"]: found["ETag"] for page in
                     stack.s3.get_paginator("list_objects_v2").paginate(Bucket="rungs", Prefix=f"lake/{PROGRAM}/")
                     for found in page["Contents"]}
    before = etags(), items(stack, "")
    stack.upload("cdnow", inbox=ROOT / "samplelocal" / "cdnow", programs=ROOT / "programs" / "cdnow", keys=keys)
    stack.wait_until_ingested(timeout=300)
    outcome = stack.state_machine(NIGHT, Concurrency=4).run({"program": "cdnow", "night": "1997-01-03"}, timeout=300)
    assert outcome.status == "SUCCEEDED", outcome.explain()
    assert (etags(), items(stack, "")) == before
    runs = stack.dynamodb.query(TableName="rungs", KeyConditionExpression="pk = :pk",
                                ExpressionAttributeValues={":pk": {"S": "cdnow#runs"}})["Items"]
    assert [run["night"]["S"] for run in runs] == ["1997-01-03"] and int(runs[0]["accounts"]["N"]) > 100
