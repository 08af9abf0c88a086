"""A perceptual decision that the reader makes in the page, and the psychometric curve that grows of it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ....agents.network.rate_rnn import RateRNN
from ....envs.tasks.perceptual_decisions import PerceptualDecisionMaking
from ...player.packing import packed_trials
from ...widgets.browser_module import browser_module
from ...widgets.extra import anywidget, traitlets
from ...widgets.still import WithStill, widget_style
from .curves import choices_of, choose_right, ideal_curve


class PlayDecision(WithStill, anywidget.AnyWidget):
    """Do a perceptual decision yourself, by keys, pointer or touch, beside the ideal observer and a network.

    The trials are painted by the task and run in the browser by the rules of :class:`cogdyn.envs.TrialEnv`, so they
    can be done in a static page. All three answer the same trials. In a notebook the pace is a trait.

    Args:
        session: Trials as of :func:`cogdyn.lessons.player.packing.packed_trials`.
        network: What a network answers in each trial.
        curves: Psychometric curves to compare with: ``name``, signed strengths ``x`` and proportions ``y``.
        **settings: How the controls are set at first: ``speed``.
    """

    _esm = browser_module(
        "element.mjs",
        "picture.mjs",
        "controls.mjs",
        "trial_rules.mjs",
        "play.mjs",
        "tasks/widget.mjs",
    )
    _css = widget_style("live.css")

    session = traitlets.Dict().tag(sync=True)
    network = traitlets.List(traitlets.Int()).tag(sync=True)
    curves = traitlets.List().tag(sync=True)
    speed = traitlets.Float(0.5, min=0.05, max=50, help="Pace, 1 being that of the networks.").tag(sync=True)

    @classmethod
    def of(
        cls, task: PerceptualDecisionMaking, network: RateRNN, n_trials: int = 64, seed: int = 0, **settings: Any
    ) -> Self:
        """A task, and a network that has learned it.

        Args:
            task: The task.
            network: The network, which answers the same trials, and 2,000 others for its curve.
            n_trials: Number of trials for the reader.
            seed: Seed of these trials.
            **settings: How the controls are set at first, as above.
        """
        session = packed_trials(task, n_trials, seed)
        choices = choices_of(network, task, task.sample(n_trials, seed))
        fine = np.linspace(-max(task.coherences), max(task.coherences), 81)
        strengths, measured = choose_right(task, network)
        curves = [
            {"name": "ideal observer", "x": fine.round(4).tolist(), "y": ideal_curve(task, fine).round(4).tolist()},
            {"name": "network", "x": strengths.round(4).tolist(), "y": measured.round(4).tolist()},
        ]
        return cls(session=session, network=choices.tolist(), curves=curves, **settings)
