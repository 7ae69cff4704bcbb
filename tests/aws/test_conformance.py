"""The suite of all places where a programme can live, over HTTP: `tests/laws/on_aws/conformance.rs`."""

import os
import subprocess

import pytest
from stack import Stack
from test_night import ROOT

SUITE = "on_aws::conformance::"


@pytest.mark.skipif("RUNGS_DYNOXIDE" not in os.environ, reason="RUNGS_DYNOXIDE names no DynamoDB")
def test_the_suite_holds_over_http():
    with Stack({}) as stack:
        # The whole workspace: with a part of it the libraries would be built once more.
        words = ["cargo", "test", "--workspace", "--release", "--test", "laws", SUITE, "--", "--nocapture"]
        endpoints = {"RUNGS_S3": stack.store_url, "RUNGS_DYNAMODB": stack.dynamodb_url}
        done = subprocess.run(words, cwd=ROOT, env=os.environ | endpoints, capture_output=True, text=True)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-4000:]
    assert "4 passed" in told, told[-2000:]
    assert "over HTTP: " in told and "nothing is asked over HTTP" not in told
