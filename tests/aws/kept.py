"""What nights leave behind: the objects of a lake that count, and the items of the table, to be compared."""

import json
import sqlite3


def named(store):
    """The files of a laptop's store that count: manifests, what they name, reports, and what the next night needs."""
    runs = sorted((store / "runs").glob("*.json"))
    names = {run.relative_to(store).as_posix() for run in runs}
    for run in runs:
        for files in json.loads(run.read_text())["files"].values():
            names |= {file["name"] for file in files if (store / file["name"]).exists()}
    names |= {report.relative_to(store).as_posix() for report in (store / "reports").iterdir()}
    return sorted(names | {"store.json", "sums.json"})


def differences(stack, program, store):
    """Names of files whose object is another or missing, and manifests and reports that the laptop does not have."""
    prefix = f"lake/{program}/"
    there = {key.removeprefix(prefix): key for key in keys(stack, prefix)}
    here = named(store)
    wrong = [name for name in here if name not in there or content(stack, there[name]) != (store / name).read_bytes()]
    return wrong + [name for name in there if name.startswith(("runs/", "reports/")) and name not in here]


def keys(stack, prefix):
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.bucket, Prefix=prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def content(stack, key):
    return stack.s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read()


def items(stack, program):
    """The table's items of a programme, by their keys."""
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.table)
    found = {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}
    return {key: item for key, item in found.items() if key[0].startswith(f"{program}#")}


def usable(items, program):
    """Rewards of the table that were not taken back: (account, id)."""
    return {(pk.removeprefix(f"{program}#member#"), sk.removeprefix("reward#"))
            for (pk, sk), item in items.items() if sk.startswith("reward#") and "revoked" not in item}


def rows(store, sql):
    """What the laptop's copy for readers says."""
    with sqlite3.connect(store / "serving.sqlite") as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(sql)]


def empty(stack):
    """Takes everything out of bucket and table: the next schedule begins with nothing."""
    for key in keys(stack, ""):
        stack.s3.delete_object(Bucket=stack.bucket, Key=key)
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.table, ProjectionExpression="pk, sk")
    for item in [item for page in pages for item in page["Items"]]:
        stack.dynamodb.delete_item(TableName=stack.table, Key=item)
