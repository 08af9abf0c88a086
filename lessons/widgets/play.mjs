// A person does a task in the page: packed trials run on a clock, keys and buttons answer, every trial is written down.
import { element } from "./element.mjs";
import { slider } from "./controls.mjs";
import { fitCanvas, strokeWith, writeWith } from "./picture.mjs";
import { act, beginTrial, periodOf, shownInputs } from "./trial_rules.mjs";

const pauseMs = 900; // between two trials
const stallMs = 250; // of one frame: a page that slept does not run on by itself
const arrows = { left: ["ArrowLeft", "←"], right: ["ArrowRight", "→"], up: ["ArrowUp", "↑"], down: ["ArrowDown", "↓"] };
const columns = ["session", "trial", "choice", "answer", "correct", "aborted", "reaction_ms", "reward"];

/** Keys that answer with each class, [{action, name, keys, sign}]: 1, 2, ... and arrows where classes are called so. */
export function answerKeys(outputs) {
  return outputs.slice(1).map((name, k) => {
    const number = k < 9 ? [String(k + 1)] : [];
    const [key, sign] = arrows[name] ?? [];
    return { action: k + 1, name, keys: key ? [key, ...number] : number, sign: sign ?? (k < 9 ? String(k + 1) : "") };
  });
}

/** A finished trial as a row of the table of trials. */
export function rowOf(packed, number, state) {
  const { trial, choices, moments, aborted, correct } = state;
  const choice = choices[0];
  const taken = new Set([...columns, "previous_choice", "previous_reward"]);
  const conditions = Object.entries(trial.conditions).map(([name, value]) => [taken.has(name) ? `condition ${name}` : name, value]);
  return {
    session: 1,
    trial: number + 1,
    choice,
    answer: trial.answers[0],
    correct,
    aborted,
    reaction_ms: choice ? (moments[0] - trial.windows[0][0]) * packed.dt : NaN,
    reward: state.total,
    ...Object.fromEntries(conditions),
  };
}

/** Rows as a CSV file, as cogdyn.agents.behaviour's save_trials writes it, with what came before each trial. */
export function csvOf(rows) {
  const full = rows.map((row, k) => ({
    ...row,
    previous_choice: k ? rows[k - 1].choice : 0,
    previous_reward: k ? rows[k - 1].reward : NaN,
  }));
  const cell = (value) => (value === true ? "True" : value === false ? "False" : Number.isNaN(value) ? "" : String(value));
  return [Object.keys(full[0]), ...full.map((row) => Object.values(row).map(cell))].map((row) => `${row.join(",")}\n`).join("");
}

/** What became of a trial, in words. */
export function verdict({ outputs }, row) {
  if (row.aborted) return "✗ too early: the trial is over";
  if (row.correct) return `✓ right${row.choice ? `: ${outputs[row.choice]}` : ": no answer was asked for"}`;
  if (!row.choice) return `✗ no answer came; right was ${outputs[row.answer]}`;
  return `✗ wrong: it was ${outputs[row.answer]}`;
}

/**
 * A player of packed trials: {parts, draw(look, width), rows, speed, close}.
 *
 * onTrial(row, state) is called after each trial; request() asks for a new picture.
 */
export function player(packed, { speed: firstSpeed, onTrial, request, changeSpeed }) {
  const { trials, dt, inputs } = packed;
  const shown = trials.map((trial) => shownInputs(packed, trial));
  const values = shown.flat(2);
  const low = values.reduce((a, b) => Math.min(a, b), 0);
  const high = values.reduce((a, b) => Math.max(a, b), 0.1);
  const answers = answerKeys(packed.outputs);
  const rows = [];
  let speed = firstSpeed;
  let state = null; // of the trial under way
  let pending = 0; // what was pressed in this bin
  let running = false;
  let since = 0; // when this bin, or the pause, began
  let last = 0;
  let message = "";

  const canvas = element("canvas", { role: "img" });
  const go = element("button", { type: "button" }, "Begin");
  const again = element("button", { type: "button" }, "Start again");
  const save = element("a", { className: "cogdyn-download", download: `${packed.task}.csv`, hidden: true }, "Download the trials (CSV)");
  const pace = slider("Pace", { min: 0.1, max: 1, step: 0.05 }, (s) => `a second takes ${(1 / s).toFixed(1)} s`, (s) => {
    speed = s;
    changeSpeed(s);
  });
  const press = (action) => {
    if (running && state && !state.ended) pending = action;
  };
  const buttons = answers.map(({ action, name, sign }) => {
    const button = element("button", { type: "button", className: "cogdyn-answer-button" }, `${sign} ${name}`.trim());
    button.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the keys stay with the stage
      press(action);
    });
    button.addEventListener("click", (event) => event.detail === 0 && press(action)); // by keyboard
    return button;
  });
  const keys = answers.filter(({ keys: k }) => k.length).map(({ name, keys: k }) => `${k[0]}: ${name}`);
  const stage = element("div", { className: "cogdyn-stage", tabIndex: 0, role: "group" }, canvas);
  stage.setAttribute("aria-label", `The trial. Keys: Space begins and pauses, ${keys.join(", ")}`);
  stage.dataset.lmSuppressShortcuts = "true";
  const said = element("output", { className: "cogdyn-said" });

  const finished = () => rows.length === trials.length && !(state && !state.ended);

  function nextTrial(now) {
    state = { ...beginTrial(trials[rows.length]), total: 0 };
    pending = 0;
    since = now;
    message = "";
  }

  function run(yes) {
    running = yes && !finished();
    if (running && state && !state.ended) nextTrial(performance.now()); // a paused trial begins again
    else if (running) since = performance.now() - pauseMs;
    else if (state && !state.ended) state = null;
    go.textContent = running ? "Pause" : rows.length ? "Continue" : "Begin";
    go.disabled = finished();
    last = performance.now();
    if (running) stage.focus({ preventScroll: true });
    request();
  }

  function endTrial(now) {
    const row = rowOf(packed, rows.length, state);
    rows.push(row);
    message = verdict(packed, row);
    said.textContent = `trial ${rows.length}: ${message}`;
    since = now;
    save.hidden = false;
    if (save.href) URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(new Blob([csvOf(rows)], { type: "text/csv" }));
    onTrial(row, state);
    if (rows.length === trials.length) run(false);
  }

  /** Let the clock run to now: bins end, trials end and begin. */
  function tick(now) {
    if (!running) return;
    if (now - last > stallMs) since += now - last;
    last = now;
    if (!state || state.ended) {
      if (now - since >= pauseMs / Math.max(1, speed)) nextTrial(now);
      return;
    }
    const binMs = dt / speed;
    while (running && state && !state.ended && now - since >= binMs) {
      const before = state.total;
      state = act(state, pending, packed);
      state.total = before + state.reward;
      pending = 0;
      since += binMs;
      if (state.ended) endTrial(now);
    }
  }

  function draw({ colours, ink, fontFamily }, width) {
    tick(performance.now());
    pace.place(speed);
    const height = 210;
    fitCanvas(canvas, width, height);
    const pen = canvas.getContext("2d");
    const write = writeWith(pen, ink, fontFamily);
    const stroke = strokeWith(pen, ink);
    const live = state && !state.ended;
    const bin = live ? state.bin : 0;
    const asked = live && state.trial.windows.some(([start, stop]) => start <= bin && bin < stop);
    const now = live ? shown[rows.length][bin] : null;
    const words = finished()
      ? "that was the last trial"
      : live
        ? asked
          ? "answer now"
          : "watch"
        : message || (running ? "" : rows.length ? "paused" : "press Begin, or Space");
    write(words, width / 2, 20, { align: "center", weight: 600, size: 15, colour: asked ? colours.right : ink });
    write(`trial ${Math.min(trials.length, rows.length + (live ? 1 : 0))} of ${trials.length}`, width - 4, height - 10, { align: "right", size: 11, alpha: 0.85 });
    write(live ? periodOf(state.trial, bin) : "", 4, height - 10, { size: 11, alpha: 0.85 });
    const [ceiling, floor] = [44, height - 44];
    const up = (value) => floor - ((floor - ceiling) * (Math.max(low, Math.min(high, value)) - low)) / (high - low);
    const each = Math.min(110, (width - 16) / inputs.length);
    const start = (width - each * inputs.length) / 2;
    stroke([[start, up(0)], [start + each * inputs.length, up(0)]], { alpha: 0.4 });
    inputs.forEach((name, k) => {
      const x = start + k * each;
      const grey = /^fixat/i.test(name);
      pen.fillStyle = grey ? colours.fixation : colours.lines[k % colours.lines.length];
      if (now) pen.fillRect(x + each * 0.2, Math.min(up(0), up(now[k])), each * 0.6, Math.abs(up(now[k]) - up(0)));
      if (each > 46) write(name.split(" ").at(-1), x + each / 2, floor + 14, { align: "center", size: 11.5 });
    });
    stage.classList.toggle("cogdyn-asked", Boolean(asked));
    canvas.setAttribute("aria-label", `What is shown: ${inputs.join(", ")}, as bars; ${words}`);
  }

  go.addEventListener("click", () => run(!running));
  again.addEventListener("click", () => {
    rows.length = 0;
    state = null;
    message = "";
    save.hidden = true;
    run(false);
    onTrial(null, null);
  });
  stage.addEventListener("keydown", (event) => {
    const answer = answers.find(({ keys: k }) => k.includes(event.key));
    if (event.key === " ") run(!running);
    else if (answer) press(answer.action);
    else return;
    event.preventDefault();
  });
  const hide = () => document.hidden && running && run(false);
  document.addEventListener("visibilitychange", hide);

  return {
    parts: [
      element("div", { className: "cogdyn-row" }, go, again, save),
      stage,
      element("div", { className: "cogdyn-row cogdyn-answers" }, ...buttons),
      said,
      element("div", { className: "cogdyn-sliders" }, pace.label),
    ],
    rows,
    draw,
    isRunning: () => running,
    setSpeed: (s) => (speed = s),
    close() {
      running = false;
      document.removeEventListener("visibilitychange", hide);
    },
  };
}
