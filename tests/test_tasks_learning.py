"""What tasks of learning and reward promise beyond the contract: contingencies, best play by brute force, sessions."""

from functools import cache
from itertools import permutations, product
from math import erf, sqrt

import numpy as np
import pytest

from cogdyn.envs import PerBatch, Uniform, make_task, task_names
from cogdyn.envs.contract.observers import check_ideal
from cogdyn.envs.contract.trials import ideal_batch, same

FAMILIES = ("motor", "learning and reward")
SESSIONS = [name for name in task_names() if make_task(name).n_segments > 1 and make_task(name).family in FAMILIES]
SHORT = {
    "Bandit": {"n_choices": 6},
    "ReversalBandit": {"n_choices": 8},
    "ProbabilisticReversal": {"n_choices": 12},
    "DawTwoStep": {"n_trials": 5},
    "WisconsinCardSorting": {"n_trials": 5},
    "Reaching1D": {"n_steps": 2},
    "Reaching1DWithSelfDistraction": {"n_steps": 2},
}


def below(x):
    return (1 + erf(x / sqrt(2))) / 2


@pytest.mark.parametrize("noise", [0.3, 1.0])
@pytest.mark.parametrize("name", SESSIONS)
def test_sessions_keep_to_the_ceiling_in_any_noise(name, noise):
    task, quiet = make_task(name, noise=noise, **SHORT.get(name, {})), make_task(name, **SHORT.get(name, {}))
    check_ideal(task)
    assert task.ceiling <= quiet.ceiling
    assert noise < 1 or task.ceiling < quiet.ceiling - 0.01


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_is_its_segments_one_after_the_other(name):
    task = make_task(name, **SHORT.get(name, {}))
    period = next(iter(task.durations()))
    for seed in (0, 1):
        if seed:
            task = make_task(name, **{f"{period}_ms": PerBatch(Uniform(60, 300))}, **SHORT.get(name, {}))
        segments = []

        def policy(segment, task=task, segments=segments):
            segments.append(segment)
            return task.guess(segment, len(segment.inputs))

        session = task.sample(3, seed=seed, policy=policy)
        assert len(segments) == task.n_segments
        for whole in ("inputs", "targets", "mask"):
            joined = np.concatenate([getattr(segment, whole) for segment in segments])
            assert getattr(session, whole).tobytes() == joined.tobytes()
        offset = 0
        for number, segment in enumerate(segments, start=1):
            for own, (start, stop) in segment.periods.items():
                np.testing.assert_array_equal(session.periods[f"{own} {number}"], (start + offset, stop + offset))
            for own, value in segment.conditions.items():
                np.testing.assert_array_equal(session.conditions[f"{own} {number}"], value)
            offset += len(segment.inputs)
        assert len({len(segment.inputs) for segment in segments}) > seed
        assert same(session, task.sample(3, seed=seed, policy=policy))


def sign_after(p, for_left, p_reward, p_reversal):
    """Bayes' rule in odds, then a swap."""
    odds = p / (1 - p) * (p_reward / (1 - p_reward)) ** (1 if for_left else -1)
    p = odds / (1 + odds)
    return p + p_reversal * (1 - 2 * p)


def best_of_signs(n, p_reward, p_reversal, p=0.5):
    if n == 0:
        return 0.0
    for_left = p * p_reward + (1 - p) * (1 - p_reward)
    after = [best_of_signs(n - 1, p_reward, p_reversal, sign_after(p, s, p_reward, p_reversal)) for s in (True, False)]
    return max(p, 1 - p) + for_left * after[0] + (1 - for_left) * after[1]


@pytest.mark.parametrize("p_reversal", [0.0, 0.2])
def test_the_ceiling_of_signs_is_that_of_all_rows_of_them(p_reversal):
    expected = best_of_signs(8, 0.7, p_reversal) / 8
    assert make_task("ReversalBandit", n_choices=8, p_reward=0.7, p_reversal=p_reversal).ceiling == pytest.approx(
        expected, abs=1e-4
    )
    two_step = make_task("DawTwoStep", n_trials=8, p_reward=0.7, p_reversal=p_reversal, p_common=1.0)
    assert two_step.ceiling == pytest.approx(expected, abs=1e-4)


def test_the_ceiling_of_a_blurred_sign_is_that_of_integration():
    """Two choices: the second is right as often as the likelier arm after one noisy reward, (1 - r) max + r min."""
    noise, p_reward, p_reversal = 0.8, 0.9, 0.1
    task = make_task("ReversalBandit", n_choices=2, noise=noise, p_reward=p_reward, p_reversal=p_reversal)
    x = np.linspace(-8, 9, 100_001)
    paid, unpaid = (np.exp(-((x - mean) ** 2) / 2 / noise**2) / noise / sqrt(2 * np.pi) for mean in (1, 0))
    if_left, if_right = (p * paid + (1 - p) * unpaid for p in (p_reward, 1 - p_reward))
    likelier = 0.5 * np.maximum(if_left, if_right).sum() * (x[1] - x[0])
    second = likelier + p_reversal * (1 - 2 * likelier)
    assert task.ceiling == pytest.approx((0.5 + second) / 2, abs=2e-4)


def test_blocks_last_as_long_as_asked_for():
    task = make_task("ProbabilisticReversal", n_choices=60, shortest_block=3, longest_block=5)
    batch = task.sample(300, seed=0)
    better = np.array([batch.conditions[f"better {k}"] for k in range(1, 61)])
    lengths = [np.diff(np.flatnonzero(np.diff(better[:, trial]))) for trial in range(300)]
    values, counts = np.unique(np.concatenate(lengths), return_counts=True)
    np.testing.assert_array_equal(values, [3, 4, 5])
    assert np.ptp(counts / counts.sum()) < 0.05


@pytest.mark.parametrize("counted", ["correct", "in_a_row"])
def test_a_reversal_waits_for_correct_choices(counted):
    """Each block, by the count of a chooser who is right in three of four trials, and never for one who is not."""
    task = make_task("ProbabilisticReversal", n_choices=60, shortest_block=2, longest_block=4, counted=counted)
    rng = np.random.default_rng(5)

    def mostly(segment):
        better = segment.conditions["better"]
        return task.respond(
            segment, np.where(rng.random(200) < 0.75, better, np.where(rng.random(200) < 0.5, 0, 3 - better))
        )

    def never(segment):
        return task.respond(segment, 3 - segment.conditions["better"])

    batch = task.sample(200, seed=0, policy=mostly)
    better, chosen = (
        np.array([batch.conditions[f"{name} {k}"] for k in range(1, 61)]) for name in ("better", "chosen")
    )
    lengths = []
    for trial in range(200):
        count = 0
        for k in range(59):
            correct = chosen[k + 1, trial] == better[k, trial]
            count = count + 1 if correct else (0 if counted == "in_a_row" else count)
            if better[k + 1, trial] != better[k, trial]:
                assert correct
                lengths.append(count)
                count = 0
            assert count < 4
    values, shares = np.unique(lengths, return_counts=True)
    np.testing.assert_array_equal(values, [2, 3, 4])
    if counted == "correct":
        np.testing.assert_allclose(shares / shares.sum(), 1 / 3, atol=0.05)
    batch = task.sample(200, seed=0, policy=never)
    np.testing.assert_array_equal(batch.conditions["better 60"], batch.conditions["better 1"])


@pytest.mark.parametrize("counted", ["trials", "correct", "in_a_row"])
def test_the_ceiling_of_blocks_is_that_of_the_likelier_side_over_all_rows_of_payments(counted):
    """Seven trials; what there may be to know: the better side, what remains of its block, the length of the block."""
    task = make_task("ProbabilisticReversal", n_choices=7, shortest_block=2, longest_block=3, counted=counted)
    start = {(side, length, length): 0.25 for side in (1, 2) for length in (2, 3)}

    def after(belief, choice, paid):
        following = {}
        for (side, left, length), p in belief.items():
            correct = choice == side
            p *= task.p_reward if correct == paid else 1 - task.p_reward
            left = left - 1 if correct or counted == "trials" else (length if counted == "in_a_row" else left)
            then = [((side, left, length), p)] if left else [((3 - side, new, new), p / 2) for new in (2, 3)]
            for state, q in then:
                following[state] = following.get(state, 0.0) + q
        return following

    def value(belief, n):
        """Probability of this history times the number of correct choices still to come."""
        if n == 0:
            return 0.0
        side = [sum(p for (better, _, _), p in belief.items() if better == choice) for choice in (1, 2)]
        choice = 1 if side[0] >= side[1] - 1e-12 else 2
        return max(side) + sum(value(after(belief, choice, paid), n - 1) for paid in (True, False))

    assert task.ceiling == pytest.approx(value(start, 7) / 7, abs=0.004)
    check_ideal(task)


def test_who_watches_another_play_reads_what_was_chosen():
    """Bayes' rule, from the conditions of a guesser's sessions."""
    task = make_task("ReversalBandit", n_choices=10)
    batch = task.sample(200, seed=0)
    p, choices = np.full(200, 0.5), task.choices(task.ideal(batch), batch)
    for k in range(1, 11):
        chosen, paid = batch.conditions[f"chosen {k}"], batch.conditions[f"outcome {k}"] > 0
        if k > 1:
            p = np.where((chosen == 1) == paid, sign_after(p, True, 0.9, 0.1), sign_after(p, False, 0.9, 0.1))
        sure = abs(p - 0.5) > 1e-9
        np.testing.assert_array_equal(choices[k - 1][sure], np.where(p > 0.5, 1, 2)[sure])


def test_who_chooses_nothing_learns_nothing_of_the_arms():
    """After one loss of the first arm the second is the better one, however long nobody chooses again."""
    task, made = make_task("Bandit", n_choices=6), []

    def policy(segment):
        made.append(np.full(40, int(not made)))
        return task.respond(segment, made[-1])

    batch = task.sample(40, seed=0, policy=policy)
    paid, choices = batch.conditions["outcome 2"] > 0, task.choices(task.ideal(batch), batch)
    assert (np.array(choices[1:]) == np.where(paid, 1, 2)).all()


def test_no_noise_makes_a_plan_fail():
    """Even where a choice is misread the counts stay ones that the plan knows; it once failed at 0.15."""
    for noise in (0.15, 0.5, 3.0):
        task = make_task("Bandit", noise=noise, n_arms=3, n_choices=8)
        for batch in (ideal_batch(task, 1000, 0), task.sample(1000, 0)):
            assert task.ideal(batch).sum() == batch.mask.size


def best_of_arms(n, low=0.0, high=1.0):
    """Expected number of choices of the better of two arms, over all rows of choices and rewards."""
    grid = low + (high - low) * (np.arange(2000) + 0.5) / 2000

    @cache
    def arm(wins, losses):
        weight = grid**wins * (1 - grid) ** losses
        weight = weight / weight.sum()
        return weight, np.cumsum(weight) - weight / 2, weight @ grid

    @cache
    def value(a, b, left):
        if left == 0:
            return 0.0
        options = []
        for own, other, first in ((a, b, True), (b, a, False)):
            win = arm(*own)[2]
            after = [(own[0] + 1, own[1]), (own[0], own[1] + 1)]
            values = [value(*((new, other) if first else (other, new)), left - 1) for new in after]
            options.append(arm(*own)[0] @ arm(*other)[1] + win * values[0] + (1 - win) * values[1])
        return max(options)

    return value((0, 0), (0, 0), n)


def test_the_best_plan_of_a_bandit_is_that_of_brute_force():
    assert make_task("Bandit", n_choices=7).ceiling == pytest.approx(best_of_arms(7) / 7, abs=1e-3)
    # Rewards that are misread with probability e are those of arms that pay from e to 1 - e.
    task = make_task("Bandit", n_choices=7, noise=0.6, lowest_pay=0.2)
    e = below(-0.5 / 0.6)
    assert task.ceiling == pytest.approx(best_of_arms(7, e + (1 - 2 * e) * 0.2, 1 - e) / 7, abs=1e-3)


def best_of_rules(n, p_switch):
    """Expected number of right responses, over all rows of rules that may be tried: none is better than the ceiling."""

    def after(belief, rule, right):
        belief = [p * ((i == rule) == right) for i, p in enumerate(belief)]
        return tuple(round(p / sum(belief) * (1 - 1.5 * p_switch) + p_switch / 2, 12) for p in belief)

    @cache
    def value(belief, left):
        if left == 0:
            return 0.0
        totals = []
        for rule, p in enumerate(belief):
            total = p
            for right, q in ((True, p), (False, 1 - p)):
                total += q * value(after(belief, rule, right), left - 1) if q > 1e-12 else 0
            totals.append(total)
        return max(totals)

    return value((1 / 3,) * 3, n)


@pytest.mark.parametrize("p_switch", [0.0, 0.1, 0.5])
def test_no_way_of_sorting_cards_is_better_than_the_likeliest_rule(p_switch):
    task = make_task("WisconsinCardSorting", n_trials=6, p_switch=p_switch)
    assert task.ceiling == pytest.approx(best_of_rules(6, p_switch) / 6, abs=1e-9)


def best_until_the_criterion(n, criterion):
    """The same where the rule changes after so many right responses in a row, and one may also answer by no rule."""

    @cache
    def value(belief, in_a_row, left):
        if left == 0:
            return 0.0
        totals = []
        for rule in (0, 1, 2, None):
            p = 0.0 if rule is None else belief[rule]
            total = 0.0
            if p > 1e-12:
                switches = in_a_row + 1 == criterion
                known = tuple((0.0 if i == rule else 0.5) if switches else float(i == rule) for i in range(3))
                total += p * (1 + value(known, 0 if switches else in_a_row + 1, left - 1))
            if p < 1 - 1e-12:
                others = [q * (i != rule) for i, q in enumerate(belief)]
                total += (1 - p) * value(tuple(round(q / sum(others), 12) for q in others), 0, left - 1)
            totals.append(total)
        return max(totals)

    return value((1 / 3,) * 3, 0, n)


@pytest.mark.parametrize("criterion", [1, 2, 4])
def test_no_way_of_sorting_cards_is_better_where_the_rule_changes_after_success(criterion):
    task = make_task("WisconsinCardSorting", n_trials=12, criterion=criterion)
    assert task.ceiling == pytest.approx(best_until_the_criterion(12, criterion) / 12, abs=1e-9)
    check_ideal(task)


def test_the_rule_changes_after_so_many_right_sorts_in_a_row_and_at_no_other_time():
    task = make_task("WisconsinCardSorting", n_trials=40, criterion=3, noise=0.0)
    rng = np.random.default_rng(3)

    def mostly_right(segment):
        right = segment.targets[-1]
        return task.respond(segment, np.where(rng.random(100) < 0.7, right, right % 4 + 1))

    batch = task.sample(100, seed=0, policy=mostly_right)
    rule, right = (np.array([batch.conditions[f"{name} {k}"] for k in range(1, 41)]) for name in ("rule", "outcome"))
    in_a_row, seen = np.zeros(100, int), set()
    for k in range(39):
        in_a_row = np.where(right[k + 1] > 0, in_a_row + 1, 0)
        switch = in_a_row == 3
        np.testing.assert_array_equal(rule[k + 1] != rule[k], switch)
        seen |= set(zip(rule[k][switch], rule[k + 1][switch], strict=True))
        in_a_row[switch] = 0
    assert len(seen) == 6


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_the_ideal_sorter_keeps_to_the_ceiling_of_a_criterion_in_any_noise(noise):
    task = make_task("WisconsinCardSorting", n_trials=8, criterion=3, noise=noise)
    check_ideal(task)
    assert task.ceiling <= make_task("WisconsinCardSorting", n_trials=8, criterion=3).ceiling


def test_a_card_goes_where_the_rule_says_and_rules_switch_as_asked_for():
    task = make_task("WisconsinCardSorting", layout="in_turn", noise=0.0, p_switch=0.2, n_trials=30)
    batch = task.sample(100, seed=0)
    rules = np.array([batch.conditions[f"rule {k}"] for k in range(1, 31)])
    assert (rules[1:] != rules[:-1]).mean() == pytest.approx(0.2, abs=0.03)
    spans, trials = batch.windows("card"), np.arange(100)
    card, reference = (task.input_groups[group] for group in ("card", "reference"))
    for k, (start, stop) in enumerate(batch.windows("response")):
        test = batch.inputs[spans[4 * k][0][0], :, card].reshape(-1, 3, 4)[trials, rules[k]]
        for slot in range(4):
            shown = batch.inputs[spans[4 * k + slot][0][0], :, reference].reshape(-1, 3, 4)[trials, rules[k]]
            fits = (test == shown).all(axis=1)
            np.testing.assert_array_equal(fits, batch.targets[start[0], :] == 1 + slot)
        assert (batch.targets[start[0] : stop[0]] == batch.targets[start[0]]).all()


def test_rules_are_inferred_as_enumeration_of_sequences_and_stimuli_says():
    task = make_task("RuleReversal", sequences=("000", "011", "110"), noise=1.0)
    batch = ideal_batch(task, 60, seed=0)
    chosen = np.array(task.choices(task.ideal(batch), batch))

    def log(group, k, trial, channel):
        period = batch.windows(group)[k]
        seen = batch.inputs[period[0][0] : period[1][0], trial, task.input_groups[group]][:, channel - 1]
        return (seen - 0.5).sum() / task.noise_std**2

    for trial in range(60):
        for k in range(3):
            odds = np.zeros(3)
            for sequence, stimuli in product(task.sequences, product((1, 2), repeat=k + 1)):
                score = sum(log("stimulus", j, trial, stimulus) for j, stimulus in enumerate(stimuli))
                for j in range(k):
                    wanted = stimuli[j] if sequence[j] == "0" else 3 - stimuli[j]
                    score += log("feedback", j + 1, trial, 1 if chosen[j, trial] == wanted else 2)
                rule = sequence[k - 1] if k else "0"
                odds[stimuli[k] if rule == "0" else 3 - stimuli[k]] += np.exp(score)
            assert chosen[k, trial] == odds.argmax()
    assert 0.5 < np.mean(task.score(task.ideal(batch), batch)) < 1


def test_states_and_rewards_are_weighed_as_enumeration_says():
    """All rows of better states, places reached and payments of three trials, given the observer's own choices."""
    task = make_task("DawTwoStep", n_trials=3, noise=1.2, p_reversal=0.1)
    batch = ideal_batch(task, 60, seed=0)
    chosen = np.array(task.choices(task.ideal(batch), batch))
    places, reward = task.input_groups["place"], task.input_groups["reward"]
    feedback, choice = batch.windows("feedback"), batch.windows("choice")
    for trial in range(60):
        place_log, paid_log = np.zeros((6, 3)), np.zeros(6)
        for k in range(6):
            seen = batch.inputs[feedback[k][0][0] : choice[k][1][0], trial, places]
            place_log[k] = (seen - 0.5).sum(axis=0) / task.noise_std**2
            seen = batch.inputs[feedback[k][0][0] : feedback[k][1][0], trial, reward]
            paid_log[k] = (seen - 0.5).sum() / task.noise_std**2
        better_odds, place_odds = np.zeros((3, 3)), np.zeros((3, 3))
        for better, place, fits in product(*[tuple(product((1, 2), repeat=3))] * 2, product((0, 1), repeat=3)):
            log = np.zeros(3)  # of what was seen before each trial's first choice
            p_place = np.zeros(3)
            for k in range(3):
                if k:
                    log[k] = log[k - 1] + p_place[k - 1]
                    log[k] += np.log(0.1 if better[k] != better[k - 1] else 0.9)
                    pays = 0.8 if place[k - 1] == better[k - 1] else 0.2
                    if chosen[2 * k - 1, trial] == place[k - 1]:
                        log[k] += np.log(pays if fits[k] else 1 - pays) + fits[k] * paid_log[2 * k]
                    elif fits[k]:
                        log[k] = -np.inf
                better_odds[k, better[k]] += np.exp(log[k])
                common = chosen[2 * k, trial] == place[k]
                p_place[k] = np.log(0.7 if common else 0.3) + place_log[2 * k + 1, place[k]]
                place_odds[k, place[k]] += np.exp(log[k] + p_place[k])
        np.testing.assert_array_equal(chosen[::2, trial][1:], better_odds.argmax(axis=1)[1:])
        np.testing.assert_array_equal(chosen[1::2, trial], place_odds.argmax(axis=1))


@pytest.mark.parametrize(("layout", "n_trials"), [("card", 2), ("in_turn", 1)])
def test_cards_and_rules_are_weighed_as_enumeration_says(layout, n_trials):
    task = make_task("WisconsinCardSorting", layout=layout, n_trials=n_trials, noise=0.5, p_switch=0.2)
    batch = ideal_batch(task, 100, seed=0)
    chosen = np.array(task.choices(task.ideal(batch), batch))
    cards = np.array(list(permutations(range(4), 3)))
    orders = np.array(list(permutations(range(4)))) if layout == "in_turn" else np.arange(4)[None]
    slot = orders.argsort(axis=1)
    answers = 1 + slot[:, cards]  # (orders, cards, rules)
    switch = np.where(np.eye(3, dtype=bool), 0.8, 0.1)
    shows, feedback = batch.windows("card"), batch.windows("feedback")

    def log(group, span, trial, mean):
        seen = batch.inputs[span[0][0] : span[1][0], trial, task.input_groups[group]].astype(float)
        return -((seen - mean) ** 2 - seen**2).sum() / 2 / task.noise_std**2

    def code(values):
        return np.eye(4)[values].ravel()

    n = len(shows) // n_trials
    for trial in range(100):
        belief, before, right = np.full(3, 1 / 3), np.zeros(0), np.zeros(0)
        for k in range(n_trials):
            spans = shows[n * k : n * (k + 1)]
            of_card = np.array([sum(log("card", span, trial, code(card)) for span in spans) for card in cards])
            of_order = np.zeros(len(orders))
            if layout == "in_turn":
                faces = np.array([[log("reference", span, trial, code([i] * 3)) for i in range(4)] for span in spans])
                of_order = np.array([faces[np.arange(4), order].sum() for order in orders])
            p = np.exp(np.add.outer(of_order, of_card) - of_order.max() - of_card.max())[..., None]
            if k:
                told = [log("feedback", feedback[k], trial, np.eye(2)[i]) for i in (0, 1)]
                belief = (before * np.where(right, *np.exp(told))).sum(axis=(0, 1)) @ switch
                belief /= belief.sum()
            odds = [(p * belief * (answers == answer)).sum() for answer in range(1, 5)]
            assert chosen[k, trial] == 1 + np.argmax(odds)
            before, right = p * belief, answers == chosen[k, trial]


def test_two_steps_lead_and_pay_as_asked_for():
    task = make_task("DawTwoStep", n_trials=20, p_common=0.8, p_reward=0.9, p_reversal=0.1)
    lever = []

    def policy(segment):
        """Left at the start, then the lever of the state but for one trial in three."""
        place = segment.conditions["place"]
        lever.append(np.where(place == 0, 1, place))
        if len(lever) % 6 == 0:
            lever[-1] = 3 - place
        return task.respond(segment, lever[-1])

    batch = task.sample(500, seed=0, policy=policy)
    at = {
        name: np.array([batch.conditions[f"{name} {k}"] for k in range(1, 41)])
        for name in ("place", "better", "outcome")
    }
    assert (at["place"][1::2] == 1).mean() == pytest.approx(0.8, abs=0.02)
    right = np.array(lever)[1:-1:2] == at["place"][1:-1:2]
    good, paid = at["place"][1:-1:2] == at["better"][1:-1:2], at["outcome"][2::2] > 0
    assert not paid[~right].any()
    assert paid[right & good].mean() == pytest.approx(0.9, abs=0.02)
    assert paid[right & ~good].mean() == pytest.approx(0.1, abs=0.02)
    assert (at["better"][2::2] != at["better"][1:-1:2]).mean() == pytest.approx(0.1, abs=0.01)
    assert (at["better"][1::2] == at["better"][::2]).all()


@pytest.mark.parametrize("planned", [False, True])
def test_long_two_step_sessions_tell_habit_from_plan_by_what_is_repeated(planned):
    """Habit repeats what was paid. Plan does so after a common transition, and after a rare one what was not paid."""
    task, rng, last, repeated = make_task("DawTwoStep", n_trials=201), np.random.default_rng(4), [], {}

    def policy(segment):
        place, common, paid = (segment.conditions[name] for name in ("place", "common", "outcome"))
        if not (place == 0).all():
            return task.respond(segment, place)
        if last:
            keep = (paid > 0) == common if planned else paid > 0
            keep = np.where(rng.random(20) < 0.8, keep, ~keep)
            choice = np.where(keep, last[-1], 3 - last[-1])
            for kind in product((True, False), repeat=2):
                repeated.setdefault(kind, []).append(keep[((paid > 0) == kind[0]) & (common == kind[1])])
        else:
            choice = rng.integers(1, 3, 20)
        last.append(choice)
        return task.respond(segment, choice)

    task.sample(20, seed=0, policy=policy)
    stay = {kind: np.concatenate(parts).mean() for kind, parts in repeated.items()}
    for (paid, common), share in stay.items():
        assert share == pytest.approx(0.8 if (paid == common if planned else paid) else 0.2, abs=0.06)
    assert len(last) == 201


def test_who_doubts_the_cue_of_a_maze_looks_again():
    """All looks that can be spared are as good as one long look: P = Phi(sqrt(n / 2) / s) over n bins."""
    task = make_task("TMaze", noise=1.2, spare_steps=2)
    n = 3 * 12
    assert task.ceiling == pytest.approx(below(sqrt(n / 2) / task.noise_std), abs=0.012)
    doubtful, clear = ideal_batch(task, 200, 0), ideal_batch(make_task("TMaze"), 200, 0)
    for batch, arrival in ((doubtful, 8), (clear, 6)):
        places = np.array([batch.conditions[f"place {k}"] for k in range(1, 9)])
        assert np.median((places < 5).sum(axis=0) + 1) == arrival


def test_steps_take_the_shorter_way_round():
    task = make_task("Reaching1D", noise=0.0, n_positions=7, n_steps=5)
    batch = ideal_batch(task, 200, 0)
    first = batch.conditions["offset 1"]
    last = batch.conditions["offset 5"]
    np.testing.assert_array_equal(np.minimum(last, 7 - last), np.maximum(np.minimum(first, 7 - first) - 4, 0))
    target = (batch.conditions["position 1"] + first) % 7
    np.testing.assert_array_equal((batch.conditions["position 5"] + last) % 7, target)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ReversalBandit", {"p_reward": 0.5}),
        ("ReversalBandit", {"p_reversal": 0.5}),
        ("ReversalBandit", {"n_choices": 1}),
        ("ProbabilisticReversal", {"p_reward": 0.5}),
        ("DawTwoStep", {"p_reversal": 0.5}),
        ("DawTwoStep", {"n_trials": 1}),
        ("WisconsinCardSorting", {"criterion": -1}),
        ("ProbabilisticReversal", {"counted": "errors"}),
    ],
)
def test_sessions_in_which_nothing_can_be_learned_are_refused(name, arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        make_task(name, **arguments)
