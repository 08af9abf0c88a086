// A plane through state space to explore: an input to hold, a place from which to release, and what becomes of the state.
import { element } from "./element.mjs";
import { pageLook, watchPage } from "./live_controls.mjs";
import { apart, flowOn, projected, readoutOf, stateAt, stepAt } from "./flow.mjs";
import { drawFlow, pointNames } from "./flow_picture.mjs";

const pace = 0.5; // of real time
const restSpeed = 1e-9; // q = |F(h) - h|^2 / 2
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
  const where = near ? `${rests ? "at" : "nearest is"} ${near.name}${rests && near.distance < 0.01 ? "" : `, ${inNumbers(near.distance)} away`}` : "";
  const how = rests ? "at rest" : done ? "still moving" : "moving";
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
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const viewNow = () => views[Math.min(views.length - 1, at("shown"))];
  const first = { shown: at("shown"), start: at("start") };

  const group = `cogdyn-held-${Math.random().toString(36).slice(2)}`;
  const radios = views.map(({ label }, k) => {
    const input = element("input", { type: "radio", name: group, value: k });
    input.addEventListener("change", () => change({ shown: k }));
    return { input, label: element("label", { className: "cogdyn-key" }, input, label) };
  });
  const release = element("button", { type: "button" }, "Release");
  const next = element("button", { type: "button" }, "Next fixed point");
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
    element("div", { className: "cogdyn-row" }, release, ...(kinds.length ? [next] : []), clear, reset),
    readout,
    canvas,
    spoken,
  );
  root.style.maxWidth = "44rem";
  el.append(root);

  let frame = 0;
  let settling = 0;
  let anchor = null; // index of the fixed point that the start is tied to, with its own offset
  let offset = [0, 0];
  let trails = []; // of what the axes read from states, the origin not yet taken off
  let ball = null; // {h, bins, clock, done, step}
  let tools = null; // from canvas to plane and back
  let arrows = null; // of the grid drawn last

  const request = () => {
    frame ||= requestAnimationFrame(draw);
  };
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
  function tellBall() {
    const view = viewNow();
    const found = nearest(view.points, ball.h);
    const words = tellState(
      {
        ms: ball.bins * network.dt,
        speed: ball.speed,
        off: projected(view.origin, axes, ball.h).off,
        near: found && { name: view.points[found.k].name, distance: found.distance },
        outputs: outputNames.map((name, k) => ({ name, value: readoutOf(network, ball.h)[k] })),
      },
      ball.done,
    );
    say(words.state, words.rest);
  }

  function letGo() {
    const h = startState();
    trails = [...trails, [readings(h)]].slice(-mostTrails);
    ball = { h, bins: 0, from: 0, owed: 0, clock: null, done: false, speed: Infinity, step: stepAt(network, viewNow().input) };
    request();
  }
  function advance(bins) {
    for (let k = 0; k < bins && !ball.done; k++) {
      const h = ball.step(ball.h);
      ball.speed = apart(h, ball.h) ** 2 / 2;
      ball.h = h;
      ball.bins += 1;
      trails.at(-1).push(readings(h));
      ball.done = ball.speed < restSpeed || (ball.bins - ball.from) * network.dt >= at("duration");
    }
  }
  function animate(now) {
    if (!ball || ball.done) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) advance(Infinity);
    else {
      ball.owed += ball.clock === null ? 0 : (Math.min(100, now - ball.clock) * pace) / network.dt;
      ball.clock = now;
      const whole = Math.floor(ball.owed);
      ball.owed -= whole;
      advance(whole);
    }
    tellBall();
    if (!ball.done) request();
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
    change({ shown: first.shown, start: [...first.start] });
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
    frame = 0;
    animate(now);
    const width = root.clientWidth;
    if (!width) return;
    const view = viewNow();
    const shift = readings(view.origin);
    const own = ([x, y]) => [x - shift[0], y - shift[1]];
    const arrowsOn = (xs, ys) => {
      const key = JSON.stringify([at("shown"), xs.length, ys.length, xs[0], ys[0]]);
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
      ball: ball && own(readings(ball.h)),
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
    radios.forEach(({ input }, k) => (input.checked = k === at("shown")));
    if (anchor !== null) moveStart([...at("start")]);
    if (ball) {
      Object.assign(ball, { step: stepAt(network, viewNow().input), from: ball.bins, clock: null, done: false, speed: Infinity });
    }
    request();
  };
  const onStart = () => {
    if (!ball || ball.done) tellStart();
    request();
  };
  model.on("change:shown", onShown);
  model.on("change:start", onStart);
  const unwatch = watchPage(root, request);
  onShown();
  tellStart();

  return () => {
    model.off("change:shown", onShown);
    model.off("change:start", onStart);
    unwatch();
    clearTimeout(settling);
    cancelAnimationFrame(frame);
  };
}

export default { render };
