// Weights of two signs, their eigenvalues, and the activity that they make: as cogdyn's excitation_inhibition has them.

/** Numbers of 32 bits from base64. */
export function numbers(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/**
 * Weights (N, N) that keep Dale's law, W[i][j] from j to i, as mixed_weights of Python has them.
 *
 * sizes: N N positive numbers; the first round(fraction N) units excite. The inhibition of each unit is scaled to
 * `balance` times its excitation; at balance 1 the eigenvalues fill a disk of about the radius `gain`.
 */
export function mixedWeights(sizes, { fraction, gain, balance }) {
  const n = Math.round(Math.sqrt(sizes.length));
  const excites = Math.round(fraction * n);
  const inhibits = n - excites;
  const scale = gain / Math.sqrt((1 - 2 / Math.PI) * (excites + excites ** 2 / inhibits));
  return Array.from({ length: n }, (_, i) => {
    const row = Float64Array.from(sizes.subarray(i * n, (i + 1) * n));
    const sum = (from, to) => row.subarray(from, to).reduce((total, size) => total + size, 0);
    const ratio = (balance * sum(0, excites)) / sum(excites, n);
    return row.map((size, j) => scale * (j < excites ? size : -ratio * size));
  });
}

/** The weights without some units: neither what they send nor what they receive. */
export function withoutUnits(weights, silent) {
  return weights.map((row, i) => row.map((weight, j) => (silent[i] || silent[j] ? 0 : weight)));
}

/** Upper Hessenberg form of a real matrix, by elimination with pivots: the same eigenvalues. */
function hessenberg(matrix) {
  const a = matrix.map((row) => Float64Array.from(row));
  const n = a.length;
  for (let k = 1; k < n - 1; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i][k - 1]) > Math.abs(a[pivot][k - 1])) pivot = i;
    if (a[pivot][k - 1] === 0) continue;
    [a[k], a[pivot]] = [a[pivot], a[k]];
    for (const row of a) [row[k], row[pivot]] = [row[pivot], row[k]];
    for (let i = k + 1; i < n; i++) {
      const factor = a[i][k - 1] / a[k][k - 1];
      if (factor === 0) continue;
      for (let j = k - 1; j < n; j++) a[i][j] -= factor * a[k][j];
      for (const row of a) row[k] += factor * row[i];
    }
  }
  return a;
}

/** The eigenvalue of [[a, b], [c, d]], complex numbers as [re, im], that is nearest to d: Wilkinson's shift. */
function nearestEigenvalue(a, b, c, d) {
  const half = [(a[0] - d[0]) / 2, (a[1] - d[1]) / 2];
  const inside = [
    half[0] ** 2 - half[1] ** 2 + b[0] * c[0] - b[1] * c[1],
    2 * half[0] * half[1] + b[0] * c[1] + b[1] * c[0],
  ];
  const size = Math.hypot(...inside);
  const root = [Math.sqrt(Math.max(0, (size + inside[0]) / 2)), Math.sqrt(Math.max(0, (size - inside[0]) / 2))];
  if (inside[1] < 0) root[1] = -root[1];
  const sign = half[0] * root[0] + half[1] * root[1] > 0 ? -1 : 1;
  return [d[0] + half[0] + sign * root[0], d[1] + half[1] + sign * root[1]];
}

/** One QR step of the block lo..hi of a complex Hessenberg matrix, shifted by [re, im]; in place. */
function step(re, im, lo, hi, shift) {
  const turns = [];
  for (let k = lo; k <= hi; k++) {
    re[k][k] -= shift[0];
    im[k][k] -= shift[1];
  }
  for (let k = lo; k < hi; k++) {
    // The rotation [[conj(c), conj(s)], [-s, c]] takes (x, y) to (r, 0), with c = x / r, s = y / r.
    const r = Math.hypot(re[k][k], im[k][k], re[k + 1][k], im[k + 1][k]) || 1e-300;
    const [cr, ci, sr, si] = [re[k][k] / r, im[k][k] / r, re[k + 1][k] / r, im[k + 1][k] / r];
    turns.push([cr, ci, sr, si]);
    for (let j = k; j <= hi; j++) {
      const [xr, xi, yr, yi] = [re[k][j], im[k][j], re[k + 1][j], im[k + 1][j]];
      re[k][j] = cr * xr + ci * xi + sr * yr + si * yi;
      im[k][j] = cr * xi - ci * xr + sr * yi - si * yr;
      re[k + 1][j] = cr * yr - ci * yi - sr * xr + si * xi;
      im[k + 1][j] = cr * yi + ci * yr - sr * xi - si * xr;
    }
  }
  for (let k = lo; k < hi; k++) {
    const [cr, ci, sr, si] = turns[k - lo];
    for (let i = lo; i <= Math.min(k + 1, hi); i++) {
      const [xr, xi, yr, yi] = [re[i][k], im[i][k], re[i][k + 1], im[i][k + 1]];
      re[i][k] = cr * xr - ci * xi + sr * yr - si * yi;
      im[i][k] = cr * xi + ci * xr + sr * yi + si * yr;
      re[i][k + 1] = cr * yr + ci * yi - sr * xr - si * xi;
      im[i][k + 1] = cr * yi - ci * yr - sr * xi + si * xr;
    }
  }
  for (let k = lo; k <= hi; k++) {
    re[k][k] += shift[0];
    im[k][k] += shift[1];
  }
}

/** Eigenvalues of a real matrix, [[re, im]], by the QR algorithm with complex shifts. */
export function eigenvalues(matrix) {
  const re = hessenberg(matrix);
  const n = re.length;
  const im = re.map(() => new Float64Array(n));
  const found = [];
  let hi = n - 1;
  for (let tries = 0; hi >= 0 && tries < 60 * n; tries++) {
    let lo = hi;
    while (lo > 0) {
      const near = Math.abs(re[lo][lo]) + Math.abs(im[lo][lo]) + Math.abs(re[lo - 1][lo - 1]) + Math.abs(im[lo - 1][lo - 1]);
      if (Math.abs(re[lo][lo - 1]) + Math.abs(im[lo][lo - 1]) <= 1e-14 * (near || 1)) break;
      lo -= 1;
    }
    if (lo === hi) {
      found.push([re[hi][hi], im[hi][hi]]);
      hi -= 1;
      continue;
    }
    const at = (i, j) => [re[i][j], im[i][j]];
    // Now and then a shift from nowhere, since a regular one may run in circles.
    const odd = tries % 11 === 10;
    const shift = odd
      ? [re[hi][hi] + Math.abs(re[hi][hi - 1]), im[hi][hi] + 0.5 * Math.abs(re[hi][hi - 1])]
      : nearestEigenvalue(at(hi - 1, hi - 1), at(hi - 1, hi), at(hi, hi - 1), at(hi, hi));
    step(re, im, lo, hi, shift);
  }
  return found;
}

/** Rates in every bin, (T, N), of tanh units that leak on the voltage, let go from a state: bins of dt, constant tau. */
export function activity(weights, start, { dt, tau, bins }) {
  const alpha = dt / tau;
  let x = Float64Array.from(start);
  const rates = [x.map(Math.tanh)];
  for (let t = 0; t < bins; t++) {
    const r = rates.at(-1);
    x = x.map((value, i) => (1 - alpha) * value + alpha * weights[i].reduce((sum, w, j) => sum + w * r[j], 0));
    rates.push(x.map(Math.tanh));
  }
  return rates;
}
