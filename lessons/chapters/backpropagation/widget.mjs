// A small network that learns in the page by backpropagation through time, and the error that runs back bin by bin.
import { cueBins, cueTrials, descend, learnFrom, newNetwork, sizes } from "./training.mjs";
import { element } from "../../widgets/element.mjs";
import { changer, chooser, inNextFrame, pageLook, slider, watchPage } from "../../widgets/controls.mjs";
import { fitCanvas, heat, strokeWith, writeWith } from "../../widgets/picture.mjs";

const mostUpdates = 2000;
const frameMs = 24; // of learning between two pictures
const lossRange = [1e-4, 10];
const errorRange = [1e-8, 10];
const switches = ["network", "gain", "delay", "rate", "clip"];
const clips = { none: "no limit", 1: "shortened to 1", 0.3: "shortened to 0.3" };

/** A number in three digits, small ones by their power of ten. */
export function inDigits(value) {
  if (!Number.isFinite(value)) return "no number";
  if (value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1000)) return String(Number(value.toPrecision(3)));
  const [digits, power] = value.toExponential(1).split("e");
  const raised = [...String(Number(power))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  return `${digits} × 10${raised}`;
}

/** How learning stands, in words. */
export function standing(updates, loss, norm) {
  if (!Number.isFinite(loss)) return `after ${updates} updates the numbers are too large: the network is lost`;
  return `after ${updates} updates: loss ${loss.toPrecision(6)}; length of the gradient ${inDigits(norm)}`;
}

/** What is left of the error in a bin, in words; of the first trial, compared with its largest in the answer. */
export function errorWords(size, bin, answer, dt) {
  const largest = Math.max(...size.slice(answer));
  if (!(largest > 0)) return "there is no error";
  return `error at ${(bin + 1) * dt} ms: ${inDigits(size[bin])}; the largest in the answer: ${inDigits(largest)}`;
}

function drawScene(canvas, scene, { colours, ink, fontFamily }, width) {
  const { curves, most, found, trials, bin, dt } = scene;
  const pen = canvas.getContext("2d");
  const narrow = width < 460;
  const [left, right] = [58, width - 12];
  const title = 22;
  const tall = { loss: 120, output: 84, error: 110, map: 64 };
  let top = 0;
  const place = Object.fromEntries(
    Object.entries(tall).map(([name, high]) => {
      const start = top + title;
      top = start + high + (name === "loss" ? 42 : name === "map" ? 40 : 10);
      return [name, { top: start, bottom: start + high }];
    }),
  );
  fitCanvas(canvas, width, top);
  pen.lineJoin = "round";
  const write = writeWith(pen, ink, fontFamily);
  const stroke = strokeWith(pen, ink);
  const small = { size: 11, alpha: 0.85 };
  const log = ([low, high], { top: ceiling, bottom: floor }) => (value) => {
    const part = (Math.log10(Math.min(high, Math.max(low, value))) - Math.log10(low)) / Math.log10(high / low);
    return floor - (floor - ceiling) * part;
  };

  write(narrow ? "Loss" : "Loss: how wrong the answers are", left, place.loss.top - title / 2, { weight: 600 });
  const up = log(lossRange, place.loss);
  for (const loss of [1e-4, 1e-2, 1]) {
    stroke([[left, up(loss)], [right, up(loss)]], { alpha: 0.18 });
    write(loss === 1e-4 ? "10⁻⁴" : String(loss), left - 6, up(loss), { align: "right", ...small });
  }
  const along = (k) => left + ((right - left) * k) / most;
  curves.forEach((curve, k) => {
    const look = k === curves.length - 1 ? { colour: colours.lines[0], thick: 2.5 } : { alpha: 0.35, thick: 1.3 };
    const points = curve.map((loss, at) => [along(at), up(Number.isFinite(loss) ? loss : Infinity)]);
    stroke(points.length > 1 ? points : [...points, [points[0][0] + 2, points[0][1]]], look);
  });
  for (let k = 0; k <= 4; k++) {
    write(String((most * k) / 4), along((most * k) / 4), place.loss.bottom + 12, { align: k === 4 ? "right" : "center", ...small });
  }
  write("updates", (left + right) / 2, place.loss.bottom + 27, { align: "center" });

  const { answer, inputs } = trials[0];
  const steps = inputs.length;
  const across = (t) => left + ((right - left) * t) / steps;
  for (const { top: ceiling, bottom: floor } of [place.output, place.error, place.map]) {
    for (const t of [cueBins, answer]) stroke([[across(t), ceiling], [across(t), floor]], { alpha: 0.45, dash: [2, 3] });
  }
  write(narrow ? "Output" : "Output after a light up, a light down; what is right is wide", left, place.output.top - title / 2, {
    weight: 600,
  });
  const level = (z) => (place.output.top + place.output.bottom) / 2 - (tall.output / 3) * Math.max(-1.5, Math.min(1.5, z));
  for (const z of [-1, 0, 1]) write(String(z).replace("-", "−"), left - 6, level(z), { align: "right", ...small });
  stroke([[left, level(0)], [right, level(0)]], { alpha: 0.2 });
  trials.forEach(({ target }, b) => {
    const colour = colours.lines[b];
    stroke([[across(answer), level(target)], [right, level(target)]], { colour, alpha: 0.3, thick: 9 });
    const points = found.runs[b].map(({ z }, t) => [across(t + 0.5), level(Number.isFinite(z) ? z : 0)]);
    stroke(points, { colour, thick: 2, dash: b ? [6, 3] : [] });
  });

  const size = sizes(found.errors[0]);
  write(narrow ? "Size of the error" : "Size of the error, bin by bin, after a light up; it runs to the left", left, place.error.top - title / 2, {
    weight: 600,
  });
  const high = log(errorRange, place.error);
  for (const [value, words] of [[1e-8, "10⁻⁸"], [1e-4, "10⁻⁴"], [1, "1"]]) {
    stroke([[left, high(value)], [right, high(value)]], { alpha: 0.18 });
    write(words, left - 6, high(value), { align: "right", ...small });
  }
  const line = size.map((value, t) => [across(t + 0.5), high(Number.isFinite(value) ? value : Infinity)]);
  stroke(line, { alpha: 0.25, thick: 1.3 });
  stroke(line.slice(bin), { colour: colours.lines[1], thick: 2.5 });
  pen.fillStyle = colours.lines[1];
  pen.beginPath();
  pen.arc(...line[bin], 4.5, 0, 2 * Math.PI);
  pen.fill();

  write(narrow ? "Error of each unit" : "Error of each unit, as a part of the largest in its bin", left, place.map.top - title / 2, {
    weight: 600,
  });
  const n = found.errors[0][0].length;
  const largest = found.errors[0].map((p) => Math.max(...p.map(Math.abs)) || 1);
  pen.imageSmoothingEnabled = false;
  const shown = steps - bin;
  pen.drawImage(
    heat(n, shown, (unit, t) => found.errors[0][bin + t][unit] / largest[bin + t], colours),
    across(bin),
    place.map.top,
    right - across(bin),
    tall.map,
  );
  write("unit 1", left - 6, place.map.top + 5, { align: "right", ...small });
  write(`unit ${n}`, left - 6, place.map.bottom - 5, { align: "right", ...small });
  const words = [["light", 0, cueBins], ["delay", cueBins, answer], ["answer", answer, steps]];
  for (const [word, from, to] of words) write(word, (across(from) + across(to)) / 2, place.map.bottom + 12, { align: "center", ...small });
  write(`time in the trial, ${steps * dt} ms`, (left + right) / 2, place.map.bottom + 28, { align: "center" });
}

function render({ model, el }) {
  const at = (name) => model.get(name);
  const dt = at("dt");
  const change = changer(model);
  const which = chooser("Network", at("networks").map((_, k) => String(k + 1)), [...at("networks").keys()], (k) =>
    change({ network: Number(k) }),
  );
  const clip = chooser("Gradient", Object.values(clips), Object.keys(clips), (value) => change({ clip: value }));
  const button = (words, act) => {
    const made = element("button", { type: "button" }, words);
    made.addEventListener("click", act);
    return made;
  };
  const go = button("Learn", () => run(!running));
  const once = button("One update", () => {
    run(false);
    learnOnce();
    request();
  });
  const again = button("Start again", () => {
    run(false);
    restart();
  });
  const back = button("Send the error back", () => {
    run(false);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    bin = still ? 0 : trials[0].inputs.length - 1;
    travelling = !still;
    request();
  });
  const delay = slider("Delay", { min: 100, max: 1200, step: 100 }, (ms) => `${ms} ms`, (ms) => change({ delay: ms }));
  const gain = slider("Weights at the start", { min: 0, max: 3, step: 0.25 }, (g) => `× ${g.toFixed(2)}`, (g) =>
    change({ gain: g }),
  );
  const rate = slider("Learning rate", { min: -2, max: 0.5, step: 0.1 }, (power) => inDigits(10 ** power), (power) =>
    change({ rate: Number((10 ** power).toPrecision(3)) }),
  );
  const follow = slider("Follow the error back to", { min: 0, max: 1, step: 1 }, (k) => `${(trials[0].inputs.length - k) * dt} ms`, (k) => {
    travelling = false;
    bin = trials[0].inputs.length - 1 - k;
    request();
  });
  const one = element("span", { className: "cogdyn-answer" });
  const left = element("span", { className: "cogdyn-many" });
  const spoken = element("output", { className: "cogdyn-spoken" });
  const canvas = element("canvas", { role: "img" });
  const root = element(
    "div",
    { className: "cogdyn-live" },
    element("div", { className: "cogdyn-sliders" }, delay.label, gain.label, rate.label),
    element("div", { className: "cogdyn-row" }, which.label, clip.label),
    element("div", { className: "cogdyn-row" }, go, once, again, back),
    element("div", { className: "cogdyn-readout" }, one, left),
    canvas,
    element("div", { className: "cogdyn-sliders" }, follow.label),
    spoken,
  );
  el.append(root);

  let running = false;
  let travelling = false;
  let bin = 0;
  let trials = [];
  let network = null;
  let found = null; // what the network does, and its gradient
  let updates = 0;
  let curves = [];
  const request = inNextFrame(step);

  function restart() {
    trials = cueTrials(Math.round(at("delay") / dt));
    network = newNetwork(at("networks")[at("network")], at("gain"));
    found = learnFrom(network, trials);
    updates = 0;
    bin = 0;
    travelling = false;
    curves = [...(curves.length && curves.at(-1).length > 1 ? curves.slice(-5) : curves.slice(-5, -1)), [found.loss]];
    request();
  }

  function learnOnce() {
    if (!Number.isFinite(found.loss) || updates >= mostUpdates) return run(false);
    descend(network, found, at("rate"), at("clip") === "none" ? null : Number(at("clip")));
    found = learnFrom(network, trials);
    updates += 1;
    curves.at(-1).push(found.loss);
    if (!Number.isFinite(found.loss) || updates >= mostUpdates) run(false);
  }

  function run(yes) {
    running = yes && Number.isFinite(found.loss) && updates < mostUpdates;
    go.textContent = running ? "Pause" : "Learn";
    request();
  }

  function step() {
    const start = performance.now();
    let taken = 0;
    // Slow enough to watch at first, then as fast as the page allows.
    while (running && performance.now() - start < frameMs && taken < Math.max(1, updates / 20)) {
      learnOnce();
      taken += 1;
    }
    if (travelling) {
      bin = Math.max(0, bin - 1);
      travelling = bin > 0;
    }
    draw();
    if (running || travelling) request();
  }

  function draw() {
    which.select.value = at("network");
    clip.select.value = at("clip");
    delay.place(at("delay"));
    gain.place(at("gain"));
    rate.place(Math.log10(at("rate")));
    const last = trials[0].inputs.length - 1;
    follow.label.querySelector("input").max = last;
    follow.place(last - bin);
    one.textContent = standing(updates, found.loss, found.norm);
    left.textContent = errorWords(sizes(found.errors[0]), bin, trials[0].answer, dt);
    root.classList.toggle("cogdyn-wrong", !(found.loss < 0.05));
    canvas.setAttribute("aria-label", `Loss against updates, outputs, and the error of each bin; ${one.textContent}; ${left.textContent}`);
    if (!running && !travelling) spoken.textContent = `${one.textContent}; ${left.textContent}`;
    const most = [40, 100, 200, 400, 1000, mostUpdates].find((k) => curves.every((curve) => curve.length <= k + 1));
    const scene = { curves, most, found, trials, bin, dt };
    if (root.clientWidth) drawScene(canvas, scene, pageLook(root), root.clientWidth);
  }

  const heard = switches.map((name) => [
    `change:${name}`,
    () => {
      if (["rate", "clip"].includes(name)) return request();
      const was = running;
      restart();
      run(was);
    },
  ]);
  heard.forEach(([event, then]) => model.on(event, then));
  const unwatch = watchPage(root, request, model);
  restart();

  return () => {
    running = travelling = false;
    heard.forEach(([event, then]) => model.off(event, then));
    unwatch();
    request.cancel();
  };
}

export default { render };
