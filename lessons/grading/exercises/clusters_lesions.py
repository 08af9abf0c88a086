"""Assignment 8: which tasks fall without a cluster, and which rules can be composed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..judging import Slip, compares
from .clusters_inputs import networks
from .clusters_reference import lesions


def _composed(signs: tuple[float, float, float], **case: Any) -> dict[str, np.ndarray]:
    """The right answer, with rules composed in another way."""
    return lesions(**case, signs=signs)


LESIONS = compares(
    networks,
    lesions,
    (
        Slip(
            "the units are silent in the readout alone.",
            "They reach other units too: the columns of W.",
            partial(lesions, names=("W_out",)),
        ),
        Slip(
            "the units are silent in W alone.",
            "They reach the readout too: the columns of W_out.",
            partial(lesions, names=("W",)),
        ),
        Slip(
            "the synapses onto the units are cut, not those from them.",
            "W[i, j] leads from j to i: set columns to 0.",
            partial(lesions, rows=True),
        ),
        Slip(
            "all other clusters are silent.",
            "Silence the units whose label is that of the cluster.",
            partial(lesions, others=True),
        ),
        Slip(
            "nothing is silent: these are the scores of the intact network.",
            "Run the network that was cut.",
            partial(lesions, names=()),
        ),
        Slip(
            "the output of the whole trial counts.",
            "scores takes answer: what comes before is not counted.",
            lambda answer, **case: lesions(answer=0, **case),
        ),
        Slip(
            "these are the tasks that stand.",
            "True for those that fall: less than half of the intact score is left.",
            lambda **case: (right := lesions(**case)) | {"fallen": ~right["fallen"]},
        ),
        Slip(
            "clusters and tasks have changed places.",
            "A row for each cluster, a column for each task.",
            lambda **case: (right := lesions(**case)) | {"scores": right["scores"].T, "fallen": right["fallen"].T},
        ),
        Slip("the last rule is subtracted, the middle one added.", "A - B + C.", partial(_composed, (1, 1, -1))),
        Slip("the first rule alone is given.", "A - B + C.", partial(_composed, (1, 0, 0))),
        Slip("the rule B is not subtracted.", "A - B + C.", partial(_composed, (1, 0, 1))),
        Slip(
            "the rule of the task itself is still on.",
            "Set the rule channels to 0 before you add the three.",
            partial(lesions, keep_rule=True),
        ),
        Slip(
            "the stimuli are composed, too.",
            "Take the inputs of the task itself, and change the last K channels alone.",
            partial(lesions, stimuli=True),
        ),
        Slip(
            "the composed rules are scored by the targets of the first rule.",
            "What is asked for is the task in the first column.",
            partial(lesions, scored_by=1),
        ),
    ),
    "these tasks fall, and these rules can be composed.",
    shape_hint="A row for each cluster from 0 on and a column for each task; a number for each composition.",
)
