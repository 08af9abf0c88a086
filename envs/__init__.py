"""What is to be learned: tasks, trials, Gymnasium environments, the registry."""

from .canvas import Canvas as Canvas
from .context.blocks import Blocks as Blocks
from .context.last_outcome import LastOutcome as LastOutcome
from .context.reaction_time import ReactionTime as ReactionTime
from .context.side_bias import SideBias as SideBias
from .context.trial_history import TrialHistory as TrialHistory
from .contract import ContractError as ContractError
from .contract import check_task as check_task
from .curriculum import Curriculum as Curriculum
from .durations import Choice as Choice
from .durations import Duration as Duration
from .durations import PerBatch as PerBatch
from .durations import TruncatedExponential as TruncatedExponential
from .durations import Uniform as Uniform
from .factors import Between as Between
from .factors import Levels as Levels
from .gym.registration import register_environments
from .gym.registration import register_task as register_task
from .gym.rewards import Rewards as Rewards
from .gym.trial_env import TrialEnv as TrialEnv
from .gym.trial_vector_env import TrialVectorEnv as TrialVectorEnv
from .gym_task import GymTask as GymTask
from .mixture import Mixture as Mixture
from .noisy import Noisy as Noisy
from .observers.floors import Floors as Floors
from .observers.floors import score_floors as score_floors
from .painted_task import PaintedTask as PaintedTask
from .registry import make_task as make_task
from .registry import task_names as task_names
from .reporting import Reporting as Reporting
from .ring import Ring as Ring
from .task import Task as Task
from .trial import TrialBatch as TrialBatch

register_environments()
