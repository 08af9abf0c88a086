"""Lesson on two networks that make one reach: its networks, check and figures, and the notebook as learners run it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from lesson_page import executed_lesson, kinds_shown, told

from cogdyn.agents.dynamics import jpca, linear_cka, soft_normalised
from cogdyn.agents.training.run import load_run
from cogdyn.lessons import study_results
from cogdyn.lessons.chapters.one_reach import (
    check_autonomy,
    draw_noise,
    draw_reaches,
    draw_rotations,
    draw_tampered,
    draw_units,
    noise_errors,
    population_measures,
    reacher,
    reachers,
    tampered,
)
from cogdyn.lessons.chapters.one_reach.figures import hand_paths
from cogdyn.lessons.chapters.one_reach.reachers import REACHERS, write_networks
from cogdyn.lessons.chapters.one_reach.widget import live_reach
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.kao2019.networks import network_of, task_of
from cogdyn.lessons.studies.kao2019.perturbations import autonomy, noisy_error, switched

PAGE = Path(__file__).parent.parent / "book/lessons/08-one-reach.md"


@pytest.fixture(scope="module")
def four():
    return {name: reacher(name) for name in REACHERS}


# The exercise


def share(z, goal, below):
    goal, below = (np.asarray(array, float) for array in (goal, below))
    return 1 - np.sum((z - goal) ** 2) / np.sum(below**2)


def score(respond, inputs, targets, go, *, bins=None, channels=slice(0, 2), end=share):
    """The autonomy score, or one of its likely mistakes."""
    blind = inputs.copy()
    blind[slice(go, None) if bins is None else bins(go), :, channels] = 0
    return end(respond(blind), targets, targets)


def test_it_tells_the_scores_of_the_networks():
    reason = check_autonomy(score).reason
    assert "'held' gets 0.2" in reason
    assert "'extinguished' gets 1.00" in reason


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda f, u, z, go: share(f(u), z, z), "still there"),
        (lambda *given: score(*given, channels=slice(None)), "hold cue"),
        (lambda *given: score(*given, bins=lambda go: slice(None)), "from the start"),
        (lambda *given: score(*given, bins=lambda go: slice(go)), "before go"),
        (lambda *given: score(*given, bins=lambda go: slice(go + 1, None)), "one bin too late"),
        (lambda *given: score(*given, bins=lambda go: slice(go, go + 1)), "a single bin"),
        (lambda *given: score(*given, channels=slice(0, 1)), "only x"),
        (
            lambda *given: score(*given, end=lambda z, goal, b: share(z, goal, b - b.mean(axis=(0, 1)))),
            "about the mean",
        ),
        (lambda f, u, z, go: score(f, u, f(u), go), "to the untouched inputs"),
        (lambda *given: score(*given, end=lambda z, goal, b: share(z, goal, z)), "response are below"),
        (lambda *given: 1 - score(*given), "share that is missing"),
        (lambda *given: score(*given, end=lambda z, goal, b: np.sum((z - goal) ** 2)), "squared error"),
        (
            lambda *given: score(
                *given, end=lambda z, goal, b: np.mean([share(z[:, k], goal[:, k], b[:, k]) for k in range(len(z[0]))])
            ),
            "each trial is averaged",
        ),
        (lambda *given: 0.9 * score(*given), "0.9 times what it should be"),
        (lambda *given: None, "returns nothing"),
        (lambda f, u, z, go: f(u), "shape"),
        (lambda f, u, z, go: f(z), "raised ValueError"),
        (lambda f, u, z, go: share(f(np.multiply(u, 0, out=u)), z, z), "changes its arguments"),
        (lambda f, u, z, go: score(f, u, z, 7), "not for the network 'held'"),
    ],
)
def test_each_slip_is_named(slip, reason):
    verdict = check_autonomy(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


# The networks


@pytest.mark.parametrize("name", REACHERS)
def test_networks_are_what_the_study_trains(name, four):
    job, one = REACHERS[name], four[name]
    assert one.task == task_of(job)
    assert one.network.config == network_of(job).config
    run = load_run(Path(reachers.__file__).parent / "trained" / f"reach-{name}")
    assert (run.step, run.config["training"]["seed"]) == (job["updates"], job["first_seed"])
    assert run.config["rule"]["rate_penalty"] == job["rate_penalty"]
    assert one.rates.shape == (len(one.batch.inputs), 8, 100)


def test_anyone_can_make_the_networks_again(tmp_path, monkeypatch):
    monkeypatch.setattr(reachers, "REACHERS", {"noisy": {**REACHERS["noisy"], "updates": 2}})
    write_networks(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert load_run(folder).step == 2
    shipped = Path(reachers.__file__).parent / "trained" / folder.name
    sizes = [(each / "model.safetensors").stat().st_size for each in (folder, shipped)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)
    assert sizes[0] < 100_000


def test_a_network_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"unknown network 'hold'.*held"):
        reacher("hold")


def r2(one, how):
    inputs, goal = tampered(one, how)
    return share(one.respond(inputs), goal, goal)


@pytest.mark.parametrize("name", ["held", "extinguished"])
def test_tampering_is_that_of_the_study(name, four):
    one = four[name]
    assert r2(one, "zeroed at go") == pytest.approx(autonomy(one.task, one.network, "zeroed"), abs=1e-12)
    assert r2(one, "swapped at go") == pytest.approx(autonomy(one.task, one.network, "swapped"), abs=1e-12)
    assert r2(one, "switched before go") == pytest.approx(switched(one.task, one.network, 200), abs=1e-12)
    np.testing.assert_allclose(one.respond(tampered(one, "untouched")[0]), one.outputs, atol=1e-12)
    with pytest.raises(ValueError, match="unknown how"):
        tampered(one, "zeroed")


def test_noise_is_that_of_the_study(four):
    one = four["held"]
    assert noise_errors(one, sd=1.0, repeats=2)["frozen, after go"] == noisy_error(
        one.task, one.network, "frozen", "after go", 1.0, 2
    )


def test_a_hand_that_does_as_it_should_ends_at_its_target(four):
    batch = four["held"].batch
    angles = np.radians(45 * np.arange(8))
    ends = hand_paths(batch.targets.astype(float))[-1]
    np.testing.assert_allclose(ends, np.stack([np.cos(angles), np.sin(angles)], axis=-1), atol=0.01)


# What the page says


def along(one, how):
    """How far each hand gets towards its target, in distances of the target, and where it is at the end."""
    angles = np.radians(45 * np.arange(8))
    way = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    far = np.einsum("tbk,bk->tb", hand_paths(one.respond(tampered(one, how)[0])), way)
    return far.max(axis=0), far[-1]


def test_what_it_says_of_tampering_holds(four):
    assert all(r2(one, "untouched") > 0.99 for one in four.values())
    assert [r2(one, "zeroed at go") > 0.99 for one in four.values()] == [False, True, True, False]
    assert r2(four["held"], "zeroed at go") < 0.3
    assert 0.15 < along(four["held"], "zeroed at go")[0].mean() < 0.35
    assert along(four["noisy"], "zeroed at go")[0].min() > 0.45
    assert along(four["noisy"], "zeroed at go")[1].max() < 0.4
    assert along(four["held"], "swapped at go")[1].max() < -0.7
    assert along(four["extinguished"], "swapped at go")[0].min() > 0.7
    assert along(four["held"], "switched before go")[1].min() > 0.9
    assert along(four["extinguished"], "switched before go")[1].max() < 0.7


def hand_after_go(one, inputs_at, n_bins):
    """Velocity along x after go in a trial for the target on the right; inputs_at(bin) is what the network sees."""
    state = torch.from_numpy(one.states[one.batch.first_bin("reaction") - 1, 0])[None]
    hand = []
    for bin in range(n_bins):
        state = one.network.step(state, torch.tensor([[*inputs_at(bin), 0.0]], dtype=torch.float64))
        hand.append(float(one.network.outputs(state)[0, 0]))
    return np.array(hand)


@torch.no_grad()
def test_answers_about_the_living_networks_hold(four):
    right, left, none = (1.0, 0.0), (-1.0, 0.0), (0.0, 0.0)
    held, extinguished = four["held"], four["extinguished"]
    for at in (0, 20, 50):
        turned = hand_after_go(held, lambda bin: right if bin < at else left, at + 60)  # noqa: B023
        assert turned.min() < -0.75, "it turns back at any time"
    assert turned.min() == pytest.approx(-0.95, abs=0.01)
    assert turned.max() == pytest.approx(0.99, abs=0.01)
    blind = hand_after_go(held, lambda bin: none, 120)
    assert blind.max() < 0.3
    assert blind.sum() / 100 < 0.06, "of a distance of 0.2"
    assert np.abs(hand_after_go(extinguished, lambda bin: right, 80)).max() < 0.15
    other = hand_after_go(extinguished, lambda bin: left, 80)
    assert other.max() == pytest.approx(0.63, abs=0.01)
    assert other.min() > -0.1


def test_what_it_says_of_measures_holds(four):
    held, extinguished, stranger, noisy = (population_measures(one) for one in four.values())
    for name, sign in (("R² of rotations", 1), ("tangling", -1)):
        # By each of them the stranger stands with held, on its far side.
        assert sign * stranger[name] < sign * held[name] < sign * extinguished[name]
        assert abs(extinguished[name] - stranger[name]) > 1.5 * abs(extinguished[name] - held[name])
        assert abs(noisy[name] - held[name]) < abs(extinguished[name] - held[name])
    for one in (held, extinguished, stranger):
        assert one["R² of rotations"] > one["surrogates"] + 0.4
    trial = four["held"].window("delay", 0, 1000)
    alike = {name: linear_cka(four["held"].rates[trial], one.rates[trial]) for name, one in four.items()}
    assert alike["noisy"] > 0.95
    assert alike["extinguished"] < 0.8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["held", "extinguished"])
def test_what_it_says_of_surrogates_holds(name, four):
    window = soft_normalised(four[name].rates)[four[name].window("movement", -50, 250)]
    nulls = {null: jpca(window, null=null) for null in ("shuffle", "CMPT", "TME-TNC")}
    limits = {null: np.quantile(found.r2_null, 0.95) for null, found in nulls.items()}
    assert limits["TME-TNC"] > 0.6
    assert limits["TME-TNC"] > 1.5 * max(limits["shuffle"], limits["CMPT"])
    assert 0.3 < np.mean(nulls["TME-TNC"].r2_null) < 0.5
    assert nulls["TME-TNC"].p_value < 0.01


def test_what_it_says_of_noise_holds(four):
    held, extinguished = (noise_errors(four[name]) for name in ("held", "extinguished"))
    assert extinguished["frozen, before go"] > 4 * held["frozen, before go"]
    assert held["frozen, after go"] > 1.15 * extinguished["frozen, after go"]
    for errors in (held, extinguished):
        for period in ("before go", "after go"):
            assert errors[f"frozen, {period}"] > 2 * errors[f"white, {period}"]


def test_what_it_says_of_five_networks_each_is_in_the_table_of_the_study():
    rows = [
        row
        for row in study_results(load_study("kao2019"))
        if (row["activation"], row["rate_penalty"], row["code"]) == ("tanh", 1e-2, "xy")
    ]

    def values(target, noise, column):
        return [row[column] for row in rows if (row["target"], row["noise"]) == (target, noise)]

    kinds = (("held", 0.02), ("extinguished_at_go", 0.02))
    held, extinguished = (values(*kind, "r2_skew_250") for kind in kinds)
    assert len(held) == len(extinguished) == 5
    assert max(held) < min(extinguished)
    held, extinguished = (values(*kind, "q90_neural") for kind in kinds)
    assert min(held) > max(extinguished)
    assert min(values("held", 0.5, "autonomy_zeroed")) > max(values("held", 0.02, "autonomy_zeroed"))


# Figures and the widget


def test_figures_say_what_they_show(four):
    pair = [four["held"], four["extinguished"]]
    figure = draw_reaches(pair)
    assert [axes.get_title(loc="left") for axes in figure.axes[:3]] == ["what it sees", "what it does", "its hand"]
    assert len(draw_units(pair, 3).axes) == 6
    found = [jpca(one.rates[one.window("movement", -50, 250)], n_surrogates=5) for one in pair]
    titles = [axes.get_title(loc="left") for axes in draw_rotations(pair, found).axes[:2]]
    assert [title.split(":")[0] for title in titles] == ["held", "extinguished"]
    labels = [axes.get_xlabel() for axes in draw_tampered(pair, ("untouched", "swapped at go")).axes]
    assert labels[0] == "R² 1.00"
    assert labels[1].startswith("R² −")
    figure = draw_noise({"held": {"white, before go": 0.1}, "noisy": {"white, before go": 0.2}})
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["held", "noisy"]


@pytest.mark.parametrize(("name", "shown"), [("held", "the target"), ("extinguished", "no target")])
def test_a_state_released_where_the_plane_begins_makes_the_reach(name, shown, four):
    one = four[name]
    live = live_reach(one)
    view = live.views[live.view]
    assert view["label"] == shown
    assert [each["label"] for each in live.views] == ["the target", "the other side", "no target"]
    x, u = torch.tensor(view["origin"]).double()[None], torch.tensor(view["input"]).double()[None]
    go = one.batch.first_bin("reaction")
    for t in range(go, len(one.batch.inputs)):
        x = one.network.step(x, u)
        np.testing.assert_allclose(x[0].detach(), one.states[t, 0], atol=1e-3)


# The notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return executed_lesson(PAGE, tmp_path_factory.mktemp("lessons"), "import json\nprint(json.dumps(table))")


@pytest.mark.slow
class TestNotebook:
    def test_its_table_is_that_of_the_networks(self, executed, four):
        assert told(executed) == [population_measures(four[name]) for name in ("held", "extinguished")]

    def test_every_figure_and_widget_is_there(self, executed):
        kinds = kinds_shown(executed)
        assert kinds.count("image/png") == 7
        assert kinds.count("application/vnd.jupyter.widget-view+json") == 13
        assert kinds.count("text/html") == 5  # three tables, the verdict on the empty exercise, and the claims
