// What is left of an error across a delay: controls for a bridge, a picture on a logarithmic axis, and the numbers.
import { element } from "../../widgets/element.mjs";
import { changer, inNextFrame, pageLook, slider, watchPage } from "../../widgets/controls.mjs";
import { fitCanvas, strokeWith } from "../../widgets/picture.mjs";
import { errorLeft } from "./errors.mjs";

const bridges = {
  none: "no bridge",
  SCTT: "SCTT: to the state at the start of a block",
  DASC: "DASC: to one coarse step from there",
  "gradient skip": "gradient skip: for errors alone",
};
const longest = 2000; // ms
const decades = { lowest: -10, highest: 4 };
const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 10 to a whole power, as printed. */
function powerOfTen(power) {
  return `10${power < 0 ? "⁻" : ""}${[...String(Math.abs(power))].map((digit) => raised[digit]).join("")}`;
}

/** A positive number with two significant digits. */
export function inWords(value) {
  if (!Number.isFinite(value)) return "more than can be shown";
  if (!(value >= 1e-30)) return "nothing";
  const [mantissa, power] = value.toExponential(1).split("e");
  if (power < -2 || power > 3) return `${mantissa} × ${powerOfTen(Number(power))}`;
  return String(Number(value.toPrecision(2)));
}

/** What the picture shows, in two sentences: for the error that keeps most, and for errors of random direction. */
export function summary(curves, bin, delay) {
  const told = (name) => curves.map(({ label, left }) => `${label} ${inWords(left[name][bin])}`).join(", ");
  return {
    best: `left after ${delay} ms, at best: ${told("best")}`,
    average: `on average: ${told("average")}`,
  };
}

function drawCurves(canvas, { curves, plain, dt, delay, bin }, { colours, ink, fontFamily }, width) {
  const pen = canvas.getContext("2d");
  const font = (weight = 400) => `${weight} 12px ${fontFamily}`;
  const [left, right, top, tall] = [52, width - 12, 14 + 20 * curves.length, 260];
  const height = top + tall + 44;
  fitCanvas(canvas, width, height);
  pen.textBaseline = "middle";
  pen.lineJoin = "round";

  const across = (ms) => left + ((right - left) * ms) / longest;
  const { lowest, highest } = decades;
  const up = (value) => {
    const power = value > 0 ? Math.min(highest, Math.max(lowest, Math.log10(value))) : lowest;
    return top + (tall * (highest - power)) / (highest - lowest);
  };
  const write = (words, x, y, align = "left", weight = 400) => {
    pen.font = font(weight);
    pen.textAlign = align;
    pen.fillStyle = ink;
    pen.fillText(words, x, y);
  };
  const stroke = strokeWith(pen, ink);
  const curve = (values, style) => stroke(values.map((value, k) => [across(k * dt), up(value)]), style);
  const tint = (k) => colours.lines[k % colours.lines.length];

  for (let power = lowest; power <= highest; power += 2) {
    const y = up(10 ** power);
    stroke([[left, y], [right, y]], { alpha: power === 0 ? 0.55 : 0.14 });
    write(powerOfTen(power), left - 8, y, "right");
  }
  for (let ms = 0; ms <= longest; ms += 500) {
    stroke([[across(ms), top + tall], [across(ms), top + tall + 4]], { alpha: 0.6 });
    write(String(ms), Math.min(across(ms), width - 18), top + tall + 14, "center");
  }
  write("delay (ms)", (left + right) / 2, top + tall + 33, "center");
  curves.forEach(({ label }, k) => {
    const y = 10 + 20 * k;
    stroke([[left, y], [left + 22, y]], { colour: tint(k), thick: 3 });
    write(label, left + 28, y);
    if (k) return;
    const words = width < 480 ? ["best", "average"] : ["at best", "on average"];
    let x = right;
    for (const [which, dash] of [[1, [5, 3]], [0, []]]) {
      write(words[which], x, y, "right");
      x -= pen.measureText(words[which]).width + 6;
      stroke([[x - 22, y], [x, y]], { thick: 2, dash });
      x -= 34;
    }
  });

  stroke([[across(delay), top], [across(delay), top + tall]], { alpha: 0.5, dash: [2, 3] });
  if (plain) plain.forEach(({ left: kept }, k) => curve(kept.best, { colour: tint(k), alpha: 0.35, thick: 1.5 }));
  curves.forEach(({ left: kept }, k) => {
    curve(kept.average, { colour: tint(k), thick: 1.75, dash: [5, 3] });
    curve(kept.best, { colour: tint(k), thick: 2.5 });
    pen.fillStyle = tint(k);
    pen.beginPath();
    pen.arc(across(delay), up(kept.best[bin]), 4.5, 0, 2 * Math.PI);
    pen.fill();
  });
}

function render({ model, el }) {
  const starts = model.get("starts");
  const dt = model.get("dt");
  const at = (name) => model.get(name);
  const change = changer(model);
  const curvesOf = (bridge) =>
    starts.map((start) => ({ label: start.label, left: errorLeft(start, bridge, Math.round(longest / dt)) }));
  const plain = curvesOf(null);

  const select = element(
    "select",
    {},
    ...Object.entries(bridges).map(([value, words]) => element("option", { value }, words)),
  );
  select.addEventListener("change", () => change({ bridge: select.value }));
  const first = { bridge: at("bridge"), lag_ms: at("lag_ms"), beta: at("beta"), delay: at("delay") };
  const reset = element("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => change(first));
  const inMs = (ms) => `${Math.round(ms)} ms`;
  const lag = slider("Lag", { min: 2 * dt, max: 400, step: dt }, inMs, (ms) => change({ lag_ms: ms }));
  const beta = slider(
    "Weight β",
    { min: 0, max: 1, step: 0.05 },
    (weight) => weight.toFixed(2),
    (weight) => change({ beta: weight }),
  );
  const delay = slider("Delay", { min: 100, max: longest, step: 100 }, inMs, (ms) => change({ delay: ms }));

  const answer = element("span", { className: "cogdyn-answer" });
  const average = element("span", { className: "cogdyn-many" });
  const spoken = element("output", { className: "cogdyn-spoken" });
  const canvas = element("canvas", { role: "img" });
  const root = element(
    "div",
    { className: "cogdyn-live" },
    element("div", { className: "cogdyn-row" }, element("label", { className: "cogdyn-trial" }, "Bridge", select), reset),
    element("div", { className: "cogdyn-sliders" }, lag.label, beta.label, delay.label),
    element("div", { className: "cogdyn-readout" }, answer, average),
    canvas,
    spoken,
  );
  el.append(root);

  let settling = 0;
  let scene = null;
  const request = inNextFrame(draw);
  const update = () => {
    scene = null;
    request();
  };

  function compute() {
    const kind = at("bridge");
    select.value = kind;
    lag.place(at("lag_ms"));
    beta.place(at("beta"));
    delay.place(at("delay"));
    lag.label.hidden = beta.label.hidden = kind === "none";
    const bridge = kind === "none" ? null : { kind, lag: Math.max(1, Math.round(at("lag_ms") / dt)), beta: at("beta") };
    const curves = bridge ? curvesOf(bridge) : plain;
    const bin = Math.round(at("delay") / dt);
    const words = summary(curves, bin, at("delay"));
    answer.textContent = words.best;
    average.textContent = words.average;
    canvas.setAttribute(
      "aria-label",
      `What is left of an error against the delay, on a logarithmic axis, with ${bridges[kind]}; ${words.best}; ${words.average}`,
    );
    clearTimeout(settling);
    settling = setTimeout(() => (spoken.textContent = `${words.best}; ${words.average}`), 250);
    return { curves, plain: bridge && plain, dt, delay: at("delay"), bin };
  }

  function draw() {
    scene ??= compute();
    const width = root.clientWidth;
    if (width) drawCurves(canvas, scene, pageLook(root), width);
  }

  const watched = ["bridge", "lag_ms", "beta", "delay"].map((name) => `change:${name}`);
  watched.forEach((event) => model.on(event, update));
  const unwatch = watchPage(root, request, model);
  update();

  return () => {
    watched.forEach((event) => model.off(event, update));
    unwatch();
    clearTimeout(settling);
    request.cancel();
  };
}

export default { render };
