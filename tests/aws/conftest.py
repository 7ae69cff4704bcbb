"""A failed test shows the ends of the stack's logs, and the stack keeps them."""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack is not None:
        stack.failed = True
        report.sections.append((f"logs of the stack: {stack.logs}", stack.told()))
    return report
