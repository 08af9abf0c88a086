"""What working memory and motor tasks promise beyond the contract: Bayes' rule by enumeration, closed forms, rules."""

from functools import reduce
from itertools import permutations, product

import numpy as np
import pytest
from scipy.stats import norm

from cogdyn.envs import Choice, PerBatch, TruncatedExponential, Uniform, make_task
from cogdyn.envs.contract.observers import check_guess, check_ideal

# Everything that may be shown in a trial: its probability, what each period shows in which channels, what is answered.


def pairs(n, match, other, group="stimulus", first="sample", second="test", bump=None):
    for a, b in product(range(n), repeat=2):
        p = 0.5 / n if a == b else 0.5 / n / (n - 1)
        yield p, {first: {group: bump(a)}, second: {group: bump(b)}}, [match if a == b else other]


def on_ring(task, n):
    return lambda i: task.ring.bump(np.array(2 * np.pi * i / n))


def one_hot(n):
    return lambda i: np.eye(n)[i]


def categories(task):
    n, half = task.n_directions, task.n_directions // 2
    for a, b in product(range(n), repeat=2):
        angles = np.radians(task.boundary) + 2 * np.pi * (np.array([a, b]) + 0.5) / n
        shown = [{"stimulus": task.ring.bump(angle)} for angle in angles]
        yield 1 / n**2, dict(zip(("sample", "test"), shown, strict=True)), [1 if a // half == b // half else 2]


def partners(task):
    n = task.n_pairs
    for a, b in product(range(n), repeat=2):
        shown = {"sample": {"stimulus": np.eye(2 * n)[a]}, "test": {"stimulus": np.eye(2 * n)[n + b]}}
        yield (0.5 / n if a == b else 0.5 / n / (n - 1)), shown, [int(a == b)]


def letters_of_axcpt(task):
    p = (task.p_ax, task.p_ay, task.p_bx, 1 - task.p_ax - task.p_ay - task.p_bx)
    for kind in range(4):
        shown = {"cue": {"letter": np.eye(4)[kind // 2]}, "probe": {"letter": np.eye(4)[2 + kind % 2]}}
        yield p[kind], shown, [1 if kind == 0 else 2]


def vibrations(task):
    low, high = min(task.lower), max(task.lower) + max(task.differences)
    for f, d, order in product(task.lower, task.differences, (1, 2)):
        f1, f2 = (f + d, f) if order == 1 else (f, f + d)
        seen = [np.array([(x - low) / (high - low), (high - x) / (high - low)]) for x in (f1, f2)]
        yield 1, {"base": {"frequency": seen[0]}, "comparison": {"frequency": seen[1]}}, [order]


def row_of_tests(task):
    n, k = task.n_stimuli, task.n_tests
    bump = on_ring(task, n)
    for sample, *tests in product(range(n), repeat=k + 1):
        matches = [int(test == sample) for test in tests]
        if sum(matches) > 1:
            continue
        p = (1 - task.catch) / k if sum(matches) else task.catch
        shown = {"sample": {"stimulus": bump(sample)}}
        shown |= {f"test {i}": {"stimulus": bump(test)} for i, test in enumerate(tests, start=1)}
        yield p / (n - 1) ** (k - sum(matches)), shown, matches


def two_items(task):
    n, bump = task.n_stimuli, on_ring(task, task.n_stimuli)
    for upper, lower, c1, t1, c2, t2 in product(range(n), range(n), (0, 1), range(n), (0, 1), range(n)):
        p, answers, shown = 1.0, [], {"sample": {"upper": bump(upper), "lower": bump(lower)}}
        for k, (cue, test) in enumerate(((c1, t1), (c2, t2)), start=1):
            match = test == (upper, lower)[cue]
            p *= 0.5 if match else 0.5 / (n - 1)
            answers.append(1 if match else 2)
            shown |= {f"cue {k}": {"cue": np.eye(2)[cue]}, f"test {k}": {"test": bump(test)}}
        yield p, shown, answers


def letter_lists(task):
    n = task.n_letters
    for m in range(1, task.max_items + 1):
        for letters, probe in product(permutations(range(n), m), range(n)):
            present = probe in letters
            p = 0.5 / m if present else 0.5 / (n - m)
            shown = {f"item {i}": {"letter": np.eye(n)[letter]} for i, letter in enumerate(letters, start=1)}
            shown["probe"] = {"letter": np.eye(n)[probe]}
            size = reduce(lambda x, y: x * y, range(n, n - m, -1))
            yield p / size, shown, [1 if present else 2], m


def recalled_lists(task):
    n, m = task.n_letters, task.n_items
    for letters in product(range(n), repeat=m) if task.repeats else permutations(range(n), m):
        shown = {f"item {i}": {"letter": np.eye(n)[letter]} for i, letter in enumerate(letters, start=1)}
        for backward in (0, 1) if task.direction == "cued" else (int(task.direction == "backward"),):
            cue = {"delay": {"direction": np.eye(2)[backward]}} if task.direction == "cued" else {}
            yield 1, shown | cue, [1 + letter for letter in (letters[::-1] if backward else letters)]


def letters_back(task):
    n, back = task.n_letters, task.n_back
    for letters in product(range(n), repeat=task.n_items):
        p, answers = 1.0, []
        for k in range(back, task.n_items):
            old, recent, new = letters[k - back], letters[k - back + 1], letters[k]
            may_lure = task.lures if recent != old and back > 1 else 0
            fresh = (1 - may_lure) / (n - 1) * (new != old) + may_lure * (new == recent)
            p *= task.match_rate if new == old else (1 - task.match_rate) * fresh
            answers.append(1 if new == old else 2)
        yield p, {f"item {i}": {"letter": np.eye(n)[letter]} for i, letter in enumerate(letters, start=1)}, answers


def counted_letters(task):
    n, m = task.n_letters, task.n_items
    for items, queries in product(product(range(n), repeat=m), repeat=2):
        shown = {f"item {i + 1}": {"item": np.eye(n)[items[i]], "query": np.eye(n)[queries[i]]} for i in range(m)}
        yield 1, shown, [1 + items[: i + 1].count(queries[i]) for i in range(m)]


def places(task):
    bump = on_ring(task, task.n_locations)
    return ((1, {"cue": {"cue": bump(i)}}, [1 + i]) for i in range(task.n_locations))


ENUMERATED = [
    ("DelayResponse", {"n_locations": 5}, places),
    ("DelayMatchSample", {"n_stimuli": 3}, lambda t: pairs(3, 1, 2, bump=on_ring(t, 3))),
    ("DelayNonMatchSample", {"n_stimuli": 4}, lambda t: pairs(4, 0, 1, bump=on_ring(t, 4))),
    ("DelayMatchCategory", {"n_directions": 6, "boundary": 20.0}, categories),
    ("DelayPairedAssociation", {"n_pairs": 3}, partners),
    ("AXCPT", {}, letters_of_axcpt),
    ("DelayComparison", {"lower": (10, 12, 18), "differences": (2, 8)}, vibrations),
    ("DelayMatchSampleDistractor1D", {"n_stimuli": 3}, row_of_tests),
    ("DualDelayMatchSample", {"n_stimuli": 3}, two_items),
    ("DualDelayMatchSample", {"cue_ms": 20}, two_items),
    ("Sternberg", {"n_letters": 4, "max_items": 3}, letter_lists),
    ("SerialRecall", {"n_letters": 4, "n_items": 3}, recalled_lists),
    ("SerialRecall", {"n_letters": 3, "n_items": 3, "repeats": True, "direction": "backward"}, recalled_lists),
    ("SerialRecall", {"n_letters": 4, "n_items": 3, "direction": "cued"}, recalled_lists),
    ("NBack", {"n_letters": 3, "n_items": 6, "lures": 0.6}, letters_back),
    ("NBack", {"n_letters": 3, "n_items": 4, "n_back": 1}, letters_back),
    ("CountRecall", {"n_letters": 2, "n_items": 4}, counted_letters),
]


def likeliest(task, batch, trial, hypotheses):
    """The likeliest answer of each response, by everything that was shown before it, bin by bin."""
    stops = [int(stop[trial]) for _, stop in batch.windows(task.response_period)]
    odds = np.zeros((len(stops), task.n_outputs))
    periods = {name: (int(start[trial]), int(stop[trial])) for name, (start, stop) in batch.periods.items()}
    n_items = sum(periods[name][1] > periods[name][0] for name in periods if name.startswith("item"))
    known = {}

    def log_likelihood(period, group, mean):
        key = (period, group, mean.tobytes())
        if key not in known:
            seen = batch.inputs[slice(*periods[period]), trial, task.input_groups[group]]
            known[key] = -((seen - mean) ** 2 - seen**2).sum() / 2 / task.noise_std**2
        return known[key]

    for p, shown, answers, *size in hypotheses:
        if size and size != [n_items]:
            continue
        logs = [(periods[name][0], log_likelihood(name, *one)) for name, all_ in shown.items() for one in all_.items()]
        for k, (stop, answer) in enumerate(zip(stops, answers, strict=True)):
            odds[k, answer] += p * np.exp(sum(log for start, log in logs if start < stop))
    return odds.argmax(axis=1)


@pytest.mark.parametrize(("name", "arguments", "hypotheses"), ENUMERATED)
def test_the_ideal_observer_answers_as_enumeration_of_all_trials_says(name, arguments, hypotheses):
    task = make_task(name, noise=2.0, **arguments)
    every = list(hypotheses(task))
    batch = task.sample(300 if "cue_ms" in arguments else 30, seed=3)
    chosen = np.array(task.choices(task.ideal(batch), batch))
    wanted = [likeliest(task, batch, trial, every) for trial in range(batch.batch_size)]
    np.testing.assert_array_equal(chosen.T, wanted)
    right = np.mean(task.score(task.ideal(batch), batch))
    assert right < 1, "the noise must be high enough to tell observers apart"


@pytest.mark.parametrize(
    ("name", "period"), [("DelayMatchSample", "sample_ms"), ("ReachingDelayResponse", "stimulus_ms")]
)
def test_the_ceiling_averages_over_durations(name, period):
    task = make_task(name, noise=0.5, **{period: Choice((100, 500), (0.7, 0.3))})
    batch = task.sample(10_000, seed=1)
    score, ceiling = task.score(task.ideal(batch), batch).mean(), task.ceiling
    assert score == pytest.approx(ceiling, abs=4 * np.sqrt(ceiling * (1 - ceiling) / 10_000))
    for duration in (Choice((100, 500), (0.7, 0.3)), TruncatedExponential(200, 100, 500)):
        per_trial, per_batch = (make_task(name, noise=0.5, **{period: d}) for d in (duration, PerBatch(duration)))
        assert per_batch.ceiling == per_trial.ceiling != make_task(name, noise=0.5).ceiling


def test_a_place_among_two_is_told_as_theory_says():
    task = make_task("DelayResponse", n_locations=2, noise=0.8)
    d = np.linalg.norm(np.subtract(*task.ring.bump(np.array([0.0, np.pi]))))
    assert task.ceiling == pytest.approx(norm.cdf(d * np.sqrt(15) / 2 / task.noise_std), abs=0.006)


def test_lures_and_matches_come_as_often_as_asked_for():
    task = make_task("NBack", n_items=60, lures=0.5, match_rate=0.25, n_letters=10)
    drawn = task.draw(np.random.default_rng(0), 500)
    items = np.array([drawn[f"item_{k}"] for k in range(1, 61)])
    matches, recent = items[2:] == items[:-2], items[2:] == items[1:-1]
    different = items[1:-1] != items[:-2]
    assert matches.mean() == pytest.approx(0.25, abs=0.01)
    # A lure, or by chance one of the 9 other letters.
    assert (recent & ~matches)[different].mean() == pytest.approx(0.75 * (0.5 + 0.5 / 9), abs=0.01)
    lures = np.array([drawn[f"lure_{k}"] for k in range(3, 61)])
    assert not (lures & (matches | ~recent)).any()


def test_no_letter_comes_twice_in_a_list_and_every_set_size_and_place_is_probed():
    task = make_task("Sternberg", max_items=5)
    drawn = task.draw(np.random.default_rng(0), 4000)
    items = np.array([drawn[f"item_{k}"] for k in range(1, 6)])
    size, probe = drawn["set_size"], drawn["probe"]
    assert ((items >= 0).sum(axis=0) == size).all()
    for k in range(4):
        assert not (items[k] == items[k + 1 :])[:, items[k] >= 0].any()
    np.testing.assert_array_equal((items == probe).any(axis=0), drawn["present"])
    assert {(m, k) for m, k in zip(size, drawn["position"], strict=True) if k} == {
        (m, k) for m in range(1, 6) for k in range(1, m + 1)
    }


def flips(task):
    """All histories of one bit whose pulses last a bin: the sign held, (n, T), and when pulses come, (n, T)."""
    h, n_bins = task._hazard, 8
    for first, *later in product((1, -1), *[(0, 1, -1)] * (n_bins - 1)):
        pulses = np.array([first, *later])
        last = np.maximum.accumulate(np.where(pulses != 0, np.arange(n_bins), 0))
        yield np.prod(np.where(pulses[1:] == 0, 1 - h, h / 2)), pulses, pulses[last]


def test_bits_are_told_as_enumeration_of_all_pulses_says():
    arguments = {"dt": 100, "pulse_ms": 100, "grace_ms": 100, "stream_ms": 700, "rate": 2.0, "n_bits": 1}
    task = make_task("FlipFlop", noise=0.6, **arguments)
    batch = task.sample(30, seed=1)
    seen = batch.inputs[..., 0].T.astype(float)
    weight = np.zeros((2, *seen.shape))
    for p, pulses, held in flips(task):
        log = -np.cumsum((seen - pulses) ** 2, axis=1) / 2 / task.noise_std**2
        for sign in (0, 1):
            weight[sign] += p * np.exp(log) * (held == (1, -1)[sign]) * (pulses == 0)
    wanted = np.where(weight[0] >= weight[1], 1, -1)[:, 1:]
    np.testing.assert_array_equal(task.ideal(batch)[1:, :, 0].T, wanted)
    assert 0 < (wanted != batch.targets[1:, :, 0].T).mean() < 0.4


def test_a_bit_holds_the_last_pulse_and_no_bin_counts_within_the_grace_of_any():
    task = make_task("FlipFlop", noise=0.0, rate=3.0, pulse_ms=60.0, grace_ms=100.0, stream_ms=Uniform(1000, 2000))
    batch = task.sample(20, seed=0)
    for trial in range(20):
        inputs = batch.inputs[: batch.lengths[trial], trial]
        held, since, left = np.zeros(3), np.full(3, 99), np.zeros(3, int)
        for t, pulses in enumerate(inputs):
            starts = (pulses != 0) & (left == 0)
            held[starts], since[starts], left[starts] = pulses[starts], 0, 3
            np.testing.assert_array_equal(pulses != 0, left > 0)
            np.testing.assert_array_equal(batch.targets[t, trial], held)
            if t >= 3:
                assert (batch.mask[t, trial] == 0) == (since.min() < 5 or t < 8), t
            since, left = since + 1, np.maximum(left - 1, 0)
    with pytest.raises(ValueError, match="no bin would lie outside"):
        make_task("FlipFlop", rate=30.0)


# Reaches.


@pytest.mark.parametrize(
    ("name", "target_input"), [("DelayedReach", "held"), ("DelayedReach", "extinguished_at_go"), ("CenterOut", "held")]
)
def test_one_of_two_targets_is_told_as_theory_says(name, target_input):
    """From the delay on, through 7 bins of reaction and 20 of movement where it stays visible."""
    task = make_task(name, n_targets=2, noise=1.5, target_input=target_input)
    after = 27 if target_input == "held" else 0
    expected = np.mean([norm.cdf(np.sqrt(n + after) / task.noise_std) for n in range(10, 31)])
    assert task.ceiling == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 40_000))


@pytest.mark.parametrize(
    ("name", "noise"),
    [("DelayedReach", 0.3), ("DelayedReach", 1.0), ("CenterOut", 1.0), ("ReachingDelayResponse", 0.3)],
)
def test_reaches_keep_to_the_ceiling_in_any_noise(name, noise):
    task = make_task(name, noise=noise)
    assert task.ceiling < 1
    check_ideal(task)
    check_guess(task)


@pytest.mark.parametrize("arguments", [{"catch": 0.3}, {"catch": 0.3, "output": "emg"}, {"n_targets": 24}])
def test_other_settings_of_reaches_keep_to_ceiling_and_chance(arguments):
    task = make_task("DelayedReach", noise=0.5, **arguments)
    check_ideal(task)
    check_guess(task)


def test_catch_trials_are_believed_as_far_as_the_hold_cue_tells():
    """Where the cue says little, one who knows that most trials go beats one who takes it at face value."""
    task = make_task("DelayedReach", n_targets=2, catch=0.2, noise=2.0)
    batch = task.sample(4000, seed=0)
    hold, went = task.mean_input(batch, "hold", "reaction")[:, 0], task.ideal(batch).any(axis=(0, 2))
    assert went[hold < 0].mean() > 0.95
    assert went.mean() > 0.8
    assert (
        task.score(task.ideal(batch), batch).mean()
        > task.score(task.ideal(batch) * (hold < 0.5)[:, None], batch).mean()
    )


def test_a_reach_for_a_target_that_two_accept_is_preferred():
    angles = (0.0, 10.0, 32.0)
    task = make_task("DelayedReach", noise=1.0, angles=angles)
    targets = np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], axis=-1)
    batch = task.sample(200, seed=0)
    start, stop = batch.periods["delay"][0], batch.periods["movement"][1]
    reached, lost = task.ideal(batch).sum(axis=0) / 20 * 15 / 8, 0
    for trial in range(200):
        seen = batch.inputs[start[trial] : stop[trial], trial, :2]
        p = np.exp(-((seen - targets[:, None]) ** 2).sum(axis=(1, 2)) / 2 / task.noise_std**2 + len(seen))
        best = np.argmax([p[0] + p[1], p[0] + p[1], p[2]])
        lost += best != p.argmax() and p[2] == p.max()
        assert np.linalg.norm(reached[trial] - targets[best]) < 0.01
    assert lost > 0


def test_who_points_near_the_edge_keeps_off_it():
    """The best aim by brute force over a grid of points, for 100 readings."""
    task = make_task("ReachingDelayResponse", noise=0.5)
    batch = task.sample(100, seed=0)
    seen = task.mean_input(batch, "point", "stimulus")
    grid = np.arange(-0.97, 1, 0.06)
    points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    p = np.exp(-((seen[:, None] - points) ** 2).sum(axis=-1) * 15 / 2 / task.noise_std**2)
    p /= p.sum(axis=1, keepdims=True)
    near = np.linalg.norm(points[:, None] - points, axis=-1) <= task.tolerance
    best = (p @ near).max(axis=1).mean()
    aims = task.ideal(batch).sum(axis=0) / 20
    reached = np.mean((p * (np.linalg.norm(points - aims[:, None], axis=-1) <= task.tolerance)).sum(axis=1))
    naive = np.clip(seen, -1, 1)
    face = np.mean((p * (np.linalg.norm(points - naive[:, None], axis=-1) <= task.tolerance)).sum(axis=1))
    assert reached > best - 0.02
    assert face < best - 0.03


def test_minimum_jerk_is_the_same_in_velocity_and_position():
    task = make_task("DelayedReach", output="position+velocity", noise=0.0, movement_ms=Uniform(200, 800))
    batch = task.sample(20, seed=0)
    start, stop = batch.periods["movement"]
    for trial in range(20):
        n = stop[trial] - start[trial]
        inside = slice(start[trial], stop[trial])
        position, velocity = batch.targets[inside, trial, :2], batch.targets[inside, trial, 2:]
        end = batch.targets[stop[trial], trial, :2]
        assert np.linalg.norm(end) == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(velocity.sum(axis=0) / n * 15 / 8, end, atol=2e-3)
        np.testing.assert_allclose(np.gradient(position, 1 / n, axis=0)[2:-2] * 8 / 15, velocity[2:-2], atol=0.03)
        assert np.abs(velocity).max() <= 1


def test_a_pattern_counts_from_the_criterion_on():
    """A gain g explains 1 - (1 - g)^2 of the variance."""
    task = make_task("CyclePattern", criterion=0.9, start_ms=Uniform(100, 300))
    batch = task.sample(10, seed=0)
    for gain, score in ((0.69, 1), (0.68, 0), (1.31, 1), (1.32, 0)):
        assert (task.score(gain * task.ideal(batch), batch) == score).all(), gain
    np.testing.assert_array_equal(task.ideal(batch), batch.targets)
    for trial in range(10):
        start, stop = (bins[trial] for bins in batch.periods["pattern"])
        assert np.abs(batch.targets[start:stop, trial]).max() == pytest.approx(1)
        assert not batch.targets[:start, trial].any()
        assert not batch.targets[stop:, trial].any()


def test_presets_have_the_timing_of_their_papers():
    funahashi, romo = (
        make_task("DelayResponse", preset="funahashi1989"),
        make_task("DelayComparison", preset="romo1999"),
    )
    assert (funahashi.cue_ms, funahashi.delay_ms) == (500, 3000)
    assert (romo.base_ms, romo.delay_ms, romo.comparison_ms) == (500, 3000, 500)
    freedman = make_task("DelayMatchCategory", preset="freedman2006")
    assert (freedman.sample_ms, freedman.delay_ms, freedman.test_ms) == (650, 1000, 650)
