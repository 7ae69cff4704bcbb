"""Stands between the functions and S3 and DynamoDB and makes calls fail, by a seed.

What fails is decided by what a call is (who asks, for what, and for the how many-th time), not by when it comes: so a
seed means the same faults on a slow machine and on a fast one, however calls of several processes mix. A call that
failed is decided anew when it is made again.
"""

import collections
import hashlib
import http.client
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Before the call is done: it is refused. After it is done: the answer is lost, late or torn.
REFUSED = {"s3": ("slow-down", "internal"), "dynamodb": ("throttled", "over-provision", "internal")}
LOST = ("lost", "lost-behind-500", "late")
KINDS = {*REFUSED["s3"], *REFUSED["dynamodb"], *LOST, "torn", "unprocessed"}
NOT_PASSED_ON = ("content-length", "transfer-encoding", "connection", "x-amz-crc32")
S3_ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>By the seed.</Message></Error>'
DYNAMODB_ERRORS = {"throttled": (400, "ThrottlingException"), "internal": (500, "InternalServerError"),
                   "over-provision": (400, "ProvisionedThroughputExceededException")}
LATE_SECONDS = 0.08
# What is asked seldom fails more often: else a night would hardly ever see it.
LEAST_RATES = {"BatchWriteItem": 0.25}


class FaultProxy:
    """`begin` turns faults on and `end` turns them off; `injected` counts them by kind.

    `targets` are the URLs of the services, by their names as in a call.
    """

    def __init__(self):
        self.targets, self.seed, self.rate = {}, None, 0.0
        self.injected, self.calls = collections.Counter(), collections.Counter()
        self.seen, self.lock = collections.Counter(), threading.Lock()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.proxy = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def begin(self, seed, rate):
        """From now on about one in `1 / rate` calls fails."""
        with self.lock:
            self.seed, self.rate, self.seen = seed, rate, collections.Counter()

    def end(self):
        self.begin(None, 0.0)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def choose(self, call):
        """The kind of fault that a call meets, if any."""
        with self.lock:
            self.calls[call.action] += 1
            if self.rate == 0.0:
                return None
            self.seen[call.name] += 1
            named = f"{self.seed}|{call.name}|{self.seen[call.name]}".encode()
            number = int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), "big")
            rate = max(self.rate, LEAST_RATES.get(call.action, 0.0))
            if number % 1_000_000 >= rate * 1_000_000:
                return None
            kinds = call.kinds()
            kind = kinds[number // 1_000_000 % len(kinds)]
            self.injected[kind] += 1
            return kind


class Call:
    """What is asked, and by whom: functions tell who they are by the app id in their user agent."""

    def __init__(self, method, path, headers, body):
        target, url = headers.get("X-Amz-Target"), urllib.parse.urlsplit(path)
        self.service = "dynamodb" if target else "s3"
        self.action = target.split(".")[1] if target else method
        agent = headers.get("User-Agent", "").split()
        who = next((word for word in agent if word.startswith("app/")), "app/nobody")
        asked = urllib.parse.parse_qs(url.query)
        what = f"{url.path}?{asked.get('prefix', '')}{asked.get('continuation-token', '')}"
        if target:
            what = hashlib.blake2b(body, digest_size=16).hexdigest()
        self.name = f"{who} {self.action} {what}"

    def kinds(self):
        """The kinds of faults that it can meet."""
        more = {"GET": ("torn",), "BatchWriteItem": ("unprocessed", "unprocessed")}
        return REFUSED[self.service] + LOST + more.get(self.action, ())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet: in two, every answer would wait 40 ms for an acknowledgement.
    wbufsize, disable_nagle_algorithm = -1, True
    upstream = None

    def meet(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call(self.command, self.path, self.headers, body)
        kind = self.server.proxy.choose(call)
        if kind in REFUSED[call.service]:
            self.answer(*refusal(call.service, kind))
            return
        if kind == "unprocessed":
            self.answer(*self.half_of(body))
            return
        status, headers, content = self.ask(call.service, body)
        if kind == "late":
            time.sleep(LATE_SECONDS)
        if kind == "lost":
            self.close_connection = True
            return
        if kind == "lost-behind-500":
            status, headers, content = refusal(call.service, "internal")
        self.answer(status, headers, content, torn=kind == "torn")

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = meet

    def ask(self, service, body):
        """Passes the call on; status, headers and content of the answer. A client's connection is of one service."""
        if self.upstream is None:
            where = urllib.parse.urlsplit(self.server.proxy.targets[service]).netloc
            self.upstream = http.client.HTTPConnection(where, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        self.upstream.request(self.command, self.path, body, headers)
        answer = self.upstream.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def half_of(self, body):
        """Writes every other item of a batch, and gives the rest back as unprocessed; of one item nothing is done."""
        asked = json.loads(body)
        done = {table: items[1::2] for table, items in asked["RequestItems"].items() if items[1::2]}
        left = {table: items[0::2] for table, items in asked["RequestItems"].items()}
        status, headers, content = 200, [("Content-Type", "application/x-amz-json-1.0")], b"{}"
        if done:
            status, headers, content = self.ask("dynamodb", json.dumps(asked | {"RequestItems": done}).encode())
        if status != 200:
            return status, headers, content
        answer = json.loads(content)
        for table, items in answer.get("UnprocessedItems", {}).items():
            left.setdefault(table, []).extend(items)
        return status, headers, json.dumps(answer | {"UnprocessedItems": left}).encode()

    def answer(self, status, headers, content, torn=False):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:len(content) // 2] if torn else content)
        self.close_connection = self.close_connection or torn

    def finish(self):
        super().finish()
        if self.upstream:
            self.upstream.close()

    def log_message(self, *_):
        pass


def refusal(service, kind):
    """A refusal in the words of the service."""
    if service == "s3":
        status, code = (503, "SlowDown") if kind == "slow-down" else (500, "InternalError")
        return status, [("Content-Type", "application/xml")], S3_ERROR.format(code).encode()
    status, code = DYNAMODB_ERRORS[kind]
    content = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "By the seed."})
    return status, [("Content-Type", "application/x-amz-json-1.0")], content.encode()


class _Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 128

    def handle_error(self, request, client_address):
        """A function that was killed leaves its connection broken."""
