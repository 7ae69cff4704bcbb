"""`cargo xtask local-aws`: the sample's night on a local stack, with the functions, the state machine and what it leaves."""

import json
import sys
import tempfile
import pathlib

from stack import HERE, Stack
from test_night import FUNCTIONS, KEYS, NIGHT, PROGRAM, ROOT, built

AS_OF = "2026-03-31"


def main():
    with tempfile.TemporaryDirectory() as folder:
        keys = pathlib.Path(folder) / "keys.toml"
        keys.write_text(KEYS)
        with Stack({name: built(name) for name in FUNCTIONS}, instances={"fold": 2, "serve": 2},
                   visibility=120) as stack:
            say(f"uploading {PROGRAM}: each file's notification starts ingest")
            stack.upload(PROGRAM, inbox=ROOT / "samplelocal" / PROGRAM, programs=ROOT / "programs" / PROGRAM, keys=keys)
            stack.wait_until_ingested(timeout=300)
            say(f"the night of {AS_OF} through the state machine of {NIGHT.relative_to(ROOT)}")
            outcome = stack.state_machine(NIGHT, Concurrency=4).run({"program": PROGRAM, "night": AS_OF}, timeout=300)
            if outcome.status != "SUCCEEDED":
                sys.exit(outcome.explain())
            say("states: " + " → ".join(outcome.entered()))
            report = stack.s3.get_object(Bucket=stack.bucket, Key=f"lake/{PROGRAM}/reports/{AS_OF}.txt")["Body"].read()
            print(report.decode())
            show_a_member(stack)
            if "--stay" in sys.argv:
                say(f"functions are invoked at port {stack.lambda_url.rsplit(':', 1)[1]}; S3 is {stack.store_url}, DynamoDB "
                    f"{stack.dynamodb_url}; until you press enter")
                input()


def show_a_member(stack):
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.table)
    items = (item for page in pages for item in page["Items"])
    member = next(item for item in items if item["sk"]["S"] == "member" and "rung" in item)
    member = stack.dynamodb.get_item(TableName=stack.table, Key={"pk": member["pk"], "sk": member["sk"]})["Item"]
    say("what a till gets for one GetItem:")
    print(json.dumps({name: next(iter(value.values())) for name, value in sorted(member.items())}, indent=2))


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
