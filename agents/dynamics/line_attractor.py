"""Whether slow points lie on a line along which a network can integrate, and what it reads its input with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from ...envs.typechecked import typechecked
from .fixed_points import FixedPoints
from .shapes import shapes_repr


@dataclass(frozen=True)
class LineAttractor:
    r"""How much a set of points is like a line of fixed points; a value for each of the P points along the line.

    Attributes:
        score: From 0, a cloud of points or a line that is not slow, to 1, an ideal line attractor: ``on_line`` times
            the mean of ``alignment`` times ``separation``.
        on_line: Length of the longest path through the points' minimal spanning tree, as a fraction of the whole tree:
            1 for points on a line, however curved.
        order: Indices of the points on this path, from one end to the other, (P,).
        position: Distance from the first along the path, (P,).
        alignment: Modulus of the cosine between the path and the direction of the slowest mode, (P,).
        separation: How much slower the slowest mode is than the next, :math:`1 - |\log\lambda_1| / |\log\lambda_2|`,
            from 0 to 1, (P,).
        drift: How far a state moves in one step, :math:`\sqrt{2q}`, (P,).
        time_constants: Of the slowest mode (ms), negative if it grows, (P,); None if the points have none.
    """

    score: float
    on_line: float
    order: np.ndarray
    position: np.ndarray
    alignment: np.ndarray
    separation: np.ndarray
    drift: np.ndarray
    time_constants: np.ndarray | None

    __repr__ = shapes_repr


@typechecked
def line_attractor_score(points: FixedPoints) -> LineAttractor:
    r"""Measure how line-like a set of fixed and slow points is, and how slow the dynamics are along the line.

    A line attractor has three marks: its points follow each other along a curve; at each of them the slowest mode,
    that whose eigenvalue is nearest to 1, points along the curve; and all other modes are much faster.

    Args:
        points: The points, as from ``fixed_points(step, candidates, tolerance=1e-6)``, with eigenvectors.

    Returns:
        The measures; fewer than three points are no line, and score 0.

    Raises:
        ValueError: If the points were found without eigenvectors.

    Source: the marks are from Mante, Sussillo, Shenoy & Newsome 2013, Nature, doi:10.1038/nature12742; how they
    are measured is ours.
    """
    slowest = slowest_mode(points)
    on_line, order = _path(points.points) if len(points) > 2 else (0.0, np.zeros(0, int))
    along = points.points[order]
    position = np.append(0.0, np.linalg.norm(np.diff(along, axis=0), axis=1).cumsum())[: len(order)]
    tangent = np.gradient(along, axis=0) if len(order) else along
    tangent = tangent / np.linalg.norm(tangent, axis=1, keepdims=True)
    direction = points.right_eigenvectors[order, :, slowest[order]]
    alignment = np.abs((tangent * direction).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.sort(np.abs(np.log(points.eigenvalues[order])), axis=1)
        next_rate = rates[:, 1] if rates.shape[1] > 1 else np.inf
        separation = np.where(next_rate == 0, 0.0, 1 - rates[:, 0] / next_rate)
    return LineAttractor(
        score=float(on_line * (alignment * separation).mean()) if len(order) else 0.0,
        on_line=on_line,
        order=order,
        position=position,
        alignment=alignment,
        separation=separation,
        drift=np.sqrt(2 * points.speed[order]),
        time_constants=None if points.time_constants is None else points.time_constants[order, slowest[order]],
    )


@typechecked
def selection_vector(points: FixedPoints) -> np.ndarray:
    """What each point reads its input with: the left eigenvector of the slowest mode.

    A pulse of input moves the state; all of it decays but what lies along the line, which is its product with this
    vector. Input orthogonal to it is forgotten, however large.

    Args:
        points: The points, with eigenvectors.

    Returns:
        Vectors of length one, (K, N), with signs such that the slowest modes of neighbours point the same way, and the
        largest entry of the first point's is positive; NaN where the slowest mode is one that turns.

    Raises:
        ValueError: If the points were found without eigenvectors.

    Source: Mante, Sussillo, Shenoy & Newsome 2013, Nature, doi:10.1038/nature12742.
    """
    each, slowest = np.arange(len(points)), slowest_mode(points)
    left, right = points.left_eigenvectors[each, slowest], points.right_eigenvectors[each, :, slowest]
    turning = np.imag(points.eigenvalues[each, slowest]) != 0
    left, right = np.real(left), np.real(right)
    if len(points):
        sign = np.ones(len(points))
        sign[0] = np.sign(right[0, np.abs(right[0]).argmax()])
        distance, before = dijkstra(_tree(points.points), directed=False, indices=0, return_predecessors=True)
        for k in distance.argsort()[1:]:
            sign[k] = sign[before[k]] * (-1 if right[k] @ right[before[k]] < 0 else 1)
        left = sign[:, None] * left
    vectors = left / np.linalg.norm(left, axis=1, keepdims=True)
    return np.where(turning[:, None], np.nan, vectors)


def slowest_mode(points: FixedPoints) -> np.ndarray:
    """Index of the mode of each point whose eigenvalue is nearest to 1, among those with eigenvectors, (K,).

    Raises:
        ValueError: If there are none.
    """
    n_modes = points.left_eigenvectors.shape[1]
    if n_modes == 0:
        raise ValueError("the points were found with n_modes=0; this needs eigenvectors.")
    return np.abs(points.eigenvalues[:, :n_modes] - 1).argmin(axis=1) if len(points) else np.zeros(0, int)


def _path(points: np.ndarray) -> tuple[float, np.ndarray]:
    """The longest path through the minimal spanning tree: its fraction of the tree's length, and its points."""
    tree = _tree(points)
    end = dijkstra(tree, directed=False, indices=0).argmax()
    distances, before = dijkstra(tree, directed=False, indices=end, return_predecessors=True)
    order = [int(distances.argmax())]
    while order[-1] != end:
        order.append(int(before[order[-1]]))
    return float(distances.max() / tree.sum()), np.array(order)


def _tree(points: np.ndarray):
    """The shortest lines that join all points, as a sparse matrix of lengths, (K, K)."""
    return minimum_spanning_tree(squareform(pdist(points)))
