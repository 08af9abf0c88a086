"""The processor on which a network is."""

from __future__ import annotations

import torch

from ...envs.errors import ArgumentError


def choose_device(device: str) -> torch.device:
    """The device of that name; ``"auto"`` takes a GPU where there is one.

    Raises:
        ArgumentError: If the device is unknown, or not there.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, ImportError):
        chosen = torch.device("meta")
    if chosen.type == "meta" or (chosen.type == "cpu" and chosen.index):
        raise ArgumentError(f"device {device!r} is not there; allowed: 'auto', 'cpu', or a GPU that PyTorch sees.")
    return chosen
