"""The public functions with arguments that make sense, and the bad values that are given to each in turn."""

import inspect
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import torch

from cogdyn import agents, envs, lessons
from cogdyn.agents import dynamics, rules
from cogdyn.agents.measures import behaviour as measured
from cogdyn.agents.measures import exploration_agents
from cogdyn.agents.rules.catalogue import rule_names
from cogdyn.lessons import chapters
from cogdyn.lessons.chapters import (
    backpropagation,
    bridges,
    excitation_inhibition,
    fixed_points,
    local_signals,
    one_reach,
    remembering,
    tasks,
)
from cogdyn.lessons.figures import behaviour_bars, behaviour_curves
from cogdyn.lessons.pages.study_results import how_much_is_done
from cogdyn.lessons.player.packing import packed_trials
from cogdyn.lessons.studies import load_study

N_UNITS = 8


def still(h):
    """A step that halves the distance to zero."""
    return h / 2


def answer(*arguments):
    """A student's function that computes nothing."""
    return np.zeros(3)


class Door:
    """A public function with arguments that make sense, of which each can be replaced by a bad one."""

    def __init__(self, name, function, arguments):
        self.name, self.function, self.arguments = name, function, arguments
        parameters = inspect.signature(function).parameters.values()
        self.parameters = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]

    def __call__(self, **replaced):
        return self.function(**self.arguments | replaced)


class OwnRule(agents.Rule):
    def update(self, network, batch, generator=None):
        return {"loss": 0.0}


@cache
def doors():
    """All public functions that take arguments, and the methods that users call."""
    rng = np.random.default_rng(0)
    task = envs.make_task("DelayMatchSample", delay_ms=200)
    bandit = envs.make_task("Bandit", n_choices=4)
    pole = envs.GymTask(env="CartPole-v1", longest=5)
    balancing = agents.RateRNN(4, N_UNITS, 2, dt=20, tau=100)
    context, decision = envs.make_task("ContextDecisionMaking"), envs.make_task("PerceptualDecisionMaking")
    batch = task.sample(3, seed=0)
    outputs = task.ideal(batch)
    network = agents.RateRNN(task.n_inputs, N_UNITS, task.n_outputs, dt=20, tau=100)
    chooser = agents.RateRNN(context.n_inputs, N_UNITS, context.n_outputs, dt=20, tau=100).double()
    exact = agents.RateRNN(task.n_inputs, N_UNITS, task.n_outputs, dt=20, tau=100).double()
    delayed = envs.make_task("DelayResponse", dt=20)
    leaky = agents.RateRNN(delayed.n_inputs, N_UNITS, delayed.n_outputs, dt=20, tau=100, leak="rate")
    inputs, gradient = torch.from_numpy(batch.inputs), rules.BPTT().gradient(network, batch)
    rates = rng.standard_normal((30, 6, 10)).cumsum(0)
    samples, others = rng.standard_normal((40, 5)), rng.standard_normal((40, 5))
    grid = rng.standard_normal((20, 3, 2, 10)).cumsum(0)
    found, eight = (dynamics.fixed_points(still, rng.standard_normal((4, n))) for n in (3, N_UNITS))
    env, vector = envs.TrialEnv(task), envs.TrialVectorEnv(task, 2)
    mixture, noisy = envs.Mixture(tasks=[task]), envs.Noisy(task=task, added=0.1)
    mixed = mixture.sample(3, seed=0)
    curriculum = envs.Curriculum([task])
    actor = agents.Actor(network, env.action_space)
    decider = agents.RateRNN(decision.n_inputs, N_UNITS, decision.n_outputs, dt=20, tau=100)
    small, cued = backpropagation.small_network(), backpropagation.cue_trials(40)
    run = agents.train(task, network, rules.BPTT(), 1, 4, n_test=4, device="cpu")
    study = load_study("soo2023")
    fast = envs.ReactionTime(task=envs.make_task("PerceptualDecisionMaking", noise=0.3))
    trials_done = agents.behaviour("ideal", fast, 60)
    two_steps = agents.behaviour("ideal", envs.make_task("DawTwoStep"), 60)
    of_trials = {"a": [0, 1] * 6, "b": [0] * 6 + [1] * 6}
    trials = rng.standard_normal((4, 12, 5))
    usual = {"rates": rates, "rates_a": samples, "rates_b": others, "outputs": grid[:, :, 0], "targets": grid[:, :, 1]}
    usual |= {
        "step": still,
        "h0": torch.zeros(3),
        "states": torch.zeros(2, 3),
        "candidates": samples[:4],
        "points": found,
    }
    usual |= {"reaction_ms": [300, 400, 500, 300, np.nan], "delay_ms": [0, 0, 0, 100, 100], "stop": [0, 0, 0, 1, 1]}
    periods = {"rates_a": rates[:15], "rates_b": rates[15:]}
    given = [
        ("Between", envs.Between, {"low": 0, "high": 1}),
        ("Levels", envs.Levels, {"values": (1, 2)}),
        ("Choice", envs.Choice, {"values": (100, 200)}),
        ("Uniform", envs.Uniform, {"low": 100, "high": 200}),
        ("PerBatch", envs.PerBatch, {"duration": 100}),
        ("TruncatedExponential", envs.TruncatedExponential, {"mean": 100, "low": 100, "high": 200}),
        ("Curriculum", envs.Curriculum, {"levels": [task]}),
        ("Curriculum.over", envs.Curriculum.over, {"task": "DelayMatchSample", "delay_ms": [200, 400]}),
        ("Curriculum.report", curriculum.report, {"score": 0.1}),
        ("Mixture", envs.Mixture, {"tasks": [task]}),
        ("Mixture.score", mixture.score, {"outputs": mixture.ideal(mixed), "batch": mixed}),
        ("Noisy", envs.Noisy, {"task": task, "added": 0.1}),
        ("SideBias", envs.SideBias, {"task": decision, "p": (0.8, 0.2)}),
        ("Blocks", envs.Blocks, {"tasks": [decision], "n_trials": 3}),
        ("TrialHistory", envs.TrialHistory, {"task": decision, "n_trials": 3}),
        ("LastOutcome", envs.LastOutcome, {"task": envs.make_task("Bandit")}),
        ("ReactionTime", envs.ReactionTime, {"task": decision}),
        ("Noisy.score", noisy.score, {"outputs": outputs, "batch": batch}),
        ("GymTask", envs.GymTask, {"env": "CartPole-v1"}),
        ("Rewards", envs.Rewards, {}),
        ("Ring", envs.Ring, {"n": 4}),
        ("Ring.bump", envs.Ring(4).bump, {"angle": np.zeros(2)}),
        ("Task.sample", task.sample, {"batch_size": 2}),
        ("Task.stream", task.stream, {"batch_size": 2, "seed": 0}),
        ("Task.choices", task.choices, {"outputs": outputs, "batch": batch}),
        ("Task.score", task.score, {"outputs": outputs, "batch": batch}),
        ("Task.guess", task.guess, {"batch": batch}),
        ("Task.hold", task.hold, {"batch": batch}),
        ("Task.mean_input", task.mean_input, {"batch": batch, "group": "fixation", "period": "fixation"}),
        ("TrialBatch.windows", batch.windows, {"period": "delay"}),
        ("TrialBatch.during", batch.during, {"period": "delay"}),
        ("TrialEnv", envs.TrialEnv, {"task": "GoNogo"}),
        ("TrialEnv.reset", env.reset, {}),
        ("TrialVectorEnv", envs.TrialVectorEnv, {"task": "GoNogo"}),
        ("TrialVectorEnv.reset", vector.reset, {}),
        ("make_task", envs.make_task, {"name": "GoNogo"}),
        ("score_floors", envs.score_floors, {"task": task, "n_trials": 40}),
        ("Task.reaction_times", task.reaction_times, {"outputs": outputs, "batch": batch}),
        ("check_task", envs.check_task, {"task": task}),
        ("Actor", agents.Actor, {"network": network, "action_space": env.action_space}),
        ("Actor.act", actor.act, {"observation": batch.inputs[0, 0]}),
        ("Actor.reset", actor.reset, {}),
        ("RateRNN", agents.RateRNN, {"n_inputs": 2, "n_units": 4, "n_outputs": 2}),
        ("RateRNN.forward", network.forward, {"inputs": inputs}),
        ("Run.save", run.save, {"path": "run"}),
        ("TrialDataset", agents.TrialDataset, {"task": task, "batch_size": 2}),
        ("check_network", agents.check_network, {"network": network, "task": task}),
        ("episode_returns", agents.episode_returns, {"task": pole, "network": balancing, "n_episodes": 2}),
        ("evaluate", agents.evaluate, {"network": network, "task": task, "n_trials": 2}),
        ("finite_time_exponents", agents.finite_time_exponents, {"network": network,
                                                                "inputs": inputs, "n_exponents": 2}),
        ("check_rule", agents.check_rule, {"rule": rules.RFLO(), "network": network, "task": task}),
        ("alignment", agents.alignment, {"gradient": gradient, "exact": gradient}),
        ("AlignmentWatch", agents.AlignmentWatch, {"rules": {"RFLO": rules.RFLO()}, "batch": batch}),
        ("step_at", agents.step_at, {"network": network, "inputs": np.zeros(task.n_inputs)}),
        ("floss", agents.floss, {"network": network, "inputs": inputs, "n_exponents": 2, "steps": 1}),
        ("register_network", agents.register_network, {"cls": agents.RateRNN}),
        ("register_rule", agents.register_rule, {"cls": OwnRule}),
        ("Thompson", exploration_agents.Thompson, {"task": bandit}),
        ("UCB1", exploration_agents.UCB1, {"task": bandit}),
        ("OptimalPay", exploration_agents.OptimalPay, {"task": bandit}),
        ("regret", measured.regret, {"table": agents.behaviour("guess", bandit, 40), "task": bandit}),
        ("save_trials", measured.save_trials, {"table": trials_done, "path": "trials.csv"}),
        ("load_trials", measured.load_trials, {"path": "trials.csv"}),
        ("behaviour", agents.behaviour, {"agent": "ideal", "task": decision, "n_trials": 3}),
        ("psychometric_curve", measured.psychometric_curve, {"table": trials_done}),
        ("chronometric_curve", measured.chronometric_curve, {"table": trials_done}),
        ("accuracy_by", measured.accuracy_by, {"table": trials_done, "condition": "coherence"}),
        ("outcome_rates", measured.outcome_rates, {"table": trials_done}),
        ("learning_curve", measured.learning_curve, {"table": trials_done}),
        ("side_bias", measured.side_bias, {"table": trials_done}),
        ("win_stay_lose_shift", measured.win_stay_lose_shift, {"table": trials_done}),
        ("stay_probabilities", measured.stay_probabilities, {"table": two_steps}),
        ("history_regression", measured.history_regression, {"table": trials_done}),
        ("load_run", agents.load_run, {"path": "run"}),
        ("network_for", agents.network_for, {"task": task}),
        ("train", agents.train, {"task": task, "network": network, "rule": rules.BPTT(), "steps": 1, "batch_size": 2,
                                 "n_test": 2, "device": "cpu"}),
        ("learn_online", agents.learn_online, {"network": network, "rule": rules.RFLO(update_every="bin"),
                                               "stream": [(np.zeros(task.n_inputs), None)], "report_every": 1}),
        ("live_trials", agents.live_trials, {"env": env}),
        ("train_curriculum", agents.train_curriculum, {"curriculum": envs.Curriculum([task]), "network": network,
         "rule": rules.BPTT(), "steps": 1}),
        ("Bridge", dynamics.Bridge, {"kind": "SCTT", "lag": 3, "beta": 0.5}),
        ("chronometric_fit", dynamics.chronometric_fit, {"strength": [0.1, 0.2, 0.4, 0.8],
                                                         "reaction_ms": [800, 700, 600, 500]}),
        ("alignment_index", dynamics.alignment_index, periods | {"n_dims": 2}),
        ("condition_averages", dynamics.condition_averages, {"rates": rates, "conditions": list("abcabc")}),
        ("condition_shuffle", dynamics.condition_shuffle, {"rates": rates, "rng": rng}),
        ("cosine_tuning", dynamics.cosine_tuning, {"rates": samples[:4], "angles": np.arange(4.0)}),
        ("covariance_matched_permutation", dynamics.covariance_matched_permutation, {"rates": rates, "rng": rng}),
        ("cross_validated_ridge", dynamics.cross_validated_ridge, {
            "rates": trials, "factors": of_trials, "ridges": [0.1], "n_repetitions": 1}),
        ("demixed_decoding", dynamics.demixed_decoding, {
            "rates": trials, "factors": of_trials, "consecutive": 1, "n_repetitions": 1, "n_shuffles": 1}),
        ("demixed_components", dynamics.demixed_components, {"rates": grid, "factors": ("stimulus", "choice")}),
        ("dynamical_distance", dynamics.dynamical_distance, {"rates_a": rates, "rates_b": 2 * rates, "n_delays": 2,
                                                             "rank": 2}),
        ("fixed_points", dynamics.fixed_points, {"step": still, "candidates": samples[:4]}),
        ("flow_field", dynamics.flow_field, {"step": still, "origin": np.zeros(3), "axes": np.eye(3)[:2],
                                             "extent": 1.0, "n": 3}),
        ("jacobian_product", dynamics.jacobian_product, {"step": still, "h0": torch.zeros(3), "n_steps": [1, 2]}),
        ("jacobians", dynamics.jacobians, {"step": still, "states": torch.zeros(2, 3)}),
        ("jpca", dynamics.jpca, {"rates": rates, "n_components": 2, "n_surrogates": 0}),
        ("lyapunov_exponents", dynamics.lyapunov_exponents, {"step": still, "h0": np.zeros(3), "n_steps": 3, "dt": 10}),
        ("marginalisations", dynamics.marginalisations, {"rates": grid, "factors": ("stimulus", "choice")}),
        ("motifs", dynamics.motifs, {"rates": rates, "preparation": (0, 10), "movement": (10, 30)}),
        ("null_distribution", dynamics.null_distribution, {"statistic": np.mean, "rates": rates,
                                                           "null": "shuffle", "n": 2}),
        ("orthogonal_subspaces", dynamics.orthogonal_subspaces, periods | {"dims": (1, 1), "starts": 1}),
        ("p_value", dynamics.p_value, {"observed": 0.5, "null": np.zeros(4)}),
        ("psychometric_fit", dynamics.psychometric_fit, {"stimulus": np.arange(4.0), "choices": [1, 3, 6, 9],
                                                         "trials": [10, 10, 10, 10]}),
        ("random_alignments", dynamics.random_alignments, periods | {"n_dims": 2, "n": 2}),
        ("sample_candidates", dynamics.sample_candidates, {"states": samples, "n_candidates": 3}),
        ("surrogates", dynamics.surrogates, {"rates": rates, "null": "shuffle", "n": 2}),
        ("targeted_axes", dynamics.targeted_axes, {"rates": rates, "variables": {"a": np.arange(6.0)}}),
        ("context_line", fixed_points.context_line, {"network": chooser, "task": context, "context": "motion"}),
        ("context_network", fixed_points.context_network, {"number": 1}),
        ("cue_alignment", local_signals.cue_alignment, {"rule": rules.RFLO(), "network": leaky, "task": delayed,
                                                  "delays": [200], "n_trials": 2}),
        ("feedback_alignment", local_signals.feedback_alignment, {"rule": rules.RFLO(), "network": network}),
        ("decode_sample", remembering.decode_sample, {"network": network, "task": task, "delay_ms": 200,
                                                    "n_trials": 8}),
        ("memory_network", remembering.memory_network, {"number": 1}),
        ("memory_trace", remembering.memory_trace, {"network": network, "task": task}),
        ("score_by_delay", remembering.score_by_delay, {"network": network, "task": task, "delays": [200],
                                                      "n_trials": 2}),
        ("draw_cue_alignment", local_signals.draw_cue_alignment, {"delays": [200, 400],
                                                              "cosines": {"RFLO": np.ones((1, 2))}}),
        ("draw_error_left", bridges.draw_error_left, {"delays": [200, 400], "left": {"plain": np.ones((2, 3))},
                                                        "dt": 20, "tau": 100}),
        ("draw_learning", lessons.draw_learning, {"runs": {"BPTT": [run]}, "chance": 0.5}),
        ("draw_psychometric", behaviour_curves.draw_psychometric, {"trials": trials_done}),
        ("draw_chronometric", behaviour_curves.draw_chronometric, {"trials": trials_done}),
        ("draw_accuracy", behaviour_curves.draw_accuracy, {"trials": trials_done, "condition": "coherence"}),
        ("draw_accuracy_in_session", behaviour_curves.draw_accuracy_in_session, {"trials": trials_done}),
        ("draw_outcomes", behaviour_bars.draw_outcomes, {"trials": trials_done}),
        ("draw_win_stay", behaviour_bars.draw_win_stay, {"trials": trials_done}),
        ("draw_side_bias", behaviour_bars.draw_side_bias, {"trials": trials_done}),
        ("draw_stay_probabilities", behaviour_bars.draw_stay_probabilities, {"trials": two_steps}),
        ("draw_history", behaviour_bars.draw_history, {"trials": trials_done}),
        ("draw_modes", fixed_points.draw_modes, {"eigenvalues": {"still": np.full(3, 0.5)}, "dt": 20, "tau": 100}),
        ("draw_score_by_delay", remembering.draw_score_by_delay, {"delays": [200, 400], "scores": [0.5, 0.6],
                                                              "trained": (200, 400)}),
        ("draw_summary", lessons.draw_summary, {"run": run}),
        ("draw_trial", lessons.draw_trial, {"task": task, "batch": batch}),
        ("error_left", bridges.error_left, {"network": leaky, "task": delayed, "delays": [200]}),
        ("lesion", agents.lesion, {"network": network, "units": [0]}),
        ("cue_trials", backpropagation.cue_trials, {}),
        ("small_network", backpropagation.small_network, {}),
        ("errors_back", backpropagation.errors_back, {"network": small, "trials": cued}),
        ("nudge", backpropagation.nudge, {"network": small, "trials": cued, "bin": 3, "unit": 0}),
        ("draw_there_and_back", backpropagation.draw_there_and_back, {}),
        ("draw_errors_back", backpropagation.draw_errors_back, {"errors": {"plain": np.ones(12)}, "answer": 9}),
        ("mixed_weights", excitation_inhibition.mixed_weights, {"n_units": 10}),
        ("draw_weights", excitation_inhibition.draw_weights, {"weights": np.eye(3)}),
        ("draw_spectra", excitation_inhibition.draw_spectra, {"weights": {"flat": np.eye(3)}}),
        ("packed_trials", packed_trials, {"task": decision, "n_trials": 2}),
        ("ideal_curve", tasks.ideal_curve, {"task": decision, "strengths": np.zeros(3)}),
        ("running_sums", tasks.running_sums, {"batch": decision.sample(20, seed=0)}),
        ("draw_running_sums", tasks.draw_running_sums, {"sums": np.ones((4, 2))}),
        ("choices_of", tasks.choices_of, {"network": decider, "task": decision, "batch": decision.sample(2, seed=0)}),
        ("choose_right", tasks.choose_right, {"network": decider, "task": decision, "n_trials": 50}),
        ("draw_choice_curves", tasks.draw_choice_curves, {"curves": {"it": (np.zeros(3), np.zeros(3))}}),
        ("points_at", fixed_points.points_at, {"network": exact, "inputs": np.zeros(task.n_inputs),
                                            "states": rates[:, :1, :N_UNITS]}),
        ("reacher", one_reach.reacher, {"name": "held"}),
        ("signs_at", fixed_points.signs_at, {"network": exact, "points": eight}),
        ("states_in_trials", agents.states_in_trials, {"network": network, "batch": batch}),
        ("study_results", lessons.study_results, {"study": study}),
        ("how_much_is_done", how_much_is_done, {"study": study, "rows": []}),
        ("play", lessons.play, {"task": task}),
    ]  # fmt: skip
    listed = [Door(name, function, arguments) for name, function, arguments in given]
    listed += [Door(name, getattr(rules, name), {}) for name in rule_names()]
    listed += analyses(usual, {door.name for door in listed})
    listed += checks_of_exercises()
    for name in ("BPTT", "TruncatedBPTT", "RFLO", "ActorCritic", "NodePerturbation", "SCTT"):
        rule = getattr(rules, name)()
        listed += [Door(f"{name}.loss", rule.loss, {"network": network, "batch": batch})]
        listed += [Door(f"{name}.update", rule.update, {"network": network, "batch": batch})]
        listed += [Door(f"{name}.restore", rule.restore, {"network": network, "state": {}})]
    return listed


def analyses(usual, listed):
    """The analyses that are not listed, at the usual values of the arguments they need: by name, numbers by type."""
    opened, numbers = [], {"int": 2, "float": 0.5}
    for name, function in vars(dynamics).items():
        if inspect.isfunction(function) and name not in listed:
            parameters = inspect.signature(function).parameters.values()
            needed = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
            of_type = {p.name: numbers.get(getattr(p.annotation, "__name__", p.annotation)) for p in needed}
            values = {argument: usual.get(argument, number) for argument, number in of_type.items()}
            unusual = [argument for argument, value in values.items() if value is None]
            assert not unusual, f"{name} takes {', '.join(unusual)}: add a line with values to doors() in doors.py"
            opened.append(Door(name, function, values))
    return opened


def checks_of_exercises():
    """The checks of all lessons, of an answer that computes nothing."""
    pages = [import_module(f"{chapters.__name__}.{room.name}") for room in iter_modules(chapters.__path__)]
    checks = {name: check for page in pages for name, check in vars(page).items() if name.startswith("check_")}
    return [
        Door(name, check, {next(iter(inspect.signature(check).parameters)): answer}) for name, check in checks.items()
    ]


BAD = {
    "None": None,
    "text": "x",
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus one": -1,
    "huge": 10**400,
    "empty": [],
    "object": object(),
    "class": dict,
    "array": np.zeros((2, 3, 2, 1, 1)),
    "NaN array": np.full((30, 6, 10), np.nan),
    "texts": ["x", "y"],
    "mapping": {"x": object()},
}
"""What no argument takes, except those that are listed as legal."""
