// A network of multi-compartment units that learns in every bin: the numbers of cogdyn.agents.rules.Compartments.

const phases = ["run", "teach", "consolidate"];

/** Whole numbers below 2^32 that look random, from a seed; returns a function that draws numbers from 0 to below 1. */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Trials of the task Add: bits x, and labels that are 1 with probability y = 0.5 + 0.5 x(t - first) - 0.25 x(t - second).
 *
 * Returns {inputs (T, B, 2), targets (T, B, 2), mask (T)}: as many bins as the longer lag do not count.
 */
export function addTrials(draw, { lags: [first, second], steps, batch }) {
  const burnIn = Math.max(first, second);
  const bits = Array.from({ length: burnIn + steps }, () => Array.from({ length: batch }, () => (draw() < 0.5 ? 0 : 1)));
  const bit = (t, b) => (t < 0 ? 0 : bits[t][b]);
  const y = (t, b) => 0.5 + 0.5 * bit(t - first, b) - 0.25 * bit(t - second, b);
  return {
    inputs: bits.map((row) => row.map((x) => [x, 1 - x])),
    targets: bits.map((row, t) => row.map((_, b) => [y(t, b), 1 - y(t, b)])),
    mask: bits.map((_, t) => (t < burnIn ? 0 : 1)),
  };
}

/** Loss (nats) in Add of who knows neither bit, the first alone, or both; each of their four values is as likely. */
export function addLevels() {
  const y = (a, b) => 0.5 + 0.5 * a - 0.25 * b;
  const loss = (p) => -p * Math.log(p || 1) - (1 - p) * Math.log(1 - p || 1);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const bits = [0, 1];
  return {
    "knows nothing": loss(mean(bits.flatMap((a) => bits.map((b) => y(a, b))))),
    "knows one bit": mean(bits.map((a) => loss(mean(bits.map((b) => y(a, b)))))),
    "knows both": mean(bits.flatMap((a) => bits.map((b) => loss(y(a, b))))),
  };
}

const flat = (rows) => Float64Array.from(rows.flat());

/**
 * A network before it learns.
 *
 * given: {alpha, recurrent (N, N), input (N, n_in), bias (N,), readout (n_out, N), readout_bias (n_out,),
 * random (n_out, N), apical (N, N + n_out + 1)}, as lists.
 */
export function newNetwork(given) {
  const n = given.recurrent.length;
  const jacobian = Float64Array.from(given.recurrent.flatMap((row, i) =>
    row.map((weight, j) => given.alpha * weight + (i === j ? 1 - given.alpha : 0)),
  ));
  const mirror = jacobian.map((_, at) => jacobian[(at % n) * n + Math.floor(at / n)]);
  const apical = flat(given.apical);
  return {
    n,
    nIn: given.input[0].length,
    nOut: given.readout.length,
    alpha: given.alpha,
    basal: Float64Array.from(given.recurrent.flatMap((row, i) => [...row, ...given.input[i], given.bias[i]])),
    readout: flat(given.readout),
    readoutBias: Float64Array.from(given.readout_bias),
    random: flat(given.random),
    apical,
    slow: apical.slice(),
    jacobian,
    mirror,
    age: 0,
    bin: 0,
  };
}

/** y += x M, or with M turned y += x M^T, for M of so many rows and columns. */
function addProduct(y, x, matrix, rows, columns, turned = false) {
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    if (turned) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += matrix[start + j] * x[j];
      y[i] += sum;
    } else {
      for (let j = 0; j < columns; j++) y[j] += x[i] * matrix[start + j];
    }
  }
  return y;
}

/** M += factor a^T b. */
function addOuter(matrix, a, b, factor) {
  for (let i = 0; i < a.length; i++) {
    const scaled = factor * a[i];
    if (scaled) for (let j = 0, at = i * b.length; j < b.length; j++, at++) matrix[at] += scaled * b[j];
  }
}

/** Parts one after the other, and a 1 for the bias. */
function withBias(...parts) {
  const joined = new Float64Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  joined[at] = 1;
  return joined;
}

/** M x, for M with a row for each unit. */
const times = (matrix, x, rows) => addProduct(new Float64Array(rows), x, matrix, rows, x.length, true);

/** A bin of one trial: what synapses get, basal voltages, gates, rates, the loss, and the error as units are told it. */
function runBin(network, before, input, label, weight, feedback) {
  const { n, nOut, alpha } = network;
  const senders = withBias(before, input);
  const voltages = times(network.basal, senders, n);
  const gates = new Float64Array(n);
  const rates = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const fired = Math.tanh(voltages[i]);
    gates[i] = alpha * (1 - fired * fired);
    rates[i] = (1 - alpha) * before[i] + alpha * fired;
  }
  const z = addProduct(network.readoutBias.slice(), rates, network.readout, nOut, n, true);
  const most = Math.max(...z);
  const all = most + Math.log(z.reduce((sum, value) => sum + Math.exp(value - most), 0));
  const error = new Float64Array(nOut);
  let loss = 0;
  for (let k = 0; k < nOut; k++) {
    loss -= label[k] * (z[k] - all);
    error[k] = weight * (Math.exp(z[k] - all) - label[k]);
  }
  return { senders, voltages, gates, before, rates, loss, error, told: addProduct(new Float64Array(n), error, feedback, nOut, n) };
}

const weightsBack = (network, feedback) => (feedback === "random" ? network.random : network.readout);

/** Weight of an error in a bin, in units of the loss of a single trial in a single bin. */
function binWeights(mask) {
  const counted = mask.reduce((sum, value) => sum + value, 0);
  return mask.map((value) => (mask.length * value) / counted);
}

function seenBy(network, rates, label, shut) {
  return withBias(rates, shut.includes("label") ? label.map(() => 0) : label);
}

/** g K^T or g J: what apical voltages say of the states of the bin before. */
function carriedBack(network, seen, settings) {
  const { n, slow } = network;
  const back = new Float64Array(n);
  if (settings.inhibited.includes("carrier")) return back;
  const told = times(slow, seen, n).map(Math.tanh);
  return settings.transport === "shared"
    ? addProduct(back, told, network.jacobian, n, n)
    : addProduct(back, told, network.mirror, n, n, true);
}

/**
 * Go once through trials; every population of synapses changes in every bin in which its phase lets it.
 *
 * trials: {inputs (T, B, n_in), targets (T, B, n_out), mask (T)}; settings: {feedback "random" | "symmetric", transport
 * "mirrored" | "shared", phases "every_step" | "alternate", block, inhibited: of "apical", "label", "teacher",
 * "carrier", lr, lrApical, lrJacobian, refresh, clip}. Returns the mean loss of the bins that count.
 */
export function learn(network, { inputs, targets, mask }, settings) {
  const { n, nIn, nOut } = network;
  const batch = inputs[0].length;
  const m = n + nIn + 1;
  const weights = binWeights(mask);
  const counted = mask.reduce((sum, value) => sum + value, 0);
  const learns = (phase) =>
    settings.phases === "every_step" || phases[Math.floor(network.bin / settings.block)] === phase;
  const shut = settings.inhibited;
  let rates = Array.from({ length: batch }, () => new Float64Array(n));
  let before = null;
  let loss = 0;

  /** Delta rule of A: what was seen in the bin before is to make its own signal and what is carried back to it. */
  const regress = (carried) => {
    const change = new Float64Array(network.apical.length);
    before.forEach(({ seen, signal }, b) => {
      const wrong = times(network.apical, seen, n);
      for (let i = 0; i < n; i++) wrong[i] -= signal[i] + (carried ? carried[b][i] : 0);
      addOuter(change, wrong, seen, -settings.lrApical / batch);
    });
    for (let at = 0; at < change.length; at++) network.apical[at] += change[at];
  };

  inputs.forEach((input, t) => {
    const feedback = weightsBack(network, settings.feedback);
    const bins = input.map((x, b) => runBin(network, rates[b], x, targets[t][b], weights[t] / batch, feedback));
    rates = bins.map((bin) => bin.rates);
    loss += (mask[t] * bins.reduce((sum, bin) => sum + bin.loss, 0)) / (batch * counted);

    if (learns("run")) {
      const change = new Float64Array(n * n);
      for (const bin of bins) {
        const wrong = times(network.jacobian, bin.before, n);
        for (let i = 0; i < n; i++) wrong[i] -= bin.rates[i];
        addOuter(change, wrong, bin.before, -settings.lrJacobian / batch);
      }
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          network.jacobian[i * n + j] += change[i * n + j];
          network.mirror[j * n + i] += change[i * n + j];
        }
      }
    }

    const seen = bins.map((bin, b) => seenBy(network, bin.rates, targets[t][b], shut));
    if (learns("teach") && before) regress(seen.map((one) => carriedBack(network, one, settings)));
    const silent = shut.includes("teacher");
    before = bins.map((bin, b) => ({ seen: seen[b], signal: bin.told.map((value) => (silent ? 0 : batch * value)) }));

    const change = new Float64Array(n * m);
    if (learns("consolidate") && !shut.includes("apical")) {
      bins.forEach((bin, b) => {
        const u = times(network.apical, seen[b], n);
        for (let i = 0; i < n; i++) u[i] *= bin.gates[i];
        addOuter(change, u, bin.senders, 1 / batch);
      });
    }
    network.age += 1;
    if (network.age >= settings.refresh) {
      network.slow = network.apical.slice();
      network.age = 0;
    }
    network.bin = (network.bin + 1) % (phases.length * settings.block);

    const ofReadout = new Float64Array(nOut * n);
    const ofBias = new Float64Array(nOut);
    for (const bin of bins) {
      addOuter(ofReadout, bin.error, bin.rates, 1);
      bin.error.forEach((value, k) => (ofBias[k] += value));
    }
    let squares = 0;
    for (const part of [change, ofReadout, ofBias]) for (let at = 0; at < part.length; at++) squares += part[at] ** 2;
    const long = Math.sqrt(squares);
    const rate = settings.lr * Math.min(1, settings.clip / (long + 1e-6));
    for (const [values, by] of [[network.basal, change], [network.readout, ofReadout], [network.readoutBias, ofBias]]) {
      for (let at = 0; at < values.length; at++) values[at] -= rate * by[at];
    }
  });
  if (learns("teach")) regress(null);
  return loss;
}

/**
 * One trial while nothing learns, and what each phase would find in it; arrays (T, N) but for the mean loss.
 *
 * basal: voltages h; rates: r; gates: d; apical: voltages u; signal: L; carried: what is told of the bin before; credit:
 * what u is to predict, c(t) = L(t) + c(t+1) J(t+1). All but the first three are in units of the loss of a bin.
 */
export function probe(network, { inputs, targets, mask }, settings, b = 0) {
  const { n, nIn, alpha } = network;
  const feedback = weightsBack(network, settings.feedback);
  const weights = binWeights(mask);
  let rates = new Float64Array(n);
  const bins = inputs.map((input, t) => {
    const bin = runBin(network, rates, input[b], targets[t][b], weights[t], feedback);
    rates = bin.rates;
    return bin;
  });
  const seen = bins.map((bin, t) => seenBy(network, bin.rates, targets[t][b], settings.inhibited));
  const credit = [];
  for (let t = bins.length - 1; t >= 0; t--) {
    const own = bins[t].told.slice();
    if (t + 1 < bins.length) {
      const gated = credit[t + 1].map((value, i) => value * bins[t + 1].gates[i]);
      for (let i = 0; i < n; i++) {
        own[i] += (1 - alpha) * credit[t + 1][i];
        for (let j = 0; j < n; j++) own[j] += gated[i] * network.basal[i * (n + nIn + 1) + j];
      }
    }
    credit[t] = own;
  }
  const counted = mask.reduce((sum, value) => sum + value, 0);
  return {
    basal: bins.map((bin) => bin.voltages),
    rates: bins.map((bin) => bin.rates),
    gates: bins.map((bin) => bin.gates),
    apical: seen.map((one) => times(network.apical, one, n)),
    signal: bins.map((bin) => bin.told),
    carried: seen.map((one) => carriedBack(network, one, settings)),
    credit,
    loss: bins.reduce((sum, bin, t) => sum + mask[t] * bin.loss, 0) / counted,
  };
}
