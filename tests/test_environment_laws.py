"""Laws of environments, combinators and draws that no single task shows."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from playing import TwoAnswers

from cogdyn.envs import (
    Between,
    Choice,
    Curriculum,
    Levels,
    Mixture,
    Noisy,
    PerBatch,
    TrialEnv,
    TrialVectorEnv,
    Uniform,
    make_task,
)
from cogdyn.envs.canvas import Canvas
from cogdyn.envs.contract import CHECKS
from cogdyn.envs.contract.environments import DISTINCT, SharedPool
from cogdyn.envs.durations import draw_bins
from cogdyn.envs.noise import fill_with_noise

# What actions earn.


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("abort", [True, False], ids=["abort", "go on"])
@pytest.mark.parametrize("name", ["SerialRecall", "GoNogo", "ReadySetGo", "DelayedReach", "two answers"])
def test_many_environments_pay_what_single_ones_pay(name, abort, mode):
    """Every reward, one that no other can stand for, under all that can happen: right, wrong, none, too early."""
    task, n, rng = TwoAnswers() if name == "two answers" else make_task(name), 6, np.random.default_rng(0)
    native = TrialVectorEnv(task, n, autoreset_mode=mode, rewards=DISTINCT, abort=abort)
    singles = [TrialEnv(task, rewards=DISTINCT, abort=abort) for _ in range(n)]
    sync = SyncVectorEnv([lambda env=env: env for env in singles], autoreset_mode=mode)
    shared = SharedPool(task, n, seed=4)
    for env in singles:
        env.replay_from(shared)
    (_, infos), _ = native.reset(seed=4), sync.reset()
    native.action_space.seed(4)
    careless, earned = np.array([0, 0, 0.02, 0.3, 1, 1]), []
    for t in range(400):
        actions = infos["target"].copy()
        other = rng.random(n) < careless
        actions[other] = native.action_space.sample()[other] if t % 90 == 0 else 0
        (_, *result, infos), (_, *results, _) = native.step(actions), sync.step(actions)
        for ours, theirs in zip(result, results, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        earned.append(result[0])
        if mode is AutoresetMode.DISABLED and result[1].any():
            native.reset(options={"reset_mask": result[1]})
            sync.reset(options={"reset_mask": result[1]})
            infos = native.current_info()
    seen = set(np.unique(earned))
    expected = {2.0, -1.0} if task.kind == "continuous" else {2.0, -0.5, -3.0}
    assert expected <= seen, seen


def test_withholding_where_it_is_right_is_paid_as_correct_and_a_reach_that_is_no_move_is_an_error():
    for name, target, expected in (("GoNogo", 0, 2.0), ("GoNogo", 1, -0.5), ("DelayedReach", None, -1.0)):
        env = TrialEnv(name, rewards=DISTINCT)
        env.reset(seed=0)
        while target is not None and env._answers != [target]:
            env.reset()
        total, over = 0.0, False
        idle = np.zeros_like(env.action_space.sample())
        while not over:
            _, reward, over, _, _ = env.step(idle)
            total += reward
        assert total == expected


def test_several_responses_are_paid_alike_for_every_copy_and_window():
    """By hand: two response periods, all nine ways to answer each of them, right and wrong costing differently."""
    task = TwoAnswers(delay_ms=40)
    vector = TrialVectorEnv(task, 64, rewards=DISTINCT, autoreset_mode=AutoresetMode.DISABLED)
    vector.reset(seed=0)
    asked = [vector.slots.answers[k].copy() for k in (0, 1)]
    pressed = [np.random.default_rng(k).integers(0, 2, 64) for k in (1, 2)]
    total, over = np.zeros(64), np.zeros(64, bool)
    for t in range(11):
        actions = np.where(over, 0, (t == 4) * pressed[0] + (t == 9) * pressed[1])
        if vector._over.any():  # those whose last response ended the trial: begin another and leave it
            vector.reset(options={"reset_mask": vector._over})
        _, reward, now, _, _ = vector.step(actions)
        total += np.where(over, 0, reward)
        over |= now
    expected = np.zeros(64)
    for a, p in zip(asked, pressed, strict=True):
        expected += np.where(a == p, 2.0, np.where(p > 0, -1.0, -0.5))
    np.testing.assert_array_equal(total, expected)
    assert over.all()


@pytest.mark.parametrize("name", ["PerceptualDecisionMaking", "ReversalBandit"])
def test_who_writes_into_what_he_is_shown_changes_nothing(name):
    for make in (lambda: TrialEnv(name), lambda: TrialVectorEnv(name, 3)):
        env, twin = make(), make()
        seen, _ = env.reset(seed=0)
        other, _ = twin.reset(seed=0)
        for _ in range(30):
            np.testing.assert_array_equal(seen, other)
            seen[:] = 99
            shown = env._trial.inputs if isinstance(env, TrialEnv) else env.slots.inputs
            assert shown.max() < 50
            idle = np.zeros_like(env.action_space.sample())
            seen, other = env.step(idle)[0], twin.step(idle)[0]


@pytest.mark.parametrize(
    ("name", "error"), [("yang19.go", 0.3), ("DelayedReach", 0.15), ("Add", 0.1), ("SineWave", 0.3)]
)
def test_middling_actions_earn_what_the_task_scores(name, error):
    """Neither right nor wrong in all bins, so that a bin too many or too few is noticed."""
    task, n = make_task(name), 12
    batch, rng = task.sample(n, seed=5), np.random.default_rng(0)
    low, high = TrialEnv(task).action_space.low.min(), TrialEnv(task).action_space.high.max()
    actions = batch.targets + error * rng.standard_normal(batch.targets.shape)
    actions = np.clip(actions, 1e-3 if low == 0 else low, high).astype(np.float32)
    scores = task.score(np.log(actions) if task.kind == "probability" else actions, batch)
    assert np.ptp(scores) > 0.05
    vector = TrialVectorEnv(task, n, autoreset_mode=AutoresetMode.DISABLED)
    vector.reset(seed=5)
    earned, over = np.zeros(n), np.zeros(n, bool)
    for t in range(len(actions)):
        if vector._over.any():
            vector.reset(options={"reset_mask": vector._over})
        _, reward, now, _, _ = vector.step(actions[t])
        earned += np.where(over, 0, reward)
        over |= now
    np.testing.assert_allclose(earned, scores, atol=1e-6)
    single = TrialEnv(task)
    single.replay_from(SharedPool(task, n, seed=5))
    for i in range(3):
        single.reset()
        total = sum(single.step(actions[t, i])[1] for t in range(batch.lengths[i]))
        assert total == pytest.approx(scores[i], abs=1e-6)


def test_every_segment_of_a_session_begins_with_grace():
    task = make_task("ReversalBandit", grace_ms=60.0)
    mask = task.sample(2, 0).mask.reshape(task.n_segments, -1, 2)
    assert (mask[:, :3] == 0).all()
    assert (mask[:, 3] > 0).all()


@pytest.mark.parametrize("name", ["PerceptualDecisionMaking", "SerialRecall"])
def test_a_choice_is_the_class_of_the_largest_mean_over_the_bins_with_weight(name):
    task = make_task(name, grace_ms=60.0)
    batch = task.sample(40, 0)
    outputs = np.random.default_rng(0).standard_normal((*batch.mask.shape, task.n_outputs))
    scores = []
    for i in range(40):
        right = []
        for (start, stop), choice in zip(
            batch.windows(task.response_period), task.choices(outputs, batch), strict=True
        ):
            bins = range(start[i] + 3, stop[i])
            means = [np.mean([outputs[t, i, k] for t in bins]) for k in range(task.n_outputs)]
            assert choice[i] == np.argmax(means)
            right.append(choice[i] == batch.targets[stop[i] - 1, i])
        scores.append(np.mean(right))
    np.testing.assert_allclose(task.score(outputs, batch), scores)


# Draws.


@pytest.mark.parametrize(("dt", "noise"), [(20.0, 0.1), (5.0, 0.4)])
def test_the_noise_of_a_bin_is_exact(dt, noise):
    task = make_task("PerceptualDecisionMaking", dt=dt, noise=noise)
    added = task.sample(2000, 0).inputs - replace(task, noise=0.0).sample(2000, 0).inputs
    assert added.std() == pytest.approx(noise * np.sqrt(100 / dt), rel=4 / np.sqrt(2 * added.size))
    assert abs((added[1:] * added[:-1]).mean()) < 4 * added.var() / np.sqrt(added[1:].size)


def test_what_a_task_draws_while_painting_differs_between_batches_and_not_with_the_noise():
    task = make_task("Mimic")
    bits = [task.sample(4, seed).inputs for seed in (0, 1)]
    assert np.mean(bits[0] != bits[1]) == pytest.approx(0.5, abs=0.05)
    noisy = replace(task, noise=0.01).sample(4, 0).inputs
    np.testing.assert_array_equal(np.round(noisy), bits[0])


@pytest.mark.parametrize("name", ["DelayMatchSample", "ReversalBandit"])
def test_streams_of_training_and_test_share_nothing_and_start_anywhere(name):
    task = make_task(name)
    train, test = task.stream(3, 7), task.stream(3, 7, split="test")
    batches = [next(train) for _ in range(3)] + [next(test) for _ in range(3)]
    assert len({batch.inputs.tobytes() for batch in batches}) == 6
    assert next(task.stream(3, 7, start=2)).inputs.tobytes() == batches[2].inputs.tobytes()
    assert next(task.stream(3, 8)).inputs.tobytes() != batches[0].inputs.tobytes()


@pytest.mark.parametrize("periods", [("a",), ("a", "b"), ("b", "c"), ("a", "c"), ("a", "b", "c")], ids="-".join)
@pytest.mark.parametrize("durations", [[(3, 3), (2, 2), (4, 4)], [(3, 1), (0, 2), (4, 5)]], ids=["alike", "differing"])
def test_what_is_painted_lies_in_its_periods_and_nowhere_else(durations, periods):
    bins = {name: np.array(n) for name, n in zip("abc", durations, strict=True)}
    canvas = Canvas(bins, {"light": slice(0, 2)}, 3, "choice", 10.0, 0.0, np.random.default_rng(0))
    canvas.add("light", np.array([[1.0, 2.0], [3.0, 4.0]]), *periods)
    canvas.target(np.array([1, 2]), *periods)
    canvas.weigh(7.0, *periods)
    batch = canvas.finish({}, 0, follows=False)
    for i in range(2):
        inside = np.concatenate([[name in periods] * bins[name][i] for name in "abc"]).astype(bool)
        n = len(inside)
        np.testing.assert_array_equal(
            batch.inputs[:n, i], inside[:, None] * np.array([1.0, 2.0]) + 2 * i * inside[:, None]
        )
        np.testing.assert_array_equal(batch.targets[:n, i], (1 + i) * inside)
        np.testing.assert_array_equal(batch.mask[:n, i], np.where(inside, 7, 1))
        assert not batch.inputs[n:, i].any()
        assert not batch.mask[n:, i].any()


def test_a_duration_drawn_per_batch_may_be_fixed():
    fixed, drawn = (make_task("DelayMatchSample", delay_ms=ms) for ms in (500, PerBatch(500)))
    np.testing.assert_array_equal(fixed.sample(3, 0).inputs, drawn.sample(3, 0).inputs)
    with pytest.raises(ValueError, match="duration is 'long'"):
        make_task("DelayMatchSample", delay_ms=PerBatch("long"))


def test_a_duration_drawn_per_batch_is_one_for_all_trials_and_another_in_the_next_batch():
    task = make_task("DelayMatchSample", delay_ms=PerBatch(Choice((200, 400, 800), p=(0.2, 0.3, 0.5))))
    seen = []
    for seed in range(300):
        start, stop = task.sample(4, seed).periods["delay"]
        assert len(set(stop - start)) == 1
        seen.append((stop - start)[0] * 20)
    for ms, p in ((200, 0.2), (400, 0.3), (800, 0.5)):
        assert abs(seen.count(ms) / 300 - p) < 4 * np.sqrt(p * (1 - p) / 300)


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.PCG64, np.random.Philox, np.random.SFC64])
def test_noise_is_normal_whatever_generator_makes_it(bits):
    out = np.empty(100_000, np.float32)
    fill_with_noise(out, 1.0, np.random.Generator(bits(0)))
    assert out.std() == pytest.approx(1, abs=0.01)
    assert abs(out.mean()) < 4 / np.sqrt(100_000)
    assert abs((out**4).mean() - 3) < 4 * np.sqrt(96 / 100_000)


def test_true_or_false_is_nothing_else():
    for value in ("no", 1, None):
        with pytest.raises(ValueError, match="it must be True or False"):
            make_task("yang19.dm1", graded=value)
    assert make_task("yang19.dm1", graded=np.True_).graded is True


def test_numbers_and_levels_come_as_often_as_they_should():
    rng, n = np.random.default_rng(0), 20_000
    drawn = np.sort(Between(-2, 6).draw(rng, n))
    assert np.abs(drawn - np.linspace(-2, 6, n)).max() < 8 * 1.95 / np.sqrt(n)
    for drawn in (
        Levels((3, 1, 2), (0.1, 0.3, 0.6)).draw(rng, n),
        np.array(draw_bins(Choice((300, 100, 200), (0.1, 0.3, 0.6)), 100.0, "delay_ms", rng, n)),
    ):
        np.testing.assert_allclose([np.mean(drawn == k) for k in (1, 2, 3)], (0.3, 0.6, 0.1), atol=2 / np.sqrt(n))


def test_arguments_count_more_than_a_preset():
    preset = type(make_task("yang19.go")).presets["soo2023"]
    assert make_task("yang19.go", preset="soo2023") == make_task("yang19.go", **preset)
    assert make_task("yang19.go", preset="soo2023", settle_ms=0, dt=10.0).settle_ms == 0


# Mixtures, noise, curricula.


PDM, DMS = make_task("PerceptualDecisionMaking"), make_task("DelayMatchSample")


def test_mixtures_of_mixtures_are_refused():
    inner = Mixture(tasks=(PDM, DMS))
    for tasks, cue in (
        ((inner, PDM), True),
        ((inner, replace(inner, weights=(1, 3))), False),
        ((Noisy(task=inner),), True),
    ):
        with pytest.raises(ValueError, match="give all their tasks to one"):
            Mixture(tasks=tasks, cue=cue)


def test_weights_given_again_are_the_same():
    rng = np.random.default_rng(0)
    for _ in range(100):
        mixture = Mixture(tasks=(PDM, DMS, PDM), weights=rng.random(3))
        assert Mixture(tasks=mixture.tasks, weights=mixture.weights) == mixture
        assert sum(mixture.weights) == pytest.approx(1)


def test_tasks_of_a_mixture_are_as_frequent_as_their_weights_and_so_are_its_chance_and_ceiling():
    mixture = Mixture(tasks=(DMS, make_task("ToneDetection"), replace(DMS, noise=2.0)), weights=(5, 3, 2))
    which = mixture.draw(np.random.default_rng(0), 20_000)["task"]
    np.testing.assert_allclose(np.bincount(which) / 20_000, (0.5, 0.3, 0.2), atol=4 * 0.5 / np.sqrt(20_000))
    parts = [(task.chance, task.ceiling) for task in mixture.tasks]
    assert mixture.chance == pytest.approx(np.dot((0.5, 0.3, 0.2), [chance for chance, _ in parts]))
    assert mixture.ceiling == pytest.approx(np.dot((0.5, 0.3, 0.2), [ceiling for _, ceiling in parts]))
    assert len({ceiling for _, ceiling in parts}) == 3


@pytest.mark.parametrize("names", [("DelayMatchSample", "PerceptualDecisionMaking"), ("yang19.go", "yang19.dlydm1")])
def test_every_trial_of_a_mixture_is_one_of_its_task(names):
    """Rebuilt from the conditions alone by the task itself, whose durations are fixed and noise is none."""
    tasks = [make_task(name, noise=0.0) for name in names]
    tasks = [replace(task, **{f"{p}_ms": 400 for p in task.periods if hasattr(task, f"{p}_ms")}) for task in tasks]
    mixture = Mixture(tasks=tasks, weights=(2, 1))
    batch = mixture.sample(60, seed=0)
    for i in range(60):
        number = batch.conditions["task"][i]
        task, one = tasks[number], batch.trial(i)
        own = {name: one.conditions[name] for name in task.draw(np.random.default_rng(0), 1)}
        alone = task.lay_out(own, np.random.default_rng(0))
        columns = [mixture.input_names.index(name) for name in task.input_names]
        np.testing.assert_array_equal(one.inputs[..., columns], alone.inputs)
        others = np.delete(one.inputs[:, 0], columns, axis=1)
        assert (others.sum(axis=1) == 1).all()  # nothing but the cue, and that all the time
        assert (others[:, mixture.n_inputs - len(columns) - 2 + number] == 1).all()
        np.testing.assert_array_equal(one.mask, alone.mask)
        if task.kind == "choice":
            named = np.array(mixture.output_names)[one.targets]
            np.testing.assert_array_equal(named, np.array(task.output_names)[alone.targets])
        else:
            outputs = [mixture.output_names.index(name) for name in task.output_names]
            np.testing.assert_array_equal(one.targets[..., outputs], alone.targets)


@dataclass(frozen=True, kw_only=True)
class Pull(TwoAnswers):
    """The same with another thing to do."""

    def responses(self):
        return ("fixate", "pull")


def test_of_several_responses_each_is_judged_by_itself_in_a_mixture():
    mixture = Mixture(tasks=(TwoAnswers(delay_ms=40), Pull(delay_ms=40)))
    assert mixture.output_names == ("fixate", "press", "pull")
    batch = mixture.sample(200, seed=0)
    spans = batch.windows("response")
    right = [batch.targets[stop - 1, np.arange(200)] for _, stop in spans]
    foreign = 2 - batch.conditions["task"]
    assert (mixture.score(mixture.respond(batch, *right), batch) == 1).all()
    assert (mixture.score(mixture.respond(batch, foreign, right[1]), batch) == 0.5).all()
    assert (mixture.score(mixture.respond(batch, right[0], foreign), batch) == 0.5).all()
    assert (mixture.score(mixture.respond(batch, foreign, foreign), batch) == 0).all()


def test_no_groups_get_no_noise():
    plain, noisy = (task.sample(4, 0).inputs for task in (PDM, Noisy(task=PDM, groups=(), added=1.0)))
    np.testing.assert_array_equal(plain, noisy)


@pytest.mark.parametrize("dt", [10.0, 50.0])
def test_added_noise_tells_as_little_in_a_second_whatever_the_bin(dt):
    noisy = Noisy(task=replace(PDM, noise=0.0, dt=dt, stimulus_ms=Uniform(500, 1500)), added=1.0)
    batch, plain = noisy.sample(400, 0), noisy.task.sample(400, 0)
    added, n = batch.inputs - plain.inputs, round(100 / dt)
    assert added[: 2 * n].reshape(2, n, 400, -1).mean(axis=1).std() == pytest.approx(1, abs=0.05)
    for i in range(0, 400, 20):
        assert (added[batch.lengths[i] :, i] == 0).all()
    frozen = replace(noisy, frozen=True).sample(400, 0).inputs - plain.inputs
    assert np.ptp(frozen[:3], axis=0).max() < 1e-5
    assert frozen[0].std(axis=0) == pytest.approx(1, abs=0.15)  # another in each trial


def test_a_score_that_is_no_number_reaches_no_goal():
    curriculum = Curriculum.over("DelayMatchSample", delay_ms=[200, 400])
    assert not curriculum.report(float("nan"))
    assert curriculum.level == 0


def test_goals_lie_between_chance_and_ceiling():
    levels = [replace(PDM, noise=2.0, stimulus_ms=ms) for ms in (400, 200)]
    curriculum = Curriculum(levels, goal=0.5)
    assert curriculum.goal_score == pytest.approx((0.5 + levels[0].ceiling) / 2)
    assert curriculum.report(levels[0].ceiling)
    both = curriculum.task
    assert set(np.unique(both.sample(200, 0).conditions["task"])) == {0, 1}
    assert curriculum.goal_score == pytest.approx((0.5 + both.ceiling) / 2)


# The contract holds for what it must, and is not put off by chance.


@dataclass(frozen=True, kw_only=True)
class Pair(TwoAnswers):
    """Only four different trials, and no noise: two small batches are often the same."""

    delay_ms: float = 40.0


@pytest.mark.parametrize(
    "task",
    [
        Pair(),
        make_task("Add", noise=0.6, labels="samples"),
        make_task("Add", noise=0.03, dt=5.0),
        make_task("SineWave", waves_ms=[250]),
    ],
    ids=lambda task: task.name,
)
def test_sound_tasks_of_other_settings_keep_the_contract(task):
    for check in CHECKS:
        check(task)
