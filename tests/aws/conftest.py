"""A failed test shows the ends of the stack's logs, and the stack keeps them. And the template, for who looks into it."""

import cfnlint.decode
import pytest
from deployed import INFRA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack is not None:
        stack.failed = True
        report.sections.append((f"logs of the stack: {stack.logs}", stack.told()))
    return report


@pytest.fixture(scope="session")
def template():
    """The resources of the template, as they stand there."""
    template, problems = cfnlint.decode.decode(str(INFRA / "template.yaml"))
    assert not problems
    return template["Resources"]
