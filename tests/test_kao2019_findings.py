"""What the page of kao2019 says beside its verdicts: distances, the null of claim A, the signs of claim C."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cogdyn.lessons import study_results
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.kao2019.claims import claims
from cogdyn.lessons.studies.kao2019.distances import distance_table, distances, largest_gap
from cogdyn.lessons.studies.kao2019.estimates import ROTATIONS, average, difference, mean
from cogdyn.lessons.studies.kao2019.perturbations import KINDS, LEVELS, PERIODS, error_name
from cogdyn.lessons.studies.kao2019.predicates import TASK_R2, able_networks, settings_of, verdicts
from cogdyn.lessons.studies.kao2019.robustness import CELLS, CONTRASTS, effects, sign_figure, sign_table
from cogdyn.lessons.studies.kao2019.single_units import compare, differing_pairs, halves, null_table, seed_spread

ROWS = study_results(load_study("kao2019"))
ABLE = able_networks(ROWS)
PAGE = " ".join((Path(__file__).parent.parent / "book/studies/kao2019.md").read_text().split())


def margins(rows):
    return {one.name: one for one in distances(rows)}


# The measures themselves


def test_errors_are_those_of_independent_means():
    first, second = [{"a": 1.0}, {"a": 3.0}, {"a": None}], [{"a": 0.0}, {"a": 4.0}]
    assert (mean(first, "a").value, mean(first, "a").error) == (2.0, pytest.approx(1.0))
    assert difference(first, second, "a").error == pytest.approx(np.sqrt(1 + 4))
    assert average([mean(first, "a"), mean(second, "a")]).error == pytest.approx(np.sqrt(5) / 2)
    assert np.isnan(mean(first[:1], "a").error)


@pytest.mark.parametrize("rows", [ROWS, ABLE], ids=["all", "able"])
def test_a_distance_is_negative_where_the_verdict_is_a_fail_and_only_there(rows):
    found = {verdict.name: verdict.holds for verdict in verdicts(rows) if verdict.name != "P6"}
    assert {name: one.margin >= 0 for name, one in margins(rows).items() if name != "P3"} == {
        name: holds for name, holds in found.items() if name != "P3"
    }
    assert (margins(rows)["P3"].margin > 0) == found["P3"]
    assert [line[""] for line in distance_table(rows)] == list(found)


def test_of_an_empty_table_there_is_nothing_to_say():
    assert distances([]) == []
    assert largest_gap([]) is None


def test_halves_are_all_ways_to_split_a_setting():
    five, four = [{"n": k} for k in range(5)], [{"n": k} for k in range(4)]
    split = list(halves([five, four]))
    assert len(split) == 10 + 3
    assert all(sorted(row["n"] for row in one + other) in ([0, 1, 2, 3, 4], [0, 1, 2, 3]) for one, other in split)
    assert (
        len({tuple(sorted((tuple(r["n"] for r in one), tuple(r["n"] for r in other)))) for one, other in split}) == 13
    )


def test_pairs_are_alike_by_all_motifs():
    def networks(peak):
        motifs = {"active_fraction": 0.5, "multiphasic_fraction": 0.2, "tuning_correlation": 0.1}
        return [motifs | {"peak_ms": peak + k, ROTATIONS: 0.1 * peak} for k in (-1, 1)]

    settings = [networks(0), networks(1), networks(9)]
    spread = seed_spread(settings)
    assert spread[-1] == pytest.approx(np.sqrt(2))
    alike, gaps = compare([(settings[0], settings[1]), (settings[0], settings[2])], spread)
    assert alike.tolist() == [True, False]
    assert gaps == pytest.approx([0.1, 0.9])


# What the page says


def test_two_settings_do_not_learn_and_p7_fails_by_them_alone():
    weak = [row for row in ROWS if row["task_r2"] < TASK_R2]
    assert len(weak) == 11
    lost = settings_of(weak, ["activation", "rate_penalty", "target"])["softplus", 0.1, "extinguished_at_go"]
    assert len(lost) == 10
    assert {len(cell) for cell in settings_of(lost).values()} == {5}
    assert len(settings_of(lost)) == 2
    assert "Of the 11 networks below the threshold of P1, ten are all the networks of two settings: softplus" in PAGE
    p7 = {verdict.name: verdict for verdict in verdicts(ROWS)}["P7"]
    assert p7.holds is False
    assert p7.numbers.endswith("of the 46 whose networks do the task 0.938")
    assert "In the 46 settings whose networks do the task it holds, with 0.938 in the lowest." in PAGE
    assert margins(ABLE)["P7"].margin > 0


@pytest.mark.parametrize("rows", [ROWS, ABLE], ids=["all", "able"])
def test_p4a_and_claim_b_fail_by_less_than_their_error(rows):
    p4a = margins(rows)["P4a"]
    assert f"{-p4a.margin:.3f}" == "0.004"
    assert f"{p4a.estimate.error:.3f}" == "0.027"
    assert f"{p4a.estimate.value:.3f}" == "0.154"
    assert "**P4a fails by 0.004, with a standard error of 0.027.**" in PAGE
    assert "a difference of 0.154 from one of 0.15" in PAGE
    claim = claims(rows)[1]
    assert claim.holds is False
    assert "-0.154 to -0.027), the largest with a standard error of 0.027" in claim.numbers
    assert margins(rows)["P4b"].margin > 0


def test_p3_fails_at_the_smallest_penalty_alone():
    for one in (ROWS, ABLE):
        told = next(verdict for verdict in verdicts(one) if verdict.name == "P3").numbers
        falls = 0
        for part in told.split("; "):
            levels = [int(q) for q in re.findall(r"(\d+) at", part)]
            assert len(levels) == 4
            assert levels[1] < levels[2] < levels[3]
            falls += levels[1] < levels[0]
        assert falls == 2


def test_claim_a_stands_on_five_pairs_of_which_four_share_a_setting():
    settings, coordinates, seeds = null_table(ROWS)
    assert settings["pairs"] > 1000
    assert settings["rotations differ"] > settings["pairs"] / 2
    assert (settings["of those alike"], seeds["of those alike"]) == ("9.4%", "1.0%")
    assert "of those with single units alike 9.4 %, and of two halves of one setting 1.0 %" in PAGE
    assert (settings["single units alike"], settings["alike, and rotations differ"]) == (53, 5)
    assert f"{settings['single units alike']} pairs of 49" in claims(ROWS)[0].numbers
    assert (coordinates["single units alike"], coordinates["alike, and rotations differ"]) == (46, 1)
    assert "**one pair of 46**" in PAGE
    pairs = differing_pairs(ROWS)
    assert min(abs(float(pair["difference"])) / float(pair["standard error"]) for pair in pairs) > 7
    hot = [pair for pair in pairs if "one hot" in pair["the other"]]
    assert len(hot) == 4
    assert len({pair["the other"] for pair in hot}) == 1
    (rest,) = [pair for pair in pairs if pair not in hot]
    assert rest["one setting"].startswith("tanh, penalty 0,")
    assert rest["the other"].startswith("relu, penalty 0.1,")
    assert "tanh without a penalty and relu with the largest" in PAGE


def test_the_sign_of_claim_c_turns_with_the_period_of_the_noise_and_with_nothing_else():
    engineered, emerged = CONTRASTS
    sizes = {engineered: 22, emerged: 12}
    for cell in CELLS:
        for contrast in CONTRASTS:
            gaps = effects(ABLE, contrast, cell)
            assert len(gaps) == sizes[contrast]
            less = sum(gap < 0 for gap in gaps)
            if cell[1] == "before go":
                assert less == 0
            elif cell[1] == "after go":
                assert less >= (18 if contrast == engineered else 12)
    least = min(sum(gap < 0 for gap in effects(ABLE, engineered, cell)) for cell in CELLS if cell[1] == "after go")
    assert least == 18
    assert "in at least 18 of 22 settings where the target went out, and in all 12 where training made" in PAGE
    for sd in (0.5, 1.0):
        whole = ("white", "whole trial", sd)
        assert np.mean(effects(ABLE, engineered, whole)) > 0 > np.mean(effects(ABLE, emerged, whole))
    out, held = ([row for row in ABLE if (row["target"] == "held") == seen] for seen in (False, True))
    for kind, sd in product(KINDS, LEVELS):
        before, after = (error_name(kind, period, sd) for period in PERIODS)
        assert mean(out, before).value > mean(out, after).value
        assert mean(held, before).value < mean(held, after).value
    assert claims(ROWS)[2].holds is None
    assert next(line[engineered] for line in sign_table(ABLE)).startswith("0 of 22, +")


def test_signs_are_drawn_and_written_where_a_contrast_is_missing():
    held = [row for row in ABLE if row["target"] == "held"]
    assert {line["target out at go - held"] for line in sign_table(held)} == {None}
    figure = sign_figure(held)
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(CONTRASTS)
    drawn = [sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o") for axes in figure.axes]
    assert drawn == [0, 12 * len(CELLS)]
