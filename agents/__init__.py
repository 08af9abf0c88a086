"""What learns: networks, learning rules, training, saved runs."""

from .actor import Actor as Actor
from .alignment import AlignmentWatch as AlignmentWatch
from .credit.rule import Rule as Rule
from .credit.rule import learning_rule as learning_rule
from .curriculum import train_curriculum as train_curriculum
from .data import TrialDataset as TrialDataset
from .evaluation import Evaluation as Evaluation
from .evaluation import evaluate as evaluate
from .flossing import finite_time_exponents as finite_time_exponents
from .flossing import floss as floss
from .lesions import lesion as lesion
from .rate_rnn import RateRNN as RateRNN
from .recording import states_in_trials as states_in_trials
from .recording import step_at as step_at
from .rules.catalogue import make_rule as make_rule
from .run import Run as Run
from .run import RunError as RunError
from .run import load_run as load_run
from .task_network import network_for as network_for
from .training import TrainingDiverged as TrainingDiverged
from .training import train as train
from .trajectory import Trajectory as Trajectory
