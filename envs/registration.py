"""Registers every task of the table with Gymnasium, as ``cogdyn/<Name>-v0``."""

from gymnasium import register, registry

from .registry import TASKS


def register_environments() -> None:
    """Register the environments that are not registered yet."""
    for name in TASKS:
        id = f"cogdyn/{name}-v0"
        if id not in registry:
            register(
                id,
                entry_point="cogdyn.envs.trial_env:TrialEnv",
                vector_entry_point="cogdyn.envs.trial_vector_env:TrialVectorEnv",
                kwargs={"task": name},
            )
