"""Lambda's Invoke, as cargo-lambda serves it, with Lambda's answer for a function that failed.

Lambda answers 200 with the header `X-Amz-Function-Error` when the function itself failed; cargo-lambda answers 500 with
the same body. Both come out of here as `FunctionFailed`. Everything else that is not 200 is the platform's own failure.

cargo-lambda 1.9.2 stands still for ever when some hundreds of invocations wait at once (50 do well, 200 may not), so no
more than 32 leave a process at a time; the others wait here. Lambda would answer TooManyRequestsException.
"""

import json
import threading
import urllib.error
import urllib.request

IN_FLIGHT = threading.BoundedSemaphore(32)


class FunctionFailed(Exception):
    """The function ran and answered with an error. `kind` is what `Retry` and `Catch` of a state machine match."""

    def __init__(self, name, body):
        super().__init__(f"{name}: {body.get('errorType')}: {body.get('errorMessage')}")
        self.kind, self.body = body.get("errorType"), body


class PlatformFailed(Exception):
    """The invocation did not reach the function; `code` as Lambda's API names it."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def invoke(lambda_url, name, payload, timeout=900):
    """Invokes `name` and waits; `payload` and the answer are JSON values."""
    request = urllib.request.Request(f"{lambda_url}/2015-03-31/functions/{name}/invocations", method="POST",
                                     data=json.dumps(payload).encode(),
                                     headers={"Content-Type": "application/json"})
    try:
        with IN_FLIGHT, urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        body = error.read()
        if error.code == 404:
            raise PlatformFailed("ResourceNotFoundException", body.decode(errors="replace")) from error
        parsed = _object(body)
        if error.code == 500 and "errorType" in parsed:
            raise FunctionFailed(name, parsed) from error
        raise PlatformFailed("ServiceException", f"HTTP {error.code} {body[:300]!r}") from error
    except OSError as error:
        raise PlatformFailed("ServiceException", str(error)) from error


def _object(body):
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
