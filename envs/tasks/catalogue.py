"""The one table of tasks, by name."""

from ..painted_task import PaintedTask
from .bandits import Bandit, ReversalBandit
from .card_sorting import WisconsinCardSorting
from .centre_out import CenterOut
from .context_decisions import ContextDecisionMaking, SingleContextDecisionMaking
from .cycles import CyclePattern
from .delayed_response import DelayComparison, DelayResponse
from .detection import ToneDetection
from .evidence_accumulation import EvidenceAccumulation, PulseDecisionMaking
from .flip_flop import FlipFlop
from .hierarchical_reasoning import HierarchicalReasoning
from .inhibition import AntiReach, GoNogo, StopSignal
from .interference import Flanker, Stroop
from .interval_discrimination import IntervalDiscrimination
from .item_lists import SerialRecall, Sternberg
from .matching import DelayMatchCategory, DelayMatchSample, DelayNonMatchSample
from .mazes import TMaze
from .motion_perception import SpatialSuppressMotion
from .motor_timing import DurationReproduction, MotorTiming
from .multi_item_matching import DelayMatchSampleDistractor1D, DualDelayMatchSample
from .multisensory_decisions import MultiSensoryIntegration
from .paired_association import AXCPT, DelayPairedAssociation
from .perceptual_decisions import PerceptualDecisionMaking, PerceptualDecisionMakingDelayResponse
from .pointing import ReachingDelayResponse
from .probabilistic_decisions import ProbabilisticReasoning
from .reaching import DelayedReach
from .reversals import ProbabilisticReversal, RuleReversal
from .streams import Add
from .streams_memory import CopyMemory, SensorimotorMapping, SineWave
from .streams_mimic import Mimic
from .task_switching import TaskSwitching
from .timing import OneTwoThreeGo, ReadySetGo
from .two_step import DawTwoStep
from .updating import CountRecall, NBack
from .value_decisions import EconomicDecisionMaking, PostDecisionWager
from .visual_feedback import Reaching1D, Reaching1DWithSelfDistraction
from .yang19_decisions import CtxDm1, CtxDm2, Dm1, Dm2, MultiDm
from .yang19_delayed_decisions import CtxDlyDm1, CtxDlyDm2, DlyDm1, DlyDm2, MultiDlyDm
from .yang19_go import Anti, DlyAnti, DlyGo, Go, RtAnti, RtGo
from .yang19_matching import Dmc, Dms, Dnmc, Dnms
from .yang19_multitask import Multitask

TASKS: dict[str, type[PaintedTask]] = {
    # decisions
    "PerceptualDecisionMaking": PerceptualDecisionMaking,
    "PerceptualDecisionMakingDelayResponse": PerceptualDecisionMakingDelayResponse,
    "EvidenceAccumulation": EvidenceAccumulation,
    "PulseDecisionMaking": PulseDecisionMaking,
    "ContextDecisionMaking": ContextDecisionMaking,
    "SingleContextDecisionMaking": SingleContextDecisionMaking,
    "MultiSensoryIntegration": MultiSensoryIntegration,
    "SpatialSuppressMotion": SpatialSuppressMotion,
    "ToneDetection": ToneDetection,
    "ProbabilisticReasoning": ProbabilisticReasoning,
    "PostDecisionWager": PostDecisionWager,
    "EconomicDecisionMaking": EconomicDecisionMaking,
    # working memory
    "DelayResponse": DelayResponse,
    "DelayComparison": DelayComparison,
    "DelayMatchSample": DelayMatchSample,
    "DelayNonMatchSample": DelayNonMatchSample,
    "DelayMatchCategory": DelayMatchCategory,
    "DelayPairedAssociation": DelayPairedAssociation,
    "DelayMatchSampleDistractor1D": DelayMatchSampleDistractor1D,
    "DualDelayMatchSample": DualDelayMatchSample,
    "Sternberg": Sternberg,
    "SerialRecall": SerialRecall,
    "NBack": NBack,
    "CountRecall": CountRecall,
    "AXCPT": AXCPT,
    "FlipFlop": FlipFlop,
    # control
    "GoNogo": GoNogo,
    "StopSignal": StopSignal,
    "AntiReach": AntiReach,
    "Stroop": Stroop,
    "Flanker": Flanker,
    "TaskSwitching": TaskSwitching,
    "HierarchicalReasoning": HierarchicalReasoning,
    # timing
    "ReadySetGo": ReadySetGo,
    "OneTwoThreeGo": OneTwoThreeGo,
    "MotorTiming": MotorTiming,
    "DurationReproduction": DurationReproduction,
    "IntervalDiscrimination": IntervalDiscrimination,
    # motor
    "DelayedReach": DelayedReach,
    "CenterOut": CenterOut,
    "ReachingDelayResponse": ReachingDelayResponse,
    "Reaching1D": Reaching1D,
    "Reaching1DWithSelfDistraction": Reaching1DWithSelfDistraction,
    "CyclePattern": CyclePattern,
    # learning and reward
    "Bandit": Bandit,
    "ReversalBandit": ReversalBandit,
    "ProbabilisticReversal": ProbabilisticReversal,
    "RuleReversal": RuleReversal,
    "DawTwoStep": DawTwoStep,
    "WisconsinCardSorting": WisconsinCardSorting,
    "TMaze": TMaze,
    # yang19
    "yang19.go": Go,
    "yang19.rtgo": RtGo,
    "yang19.dlygo": DlyGo,
    "yang19.anti": Anti,
    "yang19.rtanti": RtAnti,
    "yang19.dlyanti": DlyAnti,
    "yang19.dm1": Dm1,
    "yang19.dm2": Dm2,
    "yang19.ctxdm1": CtxDm1,
    "yang19.ctxdm2": CtxDm2,
    "yang19.multidm": MultiDm,
    "yang19.dlydm1": DlyDm1,
    "yang19.dlydm2": DlyDm2,
    "yang19.ctxdlydm1": CtxDlyDm1,
    "yang19.ctxdlydm2": CtxDlyDm2,
    "yang19.multidlydm": MultiDlyDm,
    "yang19.dms": Dms,
    "yang19.dnms": Dnms,
    "yang19.dmc": Dmc,
    "yang19.dnmc": Dnmc,
    "yang19.multitask": Multitask,
    # streams for online learning
    "Add": Add,
    "Mimic": Mimic,
    "SineWave": SineWave,
    "SensorimotorMapping": SensorimotorMapping,
    "CopyMemory": CopyMemory,
}
