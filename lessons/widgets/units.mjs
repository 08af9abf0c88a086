// The units of a network as a strip of squares which silence them: by a press, by dragging, by keyboard, by number.
import { uniform } from "./dynamics.mjs";
import { element } from "./element.mjs";

/**
 * Squares for n units, one stop of the Tab key, arrows in between, and a row that silences k units at once.
 *
 * populations: [N] of "excitatory" or "inhibitory", or null. silence(units): called with all units to be silenced.
 * light(unit): called with the unit under the pointer or the focus, or null. rank(): {order, strongest}, units by
 * time of their peak and by activity; seed(): seed of a random draw.
 * Returns {parts: elements from top to bottom, place(order, mask), close()}.
 */
export function unitStrip({ n, populations, silence, light, rank, seed }) {
  let order = null;
  let off = [];
  let brush = null;
  let painted = false;

  const squares = Array.from({ length: n }, (_, unit) => {
    const kind = populations ? `, ${populations[unit]}` : "";
    const square = element("button", {
      type: "button",
      className: `cogdyn-unit ${populations ? populations[unit] : ""}`,
      title: `unit ${unit}${kind}`,
      "aria-label": `unit ${unit}${kind}, silenced`,
      "aria-pressed": "false",
      tabIndex: -1,
    });
    square.dataset.unit = unit;
    return square;
  });
  const unitOf = (square) => Number(square.dataset.unit);
  const pressed = (square) => square.getAttribute("aria-pressed") === "true";
  const press = (square, silenced) => {
    const rest = off.filter((unit) => unit !== unitOf(square));
    silence(silenced ? [...rest, unitOf(square)] : rest);
  };

  const strip = element("div", { className: "cogdyn-strip", role: "group", "aria-label": "Units: press to silence" });
  strip.addEventListener("pointerdown", (event) => {
    const square = event.target.closest(".cogdyn-unit");
    if (!square || event.button) return;
    square.releasePointerCapture?.(event.pointerId);
    brush = !pressed(square);
    painted = true;
    press(square, brush);
  });
  strip.addEventListener("pointermove", (event) => {
    const square = document.elementFromPoint(event.clientX, event.clientY)?.closest(".cogdyn-unit");
    if (!square || !strip.contains(square)) return;
    light(unitOf(square));
    if (brush !== null && pressed(square) !== brush) press(square, brush);
  });
  const lift = () => {
    brush = null;
    setTimeout(() => (painted = false)); // after the click that follows, which has been seen to already
  };
  window.addEventListener("pointerup", lift);
  window.addEventListener("pointercancel", lift);
  strip.addEventListener("pointerleave", () => light(null));
  strip.addEventListener("click", (event) => {
    const square = event.target.closest(".cogdyn-unit");
    if (square && !painted) press(square, !pressed(square));
  });
  strip.addEventListener("keydown", (event) => {
    const here = order.indexOf(unitOf(event.target));
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to = { Home: 0, End: n - 1 }[event.key] ?? (step ? (here + step + n) % n : null);
    if (to === null || here < 0) return;
    event.preventDefault();
    squares[order[here]].tabIndex = -1;
    squares[order[to]].tabIndex = 0;
    squares[order[to]].focus();
  });
  strip.addEventListener("focusin", (event) => light(unitOf(event.target)));
  strip.addEventListener("focusout", () => light(null));

  const count = element("input", { type: "number", min: 0, max: n, step: 1, value: 0, "aria-label": "number of units to silence" });
  const kinds = [
    ["strongest", "most active units"],
    ["order", "earliest units"],
    ["random", "randomly drawn units"],
    ...(populations ? [["excitatory", "most active excitatory"], ["inhibitory", "most active inhibitory"]] : []),
  ];
  const which = element(
    "select",
    { "aria-label": "which units to silence" },
    ...kinds.map(([value, words]) => element("option", { value }, words)),
  );
  function silenceMany() {
    const ranks = rank();
    const draw = uniform(seed());
    const drawn = squares.map((_, unit) => ({ unit, key: draw() })).sort((a, b) => a.key - b.key);
    const ranking = {
      ...ranks,
      random: drawn.map(({ unit }) => unit),
      excitatory: ranks.strongest.filter((unit) => populations?.[unit] === "excitatory"),
      inhibitory: ranks.strongest.filter((unit) => populations?.[unit] === "inhibitory"),
    }[which.value];
    silence(ranking.slice(0, Math.max(0, Math.round(Number(count.value) || 0))));
  }
  count.addEventListener("input", silenceMany);
  which.addEventListener("change", silenceMany);
  const restore = element("button", { type: "button" }, "Restore all");
  restore.addEventListener("click", () => silence([]));

  const total = element("span", { className: "cogdyn-value" });
  const key = (kind, words) => element("span", { className: "cogdyn-key" }, element("i", { className: `cogdyn-unit ${kind}` }), words);
  const caption = element("span", {}, "Press or drag over units to silence them", total);
  const keys = populations ? [key("excitatory", "excitatory"), key("inhibitory", "inhibitory")] : [];

  return {
    parts: [
      element("div", { className: "cogdyn-row cogdyn-caption" }, caption, ...keys, key("off", "silenced")),
      strip,
      element("div", { className: "cogdyn-row" }, element("span", { className: "cogdyn-silence" }, "Silence the", count, which), restore),
    ],
    place(newOrder, mask) {
      off = [...squares.keys()].filter((unit) => mask[unit]);
      total.textContent = `${off.length} of ${n}`;
      if (document.activeElement !== count) count.value = off.length;
      squares.forEach((square, unit) => square.setAttribute("aria-pressed", String(Boolean(mask[unit]))));
      if (newOrder === order) return;
      order = newOrder;
      squares.forEach((square) => (square.tabIndex = -1));
      squares[order[0]].tabIndex = 0;
      strip.replaceChildren(...order.map((unit) => squares[unit]));
    },
    close() {
      window.removeEventListener("pointerup", lift);
      window.removeEventListener("pointercancel", lift);
    },
  };
}
