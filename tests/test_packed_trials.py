"""Trials packed for the page: what is shown, and the rules of the environment in JavaScript, bin by bin."""

import json

import numpy as np
import pytest
from node import evaluate, needs_node

from cogdyn.agents.measures.behaviour import load_trials
from cogdyn.envs import TrialEnv, make_task, task_names
from cogdyn.lessons.player.packing import packed_trials

_PLAY = """data.packed.trials.map((trial, k) => {
  let state = module.beginTrial(trial);
  return data.actions[k].flatMap((action) => {
    if (state.ended) return [];
    state = module.act(state, action, data.packed);
    return [[state.reward, state.ended, state.correct, state.bin]];
  });
})"""


def packable():
    """Every task of choices in single trials."""
    tasks = [make_task(name) for name in task_names()]
    return [task for task in tasks if task.kind == "choice" and task.n_segments == 1]


def actions_of(packed, n_classes, seed):
    """An action for each bin of each trial: at random times, in time and right, in time, or none at all."""
    rng, rows = np.random.default_rng(seed), []
    for trial in packed["trials"]:
        row, how = np.zeros(trial["length"], int), rng.integers(4)
        if how == 0:
            row[rng.integers(len(row), size=2)] = rng.integers(1, n_classes, size=2)
        for (start, stop), ideal in zip(trial["windows"], trial["ideal"], strict=True):
            if how in (1, 2):
                row[rng.integers(start, stop)] = ideal if how == 1 else rng.integers(1, n_classes)
        rows.append(row.tolist())
    return rows


@needs_node
def test_the_page_plays_every_task_by_the_rules_of_the_environment():
    tasks = packable()
    assert len(tasks) >= 40
    for task in tasks:
        packed = packed_trials(task, 64, seed=3)
        actions = actions_of(packed, task.n_outputs, 0)
        found = evaluate("trial_rules.mjs", _PLAY, {"packed": packed, "actions": actions})
        env = TrialEnv(task, trials_per_episode=64)
        env.reset(seed=3)
        for rows, row in zip(found, actions, strict=True):
            assert rows[-1][1], "a trial comes to its end"
            for (reward, ended, correct, _), action in zip(rows, row, strict=False):
                _, expected, _, _, info = env.step(action)
                assert reward == pytest.approx(expected, abs=1e-12), task.name
                assert (ended, correct) == (info["ended"], info["correct"]), task.name


@needs_node
def test_what_is_shown_is_what_was_painted_to_half_a_step():
    task = make_task("DelayMatchSample")
    packed = packed_trials(task, 5, seed=1)
    batch = task.sample(5, seed=1)
    found = evaluate("trial_rules.mjs", "data.trials.map((trial) => module.shownInputs(data, trial))", packed)
    for k, shown in enumerate(found):
        expected = batch.trial(k).inputs[:, 0]
        assert np.shape(shown) == expected.shape
        assert np.abs(shown - expected).max() <= packed["scale"] / 2 * 1.0001
    assert len(json.dumps(packed)) < 20_000


@needs_node
def test_periods_and_the_answers_of_the_ideal_observer_travel_too():
    task = make_task("PerceptualDecisionMaking")
    packed = packed_trials(task, 64, seed=0)
    batch = task.sample(64, seed=0)
    (ideal,) = task.choices(task.ideal(batch), batch)
    np.testing.assert_array_equal([trial["ideal"][0] for trial in packed["trials"]], ideal)
    names = evaluate("trial_rules.mjs", "[0, 30, 70, 75].map((bin) => module.periodOf(data.trials[0], bin))", packed)
    assert names == ["fixation", "stimulus", "decision", ""]


@needs_node
def test_trials_are_written_down_as_behaviour_has_them(tmp_path):
    packed = packed_trials(make_task("PerceptualDecisionMaking"), 3, seed=0)
    rows = """(() => {
      const rows = data.trials.map((trial, k) => {
        let state = { ...module.beginTrial(trial), total: 0 };
        const [start] = trial.windows[0];
        while (!state.ended) {
          const action = k === 1 ? 1 : k === 0 && state.bin === start + 4 ? trial.answers[0] : 0;
          const before = state.total;
          state = module.act(state, action, data);
          state.total = before + state.reward;
        }
        return play.rowOf(data, k, state);
      });
      return [play.csvOf(rows), rows.map((row) => play.verdict(data, row))];
    })()"""
    (text, words) = evaluate("trial_rules.mjs", f'import("./widgets/play.mjs").then((play) => {rows})', packed)
    (tmp_path / "trials.csv").write_text(text)
    table = load_trials(tmp_path / "trials.csv")
    assert table["correct"].tolist() == [True, False, False]
    assert table["aborted"].tolist() == [False, True, False]
    assert table["reward"].tolist() == [1.0, -0.1, 0.0]
    assert table["reaction_ms"][0] == 80
    assert np.isnan(table["reaction_ms"][2])
    assert table["previous_reward"].tolist()[1:] == [1.0, -0.1]
    assert words[0].startswith("✓ right")
    assert words[1].startswith("✗ too early")
    assert words[2].startswith("✗ no answer came")


@needs_node
def test_keys_answer_with_numbers_and_arrows():
    keys = evaluate("play.mjs", "module.answerKeys(['fixate', 'left', 'right', 'other'])")
    assert [each["keys"] for each in keys] == [["ArrowLeft", "1"], ["ArrowRight", "2"], ["3"]]


def test_tasks_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="its trials depend on what is chosen"):
        packed_trials(make_task("ReversalBandit"), 2)
    with pytest.raises(ValueError, match="its outputs are continuous"):
        packed_trials(make_task("FlipFlop"), 2)
