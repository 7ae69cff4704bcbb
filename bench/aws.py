"""What a night on AWS takes, measured with the real functions on this machine; what it costs, by the list prices below.

    python bench/aws.py FUNCTIONS [--members 100000] [--orders 2000000] [--shards 1]

FUNCTIONS is a folder with the five built functions. The members are in so many shards; by default in one, so that fold
and serve show what a whole shard of a large programme takes. There are two nights: the history at once, and one day more
with the orders of one member in thirty-seven. Requests are counted where they go over the wire; time and memory are those
of the processes, with S3 and DynamoDB on the same machine, so time spent waiting for the network is not AWS's.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "aws"))

from call_log import CallLog  # noqa: E402
from stack import Stack  # noqa: E402

FUNCTIONS = ["ingest", "cut", "fold", "report", "serve"]
PROGRAM, FIRST, SECOND = "peers", "2026-11-20", "2026-11-21"
KEYS = 'draw = "' + "1" * 64 + '"\npseudonym = "' + "2" * 64 + '"\n'
# Megabytes of each function, as the template has them.
MEMORY = {"ingest": 1769, "cut": 3008, "fold": 3008, "report": 3008, "serve": 1769}
# List prices of us-east-1 in dollars: Lambda on arm64, S3 standard, DynamoDB on demand, Step Functions standard.
PRICE = {"second of a gigabyte": 0.0000133334, "invocation": 0.20 / 1e6, "read": 0.40 / 1e6, "write": 5.00 / 1e6,
         "item": 0.625 / 1e6, "transition": 25.0 / 1e6}
READS = {"s3:GetObject", "s3:HeadObject"}


class Counted(CallLog):
    """How often each action was called."""

    def __init__(self, bucket):
        self.times = collections.Counter()
        super().__init__(bucket)

    def remember(self, method, path, headers, body):
        action = self.action(method, path, headers)[0]
        with self.lock:
            self.times[action] += 1

    def take(self):
        with self.lock:
            taken, self.times = self.times, collections.Counter()
        return taken


def size(path):
    """Bytes of the function, and of its zip."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as packed:
        with zipfile.ZipFile(packed.name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            archive.write(path, "bootstrap")
        return path.stat().st_size, pathlib.Path(packed.name).stat().st_size


def first_poll(path, rounds=21):
    """Milliseconds from the start of the process to its first request for work: least, middle and most."""
    asked = threading.Event()

    class Runtime(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "f",
                   "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769", "AWS_REGION": "us-east-1",
                   "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_ACCESS_KEY_ID": "test",
                   "AWS_SECRET_ACCESS_KEY": "test", "RUNGS_BUCKET": "rungs", "RUNGS_TABLE": "rungs"}
    times = []
    for _ in range(rounds):
        asked.clear()
        begin = time.perf_counter()
        process = subprocess.Popen([path], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not asked.wait(10):
            sys.exit(f"{path} does not ask for work")
        times.append((time.perf_counter() - begin) * 1000)
        process.kill()
        process.wait()
    server.shutdown()
    times.sort()
    return times[0], times[rounds // 2], times[-1]


def peak(stack, name):
    """The most memory that a function's process had since this was asked last, in megabytes."""
    most = 0
    for (function, _), instance in stack.host.instances.items():
        if function == name and instance.process:
            place = pathlib.Path(f"/proc/{instance.process.child.pid}")
            lines = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
            most = max(most, int(lines["VmHWM"].split()[0]) // 1024)
            (place / "clear_refs").write_text("5")
    return most


def orders(kind, members, count, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, ROOT / "bench" / "generate.py", kind, str(members), str(count), "7", path], check=True)


def night(stack, log, date, uploads):
    """A night function by function: invocations, seconds, megabytes and requests of each, and the items it wrote."""
    rows, items = [], 0

    def call(name, payloads):
        log.take()
        begin, answers = time.perf_counter(), [stack.invoke(name, payload) for payload in payloads]
        seconds = time.perf_counter() - begin
        requests = log.take()
        reads = sum(times for action, times in requests.items() if action in READS)
        writes = sum(times for action, times in requests.items() if action.startswith("s3:")) - reads
        rows.append((name, len(payloads), seconds, peak(stack, name), reads, writes))
        return answers

    call("ingest", [message(key) for key in uploads])
    cut = call("cut", [{"program": PROGRAM, "night": date}])[0]
    ranges = json.loads(stack.s3.get_object(Bucket=stack.bucket, Key=cut["ranges"]["key"])["Body"].read())
    call("fold", ranges)
    items += call("report", [{"program": PROGRAM, "run": cut["run"]}])[0]["written"]
    items += sum(answer["written"] for answer in call("serve", ranges))
    return rows, items, len(ranges)


def message(key):
    event = json.loads((ROOT / "samplelocal" / "events" / "ingest.json").read_text())
    body = json.loads(event["Records"][0]["body"])
    body["Records"][0]["s3"]["object"]["key"] = key
    event["Records"][0]["body"] = json.dumps(body)
    return event


def show(title, rows, items, ranges):
    print(f"\n{title}\n{'':8} {'calls':>5} {'seconds':>8} {'MB':>6} {'reads':>6} {'writes':>6} {'dollars':>10}")
    total = 0.0
    for name, calls, seconds, megabytes, reads, writes in rows:
        dollars = seconds * MEMORY[name] / 1024 * PRICE["second of a gigabyte"] + calls * PRICE["invocation"] \
            + reads * PRICE["read"] + writes * PRICE["write"]
        total += dollars
        print(f"{name:8} {calls:5} {seconds:8.2f} {megabytes:6} {reads:6} {writes:6} {dollars:10.6f}")
    steps = 8 + 2 * 2 * ranges
    total += steps * PRICE["transition"] + items * PRICE["item"]
    print(f"{'table':8} {items} items {items * PRICE['item']:.6f}, {steps} transitions {steps * PRICE['transition']:.6f}"
          f"; together {total:.6f} dollars")
    return total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("functions", type=pathlib.Path)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=2_000_000)
    parser.add_argument("--shards", type=int, default=1)
    asked = parser.parse_args()
    for name in FUNCTIONS:
        whole, packed = size(asked.functions / name)
        least, middle, most = first_poll(asked.functions / name)
        print(f"{name:8} {whole / 1e6:6.1f} MB, zip {packed / 1e6:4.2f} MB; asks for work after {middle:.1f} ms "
              f"({least:.1f} to {most:.1f})")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        keys = folder / "keys.toml"
        keys.write_text(KEYS)
        orders("history", asked.members, asked.orders, folder / "first/orders/history.parquet")
        orders("night", asked.members, asked.members * 27 // 1000, folder / "second/orders/night.parquet")
        log = Counted("rungs")
        words = {name: str((asked.functions / name).resolve()) for name in FUNCTIONS}
        with Stack(words, environment={"AWS_ENDPOINT_URL_S3": log.url}, shards=asked.shards) as stack:
            log.target, log.dynamodb = stack.store_url, stack.dynamodb_url
            stack.source.stop()
            stack.upload(PROGRAM, programs=ROOT / "bench" / "programs" / PROGRAM, keys=keys)
            for title, date, inbox in [("the history at once", FIRST, "first"), ("one day more", SECOND, "second")]:
                uploads = [key for key in stack.upload(PROGRAM, inbox=folder / inbox) if key.startswith("inbox/")]
                show(f"{title}: {asked.members:,} members in {asked.shards} shards",
                     *night(stack, log, date, uploads))
    log.stop()


if __name__ == "__main__":
    main()
