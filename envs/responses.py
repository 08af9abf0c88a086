"""Outputs as responses: how they are checked, averaged and written."""

import numpy as np

Span = tuple[np.ndarray, np.ndarray]
"""First bin and the bin after the last, (B,) each."""


def during(n_bins: int, span: Span) -> np.ndarray:
    """Whether each bin lies in the span, (T, B) bool."""
    time = np.arange(n_bins)[:, None]
    return (time >= span[0]) & (time < span[1])


def respond(outputs: np.ndarray, choice: np.ndarray, span: Span) -> np.ndarray:
    """Write a choice (B,) as one-hot outputs (T, B, n_out) into the bins of the span, in place; returns them."""
    one_hot = np.eye(outputs.shape[-1], dtype=outputs.dtype)[choice]
    np.copyto(outputs, one_hot, where=during(len(outputs), span)[..., None])
    return outputs


def mean_during(values: np.ndarray, span: Span, weight: np.ndarray | None = None) -> np.ndarray:
    """Mean of values (T, B, k) over the bins of the span whose weight (T, B) is positive, (B, k)."""
    some = slice(int(span[0].min()), max(int(span[1].max()), int(span[0].min()) + 1))
    inside = during(len(values), span)[some]
    if weight is not None:
        inside &= weight[some] > 0
    total = np.einsum("tb,tbk->bk", inside.astype(np.float64), values[some])
    return total / np.maximum(inside.sum(axis=0), 1)[:, None]


def first_response(outputs: np.ndarray, span: Span) -> tuple[np.ndarray, np.ndarray]:
    """The first class other than 0 that is the largest output (T, B, n_out) in the span, and its bin, (B,) each.

    Where there is none the class is 0 and the bin the one after the span.
    """
    classes = outputs.argmax(axis=-1)
    responds = (classes > 0) & during(len(outputs), span)
    first = responds.argmax(axis=0)
    responded = responds.any(axis=0)
    choice = np.where(responded, classes[first, np.arange(len(first))], 0)
    return choice, np.where(responded, first, span[1])


def checked_outputs(outputs: np.ndarray, expected: tuple[int, int, int], task: str) -> np.ndarray:
    """Return outputs, an array or a tensor, as an array (T, B, n_out).

    Raises:
        ValueError: If their shape is not the expected one, or they hold NaN or infinity.
    """
    if hasattr(outputs, "detach"):
        outputs = outputs.detach().cpu()  # type: ignore[attr-defined]  # a tensor, without importing torch
    outputs = np.asarray(outputs)
    if outputs.shape != expected:
        raise ValueError(f"outputs have shape {outputs.shape}; {task} expects (T, B, n_out) = {expected}.")
    if not np.isfinite(outputs).all():
        raise ValueError("outputs hold NaN or infinity.")
    return outputs
