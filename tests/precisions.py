"""Gradients in both precisions, and what they have to agree on."""

import copy

import pytest
import torch

DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
LEAST_COSINE = 0.99999
"""What a gradient in float32 keeps of its direction."""


def in_float64(network):
    """The same network, its alpha and its weights to the bit, in double precision."""
    return copy.deepcopy(network).double()


def cosine(a, b):
    """Of two gradients, in double precision; 1 if both are 0."""
    a, b = a.double().flatten(), b.double().flatten()
    if not (a.any() or b.any()):
        return 1.0
    return (a @ b / (a.norm() * b.norm())).item()


def same_gradient(found, expected, tolerance=1e-12):
    """The same numbers if both are in float64; if not, the same direction and length, of each kind of weights."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if found[name].dtype == value.dtype == torch.float64:
            assert (found[name] - value).abs().max() <= tolerance * max(1.0, value.abs().max().item()), name
        else:
            assert cosine(found[name], value) >= LEAST_COSINE, name
            assert found[name].norm().item() == pytest.approx(value.norm().item(), rel=1e-4), name
