"""What tests cost in processor time: the time on the wall tells as much of what else the machine does."""

import collections
import os
from collections.abc import Generator
from typing import Any

import pytest


def _elapsed_seconds() -> float:
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])


class ProcessorTime:
    """Adds it up, also from the processes of xdist, and reports the tests that took most.

    Args:
        count: So many tests are named; none, and no report, where it is None.
    """

    def __init__(self, count: int | None) -> None:
        self.count = count
        self.last = _elapsed_seconds()
        self.tests: collections.Counter[str] = collections.Counter()
        self.workers = 0.0

    def pytest_collection_finish(self) -> None:
        self.last = _elapsed_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        report = yield
        now = _elapsed_seconds()
        report.processor_seconds, self.last = now - self.last, now
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.tests[f"{report.nodeid} ({report.when})"] += report.processor_seconds

    def pytest_sessionfinish(self, session: Any) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["processor_seconds"] = _elapsed_seconds()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.workers += getattr(node, "workeroutput", {}).get("processor_seconds", 0.0)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.count is None:
            return
        own = os.times().user + os.times().system if self.workers else _elapsed_seconds()
        terminalreporter.section(f"{own + self.workers:.0f} s of processor time, most of it in")
        for name, seconds in self.tests.most_common(self.count):
            terminalreporter.write_line(f"{seconds:6.1f} s  {name}")
