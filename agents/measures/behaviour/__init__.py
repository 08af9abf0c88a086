"""Behaviour as an experimenter reports it: a table of trials, and what is computed of it."""

from ....envs.gym.trial_table import load_trials as load_trials
from ....envs.gym.trial_table import save_trials as save_trials
from ..exploration_agents import UCB1 as UCB1
from ..exploration_agents import OptimalPay as OptimalPay
from ..exploration_agents import Thompson as Thompson
from .acting import behaviour as behaviour
from .curves import Chronometric as Chronometric
from .curves import Psychometric as Psychometric
from .curves import chronometric_curve as chronometric_curve
from .curves import psychometric_curve as psychometric_curve
from .history import HistoryRegression as HistoryRegression
from .history import history_regression as history_regression
from .history import stay_probabilities as stay_probabilities
from .history import win_stay_lose_shift as win_stay_lose_shift
from .outcomes import accuracy_by as accuracy_by
from .outcomes import learning_curve as learning_curve
from .outcomes import outcome_rates as outcome_rates
from .outcomes import side_bias as side_bias
from .proportions import Proportion as Proportion
from .regret import regret as regret
