// The reader decides, trial by trial, and the psychometric curve grows beside the ideal observer's and a network's.
import { element } from "../../widgets/element.mjs";
import { inNextFrame, pageLook, watchPage } from "../../widgets/controls.mjs";
import { fitCanvas, strokeWith, writeWith } from "../../widgets/picture.mjs";
import { player } from "../../widgets/play.mjs";

/** Points of a psychometric curve: how often "right" was chosen at each signed strength, [{x, right, n}], in order. */
export function psychometric(rows) {
  const points = new Map();
  for (const { side, coherence, choice } of rows) {
    if (!choice) continue; // nothing was chosen
    const x = side === 2 ? coherence : -coherence;
    const point = points.get(x) ?? { x, right: 0, n: 0 };
    points.set(x, { x, right: point.right + (choice === 2), n: point.n + 1 });
  }
  return [...points.values()].sort((a, b) => a.x - b.x);
}

/** Wilson's 95 % interval of a proportion. */
export function wilson(k, n) {
  const z = 1.959963984540054;
  const middle = (k / n + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt(((k / n) * (1 - k / n)) / n + z ** 2 / (4 * n ** 2));
  return [middle - half, middle + half];
}

/** How many of the same trials each had right, in words. */
export function standing(rows, trials, network) {
  const n = rows.length;
  if (!n) return "no trial is done yet";
  const right = (choices) => choices.filter((choice, k) => choice === trials[k].answers[0]).length;
  const you = rows.filter(({ correct }) => correct).length;
  const ideal = right(trials.slice(0, n).map((trial) => trial.ideal[0]));
  return `you: ${you} of ${n} right; the ideal observer ${ideal}, the network ${right(network.slice(0, n))}, a guesser about ${n / 2}`;
}

function drawCurve(canvas, rows, curves, { colours, ink, fontFamily }, width) {
  const pen = canvas.getContext("2d");
  const [left, right, top, bottom, height] = [46, width - 12, 44, 214, 258];
  fitCanvas(canvas, width, height);
  const write = writeWith(pen, ink, fontFamily);
  const stroke = strokeWith(pen, ink);
  const most = Math.max(...curves[0].x);
  const across = (x) => left + ((right - left) * (x + most * 1.08)) / (most * 2.16);
  const up = (y) => bottom - (bottom - top) * y;
  write("How often the answer is “right”", left, 10, { weight: 600 });
  for (const y of [0, 0.5, 1]) {
    stroke([[left, up(y)], [right, up(y)]], { alpha: 0.18 });
    write(`${100 * y} %`, left - 6, up(y), { align: "right", size: 11, alpha: 0.85 });
  }
  stroke([[across(0), top], [across(0), bottom]], { alpha: 0.18 });
  for (const x of [-most, -most / 2, 0, most / 2, most]) {
    const words = `${Math.round(Math.abs(x) * 100)} %`;
    write(words, across(x), bottom + 13, { align: "center", size: 11, alpha: 0.85 });
  }
  write("more to the left", left, bottom + 32);
  write("more to the right", right, bottom + 32, { align: "right" });
  let x = left;
  curves.forEach(({ name, x: xs, y: ys }, k) => {
    const look = { colour: colours.lines[k + 1], thick: 2, dash: k ? [6, 3] : [] };
    stroke(xs.map((value, i) => [across(value), up(ys[i])]), look);
    stroke([[x, 29], [x + 20, 29]], look);
    x += 26 + write(name, x + 26, 29) + 16;
  });
  pen.fillStyle = colours.lines[0];
  pen.beginPath();
  pen.arc(x + 6, 29, 5, 0, 2 * Math.PI);
  pen.fill();
  write("you", x + 16, 29);
  for (const { x: strength, right: chosen, n } of psychometric(rows)) {
    const [low, high] = wilson(chosen, n);
    stroke([[across(strength), up(low)], [across(strength), up(high)]], { colour: colours.lines[0], alpha: 0.55, thick: 2 });
    pen.fillStyle = colours.lines[0];
    pen.beginPath();
    pen.arc(across(strength), up(chosen / n), 3 + Math.sqrt(n), 0, 2 * Math.PI);
    pen.fill();
  }
}

function render({ model, el }) {
  const at = (name) => model.get(name);
  const packed = at("session");
  const request = inNextFrame(draw);
  const setSpeed = (speed) => {
    model.set("speed", speed);
    model.save_changes();
  };
  const one = element("span", { className: "cogdyn-answer" });
  const spoken = element("output", { className: "cogdyn-spoken" });
  const curve = element("canvas", { role: "img" });
  const play = player(packed, { speed: at("speed"), onTrial: () => update(), request, changeSpeed: setSpeed });
  const root = element(
    "div",
    { className: "cogdyn-live" },
    ...play.parts,
    element("div", { className: "cogdyn-readout" }, one),
    curve,
    spoken,
  );
  el.append(root);

  function update() {
    one.textContent = standing(play.rows, packed.trials, at("network"));
    spoken.textContent = `${one.textContent}; ${play.rows.length} trials`;
    const points = psychometric(play.rows).map(({ x, right, n }) => `${right} of ${n} at ${Math.round(100 * x)} %`);
    curve.setAttribute("aria-label", `Psychometric curves; answers “right” of yours: ${points.join(", ") || "none yet"}; ${one.textContent}`);
    request();
  }

  function draw() {
    const width = root.clientWidth;
    if (!width) return;
    const look = pageLook(root);
    play.draw(look, width - 4);
    drawCurve(curve, play.rows, at("curves"), look, width);
    if (play.isRunning()) request();
  }

  const faster = () => {
    play.setSpeed(at("speed"));
    request();
  };
  model.on("change:speed", faster);
  const unwatch = watchPage(root, request, model);
  update();
  return () => {
    model.off("change:speed", faster);
    play.close();
    unwatch();
    request.cancel();
  };
}

export default { render };
