"""Processes that a stack starts: each in a group of its own, with a log file, and gone when the stack stops.

They are gone as well when the test run itself is killed: as a program of its own this file is a watchdog that hears of
every process through a pipe, and ends those that are left when the pipe closes.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time


class NotReady(Exception):
    """Something did not come up or did not come to an end in time."""


def free_port():
    """A port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, ready, timeout=30.0, every=0.02):
    """Polls `ready` until it answers something true, and gives that back. Errors of connections count as `not yet`."""
    end, last = time.monotonic() + timeout, None
    while time.monotonic() < end:
        try:
            if answer := ready():
                return answer
        except OSError as error:
            last = error
        time.sleep(every)
    raise NotReady(f"{what}: not within {timeout:g} s" + (f" ({last})" if last else ""))


def listens(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def clean_environment(**more):
    """What a process may know of this machine. Not the caller's AWS settings: nothing here may reach a cloud."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "RUSTUP_HOME", "CARGO_HOME",
                                                "RUSTUP_TOOLCHAIN", "LLVM_PROFILE_FILE") if name in os.environ}
    return kept | {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONUNBUFFERED": "1"} | more


class Watchdog:
    """Ends what this process has started once this process is gone, however it went."""

    def __init__(self):
        self.lock, self.child = threading.Lock(), None

    def tell(self, sign, number):
        with self.lock:
            if self.child is None:
                self.child = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, text=True, bufsize=1,
                                              start_new_session=True)
            self.child.stdin.write(f"{sign}{number}\n")


WATCHDOG = Watchdog()


def watch(lines):
    """The watchdog's life: `+` and `-` with the number of a process group, until there is nobody to say more."""
    alive = set()
    for line in lines:
        (alive.add if line[0] == "+" else alive.discard)(int(line[1:]))
    for group in alive:
        end(group, signal.SIGKILL)


def end(group, number):
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass


class Process:
    """A running program whose two outputs are appended to one log."""

    def __init__(self, words, log, environment, folder=None):
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, env=environment, cwd=folder,
                                          start_new_session=True)
        WATCHDOG.tell("+", self.child.pid)

    def ended(self):
        """The exit status, or None while it runs."""
        return self.child.poll()

    def wait_for_port(self, what, port, timeout=30.0):
        def ready():
            if self.ended() is not None:
                raise NotReady(f"{what} ended with {self.ended()} before it listened:\n{tail(self.log)}")
            return listens(port)

        wait_until(f"{what} on port {port}", ready, timeout)

    def kill(self):
        """At once, as Lambda ends a function whose time is over."""
        end(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def stop(self, patience=5.0):
        end(self.child.pid, signal.SIGTERM)
        try:
            self.child.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        # The group outlives its leader if a child of the child ignored the signal.
        end(self.child.pid, signal.SIGKILL)
        self.child.wait()
        WATCHDOG.tell("-", self.child.pid)


def tail(log, lines=30):
    """The end of a log, for messages."""
    path = pathlib.Path(log)
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no log)"


if __name__ == "__main__":
    watch(sys.stdin)
