"""Plausible wrong answers to the exercises on fixed points; see mistakes.py."""

NEWTON = "r = r - np.linalg.solve(jacobian(W, W_in, b, u, alpha, r) - np.eye(len(r)), moves(r))"
KEPT = (
    "        new = all(np.abs(r - point).max() > 1e-3 for point in points)\n"
    "        if new and np.abs(moves(r)).max() < 1e-9"
)
GROWS = "np.abs(np.linalg.eigvals(jacobian(W, W_in, b, u, alpha, p))).max() > 1"

MEMORY = {
    "memory/jacobian": [
        ("(1 - alpha) * np.eye(len(W)) + ", "", "the leak is missing"),
        ("alpha * slopes", "slopes", "alpha is missing"),
        ("1 - np.tanh(W @ r + W_in @ u + b) ** 2", "np.ones(len(W))", "slope of tanh is missing"),
        ("np.tanh(W @ r + W_in @ u + b)", "r", "a state that stands still"),
        ("W @ r + W_in @ u + b", "r", "the slope is taken at r"),
        (" ** 2", "", "lacks its square"),
        ("slopes[:, None] * W", "slopes * W", "wrong side"),
        ("    return (1", "    return slopes\n    return (1", "has shape"),
        ("slopes[:, None] * W", "(slopes[:, None] * W).T", "transposed"),
        ("(1 - alpha) * np.eye", "-alpha * np.eye", "this is J - I"),
        (" + W_in @ u", "", "the input is missing"),
        (" + b)", ")", "the bias is missing"),
    ],
    "memory/points": [
        ("if new and ", "if ", "is the same point as row"),
        ("range(50):\n            " + NEWTON, "range(600):\n            r = r + moves(r)", "all others are missing"),
        ("r - np.linalg", "r + np.linalg", "no point is left"),
        (" - np.eye(len(r))", "", "no point is left"),
        (
            f"range(50):\n            {NEWTON}\n{KEPT}",
            f"range(2):\n            {NEWTON}\n        if True",
            "is no fixed point",
        ),
        ("np.tanh(W @ r + W_in @ u + b)", "np.tanh(W @ r + b)", "without its input"),
        ("np.tanh(W @ r + W_in @ u + b)", "np.tanh(W @ r + W_in @ u)", "without its bias"),
        ("return np.array(points)", "return candidates", "these are the candidates"),
        ("return np.array(points)", "return np.array(points).T", "its rows are no states"),
        ("return np.array(points)", "return np.array(points[:3])", "3 of 9 points were found"),
        ("> 1e-3", "> 1.2", "of 9 points were found"),
        (
            "return np.array(points)",
            f"return np.array([p for p in points if {GROWS}])",
            "all stable points are missing",
        ),
        ("points.append(r)", "points.append(r + 0.01)", "close to a fixed point, not at it"),
        ("return np.array(points)", "return len(points)", "not an array"),
        ("return np.array(points)", "return np.array(points) * np.nan", "NaN or infinity"),
        ("for r in candidates:", "candidates -= 0.1\n    for r in candidates:", "changes its argument candidates"),
    ],
    "memory/modes": [
        ("-dt / np.log(sizes)", "dt / np.log(sizes)", "the wrong sign"),
        ("-dt / np", "-1 / np", "in bins"),
        ("np.log(sizes)", "np.log2(sizes)", "half-lives"),
        (
            "sizes = np.sort(sizes)[::-1]",
            "values = np.linalg.eigvals(jacobian(W, W_in, b, u, alpha, r)).real\n"
            "    return int((values > 1).sum()), -dt / (np.sort(values)[::-1] - 1)",
            "continuous time",
        ),
        ("alpha, r)))", "alpha, r)).real)", "the real part is taken for the modulus"),
        ("jacobian(W, W_in, b, u, alpha, r)", "W", "eigenvalues of W"),
        ("alpha, r)))", "alpha, r) - np.eye(len(W))))", "eigenvalues of J - I"),
        (
            "np.linalg.eigvals(jacobian(W, W_in, b, u, alpha, r))",
            "np.linalg.eigvals((lambda J: (J + J.T) / 2)(jacobian(W, W_in, b, u, alpha, r)))",
            "J is taken to be symmetric",
        ),
        ("sizes > 1", "sizes < 1", "the modes that decay are counted"),
        ("-dt / np.log(sizes)", "-dt / np.log(sizes)[::-1]", "the fastest mode comes first"),
        ("int((sizes > 1).sum()), ", "", "the result is an array"),
    ],
    "memory/pulses": [
        (", *[0 * u[0]] * 1000", "", "has not come to rest"),
        ("[0 * u[0]] * 1000", "[u[-1]] * 1000", "the last input stays on"),
        ("lights @ W_in.T", "0 * lights @ W_in.T", "the pulses do nothing"),
        (
            "    distances",
            "    last = np.broadcast_to(np.sign(r_0 @ W_in), u.shape[1:])\n"
            "    for lights in u:\n"
            "        last = np.where(lights == 0, last, np.sign(lights))\n"
            "    return (last[:, None] == np.sign(points @ W_in)).sum(axis=2).argmax(axis=1)\n"
            "    distances",
            "believed to set its bit",
        ),
        ("argmin(axis=1)", "argmin(axis=1) + 1", "counted from 1"),
        ("argmin(axis=1)", "argmax(axis=1)", "another point"),
        ("return distances.argmin(axis=1)", "return points[distances.argmin(axis=1)]", "has shape"),
    ],
    "memory/explained": [
        ("if growing == 0:", "if True:", "unstable points are taken for memories"),
        ("    longest = []", "    u = 0 * u\n    longest = []", "the input that is held is left out"),
        ("2 if longest[0] >= hold_ms else 1", "1", "what fades is taken for what forgets"),
        ("2 if longest[0] >= hold_ms else 1", "2", "what forgets is taken for what fades"),
        ("return 4, 0, 0", "return 1, 0, 0", "what never rests is taken for what forgets"),
        ("if growing == 0:", "if False:", "no point is found to be stable"),
        ("np.log2(len(longest)), ", "len(longest), ", "bits are taken for the number"),
        ("np.log2", "np.log", "another base"),
        ("np.log2(len(longest)), max", "int(np.log2(len(longest))), max", "rounded"),
        ("    longest = []", "    return 1, 0, 0\n    longest = []", "another statement is true"),
        ("np.log2(len(longest))", "len(longest) - 1", "the bits are others"),
        ("longest[0] >= hold_ms", "longest[0] / dt >= hold_ms", "what fades is taken for what forgets"),
        ("max(longest)", "min(longest)", "that forgets first"),
        (", longest[0]\n", ", longest[0] / dt\n", "the longest time constant is another"),
    ],
}
