"""Plausible wrong answers to the exercises of assignment 8, as changes of the solution."""

VARIANCE = "rates[start:].var(axis=2).mean(axis=0).T"
FRACTIONAL = "fractional = np.where(enough, v[:, first] - v[:, second], 0) / np.where(enough, total, 1)"
ARGMIN = "np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)"

# For each exercise: what is written in place of what, and a part of the reason.
CLUSTERS = {
    "clusters/variance": [
        (VARIANCE, "rates[start:].var(axis=0).mean(axis=1).T", "the variance is taken over time"),
        (VARIANCE, "rates[start:].var(axis=(0, 2)).T", "over bins and conditions together"),
        (VARIANCE, "rates[start:].mean(axis=0).var(axis=1).T", "the mean over time comes first"),
        ("rates[start:]", "rates", "fixation counts as well"),
        ("rates[start:]", "rates[:start]", "the bins before start count"),
        (".var(axis=2)", ".std(axis=2)", "standard deviations"),
        ("var(axis=2)", "var(axis=2, ddof=1)", "conditions less one"),
        (".mean(axis=0)", ".sum(axis=0)", "time is summed"),
        (VARIANCE, "(rates[start:] ** 2).mean(axis=(0, 2)).T", "mean squares"),
        (".mean(axis=0).T", ".mean(axis=0)", "units and tasks have changed places"),
        (".var(axis=2)", "", "has shape"),
    ],
    "clusters/shares": [
        ("variance.sum(axis=1) >", "variance.max(axis=1) >", "by their largest variance"),
        ("variance.sum(axis=1) >", "variance.mean(axis=1) >", "by their mean variance"),
        ("variance.sum(axis=1) > smallest", "variance.sum(axis=1) > -1", "nothing is dropped"),
        ("return kept, ", "return variance.sum(axis=1) > smallest, ", "kept are truth values"),
        ("v / v.max(axis=1, keepdims=True)", "v / v.sum(axis=1, keepdims=True)", "the profiles add up to 1"),
        ("v / v.max(axis=1, keepdims=True)", "v / np.linalg.norm(v, axis=1, keepdims=True)", "have length 1"),
        ("v / v.max(axis=1, keepdims=True)", "v / v.max(axis=0)", "the largest variance in each task"),
        ("v / v.max(axis=1, keepdims=True)", "v / v.max()", "the largest variance of all units"),
        ("v[:, first] - v[:, second]", "v[:, second] - v[:, first]", "the wrong sign"),
        ("np.where(enough, total, 1)", "np.maximum(v[:, first], v[:, second])", "the larger of the two"),
        ("    return", "    fractional = (fractional + 1) / 2\n    return", "the share of the first task"),
        (FRACTIONAL, "fractional = (v[:, first] - v[:, second]) / total", "compares two tiny numbers"),
        (" / np.where(enough, total, 1)", "", "a plain difference"),
        ("v = variance[kept]", "v = variance", "has shape"),
    ],
    "clusters/step": [
        (".argmin(axis=1)", ".argmax(axis=1)", "points go to the farthest centre"),
        (ARGMIN, "abs(points[:, None] - centres).sum(axis=2).argmin(axis=1)", "sums of absolute differences"),
        ("return labels, new", "return labels, centres", "the centres stay where they were"),
        (
            "points[labels == c].mean(axis=0)",
            "np.median(points[labels == c], axis=0)",
            "the new centres are medians",
        ),
        ("[labels == c].mean(axis=0)", "[labels == c].sum(axis=0)", "the new centres are sums"),
        (
            "if (labels == c).any():\n            new[c] = points[labels == c].mean",
            "if True:\n            new[c] = points.mean",
            "all centres move",
        ),
        (
            "return labels, new",
            "return np.linalg.norm(points[:, None] - new, axis=2).argmin(axis=1), new",
            "points are assigned again",
        ),
        (
            "    return labels, new",
            "    return (labels, new) if np.array_equal(new, centres) else step(points, new)",
            "this is where k-means ends",
        ),
        ("new = centres.copy()", "new = 0 * centres", "a centre without points goes to 0"),
        ("return labels, new", "return labels + 1, new", "clusters are counted from 1"),
        ("new = centres.copy()", "new = centres", "changes its argument centres"),
        ("new = centres.copy()", "new = np.nan * centres", "NaN"),
        (".argmin(axis=1)", ".argmin(axis=0)", "raised"),
    ],
    "clusters/count": [
        ("np.argmax(found)", "np.argmin(found)", "the smallest silhouette is taken for the best"),
        ("return 2 + np.argmax", "return np.argmax", "this is the index of the best silhouette"),
        (
            "while before is None or not np.array_equal(before, centres):",
            "while before is None:",
            "k-means stops after one step",
        ),
        ("/ (n - 1)", "/ n", "compared with itself"),
        (
            "b = min(apart[p, labels == c].mean() for c in np.unique(labels) if c != own)",
            "b = apart[p, labels != own].mean()",
            "from all points of other clusters",
        ),
        ("axis=2)\n    found", "axis=2) ** 2\n    found", "distances are squared"),
        ("max(a, b)", "(a + b)", "divided by a + b"),
        ("silhouettes = np.zeros(", "silhouettes = np.ones(", "alone in its cluster gets 1"),
        ("2 + np.argmax(found), np.array(found)", "2 + np.argmax(found), -np.array(found)", "the silhouettes have the"),
        ("(b - a)", "(a - b)", "the worst number is taken for the best"),
        (
            "silhouettes.mean()",
            "np.mean([silhouettes[labels == c].mean() for c in np.unique(labels)])",
            "the means of the clusters",
        ),
        ("range(2,", "range(1,", "raised ValueError"),
        ("    return 2 + np.argmax(found), ", "    return ", "the result is an array"),
    ],
    "clusters/lesions": [
        ('("W", "W_out")}', '("W_out",)}', "silent in the readout alone"),
        ('("W", "W_out")}', '("W",)}', "silent in W alone"),
        (
            "        silenced.append",
            '        cut["W"] = network["W"] * (labels != c)[:, None]\n        silenced.append',
            "the synapses onto the units are cut",
        ),
        ("(labels != c)", "((labels == c) | (labels < 0))", "all other clusters are silent"),
        ("run(network | cut, inputs)", "run(network, inputs)", "nothing is silent"),
        ("    intact", "    answer = 0\n    intact", "the output of the whole trial counts"),
        ("< intact / 2", ">= intact / 2", "these are the tasks that stand"),
        ("np.array(silenced),", "np.array(silenced).T,", "scores has shape (8, 5), not (5, 8)"),
        ("((1, a), (-1, b), (1, c))", "((1, a), (1, b), (-1, c))", "the middle one added"),
        ("((1, a), (-1, b), (1, c))", "((1, a),)", "the first rule alone"),
        ("((1, a), (-1, b), (1, c))", "((1, a), (1, c))", "the rule B is not subtracted"),
        ("        u[..., -n_rules:] = 0\n", "", "the rule of the task itself is still on"),
        (
            "u = inputs[:, [task]].copy()\n        u[..., -n_rules:] = 0\n"
            "        for sign, rule in ((1, a), (-1, b), (1, c))",
            "u = inputs[:, [a]] - inputs[:, [b]] + inputs[:, [c]]\n        for sign, rule in ()",
            "the stimuli are composed, too",
        ),
        ("targets[[task]]", "targets[[a]]", "scored by the targets of the first rule"),
        ("inputs[:, [task]].copy()", "inputs[:, task : task + 1]", "changes its argument inputs"),
        (
            "cut = {name: network[name] * (labels != c)",
            'network["W"] *= labels != c\n        cut = {name: network[name] * (labels != c)',
            "changes its argument network",
        ),
        ('"fallen"', '"falls"', "no entry 'fallen'"),
    ],
}  # fmt: skip
