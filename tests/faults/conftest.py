"""Prints the table of injected faults behind the tests that injected them."""

from collections import Counter


def pytest_addoption(parser):
    """How many faults are injected, and for how long at most; else each fault as often as it says."""
    parser.addoption("--injections", type=int, metavar="N", help="Inject N faults in all.")
    parser.addoption("--at-most-s", type=float, default=float("inf"), metavar="S", help="Begin none after S seconds.")


def pytest_terminal_summary(terminalreporter):
    """Fault, number of injections, and outcomes with their counts."""
    outcomes: dict[str, Counter[str]] = {}
    for status in ("passed", "failed"):
        for report in terminalreporter.stats.get(status, []):
            told = dict(report.user_properties)
            if "fault" in told and report.when == "call":
                outcomes.setdefault(told["fault"], Counter())[told.get("outcome", "FAILED")] += 1
    if not outcomes:
        return
    terminalreporter.section("injected faults")
    width = max(map(len, outcomes))
    for fault, counts in outcomes.items():
        words = "; ".join(f"{number} x {outcome}" for outcome, number in counts.most_common())
        terminalreporter.write_line(f"{fault:{width}}  {counts.total():3}  {words}")
