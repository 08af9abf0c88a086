// Backpropagation through time, by hand: the same numbers as cogdyn.agents.rules.BPTT with optimizer="sgd" has.

export const cueBins = 5;
export const answerBins = 5;

/** Two trials, as cue_trials makes them: a light, up or down, a delay of some bins, and the time of the answer. */
export function cueTrials(delayBins) {
  const answer = cueBins + delayBins;
  const length = answer + answerBins;
  return [1, -1].map((side) => ({
    inputs: Array.from({ length }, (_, t) => [t < cueBins ? side : 0, t >= answer ? 1 : 0]),
    target: side,
    answer,
  }));
}

/** A network of its own with the recurrent weights times a gain: {alpha, recurrent, input, bias, readout, readoutBias}. */
export function newNetwork({ alpha, recurrent, input, bias, readout, readout_bias }, gain) {
  return {
    alpha,
    recurrent: recurrent.map((row) => Float64Array.from(row, (weight) => gain * weight)),
    input: input.map((row) => Float64Array.from(row)),
    bias: Float64Array.from(bias),
    readout: Float64Array.from(readout),
    readoutBias: readout_bias,
  };
}

const dot = (a, b) => a.reduce((sum, value, k) => sum + value * b[k], 0);

/** One trial forward: x_t = (1 - alpha) x_{t-1} + alpha (W r_{t-1} + W_in u_t + b), r = tanh(x), z = W_out r + b_out. */
export function forward(network, { inputs }) {
  const { alpha, recurrent, input, bias, readout, readoutBias } = network;
  let x = new Float64Array(bias.length);
  let r = new Float64Array(bias.length);
  const bins = [];
  for (const u of inputs) {
    const before = r;
    x = x.map((value, i) => (1 - alpha) * value + alpha * (dot(recurrent[i], before) + dot(input[i], u) + bias[i]));
    r = x.map(Math.tanh);
    bins.push({ before, x, r, z: dot(readout, r) + readoutBias });
  }
  return bins;
}

/**
 * The trial backward: p_t = (1 - alpha) p_{t+1} + f'(x_t) (e_t + alpha W^T p_{t+1}), with p_t = dL/dx_t.
 *
 * weight: what a bin of the answer counts in the loss. Adds to the gradient; returns p of every bin.
 */
export function backward(network, { inputs, target, answer }, bins, weight, gradient) {
  const { alpha, recurrent, readout } = network;
  const n = readout.length;
  const errors = new Array(bins.length);
  let p = new Float64Array(n);
  for (let t = bins.length - 1; t >= 0; t--) {
    const { before, r, z } = bins[t];
    const error = t >= answer ? 2 * weight * (z - target) : 0; // dL / dz
    const back = new Float64Array(n); // W^T p
    recurrent.forEach((row, i) => row.forEach((w, j) => (back[j] += w * p[i])));
    p = p.map((later, i) => (1 - alpha) * later + (1 - r[i] ** 2) * (readout[i] * error + alpha * back[i]));
    errors[t] = p;
    gradient.readoutBias += error;
    for (let i = 0; i < n; i++) {
      const step = alpha * p[i]; // dL / d(drive of the bin)
      gradient.readout[i] += error * r[i];
      gradient.bias[i] += step;
      for (let j = 0; j < n; j++) gradient.recurrent[i][j] += step * before[j];
      inputs[t].forEach((u, k) => (gradient.input[i][k] += step * u));
    }
  }
  return errors;
}

/** Loss of some trials, what was done in them, the errors that come back, (B, T, N), the gradient and its norm. */
export function learnFrom(network, trials) {
  const zeros = (rows) => rows.map((row) => new Float64Array(row.length));
  const { recurrent, input, bias, readout } = network;
  const gradient = { recurrent: zeros(recurrent), input: zeros(input), bias: new Float64Array(bias.length) };
  Object.assign(gradient, { readout: new Float64Array(readout.length), readoutBias: 0 });
  const weight = 1 / (trials.length * answerBins);
  const runs = trials.map((trial) => forward(network, trial));
  const errors = trials.map((trial, b) => backward(network, trial, runs[b], weight, gradient));
  let loss = 0;
  trials.forEach(({ target, answer }, b) => runs[b].slice(answer).forEach(({ z }) => (loss += weight * (z - target) ** 2)));
  const flat = [...gradient.recurrent, ...gradient.input, gradient.bias, gradient.readout, [gradient.readoutBias]];
  const norm = Math.sqrt(flat.reduce((sum, row) => sum + row.reduce((own, value) => own + value * value, 0), 0));
  return { loss, runs, errors, gradient, norm };
}

/** Go down the gradient, shortened to a largest norm: the network changes in place; null for no limit. */
export function descend(network, { gradient, norm }, rate, clip) {
  const step = rate * (clip === null ? 1 : Math.min(1, clip / (norm + 1e-6)));
  const move = (row, by) => by.forEach((value, k) => (row[k] -= step * value));
  for (const name of ["recurrent", "input"]) network[name].forEach((row, i) => move(row, gradient[name][i]));
  for (const name of ["bias", "readout"]) move(network[name], gradient[name]);
  network.readoutBias -= step * gradient.readoutBias;
}

/** Size of the error in every bin of one trial, (T,). */
export const sizes = (errors) => errors.map((p) => Math.sqrt(dot(p, p)));
