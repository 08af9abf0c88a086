// A trained network that runs in the reader's browser: controls, the picture of one trial, and the answer in words.
import { argmax, meanOver, normal, observed, paint, periodBins, run, softmax, withTau } from "../../widgets/dynamics.mjs";
import { drawPicture } from "../../widgets/picture.mjs";
import { element } from "../../widgets/element.mjs";
import { changer, inNextFrame, pageLook, slider, watchPage } from "../../widgets/controls.mjs";
import { unitStrip } from "../../widgets/units.mjs";

const repeats = 48; // runs behind the percentage of correct answers

/** The bins in which the answer is read: those of the response (else of the last) period once the grace is over. */
function answerBins(periods, response, grace) {
  const filled = periods.filter(({ start, stop }) => stop > start);
  const { start, stop } = filled.find(({ name }) => name === response) ?? filled.at(-1);
  return { start: Math.min(start + grace, stop - 1), stop };
}

/** Everything one setting of the controls leads to. */
function simulate(model, { trial, tau_factor, noise, delay, silenced, seed }) {
  const network = withTau({ ...model.get("network"), noise }, tau_factor);
  const durations = delay === null ? {} : { delay };
  const painted = paint(trial, network.dt, durations);
  const inputs = observed(painted, model.get("observation_noise"), 2 * seed + 1);
  const xi = noise > 0 ? normal(2 * seed, inputs.length, network.tau.length) : null;
  const { rates, outputs } = run(network, inputs, xi, silenced);
  const periods = periodBins(trial, network.dt, durations);
  const choice = trial.answer !== null && trial.answer !== undefined;
  const lines = choice ? softmax(outputs) : outputs;
  const window = answerBins(periods, trial.response, Math.round(model.get("grace_ms") / network.dt));
  const chosen = argmax(meanOver(outputs, window));
  const mean = meanOver(lines, window);
  const finite = mean.every(Number.isFinite);
  return { inputs, rates, lines, periods, choice, window, mean, finite, chosen, correct: finite && chosen === trial.answer };
}

function percent(fraction) {
  return `${Math.round(100 * fraction)} %`;
}

function render({ model, el }) {
  const trials = model.get("trials");
  const trained = model.get("network");
  const n = trained.tau.length;
  const outputNames = model.get("output_names");
  const at = (name) => model.get(name);
  const change = changer(model);
  const shownTrial = () => trials[Math.min(at("trial"), trials.length - 1)];
  const ownDelay = (trial) => trial.periods.find(({ name }) => name === "delay")?.ms ?? null;
  const silencedMask = () => {
    const mask = new Uint8Array(n);
    for (const unit of at("silenced")) if (unit >= 0 && unit < n) mask[unit] = 1;
    return mask;
  };
  const settings = () => ({
    trial: shownTrial(),
    tau_factor: at("tau_factor"),
    noise: at("noise") ?? trained.noise,
    delay: ownDelay(shownTrial()) === null ? null : (at("delay") ?? ownDelay(shownTrial())),
    silenced: silencedMask(),
    seed: at("seed"),
  });

  // The intact, noise-free network on every trial: it fixes the colour scale and the order of the units.
  const intact = trials.map((trial) => {
    const { rates } = run(trained, paint(trial, trained.dt));
    const size = (unit) => rates.reduce((sum, row) => sum + Math.abs(row[unit]), 0);
    const peak = (unit) => rates.reduce((best, row, t) => (Math.abs(row[unit]) > Math.abs(rates[best][unit]) ? t : best), 0);
    const units = Array.from({ length: n }, (_, unit) => ({ unit, peak: peak(unit), size: size(unit) }));
    const asleep = ({ size: sum }) => sum < 1e-3 * rates.length;
    return {
      order: units.toSorted((a, b) => asleep(a) - asleep(b) || a.peak - b.peak || b.size - a.size).map(({ unit }) => unit),
      strongest: units.toSorted((a, b) => b.size - a.size).map(({ unit }) => unit),
      rates,
    };
  });
  // A few strong units would leave all others pale: the scale ends at the 99th percentile of the active bins.
  const sizes = Float64Array.from(intact.flatMap(({ rates }) => rates.flatMap((row) => Array.from(row, Math.abs)))).sort();
  const rateScale = Math.max(1e-6, sizes[Math.floor(0.99 * (sizes.length - 1))]);
  const rateSigned = trained.activation === "tanh";
  const inputScale = 1.25 * Math.max(1e-6, ...trials.flatMap(({ periods }) => periods.flatMap(({ inputs }) => inputs.map(Math.abs))));
  const baseline = () => intact[trials.indexOf(shownTrial())];

  // Controls
  const trialSelect = element("select", {}, ...trials.map(({ label }, i) => element("option", { value: i }, label)));
  trialSelect.addEventListener("change", () => change({ trial: Number(trialSelect.value) }));

  const tau = slider(
    "Time constant",
    { min: -2, max: 2, step: 0.1 },
    (octaves) => `${(2 ** octaves).toFixed(2)} × τ`,
    (octaves) => change({ tau_factor: 2 ** octaves }),
  );
  const noise = slider(
    "Network noise",
    { min: 0, max: 0.5, step: 0.01 },
    (sigma) => `σ = ${sigma.toFixed(2)}`,
    (sigma) => change({ noise: sigma }),
  );
  const coarse = trained.dt * Math.max(1, Math.round(100 / trained.dt));
  const delayStep = trials.every((trial) => ownDelay(trial) % coarse === 0) ? coarse : trained.dt;
  const delay = slider(
    "Delay",
    { min: 0, max: 4000, step: delayStep },
    (ms) => `${Math.round(ms)} ms`,
    (ms) => change({ delay: ms }),
  );
  const newNoise = element("button", { type: "button" }, "New noise");
  newNoise.addEventListener("click", () => change({ seed: at("seed") + 1 }));
  const reset = element("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => change({ tau_factor: 1, noise: null, delay: null, silenced: [] }));

  const populations = trained.populations ?? null;
  let highlighted = null;
  const units = unitStrip({
    n,
    populations,
    silence: (list) => change({ silenced: list.toSorted((a, b) => a - b) }),
    light(unit) {
      if (unit === highlighted) return;
      highlighted = unit;
      request();
    },
    rank: baseline,
    seed: () => at("seed"),
  });

  // Readout and picture
  const mark = element("span", { className: "cogdyn-mark", "aria-hidden": "true" });
  const answer = element("span", { className: "cogdyn-answer" });
  const many = element("span", { className: "cogdyn-many" });
  const spoken = element("output", { className: "cogdyn-spoken" });
  const canvas = element("canvas", { role: "img" });

  const root = element(
    "div",
    { className: "cogdyn-live" },
    element(
      "div",
      { className: "cogdyn-row" },
      element("label", { className: "cogdyn-trial" }, "Trial", trialSelect),
      newNoise,
      reset,
    ),
    element("div", { className: "cogdyn-sliders" }, tau.label, noise.label, delay.label),
    element("div", { className: "cogdyn-readout" }, element("div", {}, mark, answer), many),
    canvas,
    ...units.parts,
    spoken,
  );
  el.append(root);

  function placeControls({ tau_factor, noise: sigma, delay: ms, silenced }) {
    trialSelect.value = trials.indexOf(shownTrial());
    tau.place(Math.log2(tau_factor));
    noise.place(sigma);
    delay.label.hidden = ms === null;
    if (ms !== null) delay.place(ms);
    units.place(baseline().order, silenced);
  }

  function describe({ choice, finite, chosen, mean, correct }, trial) {
    if (!finite) return "answer: none, the rates grew without bound";
    if (!choice) {
      const when = trial.response ?? trial.periods.at(-1).name;
      return `mean outputs during ${when}: ${outputNames.map((name, i) => `${name} ${mean[i].toFixed(2)}`).join(", ")}`;
    }
    const verdict = correct ? "correct" : `wrong: ${outputNames[trial.answer]} was right`;
    return `answer: ${outputNames[chosen]} (p = ${mean[chosen].toFixed(2)}), ${verdict}`;
  }

  let settling = 0;
  let resultOf = null;
  const request = inNextFrame(draw);
  const update = () => {
    resultOf = null;
    request();
  };

  function draw() {
    const now = settings();
    const fresh = !resultOf;
    if (fresh) {
      placeControls(now);
      resultOf = simulate(model, now);
      const words = describe(resultOf, now.trial);
      answer.textContent = words;
      mark.textContent = resultOf.choice ? (resultOf.correct ? "✓" : "✗") : "";
      root.classList.toggle("cogdyn-wrong", resultOf.choice && !resultOf.correct);
      const off = now.silenced.reduce((sum, s) => sum + s, 0);
      const spread = resultOf.inputs.length * trained.dt;
      canvas.setAttribute(
        "aria-label",
        `Trial "${now.trial.label}": inputs, rates of ${n} units and outputs over ${spread} ms; ${off} units silenced; ${words}`,
      );
      settle(now, words);
    }
    const width = root.clientWidth;
    if (!width) return;
    const look = pageLook(root);
    drawPicture(
      canvas,
      {
        dt: trained.dt,
        periods: resultOf.periods,
        inputNames: at("input_names"),
        inputs: resultOf.inputs,
        inputScale,
        rates: resultOf.rates,
        rateScale,
        rateSigned,
        order: baseline().order,
        populations: Boolean(populations),
        unitColours: Array.from({ length: n }, (_, unit) => look.colours[populations ? populations[unit] : "unit"]),
        silenced: now.silenced,
        highlighted,
        lineNames: outputNames,
        lines: resultOf.lines,
        probability: resultOf.choice,
        answer: resultOf.choice ? { line: now.trial.answer, ...resultOf.window } : null,
      },
      look,
      width,
    );
  }

  /** Once the controls rest: tell the answer to a screen reader, and count correct answers in small slices of time. */
  function settle(now, words) {
    clearTimeout(settling);
    const judged = trials.filter(({ answer: right }) => right !== null && right !== undefined);
    const chance = now.noise > 0 || at("observation_noise") > 0;
    const rounds = chance ? Math.max(1, Math.round(repeats / Math.max(1, judged.length))) : 1;
    const runs = Array.from({ length: rounds }, (_, i) => judged.map((trial) => ({ trial, seed: now.seed + 1 + i }))).flat();
    let [done, right] = [0, 0];
    many.classList.add("cogdyn-stale");
    const count = () => {
      for (const end = performance.now() + 12; done < runs.length && performance.now() < end; done++) {
        const { trial, seed } = runs[done];
        right += simulate(model, { ...now, delay: ownDelay(trial) === null ? null : now.delay, trial, seed }).correct;
      }
      if (done < runs.length) return void (settling = setTimeout(count, 0));
      many.classList.remove("cogdyn-stale");
      many.textContent = runs.length ? `${percent(right / runs.length)} correct in ${runs.length} ${chance ? "noisy " : ""}trials` : "";
      spoken.textContent = [words, many.textContent].filter(Boolean).join("; ");
    };
    settling = setTimeout(count, 250);
  }

  const watched = ["trial", "tau_factor", "noise", "delay", "silenced", "seed"].map((name) => `change:${name}`);
  watched.forEach((event) => model.on(event, update));
  const unwatch = watchPage(root, request, model);
  update();

  return () => {
    watched.forEach((event) => model.off(event, update));
    units.close();
    unwatch();
    clearTimeout(settling);
    request.cancel();
  };
}

export default { render };
