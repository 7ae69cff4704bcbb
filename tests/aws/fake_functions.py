"""Stand-ins for the five functions: `fake_functions.py NAME`. They test the stack, not Rungs.

They speak the runtime API of Lambda by plain HTTP, write every invocation into a journal (`FAKES` is its folder), and
do what `FAKES/script.json` says: `{"<program>": {"<function>": {"<item>": ["Unavailable", "Unavailable"]}}}` fails the
first two attempts with that item (`first` of a range, a key for ingest, else `*`) with that error type. `exit` ends the
process, `sleep` outlasts the deadline.
"""

import http.client
import json
import os
import pathlib
import sys
import time
import urllib.parse
import urllib.request

FOLDER = pathlib.Path(os.environ.get("FAKES", "."))
RANGES = 5


class Planned(Exception):
    """A failure that the script asks for."""


def main(name):
    where = urllib.parse.urlsplit(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection = http.client.HTTPConnection(where.hostname, where.port)
    api = f"{where.path}/2018-06-01/runtime/invocation"
    while True:
        connection.request("GET", f"{api}/next")
        answer = connection.getresponse()
        event = json.loads(answer.read())
        request = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        left = int(answer.headers["Lambda-Runtime-Deadline-Ms"]) / 1000 - time.time()
        try:
            path, body = "response", FUNCTIONS[name](name, event, left)
        except Planned as planned:
            path, body = "error", {"errorType": str(planned), "errorMessage": "as the script says", "stackTrace": []}
        said = json.dumps(body).encode()
        # In chunks from one of them: the host has to understand both ways.
        connection.request("POST", f"{api}/{request}/{path}", [said] if name == "report" else said,
                           {"Content-Type": "application/json"})
        connection.getresponse().read()


def begin(name, program, item, **more):
    """Writes the journal and fails if the script says so."""
    attempt = sum((line["name"], line["program"], line["item"]) == (name, program, item) for line in journal(FOLDER))
    line = {"name": name, "program": program, "item": item, "attempt": attempt, "pid": os.getpid(), **more}
    with open(FOLDER / "journal.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    script = json.loads((FOLDER / "script.json").read_text()) if (FOLDER / "script.json").exists() else {}
    plans = script.get(program, {}).get(name, {}).get(item, [])
    plan = plans[attempt] if attempt < len(plans) else None
    if plan == "exit":
        sys.exit(3)
    if plan == "sleep":
        time.sleep(60)
    if plan:
        raise Planned(plan)


def journal(folder):
    """What was invoked, in order."""
    path = pathlib.Path(folder) / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def ingest(name, event, _):
    failures = []
    for message in event["Records"]:
        for record in json.loads(message["body"]).get("Records", []):  # S3's test event has none
            key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
            try:
                begin(name, key.split("/")[1], key, raw=record["s3"]["object"]["key"])
            except Planned:
                failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def cut(name, event, left):
    program = event["program"]
    begin(name, program, "*", left=left)
    served = {line["item"] for line in journal(FOLDER) if (line["name"], line["program"]) == ("serve", program)}
    if program == "closed" or len(served) == RANGES:
        return {"program": program, "night": event["night"], "settle": False}
    ranges = [{"program": program, "run": 2, "first": number, "last": number} for number in range(RANGES)]
    key, bucket = f"lake/{program}/steps/00002/ranges.json", os.environ["RUNGS_BUCKET"]
    put = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL_S3']}/{bucket}/{key}", json.dumps(ranges).encode(),
                                 method="PUT")
    urllib.request.urlopen(put).close()
    return {"program": program, "lake": program, "run": 2, "night": event["night"], "settle": True,
            "ranges": {"bucket": bucket, "key": key}}


def fold(name, event, _):
    begin(name, event["program"], str(event["first"]))
    return {"range": f"{event['first']:03}"}


def report(name, event, _):
    if "failure" in event:
        begin(name, event["input"]["program"], f"failed: {event['failure']['Error']}")
        return {"night": event["input"]["night"]}
    begin(name, event["program"], "*")
    return {"program": event["program"], "run": event["run"], "night": "2026-11-21", "accounts": 12, "entries": 34,
            "refused": 0}


def serve(name, event, _):
    begin(name, event["program"], str(event["first"]))
    return {"range": f"{event['first']:03}", "written": 12}


FUNCTIONS = {"ingest": ingest, "cut": cut, "fold": fold, "report": report, "serve": serve}

if __name__ == "__main__":
    main(sys.argv[1])
