// Eligibility traces and the credit of synapses: the same numbers as cogdyn.agents.rules.RFLO and RTRL have.

/** Sum of the products of two vectors. */
function dot(a, b) {
  return a.reduce((sum, value, k) => sum + value * b[k], 0);
}

/**
 * What every synapse of a network of tanh units that leak on the rate is credited with, in every bin.
 *
 * network: {dt, recurrent (N, N), input (N, n_in), bias (N,), h0 (N,), readout (N,)}, with one output; inputs: (T, n_in);
 * tau: time constant of all units (ms); strength: factor on the recurrent weights; feedback: (N,), the weights by which
 * an error of 1 at the output reaches the units. With p = [r(t-1), u(t), 1] of length m:
 *   trace      P_ij(t)  = (1 - alpha) P_ij(t-1) + d_i(t) p_j(t),  d = alpha f'
 *   influence  M_kij(t) = sum_l J_kl(t) M_lij(t-1) + [k = i] d_i(t) p_j(t)
 * Returns an array of bins {senders (m,), gates (N,), rates (N,), traces (N m,), influence (N m,) of each synapse on its
 * own unit, local (N m,) = L_i P_ij, exact (N m,) = sum_k W_out,k M_kij}.
 */
export function assignCredit(network, inputs, { tau, strength, feedback }) {
  const n = network.h0.length;
  const alpha = network.dt / tau;
  const weights = network.recurrent.map((row) => row.map((weight) => strength * weight));
  const m = n + inputs[0].length + 1;
  let rates = Float64Array.from(network.h0);
  let traces = new Float64Array(n * m);
  let influence = Array.from({ length: n }, () => new Float64Array(n * m)); // of [k], on unit k

  return inputs.map((input) => {
    const senders = Float64Array.from([...rates, ...input, 1]);
    const fired = weights.map((row, i) =>
      Math.tanh(dot(row, rates) + dot(network.input[i], input) + network.bias[i]),
    );
    const gates = Float64Array.from(fired, (value) => alpha * (1 - value * value));
    rates = rates.map((rate, i) => (1 - alpha) * rate + alpha * fired[i]);

    const direct = (i, j) => gates[i] * senders[j];
    traces = traces.map((trace, at) => (1 - alpha) * trace + direct(Math.floor(at / m), at % m));
    const before = influence;
    influence = before.map((own, k) => {
      const next = own.map((value) => (1 - alpha) * value);
      for (let l = 0; l < n; l++) {
        const passed = gates[k] * weights[k][l];
        for (let at = 0; passed && at < n * m; at++) next[at] += passed * before[l][at];
      }
      for (let j = 0; j < m; j++) next[k * m + j] += direct(k, j);
      return next;
    });
    const exact = new Float64Array(n * m);
    influence.forEach((on, k) => on.forEach((value, at) => (exact[at] += network.readout[k] * value)));
    return {
      senders,
      gates,
      rates,
      traces,
      influence: traces.map((_, at) => influence[Math.floor(at / m)][at]),
      local: traces.map((trace, at) => feedback[Math.floor(at / m)] * trace),
      exact,
    };
  });
}

/** Cosine of two vectors; null where one of them is 0. */
export function cosine(a, b) {
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : null;
}
