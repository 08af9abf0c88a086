// What our live pictures share: sliders that say their value, choices, pictures in time, and the look of the page.
import { element } from "./element.mjs";
import { palette } from "./picture.mjs";

/** A labelled slider: {label, place(number)}; show(number) is its value in words, set(number) hears of a move. */
export function slider(words, range, show, set) {
  const value = element("span", { className: "cogdyn-value" });
  const input = element("input", { type: "range", ...range });
  input.addEventListener("input", () => set(Number(input.value)));
  const label = element("label", { className: "cogdyn-slider" }, element("span", {}, words, value), input);
  return {
    label,
    place(number) {
      input.value = number;
      value.textContent = show(number);
      input.setAttribute("aria-valuetext", show(number));
    },
  };
}

/** A labelled choice between names: {label, select}; set(value) hears of another one. */
export function chooser(words, names, values, set) {
  const select = element("select", {}, ...names.map((name, k) => element("option", { value: values[k] }, name)));
  select.addEventListener("change", () => set(select.value));
  return { select, label: element("label", { className: "cogdyn-trial" }, words, select) };
}

/** A function that gives the model new values by name. */
export function changer(model) {
  return (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
}

/** A function that asks for draw(now) in the page's next frame, once however often it is called; cancel() withdraws it. */
export function inNextFrame(draw) {
  let frame = 0;
  const request = () => {
    frame ||= requestAnimationFrame((now) => {
      frame = 0;
      draw(now);
    });
  };
  request.cancel = () => cancelAnimationFrame(frame);
  return request;
}

/** Colours, ink and font that suit the page, light or dark. */
export function pageLook(root) {
  const style = getComputedStyle(root);
  const [r, g, b] = style.color.match(/[\d.]+/g).map(Number);
  const dark = 0.3 * r + 0.6 * g + 0.1 * b > 128;
  root.classList.toggle("cogdyn-dark", dark);
  return { colours: dark ? palette.dark : palette.light, ink: style.color, fontFamily: style.fontFamily };
}

const stillAfter = 1500; // ms without a new picture
const widestStill = 1000; // px

/** Send the kernel a still of the canvas, which the notebook keeps for the time when the kernel is gone. */
function sendStill(model, canvas, dark) {
  if (!model.send || !canvas.width || !canvas.height) return;
  const still = document.createElement("canvas");
  still.width = Math.min(canvas.width, widestStill);
  still.height = Math.round((canvas.height * still.width) / canvas.width);
  const pen = still.getContext("2d");
  pen.fillStyle = dark ? "#111111" : "#ffffff";
  pen.fillRect(0, 0, still.width, still.height);
  pen.drawImage(canvas, 0, 0, still.width, still.height);
  model.send({ still: still.toDataURL("image/png"), words: canvas.getAttribute("aria-label") ?? "" });
}

/**
 * Ask for a new picture when the root is resized or the page changes its look, and send a still of its canvas to the
 * model when that has rested; returns how to stop.
 */
export function watchPage(root, request, model) {
  const resized = new ResizeObserver(request);
  resized.observe(root);
  const repainted = new MutationObserver(request);
  for (const page of [document.documentElement, document.body]) repainted.observe(page, { attributes: true });
  const canvas = root.querySelector("canvas");
  let resting = 0;
  const redrawn = new MutationObserver(() => {
    clearTimeout(resting);
    resting = setTimeout(() => sendStill(model, canvas, root.classList.contains("cogdyn-dark")), stillAfter);
  });
  redrawn.observe(canvas, { attributes: true });
  return () => {
    resized.disconnect();
    repainted.disconnect();
    redrawn.disconnect();
    clearTimeout(resting);
  };
}
