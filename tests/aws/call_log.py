"""Stands between the functions and the stack, passes everything on, and remembers who asked for what."""

import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSED_ON = ("content-length", "transfer-encoding", "connection")


class CallLog:
    """`calls`: (function, action, key or prefix). Functions tell who they are by the app id in their user agent.

    `target` and `dynamodb` are the URLs to which calls of S3 and of DynamoDB are passed on.
    """

    def __init__(self, bucket):
        self.bucket, self.calls, self.lock = bucket, set(), threading.Lock()
        self.target, self.dynamodb = None, None
        log = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body leave in one packet: in two, every answer would wait 40 ms for an acknowledgement.
            wbufsize, disable_nagle_algorithm = -1, True

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                log.remember(self.command, self.path, self.headers, body)
                target = log.dynamodb if "X-Amz-Target" in self.headers else log.target
                connection = http.client.HTTPConnection(urllib.parse.urlsplit(target).netloc, timeout=60)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in PASSED_ON:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                connection.close()

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def remember(self, method, path, headers, body):
        app = [word.removeprefix("app/") for word in headers.get("User-Agent", "").split() if word.startswith("app/")]
        with self.lock:
            self.calls.add((app[0] if app else "nobody", *self.action(method, path, headers)))

    def action(self, method, path, headers):
        """The name of the right that a call needs, as IAM has it."""
        target = headers.get("X-Amz-Target")
        if target:
            return "dynamodb:" + target.split(".")[1], ""
        url = urllib.parse.urlsplit(path)
        key = urllib.parse.unquote(url.path).removeprefix(f"/{self.bucket}").lstrip("/")
        if not key:
            return "s3:ListBucket", urllib.parse.parse_qs(url.query).get("prefix", [""])[0]
        return {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject"}.get(method, method), key

    def stop(self):
        self.server.shutdown()
