// What is left of an error across a delay: the same numbers as cogdyn.agents.dynamics.jacobian_product has.

const mostRounds = 100; // of the power iteration

/** Root of the sum of squares. */
function norm(values) {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** (1 - beta) a + beta b, number by number. */
function mixed(a, b, beta) {
  return b.map((value, k) => (1 - beta) * a[k] + beta * value);
}

/** One coarse step of `lag` bins, told by the first of them. */
function coarsened(before, after, lag) {
  return after.map((value, k) => before[k] + lag * (value - before[k]));
}

/** One bin of rectified units that leak on the rate: the next state (N,) and Jacobian (N, N) with respect to the first state. */
function advance({ alpha, recurrent, drive }, { state, jacobian }) {
  const n = state.length;
  const next = { state: new Float64Array(n), jacobian: new Float64Array(n * n) };
  for (let i = 0; i < n; i++) {
    let current = drive[i];
    for (let j = 0; j < n; j++) current += recurrent[i][j] * state[j];
    const fires = current > 0;
    next.state[i] = state[i] + alpha[i] * ((fires ? current : 0) - state[i]);
    for (let k = 0; k < n; k++) next.jacobian[i * n + k] = (1 - alpha[i]) * jacobian[i * n + k];
    if (!fires) continue;
    for (let j = 0; j < n; j++) {
      const weight = alpha[i] * recurrent[i][j];
      for (let k = 0, row = i * n, sender = j * n; k < n; k++) next.jacobian[row + k] += weight * jacobian[sender + k];
    }
  }
  return next;
}

/** The largest singular value of a matrix (N, N), by power iteration from a direction, which it turns. */
function largestSingularValue(matrix, direction) {
  const n = direction.length;
  let value = 0;
  for (let round = 0; round < mostRounds; round++) {
    const image = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) image[i] += matrix[i * n + k] * direction[k];
    const found = norm(image);
    if (!(found > 0) || !Number.isFinite(found)) return found;
    direction.fill(0);
    for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) direction[k] += matrix[i * n + k] * (image[i] / found);
    const size = norm(direction);
    for (let k = 0; k < n; k++) direction[k] /= size;
    if (Math.abs(found - value) < 1e-7 * found) return found;
    value = found;
  }
  return value;
}

/**
 * What is left of an error after each number of bins, from 0 to `bins`.
 *
 * dynamics: {alpha (N,), recurrent (N, N), drive (N,), h0 (N,)} of rectified units that leak on the rate;
 * bridge: {kind: "SCTT", "DASC" or "gradient skip", lag in bins, beta}, or null for none.
 * Returns {best, average}, each (bins + 1): the largest singular value of the Jacobian, and the root of the mean of
 * their squares, which an error of random direction keeps on average.
 */
export function errorLeft(dynamics, bridge, bins) {
  const n = dynamics.h0.length;
  const unity = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
  let now = { state: Float64Array.from(dynamics.h0), jacobian: unity };
  let [start, skip] = [now, now];
  const direction = new Float64Array(n).fill(1 / Math.sqrt(n));
  const left = { best: [1], average: [1] };
  for (let bin = 1; bin <= bins; bin++) {
    const begins = bridge && (bin - 1) % bridge.lag === 0;
    if (begins) start = skip = now;
    now = advance(dynamics, now);
    if (begins && bridge.kind === "DASC") {
      skip = {
        state: coarsened(start.state, now.state, bridge.lag),
        jacobian: coarsened(start.jacobian, now.jacobian, bridge.lag),
      };
    }
    if (bridge && bin % bridge.lag === 0) {
      now = {
        state: bridge.kind === "gradient skip" ? now.state : mixed(skip.state, now.state, bridge.beta),
        jacobian: mixed(skip.jacobian, now.jacobian, bridge.beta),
      };
    }
    left.best.push(largestSingularValue(now.jacobian, direction));
    left.average.push(norm(now.jacobian) / Math.sqrt(n));
  }
  return left;
}
