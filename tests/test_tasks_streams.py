"""Streams for online learning: labels by their formula, losses by enumeration, a second simulation of Mimic."""

from itertools import product
from math import erf, log, sqrt

import numpy as np
import pytest
import torch

from cogdyn.agents.credit.losses import task_loss
from cogdyn.envs import Choice, Uniform, make_task

ADD = [
    {},
    {"lags": (5, 7), "tau_task": 2},
    {"lags": (1, 3), "tau_task": 3, "dt": 20.0, "n_steps": 7},
    {"lags": (4, 0)},
    {"lags": (2, 2)},
]


def bits_of(task, batch):
    """The bits of a stream without noise, one for each step, (steps, B)."""
    return batch.inputs[:: task.tau_task, :, 0]


@pytest.mark.parametrize("arguments", ADD)
def test_labels_of_add_follow_from_the_bits_two_lags_ago(arguments):
    task = make_task("Add", **arguments)
    batch = task.sample(5, seed=0)
    (t1, t2), tau, x = (int(lag) for lag in task.lags), task.tau_task, bits_of(task, batch)
    assert len(batch.inputs) == (max(t1, t2) + task.n_steps) * tau
    assert set(np.unique(batch.inputs)) == {0, 1}
    np.testing.assert_array_equal(batch.inputs.sum(axis=2), 1)
    for t in range(len(batch.inputs)):
        step = t // tau
        np.testing.assert_array_equal(batch.inputs[t], batch.inputs[step * tau])
        assert (batch.mask[t] == (step >= max(t1, t2))).all()
        if step >= max(t1, t2):
            y = 0.5 + 0.5 * x[step - t1] - 0.25 * x[step - t2]
            np.testing.assert_allclose(batch.targets[t], np.stack([y, 1 - y], axis=1), atol=1e-7)
    for name, lag in (("recent", t1), ("distant", t2)):
        np.testing.assert_array_equal(batch.conditions[name], x[len(x) - 1 - lag])


def test_bits_of_add_are_fair_and_independent():
    task = make_task("Add", n_steps=500)
    x = 2.0 * bits_of(task, task.sample(200, seed=0)) - 1
    assert abs(x.mean()) < 4 / sqrt(x.size)
    for lag in (1, 2, 4, 6, 10):
        assert abs((x[lag:] * x[:-lag]).mean()) < 4 / sqrt(x[lag:].size)
    assert abs((x[:, 1:] * x[:, :-1]).mean()) < 4 / sqrt(x[:, 1:].size)


def test_sampled_labels_have_the_probabilities_they_stand_for():
    batch = make_task("Add", labels="samples", tau_task=2).sample(400, seed=0)
    x = batch.inputs[::2, :, 0]
    label = batch.targets[..., 0]
    np.testing.assert_array_equal(label[::2], label[1::2])
    label = label[::2]
    assert set(np.unique(label)) == {0, 1}
    for a, b in product((0, 1), repeat=2):
        chosen = (x[4:-6] == a) & (x[:-10] == b)  # t1 = 6, t2 = 10
        p = 0.5 + 0.5 * a - 0.25 * b
        assert abs(label[10:][chosen].mean() - p) < 4 * sqrt(p * (1 - p) / chosen.sum()) + 1e-9


def entropy(p):
    return -sum(q * log(q) for q in (p, 1 - p) if q > 0)


def levels():
    """Best loss (nats) of who knows neither bit, the first, the second, both: by enumeration."""
    y = {(a, b): 0.5 + 0.5 * a - 0.25 * b for a, b in product((0, 1), repeat=2)}
    known = {"nothing": lambda a, b: 0, "first": lambda a, b: a, "second": lambda a, b: b, "both": lambda a, b: (a, b)}
    found = {}
    for name, told in known.items():
        groups = {}
        for bits, p in y.items():
            groups.setdefault(told(*bits), []).append(p)
        found[name] = sum(len(ps) / 4 * entropy(np.mean(ps)) for ps in groups.values())
    return found


@pytest.mark.parametrize("labels", ["probabilities", "samples"])
def test_the_losses_of_add_are_those_of_the_paper(labels):
    expected = levels()
    assert [round(expected[name], 4) for name in ("nothing", "second", "first", "both")] == [
        0.6616,
        0.6277,
        0.5192,
        0.4545,
    ]
    task = make_task("Add", labels=labels, n_steps=200)
    batch = task.sample(300, seed=0)
    x = bits_of(task, batch)
    first, second = (np.concatenate([np.zeros((lag, 300)), x[:-lag]]) for lag in (6, 10))
    answers = {
        "nothing": np.full_like(x, 0.625),
        "first": 0.5 + 0.5 * first - 0.125,
        "second": 0.75 - 0.25 * second,
        "both": 0.5 + 0.5 * first - 0.25 * second,
    }
    scores = {}
    for name, p in answers.items():
        outputs = np.log(np.maximum(np.stack([p, 1 - p], axis=-1), 1e-9)).astype(np.float32)
        parts = (torch.from_numpy(array) for array in (outputs, batch.targets, batch.mask))
        assert task_loss(*parts, probabilities=True).item() == pytest.approx(expected[name], abs=0.006), name
        scores[name] = task.score(outputs, batch).mean()
    gain = {
        name: (expected["nothing"] - loss) / (expected["nothing"] - expected["both"]) for name, loss in expected.items()
    }
    for name, score in scores.items():
        assert score == pytest.approx(gain[name], abs=0.03), name
    for said, name in ((task.ideal(batch), "both"), (task.guess(batch), "nothing")):
        parts = (torch.from_numpy(np.asarray(array, np.float32)) for array in (said, batch.targets, batch.mask))
        assert task_loss(*parts, probabilities=True).item() == pytest.approx(expected[name], abs=0.006)


def test_the_score_of_add_is_the_divergence_it_says():
    task = make_task("Add", n_steps=20, tau_task=2, labels="samples")
    batch = task.sample(6, seed=0)
    outputs = task.ideal(batch) + np.random.default_rng(0).normal(0, 1, (*batch.mask.shape, 2))
    x = bits_of(task, batch)
    for i in range(6):
        missed = unknown = 0.0
        for t in range(20, len(outputs)):  # ten steps of burn-in
            y = 0.5 + 0.5 * x[t // 2 - 6, i] - 0.25 * x[t // 2 - 10, i]
            p = np.exp(outputs[t, i]) / np.exp(outputs[t, i]).sum()
            missed += sum(v * log(v / q) for v, q in zip((y, 1 - y), p, strict=True) if v > 0)
            unknown += sum(v * log(v / q) for v, q in zip((y, 1 - y), (0.625, 0.375), strict=True) if v > 0)
        assert task.score(outputs, batch)[i] == pytest.approx(max(0, 1 - missed / unknown), abs=1e-6)


@pytest.mark.parametrize("noise", [0.2, 0.5])
def test_nothing_in_noise_is_told_better_than_by_bayes(noise):
    """The posterior of a bit by Bayes' rule from the densities of its two channels, bin by bin."""
    task = make_task("Add", noise=noise, tau_task=2, lags=(3, 5), n_steps=30)
    batch = task.sample(300, seed=0)
    sd = noise * sqrt(100 / 10)
    posterior = np.zeros((35, 300))
    for step in range(35):
        log_odds = np.zeros(300)
        for t in (2 * step, 2 * step + 1):
            for bit, sign in ((1, 1), (0, -1)):
                shown = batch.inputs[t] - (bit, 1 - bit)
                log_odds -= sign * (shown**2).sum(axis=1) / (2 * sd**2)
        posterior[step] = 1 / (1 + np.exp(-log_odds))
    p = 0.5 + 0.5 * posterior[2:-3] - 0.25 * posterior[:-5]
    said = np.exp(task.ideal(batch)[10:])
    np.testing.assert_allclose((said / said.sum(axis=-1, keepdims=True))[::2, :, 0], p, atol=1e-5)
    score = task.score(task.ideal(batch), batch)
    assert abs(score.mean() - task.ceiling) < 4 * score.std() / sqrt(300)
    for worse in (0.5, 2.0):
        assert task.score(worse * task.ideal(batch), batch).mean() < score.mean()


@pytest.mark.parametrize(
    "arguments", [{}, {"alpha": 0.3, "tau_task": 2, "n_steps": 8}, {"n_units": 5, "network_seed": 3}]
)
def test_mimic_is_simulated_a_second_time(arguments):
    task = make_task("Mimic", **arguments)
    batch = task.sample(3, seed=0)
    recurrent, weights, bias = task._weights
    n, tau = task.n_units, task.tau_task
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(n), atol=1e-12)
    assert set(np.unique(batch.inputs)) == {0, 1}
    for trial in range(3):
        r = [0.0] * n
        for t in range(task.n_steps * tau):
            x = batch.inputs[t, trial]
            np.testing.assert_array_equal(x, batch.inputs[t // tau * tau, trial])
            drive = [
                sum(recurrent[i, j] * r[j] for j in range(n)) + sum(weights[i, j] * x[j] for j in range(n)) + bias[i]
                for i in range(n)
            ]
            r = [(1 - task.alpha) * r[i] + task.alpha * np.tanh(drive[i]) for i in range(n)]
            np.testing.assert_allclose(batch.targets[t, trial], r, atol=1e-6)
    assert (task.score(task.ideal(batch), batch) == 1).all()


def test_weights_and_score_of_mimic():
    weights = [make_task("Mimic", network_seed=seed)._weights for seed in range(40)]
    assert np.std([v for _, v, _ in weights]) == pytest.approx(1 / sqrt(32), rel=0.02)
    assert np.std([b for _, _, b in weights]) == pytest.approx(0.1, rel=0.1)
    assert abs(np.mean([np.trace(w) for w, _, _ in weights])) < 4 / sqrt(40)  # of Haar's measure: mean 0, variance 1
    task = make_task("Mimic")
    batch = task.sample(50, seed=0)
    mean = task.sample(1000, seed=9).targets.mean(axis=(0, 1))
    outputs = batch.targets + np.random.default_rng(0).normal(0, 0.3, batch.targets.shape)
    error, spread = ((batch.targets - outputs) ** 2).sum(axis=(0, 2)), ((batch.targets - mean) ** 2).sum(axis=(0, 2))
    np.testing.assert_allclose(task.score(outputs, batch), np.maximum(0, 1 - error / spread), atol=0.02)
    np.testing.assert_allclose(task.score(task.guess(batch), batch), 0, atol=1e-6)


def test_waves_are_sines_of_their_period_and_amplitude():
    task = make_task("SineWave", stream_ms=Choice((300, 600)), cue_ms=Uniform(50, 100), held=False)
    batch = task.sample(20, seed=0)
    for i in range(20):
        one = batch.trial(i)
        period, amplitude = task.waves_ms[one.conditions["wave"][0]], one.conditions["amplitude"][0]
        start, stop = (int(edge[0]) for edge in one.periods["stream"])
        expected = np.zeros(stop)
        for k in range(stop - start):
            expected[start + k] = amplitude * np.sin(2 * np.pi * (k + 1) * 10 / period)
        np.testing.assert_allclose(one.targets[:, 0, 0], expected, atol=1e-6)
        cue = np.zeros((stop, 5))
        cue[:start, one.conditions["wave"][0]], cue[:start, 4] = 1, amplitude
        np.testing.assert_allclose(one.inputs[:, 0], cue, atol=1e-6)
        for gain, score in ((1, 1), (0.5, 0.75), (0, 0), (-1, 0)):
            assert task.score(gain * one.targets, one)[0] == pytest.approx(score)
    # Chance, by all pairs of waves for both lengths.
    total = []
    for n, (p, a), (q, b) in product((30, 60), *[list(product(task.waves_ms, task.amplitudes))] * 2):
        wanted, made = (g * np.sin(2 * np.pi * 10 * np.arange(1, n + 1) / ms) for ms, g in ((p, a), (q, b)))
        total.append(max(0, 1 - ((made - wanted) ** 2).sum() / (wanted**2).sum()))
    assert task.chance == pytest.approx(np.mean(total))


@pytest.mark.parametrize("stimulus_ms", [30, Choice((10, 90), p=(0.75, 0.25))])
def test_the_sign_of_a_noisy_stimulus_is_told_as_theory_says(stimulus_ms):
    task = make_task("SensorimotorMapping", noise=0.5, stimulus_ms=stimulus_ms)

    def told(bins):
        return (1 + erf(sqrt(bins) / (0.5 * sqrt(10)) / sqrt(2))) / 2

    expected = told(3) if stimulus_ms == 30 else 0.75 * told(1) + 0.25 * told(9)
    assert task.ceiling == pytest.approx(expected)
    batch = task.sample(20_000, seed=0)
    assert task.score(task.ideal(batch), batch).mean() == pytest.approx(expected, abs=4 * sqrt(0.25 / 20_000))


def test_symbols_are_given_back_in_their_order():
    task = make_task("CopyMemory", n_items=3, n_symbols=5)
    batch = task.sample(40, seed=0)
    shown = batch.inputs[..., :5].argmax(axis=2)
    recalled = [batch.targets[start[0], :] for start, _ in batch.windows("recall")]
    for k, (start, _) in enumerate(batch.windows("item")):
        np.testing.assert_array_equal(recalled[k], 1 + shown[start[0]])
    cue, asked = batch.periods["cue"][0][0], batch.windows("recall")[0][0][0]
    assert asked == cue + 2
    assert (batch.targets[:asked] == 0).all()
    # One symbol wrong of three.
    outputs = task.respond(batch, recalled[0], recalled[1] % 5 + 1, recalled[2])
    np.testing.assert_allclose(task.score(outputs, batch), 2 / 3)


def test_symbols_in_noise_are_told_as_often_as_the_ceiling_says():
    task = make_task("CopyMemory", noise=0.35, n_symbols=3)
    rng, bins = np.random.default_rng(0), 2
    seen = rng.normal(0, 0.35 * sqrt(10 / bins), (200_000, 3))
    seen[:, 0] += 1
    assert task.ceiling == pytest.approx((seen.argmax(axis=1) == 0).mean(), abs=4 * sqrt(0.25 / 200_000))
    assert task.ceiling < 0.95
