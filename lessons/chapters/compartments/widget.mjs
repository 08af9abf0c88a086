// A network of multi-compartment units that learns while the reader opens and shuts what it learns by.
import { addLevels, addTrials, learn, newNetwork, probe, randomNumbers } from "./rule.mjs";
import { element } from "../../widgets/element.mjs";
import { changer, chooser, inNextFrame, pageLook, slider, watchPage } from "../../widgets/controls.mjs";
import { fitCanvas, strokeWith } from "../../widgets/picture.mjs";

const gates = { teacher: "errors L", label: "label y", carrier: "carried credit", apical: "apical to basal" };
const feedbacks = { random: "by random weights", symmetric: "by readout weights" };
const transports = { mirrored: "by mirrors K", shared: "by J, read backwards" };
const schedules = { every_step: "all in every bin", alternate: "50 bins each, in turn" };
const switches = ["network", "task", "inhibited", "feedback", "transport", "phases"];
const shownBins = 26;
const nTest = 24;
const frameMs = 24; // of learning between two pictures
const every = 5; // updates between two points of the curve

const minus = (words) => words.replace("-", "−");
const decimals = (value, digits = 3) => minus((Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value).toFixed(digits));

/** Cosine of two lists of vectors, taken as one long vector each; null where one is 0. */
export function likeness(a, b) {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((row, t) =>
    row.forEach((value, i) => {
      ab += value * b[t][i];
      aa += value * value;
      bb += b[t][i] ** 2;
    }),
  );
  return aa * bb > 0 ? ab / Math.sqrt(aa * bb) : null;
}

/** What each phase finds in bin t of a trial at unit i, as three sentences. */
export function phaseWords(found, t, i, shut) {
  const [v, r, u] = [found.basal[t][i], found.rates[t][i], found.apical[t][i]];
  const run = `the basal voltage is ${decimals(v)}, so the rate becomes ${decimals(r)}. Apical dendrites are shut.`;
  let teach = "there is no bin before the first.";
  if (t > 0) {
    const own = shut.includes("teacher") ? 0 : found.signal[t - 1][i];
    const sum = own + found.carried[t][i];
    teach =
      `of the bin before, the error says ${decimals(own)} and the others ${decimals(found.carried[t][i])}, together ` +
      `${decimals(sum)}. The apical voltage was ${decimals(found.apical[t - 1][i])}; it is to come nearer.`;
  }
  const change = shut.includes("apical") ? 0 : u * found.gates[t][i];
  const consolidate =
    `the apical voltage is ${decimals(u)}. Times the slope, each basal synapse changes by ${decimals(-change, 4)} ` +
    "for each unit of its sender's rate and of the learning rate.";
  return { run, teach, consolidate };
}

/** How learning stands, in words. */
export function standing(trials, loss, cosine) {
  const accuracy = cosine === null ? "none" : decimals(cosine, 2);
  return `after ${trials} trials: loss ${loss.toFixed(3)} nats; cosine of u and the true credit: ${accuracy}`;
}

function drawScene(canvas, scene, { colours, ink, fontFamily }, width) {
  const { curves, levels, most, found, unit, bin, burnIn } = scene;
  const pen = canvas.getContext("2d");
  const narrow = width < 460;
  const [left, right] = [46, width - 14];
  const curveTall = 170;
  const panelTall = 92;
  const title = 22;
  const bottom = title + curveTall + 42;
  const height = bottom + 2 * (panelTall + title) + 40;
  fitCanvas(canvas, width, height);
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const write = (words, x, y, { align = "left", weight = 400, alpha = 1, text = 12, colour = ink } = {}) => {
    pen.font = `${weight} ${text}px ${fontFamily}`;
    Object.assign(pen, { textAlign: align, fillStyle: colour, globalAlpha: alpha });
    pen.fillText(words, x, y);
    pen.globalAlpha = 1;
    return pen.measureText(words).width;
  };
  const stroke = strokeWith(pen, ink);
  const [basalColour, apicalColour, creditColour] = colours.lines;

  write("Loss on trials that are not learned from (nats)", left, title / 2, { weight: 600 });
  const [low, high] = [0.44, 0.74];
  const up = (loss) => title + (curveTall * (high - Math.min(high, Math.max(low, loss)))) / (high - low);
  const along = (trials) => left + ((right - left) * trials) / most;
  for (const loss of [0.5, 0.6, 0.7]) write(String(loss), left - 6, up(loss), { align: "right", alpha: 0.85, text: 11 });
  for (const [name, loss] of Object.entries(levels)) {
    stroke([[left, up(loss)], [right, up(loss)]], { alpha: 0.45, dash: [2, 3] });
    write(name, right, up(loss) - 8, { align: "right", text: 11, alpha: 0.85 });
  }
  curves.forEach((curve, k) => {
    const now = k === curves.length - 1;
    const look = now ? { colour: apicalColour, thick: 2.5 } : { alpha: 0.35, thick: 1.3 };
    if (curve.length > 1) stroke(curve.map(([trials, loss]) => [along(trials), up(loss)]), look);
  });
  const axis = title + curveTall;
  stroke([[left, axis], [right, axis]], { alpha: 0.4 });
  for (let k = 0; k <= 4; k++) {
    const trials = Math.round((most * k) / 4);
    write(String(trials), along(trials), axis + 11, { align: k === 4 ? "right" : "center", text: 11 });
  }
  write("trials learned from", (left + right) / 2, axis + 27, { align: "center" });

  const last = Math.min(found.basal.length, burnIn + shownBins) - 1;
  const across = (t) => left + ((right - left) * t) / last;
  const of = (rows) => rows.slice(0, last + 1).map((row) => row[unit]);
  const panels = [
    { words: narrow ? "basal voltage v" : `basal voltage v of unit ${unit + 1}, in a trial`, lines: [[of(found.basal), basalColour, []]] },
    {
      words: narrow ? "apical voltage u" : "apical voltage u (loss of a bin, for each unit of rate)",
      lines: [
        [of(found.credit), creditColour, [5, 3]],
        [of(found.apical), apicalColour, []],
      ],
      key: "true credit c",
    },
  ];
  panels.forEach(({ words, lines, key }, k) => {
    const start = bottom + k * (panelTall + title);
    const [ceiling, floor] = [start + title, start + title + panelTall - 6];
    const wide = write(words, left, start + title / 2, { weight: 600 });
    if (key) {
      stroke([[left + wide + 14, start + title / 2], [left + wide + 36, start + title / 2]], { colour: creditColour, thick: 2, dash: [5, 3] });
      write(narrow ? "credit c" : key, left + wide + 42, start + title / 2);
    }
    const drawn = lines.flatMap(([values]) => values);
    const [least, largest] = [Math.min(0, ...drawn), Math.max(0, ...drawn)];
    const y = (value) => floor - ((floor - ceiling) * (value - least)) / (largest - least || 1);
    const mark = (value) =>
      write(minus(String(Number(value.toPrecision(2)))), left - 6, y(value), { align: "right", alpha: 0.85, text: 11 });
    stroke([[left, y(0)], [right, y(0)]], { alpha: 0.25 });
    mark(0);
    if (y(0) - ceiling > 14) mark(largest);
    if (floor - y(0) > 14) mark(least);
    for (const [values, colour, dash] of lines) {
      stroke(values.map((value, t) => [across(t), y(value)]), { colour, thick: 2, dash });
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(across(bin), y(values[bin]), 4, 0, 2 * Math.PI);
      pen.fill();
    }
  });
  const end = bottom + 2 * (panelTall + title);
  stroke([[across(bin), bottom + title], [across(bin), end]], { alpha: 0.55, dash: [2, 3] });
  for (let t = 0; t <= last; t += 5) write(String(t), across(t), end + 8, { align: "center", text: 11 });
  write("bin", (left + right) / 2, end + 24, { align: "center" });
}

function render({ model, el }) {
  const at = (name) => model.get(name);
  const training = at("training");
  const levels = addLevels();
  const change = changer(model);
  const ofNames = (words, names, trait) => chooser(words, Object.values(names), Object.keys(names), (name) => change({ [trait]: name }));
  const task = chooser("Task", at("tasks").map(({ name }) => `Add, ${name}`), [...at("tasks").keys()], (k) => change({ task: Number(k) }));
  const which = chooser("Network", at("networks").map((_, k) => String(k + 1)), [...at("networks").keys()], (k) => change({ network: Number(k) }));
  const selects = {
    feedback: ofNames("Errors come back", feedbacks, "feedback"),
    transport: ofNames("Credit is carried", transports, "transport"),
    phases: ofNames("Phases", schedules, "phases"),
  };
  const boxes = Object.fromEntries(
    Object.entries(gates).map(([name, words]) => {
      const box = element("input", { type: "checkbox" });
      box.addEventListener("change", () =>
        change({ inhibited: Object.keys(gates).filter((gate) => (gate === name ? !box.checked : at("inhibited").includes(gate))) }),
      );
      return [name, { box, label: element("label", { className: "cogdyn-gate" }, box, ` ${words}`) }];
    }),
  );
  const open = element(
    "fieldset",
    { className: "cogdyn-row cogdyn-gates" },
    element("legend", {}, "Open"),
    ...Object.values(boxes).map(({ label }) => label),
  );
  const go = element("button", { type: "button" }, "Learn");
  const again = element("button", { type: "button" }, "Start again");
  const n = at("networks")[0].bias.length;
  const unit = slider("Unit", { min: 1, max: n, step: 1 }, String, (k) => change({ unit: k - 1 }));
  const binSlider = slider("Bin", { min: 0, max: shownBins, step: 1 }, String, (t) => {
    bin = t;
    request();
  });
  const told = element("span", { className: "cogdyn-answer" });
  const words = Object.fromEntries(["run", "teach", "consolidate"].map((phase) => [phase, element("dd", {})]));
  const list = element(
    "dl",
    { className: "cogdyn-phases" },
    ...Object.entries(words).flatMap(([phase, cell]) => [element("dt", {}, phase), cell]),
  );
  const spoken = element("output", { className: "cogdyn-spoken" });
  const canvas = element("canvas", { role: "img" });
  const root = element(
    "div",
    { className: "cogdyn-live" },
    element("div", { className: "cogdyn-row" }, task.label, which.label),
    open,
    element("div", { className: "cogdyn-row" }, selects.feedback.label, selects.transport.label, selects.phases.label),
    element("div", { className: "cogdyn-row" }, go, again),
    element("div", { className: "cogdyn-readout" }, told),
    canvas,
    element("div", { className: "cogdyn-sliders" }, unit.label, binSlider.label),
    list,
    spoken,
  );
  el.append(root);

  let bin = 8;
  let running = false;
  let state = null; // of the network that learns
  let curves = [];
  const settings = () => ({
    ...training,
    lr: at("tasks")[at("task")].lr,
    inhibited: at("inhibited"),
    feedback: at("feedback"),
    transport: at("transport"),
    phases: at("phases"),
  });
  const request = inNextFrame(step);

  function restart() {
    const { lags } = at("tasks")[at("task")];
    const size = { lags, steps: training.steps };
    if (state && curves.at(-1).length > 1) curves = curves.slice(-5);
    else curves.pop();
    state = {
      network: newNetwork(at("networks")[at("network")]),
      draw: randomNumbers(1 + at("network")),
      size,
      test: addTrials(randomNumbers(1000), { ...size, batch: nTest }),
      updates: 0,
    };
    curves.push([[0, measured()]]);
    request();
  }

  function measured() {
    let loss = 0;
    for (let b = 0; b < nTest; b++) loss += probe(state.network, state.test, settings(), b).loss / nTest;
    return loss;
  }

  function run(yes) {
    running = yes && state.updates < training.updates;
    go.textContent = running ? "Pause" : "Learn";
    go.disabled = state.updates >= training.updates;
    request();
  }

  function step() {
    const start = performance.now();
    while (running && performance.now() - start < frameMs) {
      learn(state.network, addTrials(state.draw, { ...state.size, batch: training.batch }), settings());
      state.updates += 1;
      if (state.updates % every === 0) curves.at(-1).push([state.updates * training.batch, measured()]);
      if (state.updates >= training.updates) run(false);
    }
    draw();
    if (running) request();
  }

  function draw() {
    task.select.value = at("task");
    which.select.value = at("network");
    for (const [name, { select }] of Object.entries(selects)) select.value = at(name);
    for (const [name, { box }] of Object.entries(boxes)) box.checked = !at("inhibited").includes(name);
    unit.place(at("unit") + 1);
    binSlider.place(bin);
    const found = probe(state.network, state.test, settings());
    const [trials, loss] = curves.at(-1).at(-1);
    const line = standing(trials, loss, likeness(found.apical, found.credit));
    told.textContent = line;
    const sentences = phaseWords(found, bin, at("unit"), at("inhibited"));
    for (const [phase, cell] of Object.entries(words)) cell.textContent = sentences[phase];
    canvas.setAttribute("aria-label", `Loss against trials, and the voltages of unit ${at("unit") + 1} in a trial; ${line}`);
    const voltages = `basal voltage ${decimals(found.basal[bin][at("unit")])}, apical ${decimals(found.apical[bin][at("unit")])}`;
    if (!running) spoken.textContent = `${line}; unit ${at("unit") + 1} in bin ${bin}: ${voltages}`;
    const width = root.clientWidth;
    const most = training.updates * training.batch;
    const scene = { curves, levels, most, found, unit: at("unit"), bin, burnIn: Math.max(...state.size.lags) };
    if (width) drawScene(canvas, scene, pageLook(root), width);
  }

  go.addEventListener("click", () => run(!running));
  again.addEventListener("click", () => {
    restart();
    run(false);
  });
  const anew = () => {
    restart();
    run(running);
  };
  const heard = switches.map((name) => [`change:${name}`, ["network", "task"].includes(name) ? anew : request]);
  heard.push(["change:unit", request]);
  heard.forEach(([event, then]) => model.on(event, then));
  const unwatch = watchPage(root, request, model);
  restart();
  run(false);

  return () => {
    running = false;
    heard.forEach(([event, then]) => model.off(event, then));
    unwatch();
    request.cancel();
  };
}

export default { render };
