"""Pages of studies: tables and verdicts as a page shows them, and what the shipped table of kao2019 must hold."""

import ast
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cogdyn.lessons import study_results
from cogdyn.lessons.pages.study_results import ResultTable, VerdictTable, how_much_is_done
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.kao2019.claims import claims
from cogdyn.lessons.studies.kao2019.measures import measures_of
from cogdyn.lessons.studies.kao2019.networks import network_of, setting, task_of
from cogdyn.lessons.studies.kao2019.perturbations import error_name
from cogdyn.lessons.studies.kao2019.predicates import FACTORS, verdicts
from cogdyn.lessons.studies.kao2019.robustness import CELLS
from cogdyn.lessons.studies.kao2019.single_units import MOTIFS
from cogdyn.lessons.studies.kao2019.study import CLAIMS, claim_table
from cogdyn.lessons.studies.verdict import Verdict

STUDY = load_study("kao2019")
PAGE = Path(__file__).parent.parent / "book/studies/kao2019.md"
CELL = re.compile(r"```\{code-cell\} ipython3\n(?::tags:[^\n]*\n\n|---\n.*?\n---\n)?(.*?)```", re.DOTALL)


# How a page shows what was found


@pytest.mark.parametrize("page", sorted(PAGE.parent.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_begins_as_lessons_do_so_that_its_figures_are_drawn(page):
    assert "lessons.start()" in page.read_text()


def test_a_table_tells_once_what_is_the_same_in_every_row():
    table = ResultTable([{"task": "reach", "mean": 1.5, "n": 5}, {"task": "reach", "mean": None, "n": 6}])
    html = table._repr_html_()
    assert "In every row: task reach." in html
    assert re.findall(r"<td>(.*?)</td>", html) == ["1.5", "5", "-", "6"]
    assert re.findall(r'<th scope="col">(.*?)</th>', html) == ["mean", "n"]
    assert str(table).splitlines()[0].split() == ["task", "mean", "n"]


def test_verdicts_are_words_and_are_escaped():
    table = VerdictTable(
        [Verdict("P1", "a < b", "1 < 2", True), Verdict("P2", "c", "d", False), Verdict("P3", "e", "f", None)]
    )
    html = table._repr_html_()
    assert re.findall(r"<strong[^>]*>(.*?)</strong>", html) == ["pass", "FAIL", "not judged"]
    assert "a &lt; b" in html
    assert [line.split("  ")[0] for line in str(table).splitlines()] == ["P1", "P2", "P3"]


def test_what_is_done_is_counted_by_any_factor():
    rows = study_results(STUDY)
    first, *lines = how_much_is_done(STUDY, rows, by=("activation", "target")).splitlines()
    asked = sum(job["networks"] for job in STUDY.jobs(False))
    assert first == f"{len(rows)} of {asked} networks of the study are trained:"
    assert lines[0].endswith("tanh, held")
    counts = np.array([re.match(r" *(\d+) of (\d+)", line).groups() for line in lines], dtype=int)
    assert counts.sum(axis=0).tolist() == [len(rows), asked]
    by_noise = how_much_is_done(STUDY, rows, by=("rate_penalty", "noise"))
    assert "rate penalty 0.01, noise 0.5" in by_noise


@pytest.mark.parametrize("name", ["kao2019", "marschall2019"])
def test_every_cell_of_a_page_runs_and_its_tables_are_full(name):
    space, tables = {}, 0
    for cell in CELL.findall((PAGE.parent / f"{name}.md").read_text()):
        *statements, last = ast.parse(cell).body
        exec(compile(ast.Module(statements, []), name, "exec"), space)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), name, "eval"), space)
            if isinstance(shown, ResultTable | VerdictTable):
                tables += 1
                assert "<td>" in shown._repr_html_()
        else:
            exec(compile(ast.Module([last], []), name, "exec"), space)
    assert tables > 6


# What is said of the claims


def table(**effects):
    """A made-up table in which claims A, B and D hold; an effect replaces a column by a function of a row."""
    columns = {
        "task_r2": lambda row: 0.99,
        "r2_skew_250": lambda row: 0.9 if row["activation"] == "tanh" else 0.7,
        "autonomy_zeroed": lambda row: 1.0 if row["target"] != "held" else 0.2 + row["noise"],
    }
    columns |= {motif: lambda row: 0.3 for motif in MOTIFS}
    columns |= {name: lambda row: 0.95 for name in ("novel_angle", "novel_radius", "switch_200")}
    columns |= {error_name(*cell): lambda row: 0.1 for cell in CELLS}
    grid = product(("tanh", "relu"), (0.01,), ("held", "extinguished_at_go"), (0.02, 0.5), ("xy",), range(3))
    rows = [dict(zip((*FACTORS, "network"), values, strict=True)) for values in grid]
    return [row | {name: value(row) for name, value in (columns | effects).items()} for row in rows]


def judged(rows):
    return {claim.name: claim.holds for claim in claims(rows)}


def test_claims_hold_of_a_table_made_for_them_and_the_third_is_never_judged():
    assert judged(table()) == {"A": True, "B": True, "C": None, "D": True}
    assert set(judged([]).values()) == {None}
    assert set(judged([row for row in table() if row["network"] < 2]).values()) == {None}


@pytest.mark.parametrize(
    ("name", "effects"),
    [
        ("A", {"r2_skew_250": lambda row: 0.8}),
        ("B", {"r2_skew_250": lambda row: 0.9 - 0.2 * (row["target"] == "held") - 0.3 * (row["activation"] == "relu")}),
        ("B", {"autonomy_zeroed": lambda row: 0.2 + 0.8 * (row["target"] != "held")}),
        ("D", {"novel_radius": lambda row: 0.95 - 0.1 * (row["activation"] == "relu")}),
        ("D", {"switch_200": lambda row: 0.95 - 0.1 * (row["target"] != "held")}),
    ],
)
def test_a_claim_fails_where_the_table_contradicts_it(name, effects):
    found = judged(table(**effects))
    assert found.pop(name) is False
    assert all(holds is not False for holds in found.values())


def test_claims_are_about_networks_that_do_the_task_and_the_first_about_the_same_single_units():
    able = {"task_r2": lambda row: 0.99 if row["activation"] == "tanh" else 0.5}
    first = claims(table(**able))[0]
    assert first.holds is False
    assert first.numbers.startswith("6 pairs of 4 settings")
    assert set(judged(table(task_r2=lambda row: 0.5)).values()) == {None}
    other = {"peak_ms": lambda row: 100 * (row["activation"] == "tanh") + row["network"]}
    assert claims(table(**other))[0].holds is False
    unlike = {
        "peak_ms": lambda row: 100 * (row["activation"] == "tanh") + 50 * (row["target"] == "held") + row["noise"]
    }
    assert "no two of 8 settings" in claims(table(**unlike))[0].numbers
    none = {"tuning_correlation": lambda row: None}
    assert claims(table(**none))[0].holds is None


def test_who_errs_less_is_counted_for_every_noise():
    def error(row):
        return 0.1 if row["target"] == "held" or row["noise"] > 0.1 else 0.05

    found = claims(table(**{error_name("frozen", "before go", 1.0): error}))[2].numbers
    assert "frozen before go 1: 2 of 4" in found
    assert "white before go 1: 0 of 4" in found
    assert found.count(" of 4") == len(CELLS)


# The shipped table and its page


def test_the_shipped_table_holds_what_the_page_shows():
    rows = study_results(STUDY)
    planned = {tuple(job[name] for name in FACTORS) for job in STUDY.jobs(False)}
    assert {tuple(row[name] for name in FACTORS) for row in rows} <= planned
    assert {claim.name for claim in claims(rows)} == {*CLAIMS}
    assert [verdict.name for verdict in verdicts(rows)] == ["P1", "P2", "P3", "P4a", "P4b", "P5", "P6", "P7"]
    for claim in CLAIMS:
        lines = claim_table(rows, claim, ("target", "noise"))
        assert sum(line["networks"] for line in lines) == len(rows)
        assert not any("_" in str(line["target"]) for line in lines)
    assert set(STUDY.report(rows).figures) == {"claim_a", "claim_b", "claim_c", "claim_c_sign", "claim_d"}


def test_the_page_says_what_it_is_and_is_not_and_how_networks_were_trained():
    text = PAGE.read_text()
    assert "no replication of it" in text
    (job, *_), jobs = STUDY.jobs(False), STUDY.jobs(False)
    assert f"{job['updates']:,} updates of 20 trials" in text
    assert {job["networks"] for job in jobs} == {5}
    for name, words in (("rate_penalty", "0, 0.001, 0.01, 0.1"), ("noise", "0.02, 0.5")):
        assert ", ".join(f"{level:g}" for level in sorted({job[name] for job in jobs})) == words
        assert words in text
    assert {job["activation"] for job in jobs} == {"tanh", "relu", "softplus"}


def test_networks_of_which_most_units_are_silent_are_measured_without_a_warning():
    job = setting("relu", 0.0, "held", 0.02, networks=1)
    network = network_of(job).double()
    network.bias.data[8:] = -50.0
    row = measures_of(task_of(job), network, n_surrogates=3)
    assert row["active_fraction"] <= 0.08
    assert all(value is None or np.isfinite(value) for value in row.values())


def test_long_words_may_take_several_lines():
    html = ResultTable([{"setting": "a", "rules": "RFLO, " * 10}, {"setting": "b", "rules": "-"}])._repr_html_()
    assert html.count('<td class="cogdyn-words">') == 2
    assert "<td>a</td>" in html


def test_a_table_shows_words_with_gaps_and_says_when_it_is_empty():
    shown = ResultTable([{"rule": "a  b", "loss": 1.5}, {"rule": "c", "loss": None}])._repr_html_()
    assert "<td>a  b</td>" in shown
    assert shown.count("<tr>") == 3
    assert ResultTable([])._repr_html_() == "<p>Nothing yet.</p>"
    assert str(ResultTable([])) == ""
