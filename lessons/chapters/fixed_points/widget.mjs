// A plane through state space to explore: an input to hold, a place from which to release, and what becomes of the state.
import { element } from "../../widgets/element.mjs";
import { changer, inNextFrame, pageLook, slider, watchPage } from "../../widgets/controls.mjs";
import { apart, flowOn, projected, readoutOf, stateAt, stepAt } from "./arithmetic.mjs";
import { drawFlow, pointNames } from "./picture.mjs";

const pace = 0.5; // of real time
const restSpeed = 1e-9; // q = |F(h) - h|^2 / 2
const atPoint = 0.005; // distance that reads 0.00
const mostTrails = 12;
const grip = 9; // px within which a pointer means a fixed point

function inNumbers(value, digits = 2) {
  return value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
}

/** The number of the point that is nearest to a state in all of state space, and how far it is; null without points. */
export function nearest(points, h) {
  const far = points.map(({ state }) => apart(state, h));
  const k = far.reduce((best, value, i) => (value < far[best] ? i : best), 0);
  return points.length ? { k, distance: far[k] } : null;
}

/** What a fixed point is, in words. */
export function tellPoint({ kind, growing, tau }, name, off) {
  const modes = growing === 1 ? "1 mode grows" : `${growing} modes grow`;
  const time = tau === null ? "" : `, ${tau < 0 ? "the fastest grows" : "the slowest decays"} with ${Math.round(Math.abs(tau))} ms`;
  const what = kind === "slow" ? "hardly moves" : growing ? modes : "all modes decay";
  return `${name}: ${what}${time}; ${inNumbers(off)} from the plane`;
}

/** What a released state does, in words; done: it rests, or the time is up. */
export function tellState({ ms, speed, off, near, outputs }, done) {
  const rests = speed < restSpeed;
  const there = near && near.distance < atPoint;
  const where = near ? (there ? `at ${near.name}` : `${rests ? "at" : "nearest is"} ${near.name}, ${inNumbers(near.distance)} away`) : "";
  const how = rests ? "at rest" : there ? "hardly moving" : done ? "still moving" : "moving";
  const said = outputs.map(({ name, value }) => `${name} ${inNumbers(value)}`).join(", ");
  return {
    state: `${Math.round(ms)} ms: ${[how, where].filter(Boolean).join(", ")}`,
    rest: [said && `outputs: ${said}`, `${inNumbers(off)} from the plane`].filter(Boolean).join("; "),
  };
}

function render({ model, el }) {
  const network = model.get("network");
  const axes = model.get("axes");
  const extent = model.get("extent");
  const outputNames = model.get("output_names");
  const views = model.get("views").map((view) => {
    const names = pointNames(view.points);
    return { ...view, points: view.points.map((point, k) => ({ ...point, name: names[k] })) };
  });
  const kinds = [...new Set(views.flatMap(({ points }) => points.map(({ kind }) => kind)))];
  const at = (name) => model.get(name);
  const change = changer(model);
  const viewNow = () => views[Math.min(views.length - 1, at("view"))];
  const first = { view: at("view"), start: at("start") };

  const group = `cogdyn-held-${Math.random().toString(36).slice(2)}`;
  const radios = views.map(({ label }, k) => {
    const input = element("input", { type: "radio", name: group, value: k });
    input.addEventListener("change", () => change({ view: k }));
    return { input, label: element("label", { className: "cogdyn-key" }, input, label) };
  });
  const release = element("button", { type: "button" }, "Release");
  const next = element("button", { type: "button" }, "Next fixed point");
  const pause = element("button", { type: "button" }, "Pause");
  const oneBin = element("button", { type: "button" }, "One bin on");
  const time = slider("Time since release", { min: 0, max: 1, step: 1 }, (bins) => `${Math.round(bins * network.dt)} ms`, (bins) => {
    if (!ball) return;
    Object.assign(ball, { at: bins, paused: true });
    tellBall();
    request();
  });
  const clear = element("button", { type: "button" }, "Clear");
  const reset = element("button", { type: "button" }, "Reset");
  const told = element("span", { className: "cogdyn-answer" });
  const more = element("span", { className: "cogdyn-many" });
  const spoken = element("output", { className: "cogdyn-spoken" });
  const canvas = element("canvas", { role: "application", tabIndex: 0 });
  canvas.dataset.lmSuppressShortcuts = "true";
  canvas.style.cursor = "crosshair";
  const choice = element("div", { className: "cogdyn-row", role: "radiogroup", "aria-label": "Input that is held" }, "Input held:", ...radios.map(({ label }) => label));
  const readout = element("div", { className: "cogdyn-readout" }, told, more);
  Object.assign(readout.style, { flexDirection: "column", minHeight: "4.2em" });
  const root = element(
    "div",
    { className: "cogdyn-live" },
    ...(views.length > 1 ? [choice] : []),
    element("div", { className: "cogdyn-row" }, release, pause, oneBin, ...(kinds.length ? [next] : []), clear, reset),
    element("div", { className: "cogdyn-sliders" }, time.label),
    readout,
    canvas,
    spoken,
  );
  root.style.maxWidth = "44rem";
  el.append(root);

  let settling = 0;
  let anchor = null; // index of the fixed point that the start is tied to, with its own offset
  let offset = [0, 0];
  let trails = []; // of what the axes read from states, the origin not yet taken off
  let ball = null; // {states, speeds, at: the bin that is shown, from: the bin at which the input was chosen, owed, clock, paused, step}
  let tools = null; // from canvas to plane and back
  let arrows = null; // of the grid drawn last

  const request = inNextFrame(draw);
  const say = (...words) => {
    [told.textContent, more.textContent] = words;
    clearTimeout(settling);
    settling = setTimeout(() => (spoken.textContent = words.filter(Boolean).join("; ")), 250);
  };
  const readings = (h) => axes.map((axis) => axis.reduce((sum, value, i) => sum + value * h[i], 0));
  const startState = () =>
    anchor === null ? stateAt(viewNow().origin, axes, at("start")) : stateAt(viewNow().points[anchor].state, axes, offset);

  function tellStart() {
    const point = anchor === null ? null : viewNow().points[anchor];
    if (!point) return say(`start at ${at("start").map((value) => inNumbers(value)).join(", ")}`, "in the plane");
    const pushed = Math.hypot(...offset);
    const { off } = projected(viewNow().origin, axes, point.state);
    say(tellPoint(point, point.name, off), pushed > 1e-9 ? `pushed by ${inNumbers(pushed)}` : "exactly there");
  }
  const lastBin = () => ball.states.length - 1;
  const timeIsUp = () => (lastBin() - ball.from) * network.dt >= at("duration");
  const hasEnded = () => ball.at === lastBin() && (ball.speeds[ball.at] < restSpeed || timeIsUp());
  function tellBall() {
    const view = viewNow();
    const h = ball.states[ball.at];
    const found = nearest(view.points, h);
    const outputs = readoutOf(network, h);
    const words = tellState(
      {
        ms: ball.at * network.dt,
        speed: ball.speeds[ball.at],
        off: projected(view.origin, axes, h).off,
        near: found && { name: view.points[found.k].name, distance: found.distance },
        outputs: outputNames.map((name, k) => ({ name, value: outputs[k] })),
      },
      hasEnded(),
    );
    say(words.state, words.rest);
  }
  function placeTime() {
    pause.textContent = ball && (ball.paused || hasEnded()) ? "Go on" : "Pause";
    for (const button of [pause, oneBin]) button.disabled = !ball || (hasEnded() && ball.speeds[ball.at] < restSpeed);
    const range = time.label.querySelector("input");
    range.max = ball ? Math.max(1, lastBin()) : 1;
    range.disabled = !ball;
    time.place(ball ? ball.at : 0);
  }

  function letGo() {
    const h = startState();
    trails = [...trails, [readings(h)]].slice(-mostTrails);
    ball = { states: [h], speeds: [Infinity], at: 0, from: 0, owed: 0, clock: null, paused: false, step: stepAt(network, viewNow().input) };
    request();
  }
  /** From the bin that is shown; what came after it, when the reader went back in time, is forgotten. */
  function advance(bins) {
    for (const list of [ball.states, ball.speeds, trails.at(-1)]) list.length = ball.at + 1;
    for (let k = 0; k < bins && (k === 0 || !hasEnded()); k++) {
      const before = ball.states[ball.at];
      const h = ball.step(before);
      ball.states.push(h);
      ball.speeds.push(apart(h, before) ** 2 / 2);
      ball.at += 1;
      trails.at(-1).push(readings(h));
    }
  }
  function animate(now) {
    if (!ball || ball.paused || hasEnded()) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) advance(Infinity);
    else {
      ball.owed += ball.clock === null ? 0 : (Math.min(100, now - ball.clock) * pace) / network.dt;
      ball.clock = now;
      const whole = Math.floor(ball.owed);
      ball.owed -= whole;
      if (whole) advance(whole);
    }
    tellBall();
    if (!hasEnded()) request();
  }

  function moveStart(to) {
    anchor = null;
    change({ start: to });
  }
  function push(dx, dy) {
    const [x, y] = at("start");
    offset = [offset[0] + dx, offset[1] + dy];
    change({ start: [x + dx, y + dy] });
  }
  function tieTo(k) {
    anchor = k;
    offset = [0, 0];
    change({ start: [...viewNow().points[k].at] });
    tellStart();
  }

  release.addEventListener("click", letGo);
  pause.addEventListener("click", () => {
    if (hasEnded()) Object.assign(ball, { from: ball.at, paused: false }); // once more as long
    else ball.paused = !ball.paused;
    ball.clock = null;
    request();
  });
  oneBin.addEventListener("click", () => {
    if (hasEnded()) ball.from = ball.at;
    ball.paused = true;
    advance(1);
    tellBall();
    request();
  });
  next.addEventListener("click", () => {
    const { points } = viewNow();
    if (points.length) tieTo(anchor === null ? 0 : (anchor + 1) % points.length);
  });
  clear.addEventListener("click", () => {
    trails = [];
    ball = null;
    tellStart();
    request();
  });
  reset.addEventListener("click", () => {
    trails = [];
    ball = anchor = null;
    change({ view: first.view, start: [...first.start] });
    tellStart();
    request();
  });
  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    if (!tools) return;
    const place = tools.toPlane(offsetX, offsetY);
    const { points } = viewNow();
    const far = points.map(({ at: [x, y] }) => {
      const [px, py] = tools.toCanvas(x, y);
      return Math.hypot(px - offsetX, py - offsetY);
    });
    const k = far.indexOf(Math.min(...far));
    if (k >= 0 && far[k] < grip) tieTo(k);
    else moveStart(place);
    letGo();
  });
  canvas.addEventListener("keydown", (event) => {
    const by = ((extent[1] - extent[0]) / 40) * (event.shiftKey ? 0.1 : 1);
    const move = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key];
    if (move) push(...move);
    else if (event.key === "Enter" || event.key === " ") letGo();
    else return;
    event.preventDefault();
  });

  function draw(now) {
    animate(now);
    placeTime();
    const width = root.clientWidth;
    if (!width) return;
    const view = viewNow();
    const shift = readings(view.origin);
    const own = ([x, y]) => [x - shift[0], y - shift[1]];
    const arrowsOn = (xs, ys) => {
      const key = JSON.stringify([at("view"), xs.length, ys.length, xs[0], ys[0]]);
      if (arrows?.key !== key) arrows = { key, list: flowOn(network, view.input, view.origin, axes, xs, ys) };
      return arrows.list;
    };
    const scene = {
      points: view.points,
      paths: view.paths,
      kinds,
      extent,
      axisNames: at("axis_names"),
      start: at("start"),
      trails: trails.map((trail) => trail.map(own)),
      ball: ball && own(readings(ball.states[ball.at])),
      arrowsOn,
    };
    tools = drawFlow(canvas, scene, pageLook(root), width);
    canvas.setAttribute(
      "aria-label",
      `Plane through state space with ${view.points.length} fixed or slow points, input held: ${view.label}. Arrow keys ` +
        `move the start, with Shift finely; Enter releases. ${told.textContent}; ${more.textContent}`,
    );
  }

  const onShown = () => {
    radios.forEach(({ input }, k) => (input.checked = k === at("view")));
    if (anchor !== null) moveStart([...at("start")]);
    if (ball) {
      Object.assign(ball, { step: stepAt(network, viewNow().input), from: ball.at, clock: null });
      ball.speeds[ball.at] = Infinity;
      tellBall();
    }
    request();
  };
  const onStart = () => {
    if (!ball || hasEnded()) tellStart();
    request();
  };
  model.on("change:view", onShown);
  model.on("change:start", onStart);
  const unwatch = watchPage(root, request, model);
  onShown();
  tellStart();

  return () => {
    model.off("change:view", onShown);
    model.off("change:start", onStart);
    unwatch();
    clearTimeout(settling);
    request.cancel();
  };
}

export default { render };
