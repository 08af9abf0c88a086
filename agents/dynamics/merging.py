"""Points that lie together, gathered around a few of them."""

import torch
from torch import Tensor


def merge(points: Tensor, distance: float) -> tuple[Tensor, Tensor]:
    """Gather points around those that come first.

    Args:
        points: (K, N), the best first.
        distance: Greatest distance of a point from the one that stands for it.

    Returns:
        The indices of points that stand for themselves and others, (G,), each farther than the distance from all
        others; for every point the nearest of them, as an index from 0 to G - 1, (K,).
    """
    first: list[int] = []
    group = torch.full((len(points),), -1, dtype=torch.long, device=points.device)
    for start in range(0, len(points), 256):
        block = slice(start, start + 256)
        nearest = _distances(points[block], points[first]).min(dim=1).values if first else None
        new = torch.arange(len(points[block])) if nearest is None else (nearest > distance).nonzero()[:, 0].cpu()
        between = (_distances(points[block][new], points[block][new]) <= distance).cpu().numpy()
        taken: list[int] = []
        for i in range(len(new)):
            if not between[i, taken].any():
                taken.append(i)
        first += [start + int(new[i]) for i in taken]
    for start in range(0, len(points), 256):
        block = slice(start, start + 256)
        group[block] = _distances(points[block], points[first]).argmin(dim=1)
    return torch.tensor(first, dtype=torch.long, device=points.device), group


def _distances(a: Tensor, b: Tensor) -> Tensor:
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
