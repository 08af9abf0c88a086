// The flow of a network on a plane through its state space: the same numbers as cogdyn.agents.dynamics.flow_field has.
import { activations } from "../../widgets/dynamics.mjs";

/** Sum of the products of two vectors. */
function inner(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/**
 * One noise-free Euler step at a constant input, as a function of the state (N,).
 *
 * With alpha = dt / tau, b the bias and u the input:
 *   voltage leak  h' = (1 - alpha) h + alpha (W f(h) + W_in u + b)
 *   rate leak     h' = (1 - alpha) h + alpha f(W h + W_in u + b)
 */
export function stepAt(network, input) {
  const f = activations[network.activation];
  const voltage = network.leak === "voltage";
  const held = network.input.map((row, i) => inner(row, input) + network.bias[i]);
  return (h) => {
    const r = voltage ? h.map(f) : h;
    return h.map((value, i) => {
      const drive = inner(network.recurrent[i], r) + held[i];
      return value + (network.dt / network.tau[i]) * ((voltage ? drive : f(drive)) - value);
    });
  };
}

/** What the readout makes of a state, (n_out,). */
export function readoutOf(network, h) {
  const r = network.leak === "voltage" ? h.map(activations[network.activation]) : h;
  const g = network.readout_activation === "sigmoid" ? activations.sigmoid : (z) => z;
  return network.readout.map((row, o) => g(inner(row, r) + network.readout_bias[o]));
}

/** The state of the plane with these coordinates, or, from another anchor than the origin, of the parallel plane. */
export function stateAt(anchor, axes, [x, y]) {
  return Float64Array.from(anchor, (value, i) => value + x * axes[0][i] + y * axes[1][i]);
}

/** Coordinates of the point of the plane that is nearest to a state, and how far away that is; axes are orthonormal. */
export function projected(origin, axes, h) {
  const away = Float64Array.from(h, (value, i) => value - origin[i]);
  const [x, y] = axes.map((axis) => inner(axis, away));
  return { x, y, off: Math.sqrt(Math.max(0, inner(away, away) - x * x - y * y)) };
}

/** Distance of two states in all of state space. */
export function apart(a, b) {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0));
}

/**
 * Velocities (per second) on the grid of xs and ys, row by row: {x, y, velocity: [dx, dy], speed, inPlane}.
 *
 * speed is that in all of state space, inPlane the fraction of its square that lies in the plane.
 */
export function flowOn(network, input, origin, axes, xs, ys) {
  const step = stepAt(network, input);
  const perSecond = 1000 / network.dt;
  return ys.flatMap((y) =>
    xs.map((x) => {
      const h = stateAt(origin, axes, [x, y]);
      const move = step(h).map((value, i) => (value - h[i]) * perSecond);
      const velocity = axes.map((axis) => inner(axis, move));
      const whole = inner(move, move);
      return { x, y, velocity, speed: Math.sqrt(whole), inPlane: whole > 0 ? inner(velocity, velocity) / whole : 1 };
    }),
  );
}

/** The states after 1, 2, ... bins at a constant input. */
export function follow(network, input, h, bins) {
  const step = stepAt(network, input);
  let state = Float64Array.from(h);
  return Array.from({ length: bins }, () => (state = step(state)));
}
