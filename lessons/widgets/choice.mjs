// Questions in a page: predictions that are kept, their recall further down, and quizzes that explain every option.
import { element } from "./element.mjs";
import { forgetRecord, keepRecord, recallRecord } from "./progress.mjs";

const shownAgain = "cogdyn-prediction"; // tells the recalls of the same page

export function recallChoice(key) {
  return recallRecord("prediction", key)?.text ?? null;
}

/** Keep a prediction; the time is that of the choice, not of a later visit. */
export function keepChoice(key, text) {
  if (recallChoice(key) !== text) keepRecord("prediction", key, { text });
}

export function forgetChoice(key) {
  forgetRecord("prediction", key);
}

/** Keep the last answer to a question, how many were given, and whether the first was right. */
export function keepAnswer(key, text, right) {
  const before = recallRecord("answer", key);
  if (before?.text === text) return;
  const tries = (before?.tries ?? 0) + 1;
  keepRecord("answer", key, { text, right, tries, first: before ? before.first : right });
}

/** Pieces of a text with `code` and *emphasis*: [{tag, text}]. */
export function pieces(text) {
  return text
    .split(/(`[^`]+`|\*[^*\s](?:[^*]*[^*\s])?\*)/)
    .filter(Boolean)
    .map((part) => {
      const marked = part.length > 2 && part[0] === part.at(-1);
      if (marked && part[0] === "`") return { tag: "code", text: part.slice(1, -1) };
      if (marked && part[0] === "*") return { tag: "em", text: part.slice(1, -1) };
      return { tag: "span", text: part };
    });
}

function prose(text) {
  return pieces(text).map(({ tag, text: words }) => element(tag, { textContent: words }));
}

function frame(model, el, ...children) {
  const root = element("div", { className: "cogdyn-choice" }, ...children);
  root.dataset.kind = model.get("kind");
  el.append(root);
  return root;
}

/** A form of radio buttons; a form of its own keeps buttons of other questions out of the group. */
function radios(model, label, pick) {
  const inputs = [];
  const options = model.get("options").map(({ text }, i) => {
    const input = element("input", { type: "radio", name: "option", value: String(i) });
    input.addEventListener("change", () => pick(i));
    inputs.push(input);
    return element("label", { className: "cogdyn-option" }, input, element("span", {}, ...prose(text)));
  });
  const legend = element("legend", {}, element("strong", { textContent: `${label} ` }), ...prose(model.get("question")));
  const form = element("form", {}, element("fieldset", {}, legend, ...options));
  form.addEventListener("submit", (event) => event.preventDefault());
  return { form, check: (chosen) => inputs.forEach((input, i) => (input.checked = i === chosen)) };
}

function choose(model, chosen) {
  model.set("choice", chosen);
  model.save_changes();
}

function renderPrediction({ model, el }) {
  const key = model.get("key");
  const texts = model.get("options").map(({ text }) => text);
  const { form, check } = radios(model, "Predict.", (chosen) => choose(model, chosen));
  const note = element("p", { className: "cogdyn-note" });
  note.setAttribute("aria-live", "polite");
  const clear = element("button", { type: "button", textContent: "Clear" });
  clear.addEventListener("click", () => choose(model, null));
  frame(model, el, form, element("div", { className: "cogdyn-foot" }, note, clear));

  const show = () => {
    const chosen = model.get("choice");
    check(chosen);
    clear.hidden = chosen === null;
    note.textContent =
      chosen === null ? "Choose before you read on." : "Kept. Come back to it after you have run the network.";
  };
  const update = () => {
    const chosen = model.get("choice");
    if (chosen === null) forgetChoice(key);
    else keepChoice(key, texts[chosen]);
    globalThis.dispatchEvent(new CustomEvent(shownAgain, { detail: key }));
    show();
  };
  const before = texts.indexOf(recallChoice(key));
  if (model.get("choice") === null && before >= 0) choose(model, before);
  model.on("change:choice", update);
  if (model.get("choice") === null) show();
  else update();
  return () => model.off("change:choice", update);
}

function renderRecall({ model, el }) {
  const key = model.get("key");
  const text = element("p");
  text.setAttribute("aria-live", "polite");
  const root = frame(model, el, text);
  const show = (event) => {
    if (event?.detail !== undefined && event.detail !== key) return;
    const kept = recallChoice(key) ?? model.get("options")[model.get("choice") ?? -1]?.text ?? null;
    const words =
      kept === null
        ? ["No prediction yet: go back and choose one; a guess is enough."]
        : [element("strong", { textContent: "You predicted: " }), ...prose(kept)];
    text.replaceChildren(...words);
    root.classList.toggle("cogdyn-empty", kept === null);
  };
  globalThis.addEventListener(shownAgain, show);
  globalThis.addEventListener("storage", show);
  show();
  return () => {
    globalThis.removeEventListener(shownAgain, show);
    globalThis.removeEventListener("storage", show);
  };
}

function renderQuiz({ model, el }) {
  const { form, check } = radios(model, "Question.", (chosen) => {
    const { text, correct } = model.get("options")[chosen];
    if (model.get("key")) keepAnswer(model.get("key"), text, correct);
    choose(model, chosen);
  });
  const verdict = element("div", { className: "cogdyn-verdict" });
  verdict.setAttribute("aria-live", "polite");
  frame(model, el, form, verdict);
  const show = () => {
    const chosen = model.get("choice");
    check(chosen);
    verdict.hidden = chosen === null;
    if (chosen === null) return verdict.replaceChildren();
    const { explanation, correct } = model.get("options")[chosen];
    verdict.classList.toggle("cogdyn-wrong", !correct);
    verdict.replaceChildren(
      element("strong", { textContent: correct ? "✓ Right. " : "✗ Not this one. " }),
      ...prose(explanation),
    );
  };
  model.on("change:choice", show);
  show();
  return () => model.off("change:choice", show);
}

const kinds = { predict: renderPrediction, recall: renderRecall, quiz: renderQuiz };

export default { render: (host) => kinds[host.model.get("kind")](host) };
