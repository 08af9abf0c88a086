import os

import pytest

# Set before torch or matplotlib are imported, here and in the processes that tests start: one thread gives
# the same sums on any number of cores, and figures need no screen.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# Processes of pytest-xdist have it, and commands would wrap their lines to it.
os.environ.pop("COLUMNS", None)


def fail_if_skipped(report):
    """With COGDYN_NO_SKIP set, as in CI, nothing passes by being skipped."""
    if os.environ.get("COGDYN_NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"COGDYN_NO_SKIP is set, and this was skipped: {report.longrepr[-1]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return fail_if_skipped((yield))


DRAWN = {}


@pytest.fixture
def pairs_drawn_once(monkeypatch):
    """The pairs of networks that the same seed gives: drawn once for all tests, for that takes a second."""
    from cogdyn.lessons.grading.exercises import mechanisms_decision

    draw = mechanisms_decision._telling_pairs

    def pairs(rng):
        state = str(rng.bit_generator.state)
        if state not in DRAWN:
            DRAWN[state] = draw(rng)
        return DRAWN[state]

    monkeypatch.setattr(mechanisms_decision, "_telling_pairs", pairs)
