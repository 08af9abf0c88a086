// The page "Your course": what the reader predicted, answered and wrote in each lesson, and a file of it.
import { element } from "./element.mjs";
import { forgetRecord, keepRecord, keepsRecords, recallRecord } from "./progress.mjs";

const parts = { predictions: "prediction", answers: "answer", exercises: "exercise" };

/** Lessons as the book lists them, each with what is kept of its predictions, answers and exercises. */
export function progressOf(lessons) {
  return lessons.map((lesson) => {
    const found = Object.entries(parts).map(([part, kind]) => [
      part,
      lesson[part].map((one) => ({ ...one, ...(recallRecord(kind, one.key) ?? {}) })),
    ]);
    return { name: lesson.name, title: lesson.title, page: lesson.page, ...Object.fromEntries(found) };
  });
}

const done = (list) => list.filter((one) => one.at !== undefined);

/** What goes into the file: what was done, without what was not. */
export function exported(lessons) {
  const all = progressOf(lessons).map(({ name, title, predictions, answers, exercises }) => {
    return { name, title, predictions: done(predictions), answers: done(answers), exercises: done(exercises) };
  });
  return { format: "cogdyn progress", version: 1, exported: new Date().toISOString(), lessons: all };
}

/** How far a lesson is, in words. */
export function summary({ predictions, answers, exercises }) {
  const right = answers.filter((one) => one.right).length;
  const said = [
    `${done(predictions).length} of ${predictions.length} predicted`,
    `${right} of ${answers.length} questions right`,
  ];
  if (exercises.length) said.push(`${done(exercises).length} of ${exercises.length} exercises`);
  return said.join(", ");
}

/** When it was, in brackets, with more to say. */
function when(record, more = "") {
  const day = record.at ? new Date(record.at).toLocaleDateString(undefined, { dateStyle: "medium" }) : "";
  const said = [day, more].filter(Boolean).join(", ");
  return said && ` (${said})`;
}

function line(mark, words, question) {
  return element("li", {}, element("span", { className: "cogdyn-mark" }, mark), `${question} `, element("em", {}, words));
}

const plain = (text) => text.replace(/[`*]/g, "");

function details(lesson, changed) {
  const predicted = lesson.predictions.map((one) =>
    line("", one.text ? plain(one.text) + when(one) : "no prediction yet", plain(one.question)),
  );
  const answered = lesson.answers.map((one) => {
    if (!one.text) return line("", "not answered yet", plain(one.question));
    const words = plain(one.text) + when(one, one.tries > 1 ? `after ${one.tries} answers` : "");
    return line(one.right ? "✓ right:" : "✗ not right:", words, plain(one.question));
  });
  const written = lesson.exercises.map((one) => {
    const box = element("input", { type: "checkbox", checked: one.at !== undefined });
    box.addEventListener("change", () => {
      if (box.checked) keepRecord("exercise", one.key, {});
      else forgetRecord("exercise", one.key);
      changed();
    });
    const words = element("span", {}, "I wrote ", element("code", {}, one.question), ", and its check says Right");
    return element("li", { className: "cogdyn-box" }, element("label", {}, box, words, when(one)));
  });
  const list = (title, items) => (items.length ? [element("h3", {}, title), element("ul", {}, ...items)] : []);
  return [...list("Predictions", predicted), ...list("Quiz", answered), ...list("Exercises", written)];
}

function save(lessons, name) {
  const content = new Blob([JSON.stringify(exported(lessons), null, 1)], { type: "application/json" });
  const link = element("a", { href: URL.createObjectURL(content), download: `${name || "progress"}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Show the course in an element of the page. */
export function mountCourse(root, lessons) {
  const whole = element("p", { role: "status" });
  const list = element("div");
  const name = element("input", { type: "text", autocomplete: "off", placeholder: "progress" });
  const download = element("button", { type: "button" }, "Save as a file");
  const forget = element("button", { type: "button" }, "Forget everything");
  const open = new Set();

  function show() {
    const all = progressOf(lessons);
    const questions = all.flatMap((lesson) => lesson.answers);
    const begun = all.filter((one) => done([...one.predictions, ...one.answers, ...one.exercises]).length);
    const right = questions.filter((one) => one.right).length;
    whole.textContent =
      `${begun.length} of ${all.length} lessons begun, ${right} of ${questions.length} questions right.` +
      (keepsRecords() ? "" : " This browser keeps nothing for this page: it is gone when you close it.");
    list.replaceChildren(
      ...all.map((lesson) => {
        const title = element("summary", {}, element("strong", {}, lesson.title), `: ${summary(lesson)}`);
        const link = element("p", {}, element("a", { href: lesson.page }, "Go to the lesson"));
        const made = element("details", { open: open.has(lesson.name) }, title, ...details(lesson, showWhole), link);
        made.addEventListener("toggle", () => (made.open ? open.add(lesson.name) : open.delete(lesson.name)));
        return made;
      }),
    );
  }
  /** After a box was ticked: the numbers, and the focus where it was. */
  function showWhole() {
    const boxes = () => [...list.querySelectorAll("input")];
    const at = boxes().indexOf(document.activeElement);
    show();
    boxes()[at]?.focus();
  }

  download.addEventListener("click", () => save(lessons, name.value.trim()));
  forget.addEventListener("click", () => {
    if (forget.dataset.sure) {
      for (const lesson of lessons)
        for (const [part, kind] of Object.entries(parts)) lesson[part].forEach((one) => forgetRecord(kind, one.key));
      show();
    }
    const sure = !forget.dataset.sure;
    if (sure) forget.dataset.sure = "yes";
    else delete forget.dataset.sure;
    forget.textContent = sure ? "Press again to forget everything" : "Forget everything";
  });
  const label = element("label", {}, "Name of the file ", name);
  root.append(whole, list, element("div", { className: "cogdyn-row" }, label, download, forget));
  globalThis.addEventListener("storage", show);
  globalThis.addEventListener("pageshow", show); // the reader comes back from a lesson
  show();
}
