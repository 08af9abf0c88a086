"""Yang's twenty tasks: every trial against the table of the paper, the weights and the settings of Soo et al."""

from dataclasses import replace

import numpy as np
import pytest

from cogdyn.envs import Choice, Ring, Uniform, make_task, task_names
from cogdyn.envs.tasks.yang19.ring import RULES
from cogdyn.envs.tasks.yang19.table import ONE_RULE

NAMES = [name for name in task_names() if name.startswith("yang19.") and name != "yang19.multitask"]
SOO = [name for name in NAMES if "soo2023" in make_task(name).presets]
SHORT, DELAYS = Choice((200, 400, 600)), Choice((200, 400, 800, 1600))
TYPE = {  # Soo et al., table of tasks: durations (ms) of the periods, steps with credit
    "A": ({"fixation": 500, "stimulus": 500, "response": 500}, 300, 2 / 3),
    "B": ({"fixation": 500, "stimulus": 500, "delay": 1000, "response": 500}, 500, 4 / 5),
    "C": ({"fixation": 500, "stimulus": 500, "delay": 1000, "test": 500, "response": 500}, 600, 5 / 6),
}


def rule_of(name):
    return name.removeprefix("yang19.")


def type_of(name):
    rule = rule_of(name)
    if rule in ("dlygo", "dlyanti"):
        return "B"
    return "C" if "dly" in rule or rule in ("dms", "dnms", "dmc", "dnmc") else "A"


def bump(angle, strength=1.0):
    """The activity of 32 units, one after the other."""
    activity = []
    for unit in range(32):
        distance = abs(angle - 2 * np.pi * unit / 32) % (2 * np.pi)
        distance = min(distance, 2 * np.pi - distance)
        activity.append(strength * 0.8 * np.exp(-0.5 * (8 * distance / np.pi) ** 2))
    return np.array(activity)


def strengths(c, which=""):
    mean, half = c[f"{which}strength"], c[f"{which}coherence"]
    return (mean + half, mean - half) if c[f"{which}stronger"] == 1 else (mean - half, mean + half)


def table(rule, c, lit):
    """What is shown, ``{(period, modality): activity}``, the angle to point to and whether to, by the paper's words."""
    if rule in ("go", "rtgo", "dlygo", "anti", "rtanti", "dlyanti"):
        where = {"rtgo": ["response"], "rtanti": ["response"], "go": ["stimulus", "response"]}
        periods = where.get(rule, ["stimulus", "response"] if rule == "anti" else ["stimulus"])
        answer = c["angle"] + (np.pi if "anti" in rule else 0)
        return {(period, c["modality"]): bump(c["angle"]) for period in periods}, answer, True
    if "dm" in rule and not rule.startswith(("dms", "dmc")):
        angles = (c["angle"], c["angle"] + c["distance"])
        pair, periods = strengths(c), ("stimulus", "test") if "dly" in rule else ("stimulus", "stimulus")
        by_modality = {}
        if rule.startswith("multi"):
            for m in (1, 2):
                sign = [1 if c[f"heavier_{k}"] == m else -1 for k in (1, 2)]
                by_modality[m] = [pair[k] * (1 + sign[k] * c[f"imbalance_{k + 1}"]) for k in (0, 1)]
        else:
            attended = int(rule[-1])
            by_modality[attended] = pair
            if rule.startswith("ctx"):
                by_modality[3 - attended] = strengths(c, "other_")
        shown = {}
        for modality, both in by_modality.items():
            for period, angle, strength in zip(periods, angles, both, strict=True):
                shown[period, modality] = shown.get((period, modality), 0) + bump(angle % (2 * np.pi), strength)
        return shown, angles[int(pair[1] > pair[0])], True
    # A match: where the second stimulus is, is what the table says.
    first, second, test = c["first"], c["second"], "response" if lit else "test"
    shown = {("stimulus", c["modality"]): bump(first), (test, c["test_modality"]): bump(second)}
    if rule in ("dms", "dnms"):
        apart = abs((first - second + np.pi) % (2 * np.pi) - np.pi)
        match = apart < np.radians(15)
    else:
        match = (first < np.pi) == (second < np.pi)
    assert match == c["match"]
    return shown, second, bool(match) == (rule in ("dms", "dmc"))


@pytest.mark.parametrize("preset", [None, "soo2023"])
@pytest.mark.parametrize("name", NAMES)
def test_every_trial_is_the_one_of_the_table(name, preset):
    if preset and name not in SOO:
        return
    task, rule = make_task(name, preset=preset, noise=0.0), rule_of(name)
    batch = task.sample(12, seed=1)
    lit = rule.startswith("rt") or (rule[:2] == "dm" and rule in ("dms", "dmc")) or rule in ("dnms", "dnmc")
    lit = lit and (preset is None or rule.startswith("rt"))
    for i in range(12):
        c = {key: values[i] for key, values in batch.conditions.items()}
        if rule in ("dms", "dnms", "dmc", "dnmc"):
            c["first"], c["second"] = (angle[i] for angle in task.angles(batch.conditions))
        shown, answer, respond = table(rule, c, lit)
        if preset and rule in ("go", "anti"):
            shown.pop(("response", c["modality"]))
        one = batch.trial(i)
        expected = np.zeros_like(one.inputs[:, 0])
        targets = np.full_like(one.targets[:, 0], 0.05)
        start, stop = (int(edge[0]) for edge in one.periods["response"])
        expected[:start, 0] = 1
        expected[start:, 0] = lit
        expected[:, 65 + RULES.index(rule)] = 1
        for (period, modality), activity in shown.items():
            a, b = (int(edge[0]) for edge in one.periods[period])
            expected[a:b, 1 + 32 * (modality - 1) : 1 + 32 * modality] += activity
        targets[:start, 0] = 0.85
        if respond:
            targets[start:, 1:] += bump(answer % (2 * np.pi))
        else:
            targets[start:, 0] = 0.85
        np.testing.assert_allclose(one.inputs[:, 0], expected, atol=1e-6)
        np.testing.assert_allclose(one.targets[:, 0], targets, atol=1e-6)
        assert stop == len(one.inputs)


@pytest.mark.parametrize("rule", RULES)
def test_the_multitask_with_one_rule_is_the_task_of_that_rule(rule):
    single, multi = make_task(f"yang19.{rule}"), make_task("yang19.multitask", rules=[rule])
    ours, theirs = single.sample(6, seed=3), multi.sample(6, seed=3)
    for name in ("inputs", "targets", "mask"):
        assert getattr(ours, name).tobytes() == getattr(theirs, name).tobytes(), name
    for name, values in ours.conditions.items():
        np.testing.assert_array_equal(theirs.conditions[name], values)
    for period, span in ours.periods.items():
        np.testing.assert_array_equal(theirs.periods[period], span)
    outputs = np.random.default_rng(0).random((*ours.mask.shape, 33))
    np.testing.assert_array_equal(single.score(outputs, ours), multi.score(outputs, theirs))
    np.testing.assert_array_equal(single.ideal(ours), multi.ideal(theirs))
    np.testing.assert_array_equal(single.guess(ours, 0), multi.guess(theirs, 0))
    assert multi.chance == single.chance


def test_the_rules_of_the_multitask_are_equally_frequent_and_each_trial_is_of_its_own():
    multi = make_task("yang19.multitask", noise=0.0)
    batch = multi.sample(2000, seed=0)
    rule = batch.inputs[0, :, 65:].argmax(axis=1)
    counts = np.bincount(rule, minlength=20)
    assert ((counts - 100) ** 2 / 100).sum() < 45  # chi-square of 19 degrees at 0.1 %
    for number, name in enumerate(RULES):
        mine = np.flatnonzero(rule == number)
        lengths = {p: (stop - start)[mine] for p, (start, stop) in batch.periods.items()}
        own = make_task(f"yang19.{name}").durations()
        assert all((lengths[p] == 0).all() for p in lengths if p not in own)
    assert list(ONE_RULE) == list(RULES)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_of_yang(name):
    """None in the first 100 ms of the trial and of the response, 5 in the response, 1 elsewhere."""
    batch = make_task(name).sample(20, seed=0)
    time = np.arange(len(batch.inputs))[:, None]
    start, stop = batch.periods["response"]
    expected = np.where(time < start, 1.0, 5.0)
    expected[(time < 5) | ((time >= start) & (time < start + 5)) | (time >= stop)] = 0
    np.testing.assert_array_equal(batch.mask, expected)


@pytest.mark.parametrize("name", SOO)
def test_soo_periods_jitter_and_weights(name):
    durations, credit, weight = TYPE[type_of(name)]
    task = make_task(name, preset="soo2023")
    seen, bins = {}, []
    for seed in range(150):
        batch = task.sample(2, seed)
        for period, (start, stop) in batch.periods.items():
            assert start[0] == start[1]
            assert stop[0] == stop[1]
            seen.setdefault(period, []).append((stop - start)[0] * 5)
        start, stop = (edge[0] for edge in batch.periods["response"])
        assert (batch.mask[:, 0] > 0).tolist() == [*[False] * 40, *[True] * (start - 40), *[False] * 40, *[True] * 60]
        before, after = batch.mask[:start, 0], batch.mask[start:, 0]
        assert len(set(before[40:])) == 1
        assert len(set(after[40:])) == 1
        # The mean error before the response counts as much as that in it, whatever the jitter was.
        assert before.sum() == pytest.approx(after.sum(), rel=1e-5)
        bins.append(len(batch.mask))
    if rule_of(name).startswith("rt"):
        durations = {"fixation": 500, "wait": 500, "response": 500}
    means = {period: np.mean(ms) for period, ms in seen.items()}
    assert {period for period, mean in means.items() if mean} == set(durations)
    for period, mean in durations.items():
        assert means[period] == pytest.approx(mean, abs=4 * 58 / np.sqrt(150))
        low, high = (mean, mean) if period == "response" else (mean - 100, mean + 100)
        assert low <= min(seen[period]) <= low + 10
        assert high - 10 <= max(seen[period]) <= high
    assert np.mean(bins) == pytest.approx(credit, abs=4 * 100 / 5 / np.sqrt(150))
    assert (sum(durations.values()) - durations["response"]) / sum(durations.values()) == pytest.approx(weight)
    assert not np.diff(task.sample(3, 0).inputs[2:5, :, 0], axis=0).any()  # no noise


def test_soo_settings():
    assert len(SOO) == 16
    tasks = {rule_of(name): make_task(name, preset="soo2023") for name in SOO}
    conditions = {rule: task.draw(np.random.default_rng(0), 4000) for rule, task in tasks.items()}

    def between(values, low, high):
        assert low <= values.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < values.max() <= high
        assert abs(values.mean() - (low + high) / 2) < 4 * (high - low) / np.sqrt(12 * 4000)

    for rule in ("dm1", "ctxdm1", "multidm", "dlydm1", "ctxdlydm1", "multidlydm"):
        drawn = conditions[rule]
        between(drawn["strength"], 0.8, 1.2)
        between(drawn["coherence"], 0.1, 0.2)
        between(drawn["distance"], np.pi / 2, 3 * np.pi / 2)
        if rule.startswith("multi"):
            for k in (1, 2):
                between(1 + drawn[f"imbalance_{k}"], 1.2, 1.4)
            assert abs(np.mean(drawn["heavier_1"] == drawn["heavier_2"]) - 0.5) < 0.04
            # No modality alone tells the answer, though each tells something.
            sums = tasks[rule].strengths(drawn)
            for m in (1, 2):
                told = np.mean((sums[m][0] > sums[m][1]) == (drawn["stronger"] == 1))
                assert 0.5 < told < 0.9
    for rule in ("dms", "dnms", "dmc", "dnmc"):
        drawn, (first, second) = conditions[rule], tasks[rule].angles(conditions[rule])
        assert abs(drawn["match"].mean() - 0.5) < 0.04
        np.testing.assert_array_equal(drawn["respond"], drawn["match"] == (rule in ("dms", "dmc")))
        offset = (second - first + np.pi) % (2 * np.pi) - np.pi
        if rule in ("dms", "dnms"):
            between(np.degrees(offset[drawn["match"]]), -10, 10)
            between(np.degrees(offset[~drawn["match"]] % (2 * np.pi)), 90, 270)
        else:
            pairs = np.stack([first, second], axis=1)[~drawn["match"]] < np.pi
            assert abs(pairs[:, 0].mean() - 0.5) < 0.05  # from either category to the other
            for angles in (first, second):
                between(np.degrees(angles[angles < np.pi]), 0, 90)
                between(np.degrees(angles[angles >= np.pi]), 180, 270)
    assert {task.tolerance for task in tasks.values()} == {36.0}
    assert {task.n_inputs for task in tasks.values()} == {85}
    assert {task.n_outputs for task in tasks.values()} == {33}
    assert all(make_task(name, preset="soo2023", dt=10.0).sample(2, 0).dt == 10 for name in SOO)


YANG = {  # the released code: durations (ms) of the periods
    ("go", "anti"): {"fixation": Uniform(300, 700), "stimulus": Uniform(500, 1500)},
    ("rtgo", "rtanti"): {"fixation": Uniform(500, 2500), "wait": 0},
    ("dlygo", "dlyanti"): {"fixation": Choice((300, 500, 700)), "stimulus": SHORT, "delay": DELAYS},
    ("dm1", "dm2", "ctxdm1", "ctxdm2", "multidm"): {
        "fixation": Uniform(100, 400),
        "stimulus": Choice((400, 800, 1600)),
    },
    ("dlydm1", "dlydm2", "ctxdlydm1", "ctxdlydm2", "multidlydm"): {
        "fixation": SHORT,
        "stimulus": SHORT,
        "delay": DELAYS,
        "test": SHORT,
        "wait": Uniform(100, 300),
    },
    ("dms", "dnms"): {"fixation": SHORT, "stimulus": SHORT, "delay": DELAYS, "test": 0},
    ("dmc", "dnmc"): {"fixation": SHORT, "stimulus": SHORT, "delay": DELAYS, "test": 0, "response": SHORT},
}


@pytest.mark.parametrize(("rules", "durations"), YANG.items(), ids=[rules[0] for rules in YANG])
def test_yang_settings(rules, durations):
    for rule in rules:
        task = make_task(f"yang19.{rule}", preset="yang2019")
        assert task.durations() == {"response": 500} | durations
        # sigma_x sqrt(2 / alpha) in a bin of 20 ms, alpha = 20 / 100.
        assert (task.dt, task.noise_std) == (20, pytest.approx(0.01 * np.sqrt(2 / 0.2)))
        if hasattr(task, "coherences"):
            assert task.coherences == ((0.08, 0.16, 0.32) if "dly" in rule else (0.01, 0.02, 0.04, 0.08))
    assert {rule for group in YANG for rule in group} == set(RULES)


def test_yang_categories_have_five_directions_each():
    task = make_task("yang19.dmc", preset="yang2019")
    batch = task.sample(400, seed=0)
    for angles in task.angles(batch.conditions):
        np.testing.assert_array_equal(np.unique(np.degrees(angles).round(6)), 18 + 36 * np.arange(10))
    assert task.score(task.ideal(batch), batch).mean() == 1


@pytest.mark.parametrize("rule", ["dm1", "dm2", "ctxdm1", "ctxdm2", "multidm"])
def test_evidence_must_be_integrated_with_the_settings_of_yang(rule):
    """One who sees a single bin of 20 ms is right with Phi(2 c k / (s sqrt(2))), s the error of a strength, k the root
    of the number of modalities that count."""
    from scipy.stats import norm

    task = make_task(f"yang19.{rule}", preset="yang2019")
    one_bin = replace(task, stimulus_ms=20.0)
    k = np.sqrt(2) if rule == "multidm" else 1
    error = task.noise_std / np.linalg.norm(bump(0.0))
    expected = np.mean([norm.cdf(np.sqrt(2) * c * k / error) for c in task.coherences])
    score = one_bin.expected_score(40_000)
    assert score == pytest.approx(expected, abs=0.006)
    assert task.expected_score(20_000) > 0.999
    assert expected == pytest.approx({"multidm": 0.9503}.get(rule, 0.9143), abs=5e-5)
    # Without the preset nothing must be integrated.
    assert replace(make_task(f"yang19.{rule}"), stimulus_ms=20.0).expected_score(20_000) > 0.999


def test_the_multitask_takes_settings_and_weights_for_all_its_rules():
    multi = make_task("yang19.multitask", preset="yang2019")
    rules = multi.draw(np.random.default_rng(0), 14_000)["rule"]
    shares = np.bincount(rules, minlength=20) / 14_000
    expected = np.array([5 if rule in ("ctxdm1", "ctxdm2") else 1 for rule in RULES]) / 28
    np.testing.assert_allclose(shares, expected, atol=4 * np.sqrt(expected.max() / 14_000))
    assert multi.chance == pytest.approx(expected @ [make_task(f"yang19.{rule}").chance for rule in RULES])
    single, one = make_task("yang19.dm1", preset="yang2019"), replace(multi, rules=("dm1",), weights=None)
    assert single.sample(4, seed=0).inputs.tobytes() == one.sample(4, seed=0).inputs.tobytes()
    for arguments, message in (
        ({"weights": (1, 2)}, "one for each rule"),
        ({"weights": [0.0] * 20}, "not all 0"),
        ({"rule_preset": "soo2023"}, "preset of"),
    ):
        with pytest.raises(ValueError, match=message):
            make_task("yang19.multitask", **arguments)


def test_scores_bin_by_bin():
    task = make_task("yang19.dms", dt=50.0, tolerance=50.0, stimulus_ms=Uniform(100, 300))
    batch = task.sample(30, seed=0)
    rng = np.random.default_rng(1)
    respond = rng.random((1, 30)) < 0.7
    outputs = task.pointing(batch, batch.conditions["answer"] + rng.normal(0, 1, 30), respond[0]).astype(float)
    outputs += rng.normal(0, 0.15, outputs.shape)
    scores, held = task.score(outputs, batch), task.fixation_held(outputs, batch)
    assert 0.1 < scores.mean() < 0.9
    for i in range(30):
        start, stop = (edge[i] for edge in batch.periods["response"])
        right, fixed = [], []
        for t in range(stop):
            if batch.mask[t, i] == 0:
                continue
            fixating = outputs[t, i, 0] > 0.5
            if t < start:
                fixed.append(fixating)
                continue
            vector = sum(outputs[t, i, 1 + k] * np.exp(2j * np.pi * k / 32) for k in range(32))
            error = abs(np.angle(vector * np.exp(-1j * batch.conditions["answer"][i])))
            pointed = not fixating and error <= np.radians(50)
            right.append(pointed if batch.conditions["respond"][i] else fixating)
        assert len(right) == 8  # 500 ms without the first 100
        assert scores[i] == pytest.approx(np.mean(right))
        assert held[i] == pytest.approx(np.mean(fixed))


@pytest.mark.parametrize("tolerance", [10.0, 90.0])
@pytest.mark.parametrize("rule", ["go", "dnmc"])
def test_chance_follows_the_tolerance(rule, tolerance):
    task = make_task(f"yang19.{rule}", tolerance=tolerance)
    assert task.chance == pytest.approx(tolerance / 180 if rule == "go" else 0.25 + tolerance / 720)
    batch = task.sample(4000, seed=0)
    score = task.score(task.guess(batch, 1), batch).mean()
    assert score == pytest.approx(task.chance, abs=4 * np.sqrt(task.chance * (1 - task.chance) / 4000))


def test_the_angle_of_a_bump_is_read_as_well_as_it_can_be():
    """The error of the matched filter reaches the bound of Cramer and Rao, 1 / sum of squared slopes."""
    task, rng, sd = make_task("yang19.go"), np.random.default_rng(0), 0.05
    angle = rng.uniform(0, 2 * np.pi, 20_000)
    read, strength = task.peak(1.1 * task.bump(angle) + rng.normal(0, sd, (20_000, 32)))
    error = (read - angle + np.pi) % (2 * np.pi) - np.pi
    slopes = np.array([(bump(1e-4) - bump(-1e-4)) / 2e-4])
    bound = sd / (1.1 * np.linalg.norm(slopes))
    assert error.std() == pytest.approx(bound, rel=0.03)
    assert abs(error.mean()) < 4 * bound / np.sqrt(20_000)
    # And its strength: 1 / norm of the bump.
    assert strength.std() == pytest.approx(sd / np.linalg.norm(bump(0.0)), rel=0.03)
    assert strength.mean() == pytest.approx(1.1, abs=0.01)


@pytest.mark.parametrize("noise", [0.1, 0.2])
def test_telling_the_stronger_of_two_is_as_good_as_theory_says(noise):
    """Phi(d / s), 2 d the difference and s sqrt(2) the error of the strengths, both read from their own bumps."""
    from scipy.stats import norm

    task = make_task("yang19.dlydm1", coherences=(0.1,), noise=noise, stimulus_ms=200, test_ms=200)
    error = noise * np.sqrt(100 / 200) / np.linalg.norm(bump(0.0))
    expected = norm.cdf(2 * 0.1 / (np.sqrt(2) * error))
    assert 0.8 < expected < 0.999
    assert task.expected_score(20_000) == pytest.approx(expected, abs=0.01)
    batch = task.sample(5000, seed=0)
    score = task.score(task.ideal(batch), batch).mean()
    assert score == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 5000) + 0.003)


def test_matching_is_as_good_as_brute_force():
    """Dms seen through much noise, against Bayes' rule on a grid of all pairs of angles."""
    n, noise = 3000, 0.5
    sd = noise * np.sqrt(100 / 200)
    task = make_task("yang19.dms", noise=noise, apart=40.0, fixation_ms=0, stimulus_ms=200, delay_ms=0, test_ms=200)
    batch = task.sample(n, seed=2)
    angles = 2 * np.pi * np.arange(180) / 180
    bumps = np.array([bump(angle) for angle in angles])
    likely = []
    for seen in (batch.inputs[:10, :, 1:65].mean(axis=0), batch.inputs[10:20, :, 1:65].mean(axis=0)):
        log_p = np.stack([seen[:, 32 * m : 32 * m + 32] @ bumps.T for m in (0, 1)], axis=1) / sd**2
        log_p -= (bumps**2).sum(axis=1) / (2 * sd**2)
        p = np.exp(log_p - log_p.max(axis=(1, 2), keepdims=True)).sum(axis=1)
        likely.append(p / p.sum(axis=1, keepdims=True))
    apart = np.abs((angles[:, None] - angles + np.pi) % (2 * np.pi) - np.pi) >= np.radians(40) - 1e-9
    match = (likely[0] * likely[1]).sum(axis=1) / 2
    other = np.einsum("bi,ij,bj->b", likely[0], apart / apart[0].sum(), likely[1]) / 2
    best = np.mean((match > other) == batch.conditions["match"])
    ours = np.mean((task.ideal(batch)[-1, :, 0] < 0.5) == batch.conditions["match"])
    assert 0.6 < best < 0.99
    assert ours >= best - 0.01, (ours, best)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"settle_ms": -20}, "settle_ms is -20"),
        ({"settle_ms": 30}, "settle_ms is 30 ms, not a multiple of dt"),
        ({"settle_ms": 500}, "longer than settle_ms, 500 ms"),
        ({"grace_ms": 500}, "longer than grace_ms, 500 ms"),
        ({"tolerance": 180}, "tolerance is 180"),
        ({"ring": Ring(32, "gaussian", sigma=2.0)}, "told apart"),
        ({"balanced": "yes"}, "balanced is 'yes'; it must be True or False"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    for name in ("yang19.go", "yang19.multitask"):
        with pytest.raises(ValueError, match=message):
            make_task(name, **arguments)


def test_rules_that_make_no_sense_are_refused():
    for rules, message in (
        ("go", "a list of names"),
        ((), "at least one"),
        (("go", "go"), "each once"),
        (["goo"], "'go'"),
    ):
        with pytest.raises(ValueError, match=message):
            make_task("yang19.multitask", rules=rules)
    multi = make_task("yang19.multitask", rules=["dms", "go"], stimulus_ms=300)
    assert replace(multi, rules=("dms", "go")) == multi
