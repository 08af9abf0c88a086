// The spectrum of W and the network that it makes move together; one population can be silenced.
import { activity, eigenvalues, mixedWeights, numbers, withoutUnits } from "./spectrum.mjs";
import { element } from "../../widgets/element.mjs";
import { changer, chooser, inNextFrame, pageLook, slider, watchPage } from "../../widgets/controls.mjs";
import { fitCanvas, strokeWith, writeWith } from "../../widgets/picture.mjs";

const silences = { none: "nobody", excitatory: "the excitatory units", inhibitory: "the inhibitory units" };
const switches = ["fraction", "gain", "balance", "silenced", "seed"];
const bins = 100;

const minus = (words) => words.replace("-", "−");

/** What the spectrum says of rest, and where the activity of units that are not silent went, in words. */
export function standing(spectrum, rates, silent) {
  const most = Math.max(...spectrum.map(([re]) => re));
  const last = [...rates.at(-1)].filter((_, unit) => !silent[unit]);
  const size = Math.sqrt(last.reduce((sum, r) => sum + r * r, 0) / last.length);
  const rest = most < 1 ? "below 1, so the network comes to rest" : "above 1, so rest is left";
  return [
    `largest real part ${minus(most.toFixed(3))}: ${rest}`,
    `size of the rates after 2 s: ${size < 1e-6 ? "below 0.000001" : size.toPrecision(3)}`,
  ];
}

function drawScene(canvas, { spectrum, rates, excites, silent, gain, dt }, { colours, ink, fontFamily }, width) {
  const pen = canvas.getContext("2d");
  const narrow = width < 560;
  const side = narrow ? Math.min(width - 12, 320) : Math.floor(width * 0.44);
  const traceLeft = narrow ? 46 : side + 62;
  const traceTop = narrow ? side + 108 : 30;
  const traceTall = narrow ? 170 : side - 8;
  const height = narrow ? traceTop + traceTall + 64 : side + 74;
  fitCanvas(canvas, width, height);
  pen.lineJoin = "round";
  const write = writeWith(pen, ink, fontFamily);
  const stroke = strokeWith(pen, ink);

  const reach = Math.max(1.6, 1.08 * Math.max(...spectrum.map(([re, im]) => Math.max(Math.abs(re), Math.abs(im)))));
  const [middle, level] = [6 + side / 2, 30 + side / 2];
  const scale = (side / 2 - 8) / reach;
  write("Eigenvalues of W", 6, 12, { weight: 600 });
  stroke([[6, level], [6 + side, level]], { alpha: 0.3 });
  stroke([[middle, 30], [middle, 30 + side]], { alpha: 0.3 });
  stroke([[middle + scale, 30], [middle + scale, 30 + side]], { colour: colours.wrong, thick: 1.5, dash: [5, 4] });
  write("1", middle + scale + 4, 30 + side - 8, { size: 11, colour: colours.wrong });
  pen.globalAlpha = 0.5;
  pen.strokeStyle = ink;
  pen.beginPath();
  pen.arc(middle, level, gain * scale, 0, 2 * Math.PI);
  pen.stroke();
  pen.globalAlpha = 1;
  for (const [re, im] of spectrum) {
    pen.fillStyle = re > 1 ? colours.wrong : colours.lines[0];
    pen.beginPath();
    pen.arc(middle + re * scale, level - im * scale, 3, 0, 2 * Math.PI);
    pen.fill();
  }
  write("real part: right of the line modes grow", 6, 30 + side + 14, { size: 11, alpha: 0.85 });
  write("up and down, imaginary part: turning", 6, 30 + side + 30, { size: 11, alpha: 0.85 });

  const right = width - 10;
  write("Rates of 12 units, after a small push", traceLeft, traceTop - 18, { weight: 600 });
  const y = (r) => traceTop + (traceTall * (1.05 - r)) / 2.1;
  const x = (t) => traceLeft + ((right - traceLeft) * t) / (rates.length - 1);
  for (const r of [-1, 0, 1]) {
    stroke([[traceLeft, y(r)], [right, y(r)]], { alpha: 0.2 });
    write(minus(String(r)), traceLeft - 6, y(r), { align: "right", size: 11, alpha: 0.85 });
  }
  const n = rates[0].length;
  const shown = [...Array.from({ length: 8 }, (_, k) => k), ...Array.from({ length: 4 }, (_, k) => n - 1 - k)];
  for (const unit of shown) {
    if (silent[unit]) continue;
    const colour = unit < excites ? colours.excitatory : colours.inhibitory;
    stroke(rates.map((row, t) => [x(t), y(row[unit])]), { colour, alpha: 0.85, thick: 1.4 });
  }
  for (let ms = 0; ms <= bins * dt; ms += 500) {
    write(String(ms), Math.min(x(ms / dt), width - 14), traceTop + traceTall + 12, { align: "center", size: 11, alpha: 0.85 });
  }
  write("time (ms)", (traceLeft + right) / 2, traceTop + traceTall + 28, { align: "center" });
  let key = traceLeft;
  for (const [word, colour] of [["excitatory", colours.excitatory], ["inhibitory", colours.inhibitory]]) {
    const row = traceTop + traceTall + 46;
    stroke([[key, row], [key + 18, row]], { colour, thick: 3 });
    key += 24 + write(word, key + 24, row, { size: 11.5 }) + 14;
  }
}

function render({ model, el }) {
  const at = (name) => model.get(name);
  const draws = at("sizes").map(numbers);
  const start = numbers(at("start"));
  const n = start.length;
  const { dt, tau } = at("units");
  const change = changer(model);
  const fraction = slider("Excitatory units", { min: 0.5, max: 0.95, step: 0.05 }, (f) => `${Math.round(100 * f)} %`, (f) =>
    change({ fraction: f }),
  );
  const gain = slider("Gain", { min: 0, max: 2, step: 0.1 }, (g) => g.toFixed(1), (g) => change({ gain: g }));
  const balance = slider("Inhibition", { min: 0.5, max: 1.5, step: 0.05 }, (b) => `× ${b.toFixed(2)}`, (b) =>
    change({ balance: b }),
  );
  const silence = chooser("Silence", Object.values(silences), Object.keys(silences), (name) => change({ silenced: name }));
  const draw_ = chooser("Draw", draws.map((_, k) => String(k + 1)), [...draws.keys()], (k) => change({ seed: Number(k) }));
  const first = Object.fromEntries(switches.map((name) => [name, at(name)]));
  const reset = element("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => change(first));
  const one = element("span", { className: "cogdyn-answer" });
  const many = element("span", { className: "cogdyn-many" });
  const spoken = element("output", { className: "cogdyn-spoken" });
  const canvas = element("canvas", { role: "img" });
  const root = element(
    "div",
    { className: "cogdyn-live" },
    element("div", { className: "cogdyn-sliders" }, fraction.label, gain.label, balance.label),
    element("div", { className: "cogdyn-row" }, silence.label, draw_.label, reset),
    element("div", { className: "cogdyn-readout" }, one, many),
    canvas,
    spoken,
  );
  el.append(root);

  let scene = null;
  const request = inNextFrame(draw);
  const update = () => {
    scene = null;
    request();
  };

  function compute() {
    fraction.place(at("fraction"));
    gain.place(at("gain"));
    balance.place(at("balance"));
    silence.select.value = at("silenced");
    draw_.select.value = at("seed");
    const excites = Math.round(at("fraction") * n);
    const silent = Array.from({ length: n }, (_, i) => at("silenced") === (i < excites ? "excitatory" : "inhibitory"));
    const settings = { fraction: at("fraction"), gain: at("gain"), balance: at("balance") };
    const weights = withoutUnits(mixedWeights(draws[at("seed")], settings), silent);
    const spectrum = eigenvalues(weights);
    const rates = activity(weights, start.map((value, i) => (silent[i] ? 0 : value)), { dt, tau, bins });
    const [rest, size] = standing(spectrum, rates, silent);
    one.textContent = rest;
    many.textContent = size;
    root.classList.toggle("cogdyn-wrong", !rest.includes("comes to rest"));
    canvas.setAttribute("aria-label", `Eigenvalues in the complex plane, and rates of some units over 2 seconds; ${rest}; ${size}`);
    spoken.textContent = `${rest}; ${size}`;
    return { spectrum, rates, excites, silent, gain: at("gain"), dt };
  }

  function draw() {
    scene ??= compute();
    if (root.clientWidth) drawScene(canvas, scene, pageLook(root), root.clientWidth);
  }

  switches.forEach((name) => model.on(`change:${name}`, update));
  const unwatch = watchPage(root, request, model);
  update();
  return () => {
    switches.forEach((name) => model.off(`change:${name}`, update));
    unwatch();
    request.cancel();
  };
}

export default { render };
