"""The study of local plasticity: what its report says of a table, whatever stands in it."""

import numpy as np
import pytest

from cogdyn.lessons import study_results
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.marschall2019.alignment_claim import alignment_correlations
from cogdyn.lessons.studies.marschall2019.claims import CLAIMS, claims
from cogdyn.lessons.studies.marschall2019.contrasts import contrasts
from cogdyn.lessons.studies.marschall2019.figures import by_cell
from cogdyn.lessons.studies.marschall2019.learners import COMPARED, LEARNERS, SETTINGS
from cogdyn.lessons.studies.marschall2019.measures import MOMENTS
from cogdyn.lessons.studies.marschall2019.study import summary
from cogdyn.lessons.studies.marschall2019.tuning import RATES, at_the_edge

STUDY = load_study("marschall2019")


def table(loss_of, networks=10, settings=SETTINGS, learners=LEARNERS, alignment_of=lambda name: 0.5):
    """A table in which every learner has some loss, a little another in each network."""
    rng = np.random.default_rng(0)
    return [
        {"setting": setting, "learner": name, "network": s, "updates": 300, "diverged": False}
        | {f"loss_{k}": 0.9 - 0.02 * k for k in range(len(MOMENTS) - 1)}
        | {"loss": loss_of(name) + 1e-4 * rng.standard_normal(), "cpu_seconds": 2.0}
        | {"alignment": None if name == "readout only" else alignment_of(name)}
        | {f"with {other}": 0.1 for other in COMPARED if other != "BPTT"}
        | {"foresight": 0.3 if "compart" in name else None}
        for setting in settings
        for name in learners
        for s in range(networks)
    ]


def verdicts(rows):
    return {verdict.name: verdict.holds for verdict in claims(rows)}


def all_well(name):
    """Losses as all claims would have them."""
    losses = {"readout only": 0.6, "BPTT": 0.46, "RFLO": 0.50, "RFLO, random feedback": 0.505}
    losses |= {"compartments, J = 0": 0.55, "compartments, J frozen": 0.55}
    return losses.get(name, 0.5)


def test_every_claim_can_hold_and_every_one_can_fail():
    assert verdicts(table(all_well)) == dict.fromkeys([name for name, _, _ in CLAIMS], True)
    worse = {"readout only": 0.4, "BPTT": 0.499, "RFLO": 0.5, "RFLO, random feedback": 0.52}
    worse |= {"compartments": 0.6, "compartments, exact J": 0.5, "compartments, alternating": 0.7}
    rank = {name: k for k, name in enumerate(LEARNERS)}
    rows = table(lambda name: worse.get(name, 0.5) + 0.02 * rank[name], alignment_of=lambda name: -rank[name] / 50)
    assert verdicts(rows) == dict.fromkeys([name for name, _, _ in CLAIMS], False)


def test_nothing_is_judged_before_all_settings_are_there_with_enough_networks():
    for rows in ([], table(all_well, networks=4), table(all_well, settings=list(SETTINGS)[:4])):
        assert set(verdicts(rows).values()) == {None}


def test_a_difference_that_chance_could_make_is_none():
    rows = table(lambda name: 0.5)
    found = verdicts(rows)
    assert not found["Phases teach"]
    assert found["Approximations"]
    assert found["Mirrors"]


def test_a_network_that_diverged_counts_as_the_worst():
    rows = table(all_well)
    for row in rows:
        if row["learner"] == "compartments" and row["network"] < 6:
            row.update(loss=None, diverged=True)
    assert not verdicts(rows)["Phases teach"]


def test_the_report_puts_learners_beside_the_readout_alone_and_counts_what_diverged():
    rows = table(all_well, settings=["add 4, 6"], learners=["readout only", "RFLO"])
    rows[-1].update(loss=None, diverged=True)
    only, rflo = summary(rows)
    assert (only["p"], only["diverged"], only["networks"]) == (None, 0, 10)
    assert float(only["loss"]) == pytest.approx(0.6, abs=1e-3)
    assert (rflo["diverged"], rflo["alignment"], rflo["foresight"]) == (1, "0.50", None)
    assert rflo["p"] < 0.01
    report = STUDY.report(rows)
    assert "add 4, 6: nothing 0.6616, the first 0.5192, both 0.4545" in report.text
    assert report.text.count("not judged") == len(CLAIMS)


def test_the_figures_show_every_setting_and_every_learner():
    figures = STUDY.report(table(all_well, networks=2)).figures
    assert set(figures) == {"learning", "losses", "agreement", "alignment", "cost"}
    for name, figure in figures.items():
        assert [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")] == list(SETTINGS), (
            name
        )
    labels = [text.get_text() for text in figures["losses"].axes[0].get_yticklabels()]
    assert labels == list(LEARNERS)
    picture = figures["agreement"].axes[0].images[0].get_array()
    assert picture.shape == (len(LEARNERS) - 1, len(COMPARED))
    lines = figures["learning"].axes[0].lines
    ends = {line.get_label(): line.get_ydata()[-1] for line in lines}
    assert ends["readout only"] == pytest.approx(0.6, abs=1e-3)


def test_what_the_page_makes_of_it_stands_in_the_table():
    rows = study_results(STUDY)
    assert len(rows) == len(SETTINGS) * len(LEARNERS) * 10
    cells = by_cell(rows)

    def signs(learner, other="readout only"):
        return {one.setting: one.sign for one in contrasts(cells, learner, other)}

    for local_or_exact in ("RFLO", "SnAp-1", "KeRNL", "UORO", "KF-RTRL", "R-KF"):
        assert set(signs(local_or_exact).values()) == {-1}
    assert 1 not in signs("KF-RTRL", "BPTT").values()
    ours = signs("compartments")
    assert ours.pop("mimic") == -1
    assert sorted(ours.values()) == [0, 0, 0, 1]
    for exact in ("compartments, exact J", "DNI"):
        assert sorted(signs(exact).values()) == [-1, -1, -1, 0, 0]
    assert -1 not in signs("compartments", "compartments, J = 0").values()
    foresight = {
        setting: np.median([row["foresight"] for row in learners["compartments"]])
        for setting, learners in cells.items()
    }
    assert foresight.pop("mimic") > 0.7
    assert max(foresight.values()) < 0.5
    *in_add, in_mimic = (one.value for one in alignment_correlations(cells).values())
    assert len(in_add) == 4
    assert in_mimic > -0.5 > max(in_add)


def test_learners_at_the_edge_of_the_search_are_named():
    rows = at_the_edge()
    assert {row["setting"] for row in rows} == set(SETTINGS)
    assert set(rows[0]) == {"setting", f"best at {min(RATES):g}", f"best at {max(RATES):g}"}
