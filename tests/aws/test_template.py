"""The template is one that AWS takes, as far as its own linters know."""

import os
import pathlib
import subprocess
import sys

import pytest
from stack import HERE

TEMPLATE = HERE.parents[1] / "infra" / "template.yaml"
ENVIRONMENT = os.environ | {"AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0"}


def tool(name, *words):
    path = pathlib.Path(sys.executable).parent / name
    return subprocess.run([path, *words], env=ENVIRONMENT, capture_output=True, text=True)


@pytest.mark.parametrize("words", [["sam", "validate", "--lint", "-t", TEMPLATE],
                                   ["cfn-lint", "-r", "eu-central-1", "-t", TEMPLATE]])
def test_linters_find_nothing(words):
    done = tool(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistake_in_the_template_is_found(tmp_path):
    text = TEMPLATE.read_text()
    wrong = text.replace("PAY_PER_REQUEST", "PAY_PER_WISH")
    assert wrong != text
    path = tmp_path / "template.yaml"
    path.write_text(wrong)
    assert tool("cfn-lint", "-r", "eu-central-1", "-t", path).returncode != 0
