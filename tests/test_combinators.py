"""Tasks made of tasks: mixtures, added noise, curricula."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cogdyn.agents import RateRNN, evaluate, train_curriculum
from cogdyn.agents.rules import BPTT
from cogdyn.envs import Curriculum, Mixture, Noisy, Reporting, TrialEnv, TrialVectorEnv, make_task
from cogdyn.envs.contract import CHECKS
from cogdyn.envs.contract.trials import same
from cogdyn.envs.registry import task_config, task_from_config

PDM, DMS = make_task("PerceptualDecisionMaking"), make_task("DelayMatchSample")
COMBINED = {
    "with a cue": Mixture(tasks=(PDM, DMS, make_task("ContextDecisionMaking")), weights=(2, 1, 1)),
    "levels": Mixture(tasks=[replace(DMS, delay_ms=ms) for ms in (200, 800)], cue=False),
    "of one": Mixture(tasks=(make_task("DelayedReach"),)),
    "noisy": Noisy(task=PDM, added=0.3, groups=("evidence",)),
    "frozen": Noisy(task=make_task("DelayedReach"), added=0.2, frozen=True),
    "noisy sessions": Noisy(task=make_task("ReversalBandit"), added=0.2),
    "reporting": Reporting(task=make_task("yang19.dms"), group="modality 1", seen="stimulus", reported="delay"),
}


@pytest.mark.parametrize("combined", COMBINED.values(), ids=COMBINED)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_combined_tasks_keep_the_contract(check, combined):
    check(combined)


@pytest.mark.parametrize("combined", COMBINED.values(), ids=COMBINED)
def test_combined_tasks_survive_the_way_through_json(combined):
    again = task_from_config(json.loads(json.dumps(task_config(combined))))
    assert again == combined
    assert same(again.sample(4, seed=0), combined.sample(4, seed=0))


def test_a_mixture_paints_what_its_tasks_paint():
    quiet = [replace(task, noise=0.0) for task in (PDM, DMS)]
    mixture = Mixture(tasks=quiet)
    batch = mixture.sample(200, seed=0)
    assert set(np.unique(batch.conditions["task"])) == {0, 1}
    assert mixture.input_names == (*PDM.input_names, *DMS.input_names[1:], f"task {PDM.name}", f"task {DMS.name}")
    assert mixture.output_names == ("fixate", "left", "right", "match", "non-match")
    for number, task in enumerate(quiet):
        mine = np.flatnonzero(batch.conditions["task"] == number)
        own = {name: batch.conditions[name][mine] for name in task.draw(np.random.default_rng(0), 1)}
        alone = task.lay_out(own, np.random.default_rng(0))
        n_bins = np.minimum(alone.lengths, batch.lengths[mine])  # durations are drawn anew
        for i, trial in enumerate(mine[:20]):
            if alone.lengths[i] == batch.lengths[trial]:
                columns = [mixture.input_names.index(name) for name in task.input_names]
                np.testing.assert_array_equal(
                    batch.inputs[: n_bins[i], trial][:, columns], alone.inputs[: n_bins[i], i]
                )
        cue = batch.inputs[: n_bins.min(), mine][..., mixture.input_groups["task"]]
        assert (cue == np.eye(2)[number]).all()
    assert mixture.chance == 0.5


def test_a_class_of_another_task_earns_nothing():
    mixture = COMBINED["with a cue"]
    batch = mixture.sample(300, seed=1)
    outputs = mixture.ideal(batch)
    match = mixture.output_names.index("match")
    foreign = batch.conditions["task"] != 1
    inside = batch.during("response") & foreign
    outputs[inside] = np.eye(mixture.n_outputs)[match]
    assert (mixture.score(outputs, batch)[foreign] == 0).all()
    assert mixture.score(outputs, batch)[~foreign].mean() > 0.95


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tasks": ()}, "there are 0 tasks"),
        ({"tasks": (PDM, DMS), "weights": (1,)}, "a weight"),
        ({"tasks": (PDM, replace(DMS, dt=10))}, "the same dt; given: PerceptualDecisionMaking 20.0, DelayMatchSample"),
        ({"tasks": (PDM, make_task("DelayedReach"))}, "the same kind"),
        ({"tasks": (make_task("ReversalBandit"),)}, "closed-loop"),
        ({"tasks": (PDM, DMS), "cue": False}, "use cue=True"),
        ({"tasks": (PDM, make_task("ReadySetGo"))}, "the same timed"),
    ],
)
def test_what_cannot_be_mixed_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Mixture(**arguments)


def test_added_noise_has_the_size_it_says_and_stays_where_it_should():
    for frozen, expected in ((False, np.sqrt(5)), (True, 1.0)):
        noisy = Noisy(task=replace(PDM, noise=0.0), added=1.0, groups=("evidence",), frozen=frozen)
        batch, plain = noisy.sample(500, seed=0), noisy.task.sample(500, seed=0)
        difference = batch.inputs - plain.inputs
        assert (difference[..., 0] == 0).all()
        spread = difference[..., 1:].std(axis=(1, 2) if frozen else None)
        np.testing.assert_allclose(spread, expected, rtol=0.1)
        assert (np.ptp(difference, axis=0).max() < 1e-5) == frozen
    with pytest.raises(ValueError, match="evidence"):
        Noisy(task=PDM, groups=("evidenc",))


def test_combined_tasks_are_played():
    for env in (TrialEnv(COMBINED["with a cue"]), TrialVectorEnv(COMBINED["noisy"], 3)):
        env.reset(seed=0)
        for _ in range(100):
            over = env.step(env.action_space.sample() * 0)[2]
            if np.all(over):
                break
        assert np.all(over)


def test_a_curriculum_goes_on_when_the_goal_is_reached():
    curriculum = Curriculum.over("DelayMatchSample", goal=0.8, delay_ms=[200, 400, 800], noise=0.2)
    assert [level.delay_ms for level in curriculum.levels] == [200, 400, 800]
    assert curriculum.task is curriculum.levels[0]
    assert not curriculum.report(0.85)  # 0.8 of the way from 0.5 to 1 is 0.9
    assert curriculum.report(0.91)
    assert curriculum.task == Mixture(tasks=curriculum.levels[:2], cue=False)
    assert curriculum.report(1.0)
    assert not curriculum.finished
    assert curriculum.report(1.0)
    assert curriculum.finished
    assert not curriculum.report(1.0)
    for arguments, message in (({}, "given: none"), ({"delay_ms": [1, 2], "noise": [0]}, "delay_ms 2, noise 1")):
        with pytest.raises(ValueError, match=message):
            Curriculum.over("DelayMatchSample", **arguments)
    with pytest.raises(ValueError, match="settings of one"):
        Curriculum([PDM, DMS])
    with pytest.raises(ValueError, match="the goal is 0"):
        Curriculum([PDM], goal=0)


def test_training_climbs_the_curriculum_and_goes_on_where_it_stopped(tmp_path):
    def curriculum():
        return Curriculum.over("PerceptualDecisionMaking", coherences=[(0.5,), (0.25,)], stimulus_ms=400)

    def network():
        return RateRNN(4 - 1, 30, 3, activation="relu", seed=0)

    settings = {"steps": 200, "batch_size": 32, "evaluate_every": 20, "n_test": 200, "device": "cpu"}
    climbed, net = curriculum(), network()
    runs = train_curriculum(climbed, net, BPTT(lr=5e-3), out=tmp_path / "a", **settings)
    assert climbed.finished
    assert [run.task for run in runs] == [climbed.levels[0], Mixture(tasks=climbed.levels, cue=False)]
    assert all((tmp_path / "a" / f"level-{k}" / "model.safetensors").exists() for k in (1, 2))
    assert evaluate(climbed.task, net, 200).score >= 0.85

    first, again = curriculum(), network()
    train_curriculum(Curriculum(first.levels[:1]), again, BPTT(lr=5e-3), out=tmp_path / "b", **settings)
    cut, other = curriculum(), network()
    resumed = train_curriculum(cut, other, BPTT(lr=5e-3), out=tmp_path / "b", resume=True, **settings)
    assert cut.finished
    assert len(resumed) == 2
    for name, value in net.state_dict().items():
        assert (value == other.state_dict()[name]).all(), name


# Reports


def test_a_report_shows_what_was_seen_and_has_no_part_in_the_score():
    task = make_task("yang19.dms", noise=0.0)
    reporting = Reporting(task=task, group="modality 2", seen="stimulus", reported="test")
    batch, alone = reporting.sample(20, seed=3), task.sample(20, seed=3)
    np.testing.assert_array_equal(batch.inputs, alone.inputs)
    np.testing.assert_array_equal(batch.targets[..., : task.n_outputs], alone.targets)
    assert reporting.output_names[task.n_outputs :] == tuple(
        f"report {name}" for name in task.input_names if name.startswith("modality 2")
    )
    reported = batch.targets[..., task.n_outputs :]
    for trial in range(20):
        (first, _), (begin, end) = batch.periods["stimulus"], batch.periods["test"]
        shown = batch.inputs[first[trial], trial, task.input_groups["modality 2"]]
        np.testing.assert_allclose(
            reported[begin[trial] : end[trial], trial], np.tile(shown, (end[trial] - begin[trial], 1)), rtol=1e-5
        )
        assert not reported[: begin[trial], trial].any()
        assert not reported[end[trial] :, trial].any()
    outputs = np.random.default_rng(0).uniform(0, 1, batch.targets.shape)
    np.testing.assert_array_equal(reporting.score(outputs, batch), task.score(outputs[..., : task.n_outputs], alone))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": DMS}, "must be continuous"),
        ({"group": "modality 3"}, "modality 2"),
        ({"seen": "sample"}, "period"),
        ({"seen": "delay", "reported": "stimulus"}, "must come after"),
        ({"reported": "stimulus"}, "must come after"),
    ],
)
def test_reports_that_cannot_be_are_refused(arguments, message):
    sound = {"task": make_task("yang19.dms"), "group": "modality 1", "seen": "stimulus", "reported": "delay"}
    with pytest.raises(ValueError, match=message):
        Reporting(**sound | arguments)
