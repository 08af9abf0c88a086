"""What learns: networks, learning rules, training, saved runs."""

from .credit.rule import Rule as Rule
from .credit.rule import learning_rule as learning_rule
from .measures.gradient_alignment import AlignmentWatch as AlignmentWatch
from .network.data import TrialDataset as TrialDataset
from .network.lesions import lesion as lesion
from .network.own_networks import register_network as register_network
from .network.protocol import Network as Network
from .network.rate_rnn import RateRNN as RateRNN
from .network.recording import states_in_trials as states_in_trials
from .network.recording import step_at as step_at
from .network.task_network import network_for as network_for
from .network.trajectory import Trajectory as Trajectory
from .rules.catalogue import make_rule as make_rule
from .training.actor import Actor as Actor
from .training.check_network import check_network as check_network
from .training.curriculum import train_curriculum as train_curriculum
from .training.evaluation import Evaluation as Evaluation
from .training.evaluation import evaluate as evaluate
from .training.flossing import finite_time_exponents as finite_time_exponents
from .training.flossing import floss as floss
from .training.loop import TrainingDiverged as TrainingDiverged
from .training.loop import train as train
from .training.run import Run as Run
from .training.run import RunError as RunError
from .training.run import load_run as load_run
