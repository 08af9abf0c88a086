"""The one table of tasks, by name."""

from ..painted_task import PaintedTask
from .bandits import ReversalBandit
from .context_decisions import ContextDecisionMaking
from .matching import DelayMatchSample
from .perceptual_decisions import PerceptualDecisionMaking
from .reaching import DelayedReach
from .timing import ReadySetGo

TASKS: dict[str, type[PaintedTask]] = {
    # decisions
    "PerceptualDecisionMaking": PerceptualDecisionMaking,
    "ContextDecisionMaking": ContextDecisionMaking,
    # working memory
    "DelayMatchSample": DelayMatchSample,
    # timing
    "ReadySetGo": ReadySetGo,
    # motor
    "DelayedReach": DelayedReach,
    # learning
    "ReversalBandit": ReversalBandit,
}
