// A trial of a task of choices, bin by bin, by the rules of cogdyn.envs.TrialEnv.

/** What is shown in every bin of a packed trial, (T, n_in). */
export function shownInputs({ inputs, scale }, { shown, length }) {
  const bytes = Int8Array.from(atob(shown), (letter) => letter.charCodeAt(0));
  return Array.from({ length }, (_, t) =>
    Array.from(bytes.subarray(t * inputs.length, (t + 1) * inputs.length), (level) => scale * level),
  );
}

/** A trial that begins: nothing has been answered yet. */
export function beginTrial(trial) {
  const none = trial.windows.map(() => 0);
  return { trial, bin: 0, choices: none, moments: none, reward: 0, ended: false, aborted: false, correct: false };
}

/** Name of the period of a bin; empty after the trial. */
export function periodOf({ periods }, bin) {
  return periods.find(([, start, stop]) => start <= bin && bin < stop)?.[0] ?? "";
}

/** Score in [0, 1] of what was answered. */
function scoreOf({ answers, scores, windows }, choices, moments) {
  if (!scores) return choices.filter((choice, w) => choice === answers[w]).length / choices.length;
  return choices[0] ? scores[moments[0] - windows[0][0]][choices[0] - 1] : scores.at(-1)[0];
}

/** What a response earns, as Rewards.earned has it. */
function earned(rewards, score, responded, right) {
  return score * rewards.correct + (1 - score) * (right ? 0 : responded ? rewards.error : rewards.miss);
}

/**
 * The state after one more bin, in which an action was taken: 0 fixates, k answers with class k.
 *
 * An answer outside the response periods breaks fixation and ends the trial; the first one inside is the response, and
 * that of the last period ends the trial. Without one the trial runs to its end. `reward` is that of this bin.
 */
export function act(state, action, { rewards, correct_from: correctFrom }) {
  const { trial, bin } = state;
  const { windows, answers } = trial;
  const [choices, moments] = [[...state.choices], [...state.moments]];
  const paysEach = windows.length > 1;
  let [reward, aborted, responded] = [0, false, false];
  if (action) {
    const w = windows.findIndex(([start, stop]) => start <= bin && bin < stop);
    if (w < 0) {
      reward += rewards.abort;
      aborted = true;
    } else if (choices[w] === 0) {
      choices[w] = action;
      moments[w] = bin;
      responded = w === windows.length - 1;
      if (paysEach) reward += earned(rewards, Number(action === answers[w]), true, false);
    }
  }
  const next = bin + 1;
  if (paysEach) {
    windows.forEach(([, stop], w) => {
      if (stop === next && !choices[w]) reward += earned(rewards, Number(answers[w] === 0), false, false);
    });
  }
  const ended = aborted || responded || next === trial.length;
  let correct = false;
  if (ended && !aborted) {
    const score = scoreOf(trial, choices, moments);
    correct = score >= correctFrom;
    if (!paysEach) reward += earned(rewards, score, choices[0] > 0, correct);
  }
  return { trial, bin: next, choices, moments, reward, ended, aborted, correct };
}
