// What our live pictures share: sliders that say their value, and the look of the page around them.
import { element } from "./element.mjs";
import { palette } from "./live_picture.mjs";

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

/** Colours, ink and font that suit the page, light or dark. */
export function pageLook(root) {
  const style = getComputedStyle(root);
  const [r, g, b] = style.color.match(/[\d.]+/g).map(Number);
  const dark = 0.3 * r + 0.6 * g + 0.1 * b > 128;
  root.classList.toggle("cogdyn-dark", dark);
  return { colours: dark ? palette.dark : palette.light, ink: style.color, fontFamily: style.fontFamily };
}

/** Ask for a new picture when the root is resized or the page changes its look; returns how to stop. */
export function watchPage(root, request) {
  const resized = new ResizeObserver(request);
  resized.observe(root);
  const repainted = new MutationObserver(request);
  for (const page of [document.documentElement, document.body]) repainted.observe(page, { attributes: true });
  return () => {
    resized.disconnect();
    repainted.disconnect();
  };
}
