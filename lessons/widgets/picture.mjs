// The picture of one trial: inputs, rates and outputs above one time axis, drawn on a canvas at the screen's resolution.

/** Colours that colour-blind readers can tell apart (Okabe and Ito), each for a light and for a dark page. */
export const palette = {
  light: {
    excitatory: "#0072b2",
    inhibitory: "#d55e00",
    unit: "#4d6a79",
    right: "#007a59",
    wrong: "#b84d00",
    fixation: "#8a8f94",
    lines: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"],
    positive: ["#f1f4f6", "#8fc3e3", "#0072b2", "#06263f"],
    negative: ["#f1f4f6", "#f0b860", "#c05000", "#401a00"],
  },
  dark: {
    excitatory: "#56b4e9",
    inhibitory: "#ff8a3d",
    unit: "#9db4c0",
    right: "#2fc79b",
    wrong: "#ff8a3d",
    fixation: "#8d949b",
    lines: ["#56b4e9", "#ff8a3d", "#2fc79b", "#e493c0", "#e6b800", "#a9d6f5"],
    positive: ["#1e252b", "#0b5a8c", "#3aa6e4", "#b5e1ff"],
    negative: ["#1e252b", "#7a3b00", "#e0782a", "#ffc48f"],
  },
};

const textSize = 12;
const titleHeight = 22;
const gap = 12;

function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

/** Colour [r, g, b] of a value in [-1, 1]: the ramp of its sign, clamped at the ends. */
function shade(value, colours) {
  const ramp = (value < 0 ? colours.negative : colours.positive).map(rgb);
  const at = Math.min(1, Math.abs(value) || 0) * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(at));
  return ramp[low].map((c, i) => Math.round(c + (at - low) * (ramp[low + 1][i] - c)));
}

/** Give a canvas a size in CSS pixels at the resolution of the screen, and clear it; as wide as its element. */
export function fitCanvas(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
}

/** A function that draws a line through points [x, y] on a canvas, in the ink of the page unless it has a colour. */
export function strokeWith(pen, ink) {
  return (points, { colour = ink, alpha = 1, thick = 1, dash = [] } = {}) => {
    pen.beginPath();
    points.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    Object.assign(pen, { strokeStyle: colour, globalAlpha: alpha, lineWidth: thick });
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  };
}

/** A function that writes words at a point of a canvas, and returns how wide they are. */
export function writeWith(pen, ink, fontFamily) {
  return (words, x, y, { align = "left", weight = 400, alpha = 1, size = textSize, colour = ink } = {}) => {
    pen.font = `${weight} ${size}px ${fontFamily}`;
    Object.assign(pen, { textAlign: align, textBaseline: "middle", fillStyle: colour, globalAlpha: alpha });
    pen.fillText(words, x, y);
    pen.globalAlpha = 1;
    return pen.measureText(words).width;
  };
}

/** Heat map as a picture of one pixel per bin and row; value(row, t) in [-1, 1]. */
export function heat(rows, steps, value, colours) {
  const table = Array.from({ length: 401 }, (_, i) => shade((i - 200) / 200, colours));
  const sheet = document.createElement("canvas");
  sheet.width = Math.max(1, steps);
  sheet.height = Math.max(1, rows);
  const pen = sheet.getContext("2d");
  const pixels = pen.createImageData(sheet.width, sheet.height);
  for (let row = 0; row < rows; row++) {
    for (let t = 0; t < steps; t++) {
      const level = Math.max(-1, Math.min(1, value(row, t) || 0));
      pixels.data.set(table[Math.round(200 * level) + 200], 4 * (row * steps + t));
      pixels.data[4 * (row * steps + t) + 3] = 255;
    }
  }
  pen.putImageData(pixels, 0, 0);
  return sheet;
}

/** A round step (1, 2 or 5 times a power of ten) that cuts the span into at most `most` parts. */
export function roundStep(span, most) {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough);
}

/** Text that fits the width; what is cut is the end of its first words, since the last one tells channels apart. */
function shortened(pen, text, width) {
  const cut = text.lastIndexOf(" ") + 1;
  let [head, tail] = cut ? [text.slice(0, cut - 1), ` ${text.slice(cut)}`] : [text, ""];
  if (pen.measureText(head + tail).width <= width) return text;
  while (head.length > 1 && pen.measureText(`${head}…${tail}`).width > width) head = head.slice(0, -1);
  return `${head}…${tail}`;
}

/** Where each period's name stands: centred on its period, one level up if the neighbour's name is in the way. */
function placePeriods(pen, periods, across, left, right) {
  const free = [-Infinity, -Infinity];
  return periods.map(({ name, start, stop }) => {
    const half = pen.measureText(name).width / 2;
    const middle = Math.max(left + half, Math.min(right - half, (across(start) + across(stop)) / 2));
    const level = stop > start ? free.findIndex((x) => middle - half >= x) : -1;
    if (level >= 0) free[level] = middle + half + 8;
    return { name, middle, level, from: across(start), to: across(stop) };
  });
}

/** Colour of every output line; a channel that says "do not answer yet" stays grey. */
export function lineColours(names, colours) {
  let used = 0;
  return names.map((name) =>
    /^fixat|^wait|^hold/i.test(name) ? colours.fixation : colours.lines[used++ % colours.lines.length],
  );
}

/** Rows of legend items that fit the width: [[{name, x}]]. */
function legendRows(pen, names, width) {
  const rows = [[]];
  let x = 0;
  for (const [line, name] of names.entries()) {
    const needed = 22 + pen.measureText(name).width + 14;
    if (x + needed > width && rows.at(-1).length) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1).push({ line, name, x });
    x += needed;
  }
  return rows;
}

/**
 * Draw one trial.
 *
 * scene: {dt, periods: [{name, start, stop}], inputNames, inputs (T, n_in), inputScale, rates (T, N), rateScale,
 * order: [N] units from top to bottom, unitColours: [N], populations: whether colours tell them, silenced: (N,), highlighted: unit or null,
 * lineNames, lines (T, n_out), probability: whether lines are probabilities, answer: {line, start, stop} or null}.
 */
export function drawPicture(canvas, scene, { colours, ink, fontFamily }, width) {
  const pen = canvas.getContext("2d");
  const font = (weight = 400, size = textSize) => `${weight} ${size}px ${fontFamily}`;
  pen.font = font();

  const steps = scene.rates.length;
  const nIn = scene.inputNames.length;
  const n = scene.order.length;
  const right = width - 10;
  const widest = Math.max(...scene.inputNames.map((name) => pen.measureText(name).width), 24);
  const left = Math.ceil(Math.min(widest, width * 0.22)) + 10;
  const span = right - left;
  const across = (bin) => left + (span * bin) / steps;
  const goal = scene.probability && scene.answer ? ["right answer"] : [];
  const legend = legendRows(pen, [...scene.lineNames, ...goal], span);
  const named = placePeriods(pen, scene.periods, across, left, right);
  const header = 24 + 16 * Math.max(0, ...named.map(({ level }) => level));

  const rowHeight = Math.max(3, Math.min(16, Math.floor(150 / nIn)));
  const unitHeight = Math.max(1, Math.min(8, Math.round(220 / n)));
  const inputs = { top: header + titleHeight, height: rowHeight * nIn };
  const rates = { top: inputs.top + inputs.height + gap + titleHeight, height: unitHeight * n };
  const lines = { top: rates.top + rates.height + gap + titleHeight + 18 * legend.length, height: 110 };
  const height = lines.top + lines.height + 42;

  fitCanvas(canvas, width, height);
  pen.fillStyle = pen.strokeStyle = ink;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";

  const text = (words, x, y, { align = "left", weight = 400, alpha = 1, size = textSize } = {}) => {
    pen.font = font(weight, size);
    pen.textAlign = align;
    pen.globalAlpha = alpha;
    pen.fillStyle = ink;
    pen.fillText(words, x, y);
    pen.globalAlpha = 1;
  };
  const stroke = strokeWith(pen, ink);

  drawPeriods();
  drawInputs();
  drawRates();
  drawLines();
  drawTime();
  return height;

  function drawPeriods() {
    for (const { name, middle, level, from, to } of named) {
      if (to > from) stroke([[from + 1, header - 2.5], [to - 1, header - 2.5]], { alpha: 0.45, thick: 2 });
      if (level >= 0) text(name, middle, header - 14 - 16 * level, { align: "center", alpha: 0.85 });
    }
  }

  function boundaries({ top, height: tall }) {
    for (const { start, stop } of scene.periods) {
      if (start === 0 || stop === start) continue;
      const x = Math.round(across(start)) + 0.5;
      stroke([[x, top], [x, top + tall]], { alpha: 0.45, dash: [2, 3] });
    }
  }

  function panel(rows, tall, value, { top, height: high }) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(heat(rows, steps, value, colours), left, top, span, high);
  }

  function colourBar(scale, signed, y) {
    const top = Number(scale.toPrecision(2));
    const most = `≥ ${top}`;
    pen.font = font(400, 11);
    const x = right - pen.measureText(most).width - 70;
    const low = signed ? -1 : 0;
    pen.imageSmoothingEnabled = true;
    pen.drawImage(heat(1, 64, (_, t) => low + ((1 - low) * t) / 63, colours), x, y - 4, 64, 8);
    text(signed ? `≤ −${top}` : "0", x - 5, y, { align: "right", alpha: 0.85, size: 11 });
    text(most, right, y, { align: "right", alpha: 0.85, size: 11 });
  }

  function drawInputs() {
    text("Inputs", left, inputs.top - titleHeight / 2, { weight: 600 });
    colourBar(scene.inputScale, true, inputs.top - titleHeight / 2);
    panel(nIn, rowHeight, (k, t) => scene.inputs[t][k] / scene.inputScale, inputs);
    const every = Math.ceil(13 / rowHeight);
    scene.inputNames.forEach((name, k) => {
      if (k % every) return;
      pen.font = font();
      text(shortened(pen, name, left - 10), left - 8, inputs.top + (k + 0.5) * rowHeight, { align: "right", alpha: 0.85 });
    });
    boundaries(inputs);
  }

  function drawRates() {
    const y = rates.top - titleHeight / 2;
    text(width < 460 ? "Rates" : `Rates of the ${n} units, earliest peak on top`, left, y, { weight: 600 });
    panel(n, unitHeight, (row, t) => scene.rates[t][scene.order[row]] / scene.rateScale, rates);
    scene.order.forEach((unit, row) => {
      const top = rates.top + row * unitHeight;
      pen.fillStyle = scene.silenced[unit] ? ink : scene.unitColours[unit];
      pen.globalAlpha = scene.silenced[unit] ? 0.15 : scene.populations ? 1 : 0;
      pen.fillRect(left - 8, top, 5, unitHeight);
      pen.globalAlpha = 1;
      if (scene.highlighted === unit) {
        stroke([[left - 10, top - 0.5], [right, top - 0.5]], { thick: 1 });
        stroke([[left - 10, top + unitHeight + 0.5], [right, top + unitHeight + 0.5]], { thick: 1 });
      }
    });
    boundaries(rates);

    colourBar(scene.rateScale, scene.rateSigned, y);
  }

  function drawLines() {
    const title = scene.probability ? "Probability of each answer" : "Outputs";
    text(title, left, lines.top - 18 * legend.length - titleHeight / 2, { weight: 600 });
    const tints = lineColours(scene.lineNames, colours);
    const halo = { alpha: 0.3, thick: 9 };
    const dashes = scene.lineNames.map((_, line) => (line < colours.lines.length + 1 ? [] : [5, 3]));
    legend.forEach((row, level) => {
      const y = lines.top - 18 * (legend.length - level) + 6;
      for (const { line, name, x } of row) {
        const own = line < tints.length;
        const style = own ? { colour: tints[line], thick: 3, dash: dashes[line] } : { colour: tints[scene.answer.line], ...halo };
        stroke([[left + x, y], [left + x + 16, y]], style);
        text(name, left + x + 22, y);
      }
    });

    let [low, high] = [0, 1];
    if (!scene.probability) {
      const values = scene.lines.flatMap((row) => Array.from(row)).filter(Number.isFinite);
      [low, high] = [Math.min(0, ...values), Math.max(0.1, ...values)];
    }
    const up = (value) => lines.top + lines.height * (1 - (Math.max(low, Math.min(high, value)) - low) / (high - low));
    for (const tick of scene.probability ? [0, 0.5, 1] : [low, 0, high]) {
      stroke([[left, up(tick)], [right, up(tick)]], { alpha: 0.18 });
      text(String(Number(tick.toPrecision(2))), left - 6, up(tick), { align: "right", alpha: 0.85 });
    }
    boundaries(lines);
    if (scene.answer && scene.probability) {
      const { line, start, stop } = scene.answer;
      stroke([[across(start), up(1)], [across(stop), up(1)]], { colour: tints[line], ...halo });
    }
    scene.lineNames.forEach((_, line) =>
      stroke(
        scene.lines.map((row, t) => [across(t + 0.5), up(row[line])]),
        { colour: tints[line], thick: 2.25, dash: dashes[line] },
      ),
    );
  }

  function drawTime() {
    const base = lines.top + lines.height;
    const total = steps * scene.dt;
    const step = roundStep(total, span / 64);
    for (let ms = 0; ms <= total + 1e-9; ms += step) {
      const x = across(ms / scene.dt);
      stroke([[x, base + 2], [x, base + 6]], { alpha: 0.6 });
      pen.font = font();
      const middle = Math.min(x, width - pen.measureText(ms).width / 2);
      text(String(ms), middle, base + 15, { align: "center", alpha: 0.85 });
    }
    text("time (ms)", left + span / 2, base + 32, { align: "center", alpha: 0.85 });
  }
}
