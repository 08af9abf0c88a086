"""Random numbers of rules: the same for all networks of an ensemble."""

from __future__ import annotations

import torch
from torch import Tensor


def random_signs(like: Tensor, generator: torch.Generator | None) -> Tensor:
    """1 or -1 with even chances, in the shape of (B, k)."""
    drawn = torch.randint(0, 2, like.shape[-2:], generator=generator, device=like.device)
    return (2 * drawn - 1).to(like.dtype)


def normal(like: Tensor, *shape: int, generator: torch.Generator | None) -> Tensor:
    """Standard normal numbers of the type of a tensor."""
    return torch.randn(shape, generator=generator, dtype=like.dtype, device=like.device)


def norm(values: Tensor, n_axes: int) -> Tensor:
    """Euclidean norm over the last axes, for each trial, (B, 1)."""
    return torch.linalg.vector_norm(values.flatten(-n_axes), dim=-1, keepdim=True)


def balance(of: Tensor, by: Tensor) -> Tensor:
    """The factor by which two parts of a random product are made equally long: sqrt(|of| / |by|), never 0."""
    return ((of + 1e-12) / (by + 1e-12)).sqrt()
