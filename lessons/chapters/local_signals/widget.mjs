// Eligibility traces as they form: controls for a synapse and an error, a picture of both, and the credit in numbers.
import { element } from "../../widgets/element.mjs";
import { changer, chooser, inNextFrame, pageLook, slider, watchPage } from "../../widgets/controls.mjs";
import { fitCanvas, strokeWith } from "../../widgets/picture.mjs";
import { assignCredit, cosine } from "./credit.mjs";

const pathways = { symmetric: "by readout weights", random: "by random weights" };
const columnTall = 46; // of a panel over time
const titleTall = 21;
const cell = 28; // of the maps of all synapses, at most

/** A number with four decimals and a true minus. */
export function inDecimals(value) {
  const words = Math.abs(value).toFixed(4);
  return value < 0 && Number(words) > 0 ? `−${words}` : words;
}

/** What RFLO and the exact gradient say of one synapse and of all, in two sentences. */
export function summary(bin, at) {
  const alike = cosine(bin.local, bin.exact);
  return {
    one: `credit of this synapse: RFLO ${inDecimals(bin.local[at])}, exact ${inDecimals(bin.exact[at])}`,
    all: `all ${bin.local.length} synapses: cosine ${alike === null ? "none" : alike.toFixed(2).replace("-", "−")}`,
  };
}

function largest(...lists) {
  return Math.max(1e-12, ...lists.flatMap((list) => Array.from(list, Math.abs)));
}

/** Draw the scene; returns where the cells of the two maps are: {left, top, size} of each. */
function drawTraces(canvas, scene, { colours, ink, fontFamily }, width) {
  const { bins, dt, post, pre, at, errorBin, signal, senderNames, shortNames, unitNames } = scene;
  const n = unitNames.length;
  const m = senderNames.length;
  const pen = canvas.getContext("2d");
  const [left, right] = [52, width - 18];
  const [local, exact] = colours.lines;
  const sender = senderNames[pre];
  const panels = [
    { title: `sender p(t): ${sender}`, curves: [{ values: bins.map((bin) => bin.senders[pre]), colour: ink }] },
    { title: `receiver d(t): unit ${post + 1} takes it in`, curves: [{ values: bins.map((bin) => bin.gates[post]), colour: ink }] },
    {
      title: width < 460 ? "trace P(t)" : "trace P(t), and the synapse's true influence on its unit",
      curves: [
        { values: bins.map((bin) => bin.influence[at]), colour: exact, dash: [5, 3] },
        { values: bins.map((bin) => bin.traces[at]), colour: local },
      ],
    },
    {
      title: `learning signal L(t): what the error says to unit ${post + 1}`,
      curves: [{ values: bins.map((_, t) => (t === errorBin ? signal : 0)), colour: ink, stem: true }],
    },
    {
      title: width < 460 ? "credit, by the time of the error" : "credit L P, by the time at which the error comes",
      dots: true,
      curves: [
        { values: bins.map((bin) => bin.exact[at]), colour: exact, dash: [5, 3] },
        { values: bins.map((bin) => bin.local[at]), colour: local },
      ],
    },
  ];
  const top = 26;
  const tall = titleTall + columnTall;
  const axisTop = top + panels.length * tall;
  const mapGap = 26;
  const mapLeft = 30;
  const size = Math.min(cell, Math.floor((right - mapLeft - mapGap) / 2 / m));
  const mapTop = axisTop + 44 + titleTall + 16;
  const height = mapTop + n * size + 28;
  fitCanvas(canvas, width, height);
  pen.textBaseline = "middle";
  pen.lineJoin = "round";

  const write = (words, x, y, { align = "left", weight = 400, alpha = 1, text = 12 } = {}) => {
    pen.font = `${weight} ${text}px ${fontFamily}`;
    Object.assign(pen, { textAlign: align, fillStyle: ink, globalAlpha: alpha });
    pen.fillText(words, x, y);
    pen.globalAlpha = 1;
  };
  const stroke = strokeWith(pen, ink);
  const across = (t) => left + ((right - left) * t) / (bins.length - 1);

  let x = left;
  for (const [name, colour, dash] of [["RFLO", local, []], ["exact", exact, [5, 3]]]) {
    stroke([[x, 10], [x + 24, 10]], { colour, thick: 2.5, dash });
    write(name, x + 30, 10);
    x += 92;
  }
  panels.forEach(({ title, curves, dots }, k) => {
    const start = top + k * tall;
    const [ceiling, floor] = [start + titleTall, start + tall - 4];
    write(title, left, start + titleTall / 2, { weight: 600 });
    const drawn = curves.flatMap(({ values }) => values);
    const [low, high] = [Math.min(0, ...drawn), Math.max(0, ...drawn)];
    const up = (value) => floor - ((floor - ceiling) * (value - low)) / (high - low || 1);
    const mark = (value, y) =>
      write(String(Number(value.toPrecision(2))).replace("-", "−"), left - 6, y, { align: "right", alpha: 0.85, text: 11 });
    stroke([[left, up(0)], [right, up(0)]], { alpha: 0.25 });
    mark(0, up(0));
    if (up(0) - ceiling > 14) mark(high, ceiling + 3);
    if (floor - up(0) > 14) mark(low, floor - 3);
    for (const { values, colour, dash = [], stem } of curves) {
      if (stem) stroke([[across(errorBin), up(0)], [across(errorBin), up(signal)]], { colour, thick: 3 });
      else stroke(values.map((value, t) => [across(t), up(value)]), { colour, thick: 2, dash });
      if (!dots) continue;
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(across(errorBin), up(values[errorBin]), 4, 0, 2 * Math.PI);
      pen.fill();
    }
  });
  stroke([[across(errorBin), top + titleTall], [across(errorBin), axisTop]], { alpha: 0.55, dash: [2, 3] });
  const last = dt * (bins.length - 1);
  for (let ms = 0; ms <= last; ms += last > 600 && width < 460 ? 400 : 200) {
    stroke([[across(ms / dt), axisTop], [across(ms / dt), axisTop + 4]], { alpha: 0.6 });
    write(String(ms), across(ms / dt), axisTop + 12, { align: "center", text: 11 });
  }
  write("time (ms)", (left + right) / 2, axisTop + 29, { align: "center" });

  let key = mapLeft;
  for (const [word, colour] of [["positive", colours.lines[2]], ["negative", colours.lines[3]]]) {
    pen.fillStyle = colour;
    pen.fillRect(key, height - 14, 10, 10);
    write(word, key + 15, height - 9, { text: 11 });
    key += 80;
  }
  const { local: credits, exact: truths } = bins[errorBin];
  const most = largest(credits, truths);
  return [["RFLO", credits], ["exact", truths]].map(([name, values], map) => {
    const start = mapLeft + map * (m * size + mapGap);
    const words = width < 460 ? name : map ? "credit of all synapses, exact" : "credit of all synapses, RFLO";
    write(words, start, mapTop - 16 - titleTall / 2, { weight: 600, text: 11.5 });
    shortNames.forEach((word, j) => write(word, start + (j + 0.5) * size, mapTop - 8, { align: "center", text: 10.5 }));
    if (!map) unitNames.forEach((word, i) => write(word, start - 8, mapTop + (i + 0.5) * size, { align: "right", text: 10.5 }));
    values.forEach((value, k) => {
      pen.fillStyle = colours.lines[value < 0 ? 3 : 2];
      pen.globalAlpha = 0.04 + 0.96 * Math.sqrt(Math.abs(value) / most);
      pen.fillRect(start + (k % m) * size, mapTop + Math.floor(k / m) * size, size - 1, size - 1);
      pen.globalAlpha = 1;
    });
    Object.assign(pen, { strokeStyle: ink, lineWidth: 2 });
    pen.strokeRect(start + pre * size - 0.5, mapTop + post * size - 0.5, size, size);
    return { left: start, top: mapTop, size };
  });
}

function render({ model, el }) {
  const network = model.get("network");
  const inputs = model.get("inputs");
  const inputNames = model.get("input_names");
  const { dt } = network;
  const n = network.h0.length;
  const unitNames = network.h0.map((_, i) => String(i + 1));
  const senderNames = [...unitNames.map((name) => `unit ${name}`), ...inputNames, "bias"];
  const shortNames = [...unitNames, ...inputNames.map((_, k) => String.fromCharCode(65 + k)), "b"];
  const m = senderNames.length;
  const at = (name) => model.get(name);
  const change = changer(model);

  const from = chooser("From", senderNames, [...senderNames.keys()], (j) => change({ pre: Number(j) }));
  const to = chooser("To", unitNames.map((name) => `unit ${name}`), [...unitNames.keys()], (i) => change({ post: Number(i) }));
  const path = chooser("Errors come back", Object.values(pathways), Object.keys(pathways), (name) => change({ feedback: name }));
  const first = Object.fromEntries(
    ["post", "pre", "tau", "strength", "error_ms", "feedback"].map((name) => [name, at(name)]),
  );
  const reset = element("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => change(first));
  const inMs = (ms) => `${Math.round(ms)} ms`;
  const tau = slider("Time constant τ", { min: 20, max: 500, step: 20 }, inMs, (ms) => change({ tau: ms }));
  const strength = slider(
    "Recurrent weights",
    { min: 0, max: 2, step: 0.1 },
    (factor) => `× ${factor.toFixed(1)}`,
    (factor) => change({ strength: factor }),
  );
  const error = slider("Time of the error", { min: 0, max: dt * (inputs.length - 1), step: dt }, inMs, (ms) =>
    change({ error_ms: ms }),
  );

  const one = element("span", { className: "cogdyn-answer" });
  const all = element("span", { className: "cogdyn-many" });
  const spoken = element("output", { className: "cogdyn-spoken" });
  const canvas = element("canvas", { role: "img" });
  const root = element(
    "div",
    { className: "cogdyn-live" },
    element("div", { className: "cogdyn-row" }, from.label, to.label),
    element("div", { className: "cogdyn-row" }, path.label, reset),
    element("div", { className: "cogdyn-sliders" }, tau.label, strength.label, error.label),
    element("div", { className: "cogdyn-readout" }, one, all),
    canvas,
    spoken,
  );
  el.append(root);

  let settling = 0;
  let scene = null;
  let maps = [];
  const request = inNextFrame(draw);
  const update = () => {
    scene = null;
    request();
  };
  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    for (const { left, top, size } of maps) {
      const [j, i] = [Math.floor((offsetX - left) / size), Math.floor((offsetY - top) / size)];
      if (i >= 0 && i < n && j >= 0 && j < m) change({ post: i, pre: j });
    }
  });

  function compute() {
    const [post, pre] = [at("post"), at("pre")];
    from.select.value = pre;
    to.select.value = post;
    path.select.value = at("feedback");
    tau.place(at("tau"));
    strength.place(at("strength"));
    error.place(at("error_ms"));
    const feedback = at("feedback") === "random" ? network.random : network.readout;
    const bins = assignCredit(network, inputs, { tau: at("tau"), strength: at("strength"), feedback });
    const errorBin = Math.min(inputs.length - 1, Math.round(at("error_ms") / dt));
    const chosen = post * m + pre;
    const words = summary(bins[errorBin], chosen);
    one.textContent = words.one;
    all.textContent = words.all;
    canvas.setAttribute(
      "aria-label",
      `Synapse from ${senderNames[pre]} to unit ${post + 1} over time: sender, receiver, eligibility trace, learning ` +
        `signal of an error at ${Math.round(at("error_ms"))} ms, and credit; ${words.one}; ${words.all}`,
    );
    clearTimeout(settling);
    settling = setTimeout(() => (spoken.textContent = `${words.one}; ${words.all}`), 250);
    return { bins, dt, post, pre, at: chosen, errorBin, signal: feedback[post], senderNames, shortNames, unitNames };
  }

  function draw() {
    scene ??= compute();
    const width = root.clientWidth;
    if (width) maps = drawTraces(canvas, scene, pageLook(root), width);
  }

  const watched = Object.keys(first).map((name) => `change:${name}`);
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
