"""Prints the table of injected faults behind the tests that injected them."""

from collections import Counter


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
