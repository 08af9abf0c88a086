"""What the page of marschall2019 says beside its verdicts: the wider search, sizes of effects, and their intervals."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, spearmanr

from cogdyn.lessons import study_results
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.marschall2019.alignment_claim import EXPLAINS, alignment_correlations, rank_correlation
from cogdyn.lessons.studies.marschall2019.claims import APPROXIMATIONS, FEEDBACK_PART, claims
from cogdyn.lessons.studies.marschall2019.contrasts import COMPARED, WORST, contrasts, effect_table, shift
from cogdyn.lessons.studies.marschall2019.figures import by_cell
from cogdyn.lessons.studies.marschall2019.learners import LEARNERS, SETTINGS
from cogdyn.lessons.studies.marschall2019.retuning import before_and_after, with_better_rates
from cogdyn.lessons.studies.marschall2019.tuning import FIRST_SEED, at_the_edge, best_rate
from cogdyn.lessons.studies.marschall2019.wider import GAIN, STEP, TWICE, better_rates, gains
from cogdyn.lessons.studies.runner import plan

ROWS = study_results(load_study("marschall2019"))
WIDER = study_results(load_study("marschall2019-wider"))
GAINS = {(line["setting"], line["learner"]): line for line in gains(WIDER)}
AGAIN = {(line["setting"], line["learner"]): line for line in before_and_after(ROWS)}
PAGE = " ".join((Path(__file__).parent.parent / "book/studies/marschall2019.md").read_text().split())


# The measures themselves


def test_a_shift_is_found_and_its_interval_decides_as_the_rank_test_does():
    rng = np.random.default_rng(0)
    for apart in (0.0, 0.4, 0.8, 1.2, 1.6):
        one, other = rng.standard_normal(10) + apart, rng.standard_normal(10)
        found = shift(one, other)
        assert found.low <= found.value <= found.high
        p = mannwhitneyu(one, other, method="exact").pvalue
        assert (found.low > 0 or found.high < 0) == (p < 0.05)
        moved = shift(one + 3, other)
        assert (moved.value, moved.low, moved.high) == pytest.approx((found.value + 3, found.low + 3, found.high + 3))
    assert shift([1.0] * 5 + [WORST], [0.0] * 5).value == 1


def test_the_interval_of_a_shift_covers_it_in_19_of_20_tables():
    rng = np.random.default_rng(1)
    found = [shift(rng.exponential(size=10) + 0.5, rng.exponential(size=10)) for _ in range(400)]
    assert 0.92 < np.mean([one.low <= 0.5 <= one.high for one in found]) < 0.98


def test_a_rank_correlation_is_spearmans_and_its_interval_that_of_its_seed():
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((2, 11))
    found = rank_correlation(tuple(a), tuple(b), n=300, seed=4)
    assert found.value == pytest.approx(spearmanr(a, b)[0])
    assert found == rank_correlation(tuple(a), tuple(b), n=300, seed=4)
    assert found.low < found.value < found.high
    drawn = np.random.default_rng(4).integers(11, size=(300, 11))
    assert found.low == pytest.approx(np.percentile([spearmanr(a[k], b[k])[0] for k in drawn], 2.5))
    assert rank_correlation((0.5, 0.5, 0.5), (1.0, 2.0, 3.0)).value == 0


# The wider search


def test_the_wider_search_asks_all_at_the_edge_and_once_more_those_that_gained():
    jobs = list(plan(load_study("marschall2019-wider"), quick=False).values())
    edges = {(line["setting"], name) for line in at_the_edge() for key in list(line)[1:] for name in words(line[key])}
    assert {(job["setting"], job["learner"]) for job in jobs} == edges
    searched = [(setting, name) for setting in SETTINGS for name, learner in LEARNERS.items() if learner.of is None]
    assert f"That is {len(edges)} of {len(searched)}." in PAGE
    assert {job["first_seed"] for job in jobs} == {FIRST_SEED}
    rates = {}
    for job in jobs:
        rates.setdefault((job["setting"], job["learner"]), []).append(job["lr"])
    for (setting, name), found in rates.items():
        rate = best_rate(setting, name)
        assert found == [rate * STEP[rate] ** k for k in range(1, len(found) + 1)]
        assert len(found) == 1 + ((setting, name) in TWICE)
    assert {(row["setting"], row["learner"], row["lr"]) for row in WIDER} == {
        (*k, lr) for k in rates for lr in rates[k]
    }
    for cell, line in GAINS.items():
        first = float(line["loss"]) - float(line["loss there"].split(", ")[0])
        assert (first > GAIN) == (cell in TWICE)
        assert (line["under-tuned"] == "yes") == (cell in better_rates())
    assert f"lower by more than {GAIN:g}" in PAGE


def words(text):
    """Names of learners in a cell, of which some have a comma."""
    return [name for name in LEARNERS if LEARNERS[name].of is None and name in (text or "").split(", ")]


def test_who_was_under_tuned_was_trained_once_more_and_with_them_what_claims_compare():
    jobs = list(plan(load_study("marschall2019-retuning"), quick=False).values())
    named = {name for pair in COMPARED for name in pair}
    for job in jobs:
        rule = LEARNERS[job["learner"]].of or job["learner"]
        assert job["lr"] == better_rates()[job["setting"], rule]
        assert (job["first_seed"], job["networks"]) == (0, 10)
        assert job["learner"] in named or job["learner"] == rule
    table = study_results(load_study("marschall2019-retuning"))
    assert {tuple(row[name] for name in jobs[0]) for row in table} == {tuple(job.values()) for job in jobs}
    new = with_better_rates(ROWS)
    assert len(new) == len(ROWS)
    assert {(row["setting"], row["learner"]) for row in new} == {(row["setting"], row["learner"]) for row in ROWS}


def test_the_bar_stands_mimic_was_far_from_tuned_and_three_networks_are_few():
    bars = {setting: float(GAINS[setting, "readout only"]["gain"]) for setting in SETTINGS}
    assert bars.pop("add 5, 7, leaky") == pytest.approx(0.0067)
    assert max(bars.values()) == pytest.approx(0.0017)
    leaky = AGAIN["add 5, 7, leaky", "readout only"]
    assert float(leaky["at the better rate"]) >= float(leaky["in the study"])
    assert "gains 0.0017 at most in four settings. In *add 5, 7, leaky* it gained 0.0067 with three" in PAGE
    far = [AGAIN["mimic", name] for name in ("RFLO", "SnAp-1", "KeRNL")]
    assert min(float(line["in the study"]) for line in far) >= 0.026
    assert max(float(line["at the better rate"]) for line in far) == 0.0011
    assert all(better_rates()["mimic", line["learner"]] == 16 * max(STEP) for line in far)
    assert "from a loss of 0.026 or more to 0.0011 or less" in PAGE
    ended = [cell for cell, line in GAINS.items() if cell in TWICE and better_rates()[cell] == 16 * max(STEP)]
    assert ended == [("mimic", name) for name in ("RFLO", "SnAp-1", "KeRNL")]
    for better in ("F-BPTT 10", "KF-RTRL"):
        quarter, there = (float(loss) for loss in GAINS["mimic", better]["loss there"].split(", "))
        assert there > quarter
    ours = AGAIN["add 6, 10", "compartments"]
    assert float(GAINS["add 6, 10", "compartments"]["gain"]) == pytest.approx(0.0102)
    assert float(ours["at the better rate"]) > float(ours["in the study"])
    assert "*add 6, 10* gained 0.0102 with three, and lost with ten" in PAGE


def test_no_verdict_changes_with_the_wider_rates():
    words = [verdict.word for verdict in claims(ROWS)]
    assert [verdict.word for verdict in claims(with_better_rates(ROWS))] == words
    assert len(words) == 8
    assert "None of the eight words changes" in PAGE


# Sizes


def test_the_table_of_effects_holds_every_comparison_of_the_claims():
    table = effect_table(ROWS)
    assert [(line["loss of"], line["less that of"]) for line in table] == list(COMPARED)
    assert set(APPROXIMATIONS) < {other for _, other in COMPARED}
    cells = by_cell(ROWS)
    for line in table:
        signs = [one.sign for one in contrasts(cells, line["loss of"], line["less that of"])]
        assert (line["lower"], line["higher"]) == (signs.count(-1), signs.count(1))
        assert all(line[setting] for setting in SETTINGS)
    few = effect_table([row for row in ROWS if row["network"] < 4])
    assert {line[setting] for line in few for setting in SETTINGS} == {None}


@pytest.mark.parametrize("rows", [ROWS, with_better_rates(ROWS)], ids=["study", "better rates"])
def test_locality_costs_about_the_same_where_both_descend_alike_and_less_than_nothing_in_mimic(rows):
    *_, adam, alike = effect_table(rows)
    assert (adam["less that of"], alike["less that of"]) == ("BPTT", "F-BPTT 10")
    for setting in SETTINGS:
        one, other = (float(line[setting].split()[0]) for line in (adam, alike))
        if setting == "mimic":
            assert one < 0 > other
        else:
            assert one == pytest.approx(other, abs=0.005)
    assert (adam["lower"], adam["higher"]) == (alike["lower"], alike["higher"]) == (1, 4)
    cells = by_cell(rows)
    costs = {one.setting: one.one - one.other for one in contrasts(cells, "RFLO, random feedback", "RFLO")}
    local = {one.setting: one.one - one.other for one in contrasts(cells, "RFLO", "BPTT")}
    assert [name for name in SETTINGS if costs[name] > FEEDBACK_PART * max(0, local[name])] == ["add 4, 6", "mimic"]
    assert costs["add 4, 6"] > local["add 4, 6"]
    assert claims(rows)[-1].holds is False


@pytest.mark.parametrize("rows", [ROWS, with_better_rates(ROWS)], ids=["study", "better rates"])
def test_the_verdict_on_alignment_is_undecided(rows):
    found = alignment_correlations(by_cell(rows))
    assert sum(one.value > EXPLAINS for one in found.values()) == 4
    assert all(one.low < EXPLAINS < one.high for one in found.values())
    assert [setting for setting, one in found.items() if one.high > 0] == ["mimic"]
    verdict = next(verdict for verdict in claims(rows) if verdict.name == "Alignment")
    assert all(f"{setting} {one}" in verdict.numbers for setting, one in found.items())
    assert "hold -0.8 in all five, and zero in one" in PAGE


def test_mirrors_are_the_same_numbers():
    for learners in by_cell(ROWS).values():
        one, other = (
            [row["loss"] for row in learners[name]] for name in ("compartments", "compartments, shared transport")
        )
        assert one == other


def test_300_updates_are_no_plateau():
    falls = [
        np.median([row["loss_6"] for row in rows]) - np.median([row["loss"] for row in rows])
        for learners in by_cell(ROWS).values()
        for rows in learners.values()
    ]
    assert sum(fall >= 0.001 for fall in falls) > len(falls) / 2
    assert "by 0.001 or more for over half of all learners and settings" in PAGE
