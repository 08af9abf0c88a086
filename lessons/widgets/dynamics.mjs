// Dynamics of a leaky rate network: pure functions in double precision, time first, which node tests as they are.

export const activations = {
  tanh: Math.tanh,
  relu: (x) => (x > 0 ? x : 0),
  rectified_tanh: (x) => (x > 0 ? Math.tanh(x) : 0),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

/** Rows of a (T, width) matrix of zeros, as views of one block of memory. */
function zeros(steps, width) {
  const block = new Float64Array(steps * width);
  return Array.from({ length: steps }, (_, t) => block.subarray(t * width, (t + 1) * width));
}

/**
 * Euler steps of a leaky rate network.
 *
 * With alpha = dt / tau and drive = W r(t-1) + W_in u(t) + b:
 *   voltage leak  x(t) = (1 - alpha) x(t-1) + alpha drive + sqrt(2 alpha) sigma xi(t),  r(t) = phi(x(t))
 *   rate leak     r(t) = (1 - alpha) r(t-1) + alpha phi(drive + sqrt(2 / alpha) sigma xi(t))
 *   readout       z(t) = g(W_out r(t) + b_out),  g the identity or, where readout_activation says so, the sigmoid
 *
 * network: the trained network; inputs: (T, n_in); xi: (T, N) standard normal, or null for no noise;
 * silenced: (N,) truthy where the rate is held at zero, or null. Returns {rates: (T, N), outputs: (T, n_out)}.
 */
export function run(network, inputs, xi = null, silenced = null) {
  const phi = activations[network.activation];
  if (!phi) throw new Error(`unknown activation "${network.activation}"`);
  const g = network.readout_activation === "sigmoid" ? activations.sigmoid : (z) => z;
  const voltage = network.leak === "voltage";
  const n = network.tau.length;
  const recurrent = Float64Array.from(network.recurrent.flat());
  const feedforward = Float64Array.from(network.input.flat());
  const readout = Float64Array.from(network.readout.flat());
  const nIn = feedforward.length / n;
  const nOut = network.readout.length;
  const alpha = Float64Array.from(network.tau, (tau) => network.dt / tau);
  const kick = alpha.map((a) => network.noise * Math.sqrt(voltage ? 2 * a : 2 / a));

  const x = Float64Array.from(network.h0);
  let r = voltage ? x.map(phi) : x.slice();
  if (silenced) r = r.map((value, i) => (silenced[i] ? 0 : value));
  const rates = zeros(inputs.length, n);
  const outputs = zeros(inputs.length, nOut);

  for (let t = 0; t < inputs.length; t++) {
    const next = rates[t];
    for (let i = 0; i < n; i++) {
      if (silenced && silenced[i]) continue;
      let drive = network.bias[i];
      for (let j = 0, at = i * n; j < n; j++) drive += recurrent[at + j] * r[j];
      for (let k = 0, at = i * nIn; k < nIn; k++) drive += feedforward[at + k] * inputs[t][k];
      const jolt = xi ? kick[i] * xi[t][i] : 0;
      if (voltage) {
        x[i] += alpha[i] * (drive - x[i]) + jolt;
        next[i] = phi(x[i]);
      } else {
        next[i] = r[i] + alpha[i] * (phi(drive + jolt) - r[i]);
      }
    }
    r = next;
    for (let o = 0; o < nOut; o++) {
      let z = network.readout_bias[o];
      for (let j = 0, at = o * n; j < n; j++) z += readout[at + j] * r[j];
      outputs[t][o] = g(z);
    }
  }
  return { rates, outputs };
}

/** The network with every time constant multiplied; never shorter than one bin, where Euler steps stop being a leak. */
export function withTau(network, factor) {
  return { ...network, tau: network.tau.map((tau) => Math.max(network.dt, tau * factor)) };
}

/** Bins [start, stop) of each period; durations {name: ms} replace a period's own. */
export function periodBins(trial, dt, durations = {}) {
  let start = 0;
  return trial.periods.map(({ name, ms }) => {
    const stop = start + Math.round((durations[name] ?? ms) / dt);
    const bins = { name, start, stop };
    start = stop;
    return bins;
  });
}

/** Inputs (T, n_in) of a trial: every period holds its inputs for its duration; durations {name: ms} as in periodBins. */
export function paint(trial, dt, durations = {}) {
  return periodBins(trial, dt, durations).flatMap(({ start, stop }, p) =>
    Array.from({ length: stop - start }, () => Float64Array.from(trial.periods[p].inputs)),
  );
}

/** A seeded source of uniform numbers in [0, 1): mulberry32. */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal numbers (T, width), by Box and Muller; a longer trial begins with the numbers of a shorter one. */
export function normal(seed, steps, width) {
  const next = uniform(seed);
  const rows = zeros(steps, width);
  let spare = null;
  for (const row of rows) {
    for (let i = 0; i < width; i++) {
      if (spare !== null) {
        row[i] = spare;
        spare = null;
        continue;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      const angle = 2 * Math.PI * next();
      row[i] = radius * Math.cos(angle);
      spare = radius * Math.sin(angle);
    }
  }
  return rows;
}

/** Inputs with independent noise of the given standard deviation in every bin and channel. */
export function observed(inputs, std, seed) {
  if (!std || !inputs.length) return inputs;
  const noise = normal(seed, inputs.length, inputs[0].length);
  return inputs.map((row, t) => row.map((value, k) => value + std * noise[t][k]));
}

/** Softmax of every row of outputs (T, n_out). */
export function softmax(outputs) {
  return outputs.map((row) => {
    const top = Math.max(...row);
    const weights = row.map((z) => Math.exp(z - top));
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((w) => w / sum);
  });
}

/** Mean over the bins [start, stop) of every column of rows. */
export function meanOver(rows, { start, stop }) {
  const mean = new Float64Array(rows[0].length);
  for (let t = start; t < stop; t++) rows[t].forEach((value, i) => (mean[i] += value / (stop - start)));
  return mean;
}

/** Index of the largest value. */
export function argmax(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
