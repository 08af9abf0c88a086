"""Plausible wrong answers to the exercises of assignment 6, as changes of the solution."""

# For each exercise: what is written in place of what, and a part of the reason.
MECHANISMS = {
    "mechanisms/autonomy": [
        ("    without[go:, :, :2] = 0\n", "", "the target is never taken away"),
        ("without[go:, :, :2]", "without[:, :, :2]", "missing in the whole trial"),
        ("without[go:, :, :2]", "without[:go, :, :2]", "missing before go, and there after it"),
        ("without[go:, :, :2]", "without[go + 1 :, :, :2]", "goes a bin late"),
        ("without[go:, :, :2] = 0", "without[go:, :, :2] *= -1", "turned round, not taken away"),
        ("return 1 - (", "return (", "what the network misses"),
        ("inputs.copy()", "inputs", "changes its argument inputs"),
        ("    without = inputs", '    network["W"] *= 1.01\n    without = inputs', "changes its argument network"),
        ("_, velocities = run", "velocities, _ = run", "raised ValueError"),
        ("/ (targets**2).sum()", "/ (targets**2).sum(axis=(0, 1))", "the result has shape (2,), not ()"),
    ],
    "mechanisms/skew": [
        ("A = solve_sylvester(S, S, K - K.T)", "A = np.linalg.solve(S, K)", "it is not skew-symmetric"),
        (
            "A = solve_sylvester(S, S, K - K.T)",
            "A = np.linalg.solve(S, K)\n    A = (A - A.T) / 2",
            "the skew part of the best linear fit",
        ),
        ("states.T @ changes", "changes.T @ states", "R² belongs to the wrong A"),
        ("    return A,", "    return -A,", "A turns the wrong way"),
        ("(changes**2).sum()", "((changes - changes.mean(axis=0)) ** 2).sum()", "about the mean of the changes"),
        ("return A, 1 - ", "return A, ", "what the fit misses"),
        ("(changes**2).sum()", "(states**2).sum()", "R² divides by the states"),
        ("return A, 1 - ", "return A  # ", "the result is an array of shape (4, 4)"),
    ],
    "mechanisms/rotations": [
        ("rates - rates.mean(axis=1, keepdims=True)", "rates", "the mean over conditions is still in"),
        ("rates.mean(axis=1,", "rates.mean(axis=0,", "the mean over time is subtracted"),
        ("[2][:6]", "[2]", "all units are used"),
        ("[2][:6]", "[2][:2]", "the first 2 components are used"),
        ("(x[1:] + x[:-1]) / 2", "x[:-1]", "belongs to the state before it"),
        (
            "x = own @ components.T\n",
            "x = (own @ components.T).swapaxes(0, 1).reshape(-1, 1, 6)\n",
            "joined with the start of the next",
        ),
        ("x.shape[2]))[1]", "x.shape[2]))", "not numbers"),
        (
            "    return skew_fit",
            "    def skew_fit(a, b):\n"
            "        return 0, 1 - ((b - a @ np.linalg.lstsq(a, b)[0]) ** 2).sum() / (b**2).sum()\n\n"
            "    return skew_fit",
            "R² of the best linear fit",
        ),
        (
            "rates - rates.mean(axis=1, keepdims=True)",
            "rates - rates.mean(axis=(0, 1))",
            "the mean over conditions is still in",
        ),
    ],
    "mechanisms/tangling": [
        ("rates.var(axis=(0, 1)).sum()", "rates.var()", "variance of all numbers taken together"),
        ("0.1 * rates.var(axis=(0, 1)).sum()", "1e-6", "epsilon is 1e-6"),
        ("0.1 * rates", "rates", "epsilon is the whole variance"),
        ("(dt / 1000)", "dt", "dt is taken for seconds"),
        (").max()", ").mean()", "this is the mean over the other moments"),
        (").max()", ")[:, c].max()", "other conditions are left out"),
        ("x, epsilon = rates[1:]", "x, epsilon = rates[:-1]", "the change is that to the next bin"),
        (
            "    flow = (rates",
            "    rates = rates - rates.mean(axis=1, keepdims=True)\n    flow = (rates",
            "the mean over conditions is subtracted",
        ),
        ("** 2).sum(axis=2)", "** 2).sum(axis=2) ** 0.5", "distances are not squared"),
        ("    return Q", "    return np.vstack([Q[:1], Q])", "has shape (12, 3), not (11, 3)"),
    ],
    "mechanisms/decide": [
        ("left[0] > left[1]", "left[0] < left[1]", "the wrong way round"),
        ("left[0] > left[1]", "True", "you say the same of every pair"),
        ("left[0] > left[1]", "rotation_r2(moving[0]) > rotation_r2(moving[1])", "you decide by the rotations"),
        ("left[0] > left[1]", "tangling(moving[0], 10).max() < 0", "you say the same of every pair"),
        ('"autonomy": left', '"autonomy": left[::-1]', "but the autonomies are exchanged"),
        ('"autonomy": left', '"autonomy": (1.0, 0.0)', "but autonomy is off by up to"),
        ("inputs, targets, go) for", "inputs, targets, onset) for", "but the autonomy is taken from onset on"),
        ("[0][onset:]", "[0]", "but the rotations are of the whole trial"),
        ("[0][onset:]", "[0][go:]", "but the rotations are taken since go"),
        ("np.quantile(tangling(rates, 10), 0.9)", "tangling(rates, 10).max()", "but the tangling is the largest"),
        ('"tangling"', '"tangled"', "no entry 'tangling'"),
        ('("driven", "prepared")', '("prepared", "prepared")', "mechanisms are not one of each"),
        ('("prepared", "driven") if left[0] > left[1] else ("driven", "prepared")', '"prepared"', "not one of each"),
    ],
}  # fmt: skip
