"""The part of Lambda that cargo-lambda leaves out when the functions are built already: processes, deadlines, crashes.

`cargo lambda watch --only-lambda-apis` takes invocations and hands them to whoever polls. This host starts the
functions, each instance behind a small proxy of the runtime API that

- writes the real deadline: cargo-lambda's `Lambda-Runtime-Deadline-Ms` is 600000, ten minutes into 1970, and a function
  that stops before its deadline would stop at once;
- kills an instance at its deadline and answers `Sandbox.Timedout`, and answers `Runtime.ExitError` for one that died
  with an invocation in its hands, as Lambda does; cargo-lambda would let the caller wait for ever;
- takes back the poll of an instance that died: cargo-lambda would hand it the next invocation;
- starts it again.
"""

import http.client
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from processes import NotReady, Process, clean_environment, tail, wait_until

API = "/2018-06-01/runtime"
DEATHS_BEFORE_FIRST_POLL = 5


class LambdaHost:
    """Instances of functions, fed by cargo-lambda's runtime API at `port`."""

    def __init__(self, port, logs, environment):
        self.port, self.logs, self.environment = port, logs, environment
        self.instances, self.stopping = {}, False
        self.server = _Server(("127.0.0.1", 0), _Proxy)
        self.server.host = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def start(self, name, words, instances=1, timeout=900.0, memory=1024, arn=""):
        """Starts `instances` processes of one function; `timeout` in seconds, as the template sets it."""
        for number in range(instances):
            instance = _Instance(self, name, number, words, timeout, memory, arn)
            self.instances[name, number] = instance
            instance.thread.start()

    def wait_until_ready(self, timeout=30.0):
        """Until every instance has asked for work once."""
        for instance in self.instances.values():
            wait_until(f"first poll of {instance.label} ({instance.log})", instance.has_polled, timeout)

    def stop(self):
        self.stopping = True
        for instance in self.instances.values():
            instance.end()
        for instance in self.instances.values():
            instance.thread.join()
        self.server.shutdown()
        self.server.server_close()

    def upstream(self, name, method, path, body=None, headers=None):
        """One request of the runtime API; gives the connection too, so that a long poll can be taken back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, f"/.rt/{name}{API}{path}", body, headers or {})
        return connection


class _Instance:
    """One process of a function, started again whenever it ends."""

    def __init__(self, host, name, number, words, timeout, memory, arn):
        self.host, self.name, self.words, self.timeout, self.arn = host, name, words, timeout, arn
        self.label = f"{name}-{number}"
        self.log = host.logs / f"{self.label}.log"
        self.lock, self.life, self.poll, self.polls, self.broken = threading.Lock(), 0, None, 0, None
        self.request, self.deadline = None, None
        self.environment = clean_environment(
            AWS_LAMBDA_RUNTIME_API=f"http://127.0.0.1:{host.server.server_port}/{name}/{number}",
            AWS_LAMBDA_FUNCTION_NAME=name, AWS_LAMBDA_FUNCTION_VERSION="$LATEST",
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(memory), AWS_LAMBDA_INITIALIZATION_TYPE="on-demand",
            **host.environment)
        self.process, self.thread = None, threading.Thread(target=self._keep_alive, daemon=True)

    def has_polled(self):
        if self.broken:
            raise NotReady(self.broken)
        return self.polls

    def end(self):
        if self.process:
            self.process.stop()

    def _keep_alive(self):
        deaths = 0
        while not self.host.stopping:
            polls = self.polls
            self.process = Process(self.words, self.log, self.environment)
            if self.host.stopping:
                self.process.stop()
            error = self._watch()
            self.process.stop()  # also what it has started itself
            self._bury(error)
            deaths = deaths + 1 if self.polls == polls else 0
            if deaths == DEATHS_BEFORE_FIRST_POLL:
                self.broken = f"{self.label} ends before it asks for work:\n{tail(self.log)}"
                return
            time.sleep(0.05 * deaths)

    def _watch(self):
        """Waits for the end of the process, brought about at the deadline if need be; the error for its invocation."""
        while (status := self.process.ended()) is None:
            with self.lock:
                late = self.deadline is not None and time.time() > self.deadline
            if late:
                self.process.kill()
                return "Sandbox.Timedout", f"Task timed out after {self.timeout:.2f} seconds"
            time.sleep(0.01)
        return "Runtime.ExitError", f"Runtime exited with error: exit status {status}"

    def _bury(self, error):
        with self.lock:
            self.life += 1
            request, self.request, self.deadline = self.request, None, None
            poll, self.poll = self.poll, None
        if poll:
            _cut(poll)
        if request and not self.host.stopping:
            self.fail(request, error)

    def fail(self, request, error=("Runtime.ExitError", "Runtime exited")):
        kind, message = error
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"--- {self.label}: {kind}: {message} ({request})\n")
        body = json.dumps({"errorType": kind, "errorMessage": f"RequestId: {request} Error: {message}"})
        headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": kind}
        try:
            connection = self.host.upstream(self.name, "POST", f"/invocation/{request}/error", body, headers)
            connection.getresponse().read()
            connection.close()
        except OSError:
            pass  # cargo-lambda is gone, and with it the caller

    def next(self):
        """The next invocation: headers and body, or None if the process died meanwhile."""
        with self.lock:
            life, self.polls = self.life, self.polls + 1
            connection = self.poll = self.host.upstream(self.name, "GET", "/invocation/next")
        try:
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        request = headers.get("lambda-runtime-aws-request-id")
        if request is None:
            return None
        with self.lock:
            alive = life == self.life
            if alive:
                self.poll, self.request, self.deadline = None, request, time.time() + self.timeout
                headers["lambda-runtime-deadline-ms"] = str(int(self.deadline * 1000))
                headers["lambda-runtime-invoked-function-arn"] = self.arn
        if not alive:
            self.fail(request)
            return None
        return headers, body

    def answered(self, path):
        """Forgets the invocation that `path` answers; False if its time was over already."""
        with self.lock:
            if self.request is None or f"/{self.request}/" not in path:
                return False
            self.request, self.deadline = None, None
            return True


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet: in two, every answer would wait 40 ms for an acknowledgement.
    wbufsize, disable_nagle_algorithm = -1, True

    def do_GET(self):
        instance, _ = self._target()
        try:
            invocation = instance.next()
        except OSError:
            invocation = None
        if invocation is None:
            self.close_connection = True
            return
        headers, body = invocation
        self._reply(200, body, {name: value for name, value in headers.items()
                                if name.startswith("lambda-runtime-") or name == "content-type"})

    def do_POST(self):
        instance, path = self._target()
        body = self._body()
        if path.startswith("/invocation/") and not instance.answered(path):
            self._reply(400, b'{"errorType":"InvalidRequestID","errorMessage":"not this invocation"}')
            return
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() == "content-type" or name.lower().startswith("lambda-")}
        connection = instance.host.upstream(instance.name, "POST", path, body, headers)
        answer = connection.getresponse()
        self._reply(answer.status, answer.read())
        connection.close()

    def _body(self):
        """What the function sent, also in chunks: whether it does so is the client's choice."""
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _target(self):
        _, name, number, rest = self.path.split("/", 3)
        return self.server.host.instances[name, int(number)], f"/{rest}".removeprefix(API)

    def _reply(self, status, body, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The functions' own logs are enough."""


class _Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 128

    def handle_error(self, request, client_address):
        """A function that was killed leaves its connection broken: its instance answers for it."""


def _cut(connection):
    """Ends a long poll under the thread that waits for it; closing alone would not wake that thread."""
    try:
        if connection.sock:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
