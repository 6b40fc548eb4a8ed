"""What the vector tests have in common: precision, and a report of what was compared and how close it was."""

import mpmath
import pytest

REPORT = []


@pytest.fixture(autouse=True)
def _sixty_digits():
    with mpmath.workdps(60):
        yield


class Comparison:
    """Errors of one kind of comparison: how many cases, and the worst of them."""

    def __init__(self, what):
        self.what = what
        self.cases = set()
        self.worst = mpmath.mpf(0)
        self.at = ""

    def note(self, case, error):
        self.cases.add(case)
        if error >= self.worst:
            self.worst, self.at = error, case

    def line(self):
        return f"vectors: {self.what}: {len(self.cases)} cases, worst {mpmath.nstr(self.worst, 3)} ({self.at})"


@pytest.fixture
def comparison(record_property):
    """Make a comparison that the run reports."""
    made = []

    def make(what):
        made.append(Comparison(what))
        return made[-1]

    yield make
    for each in made:
        record_property(each.what, f"{len(each.cases)} cases, worst {mpmath.nstr(each.worst, 3)}")
        REPORT.append(each.line())


def pytest_terminal_summary(terminalreporter):
    for line in REPORT:
        terminalreporter.write_line(line)
