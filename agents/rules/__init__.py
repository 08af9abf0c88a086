"""Learning rules: one final class each, its equation as code in its file."""

from ..credit.descent import Diverged as Diverged
from ..credit.rule import Rule as Rule
from ..credit.rule import learning_rule as learning_rule
from .bptt import BPTT as BPTT
from .cd import CD as CD
from .compartments import Compartments as Compartments
from .dasc import DASC as DASC
from .dni import DNI as DNI
from .eprop import EProp as EProp
from .fbptt import FBPTT as FBPTT
from .force import FORCE as FORCE
from .full_force import FullFORCE as FullFORCE
from .gradient_skip import GradientSkip as GradientSkip
from .kernl import KeRNL as KeRNL
from .kf_rtrl import KFRTRL as KFRTRL
from .modprop import ModProp as ModProp
from .node_perturbation import NodePerturbation as NodePerturbation
from .r_kf import RKF as RKF
from .readout_only import ReadoutOnly as ReadoutOnly
from .reward_hebbian import RewardHebbian as RewardHebbian
from .rflo import RFLO as RFLO
from .rtrl import RTRL as RTRL
from .sctt import SCTT as SCTT
from .snap1 import SnAp1 as SnAp1
from .truncated_bptt import TruncatedBPTT as TruncatedBPTT
from .uoro import UORO as UORO
