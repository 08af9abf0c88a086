"""The one table of tasks, by name: each is imported when it is first asked for."""

from importlib import import_module

from ..errors import UnknownTaskError
from ..names import unknown_name
from ..painted_task import PaintedTask

TASKS: dict[str, str | type[PaintedTask]] = {
    # decisions
    "PerceptualDecisionMaking": "perceptual_decisions.PerceptualDecisionMaking",
    "PerceptualDecisionMakingDelayResponse": "perceptual_decisions.PerceptualDecisionMakingDelayResponse",
    "EvidenceAccumulation": "evidence_accumulation.EvidenceAccumulation",
    "PulseDecisionMaking": "evidence_accumulation.PulseDecisionMaking",
    "PoissonClicks": "clicks.PoissonClicks",
    "ContextDecisionMaking": "context_decisions.ContextDecisionMaking",
    "SingleContextDecisionMaking": "context_decisions.SingleContextDecisionMaking",
    "MultiSensoryIntegration": "multisensory_decisions.MultiSensoryIntegration",
    "SpatialSuppressMotion": "motion_perception.SpatialSuppressMotion",
    "ToneDetection": "detection.ToneDetection",
    "ProbabilisticReasoning": "probabilistic_decisions.ProbabilisticReasoning",
    "PostDecisionWager": "value_decisions.PostDecisionWager",
    "EconomicDecisionMaking": "value_decisions.EconomicDecisionMaking",
    # working memory
    "DelayResponse": "delayed_response.DelayResponse",
    "DelayComparison": "delayed_response.DelayComparison",
    "DelayMatchSample": "matching.DelayMatchSample",
    "DelayNonMatchSample": "matching.DelayNonMatchSample",
    "DelayMatchCategory": "matching.DelayMatchCategory",
    "DelayPairedAssociation": "paired_association.DelayPairedAssociation",
    "DelayMatchSampleDistractor1D": "multi_item_matching.DelayMatchSampleDistractor1D",
    "DualDelayMatchSample": "multi_item_matching.DualDelayMatchSample",
    "Sternberg": "item_lists.Sternberg",
    "SerialRecall": "item_lists.SerialRecall",
    "NBack": "updating.NBack",
    "CountRecall": "updating.CountRecall",
    "AXCPT": "paired_association.AXCPT",
    "FlipFlop": "flip_flop.FlipFlop",
    # control
    "GoNogo": "inhibition.GoNogo",
    "StopSignal": "stop_signal.StopSignal",
    "StopSignalStaircase": "stop_signal.StopSignalStaircase",
    "AntiReach": "inhibition.AntiReach",
    "Stroop": "interference.Stroop",
    "Flanker": "interference.Flanker",
    "TaskSwitching": "task_switching.TaskSwitching",
    "AlternatingRuns": "task_switching.AlternatingRuns",
    "HierarchicalReasoning": "hierarchical_reasoning.HierarchicalReasoning",
    # timing
    "ReadySetGo": "timing.ReadySetGo",
    "OneTwoThreeGo": "timing.OneTwoThreeGo",
    "MotorTiming": "motor_timing.MotorTiming",
    "DurationReproduction": "motor_timing.DurationReproduction",
    "IntervalDiscrimination": "interval_discrimination.IntervalDiscrimination",
    # motor
    "DelayedReach": "reaching.DelayedReach",
    "CenterOut": "centre_out.CenterOut",
    "ReachingDelayResponse": "pointing.ReachingDelayResponse",
    "Reaching1D": "visual_feedback.Reaching1D",
    "Reaching1DWithSelfDistraction": "visual_feedback.Reaching1DWithSelfDistraction",
    "CyclePattern": "cycles.CyclePattern",
    # learning and reward
    "Bandit": "bandits.Bandit",
    "ReversalBandit": "bandits.ReversalBandit",
    "ProbabilisticReversal": "reversals.ProbabilisticReversal",
    "RuleReversal": "reversals.RuleReversal",
    "DawTwoStep": "two_step.DawTwoStep",
    "WisconsinCardSorting": "card_sorting.WisconsinCardSorting",
    "TMaze": "mazes.TMaze",
    # yang19
    "yang19.go": "yang19.table.Go",
    "yang19.rtgo": "yang19.table.RtGo",
    "yang19.dlygo": "yang19.table.DlyGo",
    "yang19.anti": "yang19.table.Anti",
    "yang19.rtanti": "yang19.table.RtAnti",
    "yang19.dlyanti": "yang19.table.DlyAnti",
    "yang19.dm1": "yang19.table.Dm1",
    "yang19.dm2": "yang19.table.Dm2",
    "yang19.ctxdm1": "yang19.table.CtxDm1",
    "yang19.ctxdm2": "yang19.table.CtxDm2",
    "yang19.multidm": "yang19.table.MultiDm",
    "yang19.dlydm1": "yang19.table.DlyDm1",
    "yang19.dlydm2": "yang19.table.DlyDm2",
    "yang19.ctxdlydm1": "yang19.table.CtxDlyDm1",
    "yang19.ctxdlydm2": "yang19.table.CtxDlyDm2",
    "yang19.multidlydm": "yang19.table.MultiDlyDm",
    "yang19.dms": "yang19.table.Dms",
    "yang19.dnms": "yang19.table.Dnms",
    "yang19.dmc": "yang19.table.Dmc",
    "yang19.dnmc": "yang19.table.Dnmc",
    "yang19.multitask": "yang19.multitask.Multitask",
    # streams for online learning
    "Add": "streams.tasks.Add",
    "Mimic": "streams.mimic.Mimic",
    "SineWave": "streams.memory.SineWave",
    "SensorimotorMapping": "streams.memory.SensorimotorMapping",
    "CopyMemory": "streams.memory.CopyMemory",
}


def task_class(name: str) -> type[PaintedTask]:
    """The class of a task; nothing is imported but the project's own modules.

    Raises:
        UnknownTaskError: If no task of that name is registered.
    """
    if name not in tuple(TASKS):
        raise UnknownTaskError(
            f"{unknown_name('task', name, TASKS)} If it is a task of your own, import the module that registers it "
            "first."
        )
    entry = TASKS[name]
    if isinstance(entry, str):
        module, _, cls = entry.rpartition(".")
        entry = TASKS[name] = getattr(import_module(f".{module}", __package__), cls)
    return entry
