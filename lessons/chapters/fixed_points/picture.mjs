// The picture of a flow on a plane: arrows, fixed points told apart by their shape, trails and the place of the start.
import { fitCanvas, roundStep, strokeWith } from "../../widgets/picture.mjs";

const kindOrder = ["stable", "saddle", "unstable", "slow"];
const kindColour = { stable: 0, saddle: 3, unstable: 1, slow: 2 }; // of the palette's lines
const arrowEvery = 27; // px
const tallest = 460; // px, of the plane

/** Names of the points of a view, such as "saddle 2", numbered within their kind. */
export function pointNames(points) {
  const count = {};
  return points.map(({ kind }) => {
    count[kind] = (count[kind] ?? 0) + 1;
    return `${kind === "slow" ? "slow point" : kind === "saddle" ? "saddle" : `${kind} point`} ${count[kind]}`;
  });
}

/** Where the plane lies on a canvas of this width: {left, top, wide, tall, scale, x0, y1, height} in px. */
export function layout(extent, width, top) {
  const [x0, x1, y0, y1] = extent;
  const left = 46;
  const room = width - left - 8;
  const tall = Math.min(tallest, (room * (y1 - y0)) / (x1 - x0));
  const scale = tall / (y1 - y0);
  const wide = Math.min(room, 1.4 * Math.max(tall, (x1 - x0) * scale));
  return { left, top, wide, tall, scale, x0: (x0 + x1) / 2 - wide / scale / 2, y1, height: top + tall + 36 };
}

/** Values at the middle of n equal parts of an interval. */
function middles(from, length, n) {
  return Array.from({ length: n }, (_, k) => from + ((k + 0.5) * length) / n);
}

/** The grid of arrows of a layout: {xs, ys}. */
export function gridOf({ wide, tall, scale, x0, y1 }) {
  const [nx, ny] = [wide, tall].map((side) => Math.max(4, Math.round(side / arrowEvery)));
  return { xs: middles(x0, wide / scale, nx), ys: middles(y1 - tall / scale, tall / scale, ny) };
}

/** The speed that is drawn as an arrow of full length: no more than one in ten is faster. */
function fullSpeed(arrows) {
  const sorted = arrows.map(({ velocity: [dx, dy] }) => Math.hypot(dx, dy)).sort((a, b) => a - b);
  return sorted[Math.floor(0.9 * (sorted.length - 1))] || 1;
}

/** Draw one mark at a place on the canvas; directions are unit vectors in px: the ways out, or the slowest way in. */
function drawMark(pen, kind, x, y, directions, colour) {
  Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 2.25, globalAlpha: 1 });
  pen.setLineDash([]);
  pen.beginPath();
  if (kind === "stable") {
    pen.arc(x, y, 6, 0, 2 * Math.PI);
    pen.fill();
    return;
  }
  if (kind === "slow") {
    const [ux, uy] = directions[0] ?? [1, 0];
    pen.lineWidth = 4;
    pen.moveTo(x - 7 * ux, y - 7 * uy);
    pen.lineTo(x + 7 * ux, y + 7 * uy);
    pen.stroke();
    return;
  }
  if (kind === "saddle") {
    pen.moveTo(x, y - 7);
    for (const [px, py] of [[x + 7, y], [x, y + 7], [x - 7, y]]) pen.lineTo(px, py);
    pen.closePath();
    pen.stroke();
    pen.beginPath();
    for (const [ux, uy] of directions.flatMap(([ux, uy]) => [[ux, uy], [-ux, -uy]])) {
      pen.moveTo(x + 8 * ux, y + 8 * uy);
      pen.lineTo(x + 15 * ux, y + 15 * uy);
    }
    pen.stroke();
    return;
  }
  pen.moveTo(x, y - 8);
  pen.lineTo(x + 7.5, y + 5.5);
  pen.lineTo(x - 7.5, y + 5.5);
  pen.closePath();
  pen.stroke();
}

/**
 * Draw the scene; returns {toPlane(px, py), toCanvas(x, y)}.
 *
 * scene: {view, points with their names, arrowsOn(xs, ys), extent, axisNames, kinds that any view has, trails: lists of
 * [x, y], ball: [x, y] or null, start: [x, y]}.
 */
export function drawFlow(canvas, scene, { colours, ink, fontFamily }, width) {
  const pen = canvas.getContext("2d");
  const kinds = kindOrder.filter((kind) => scene.kinds.includes(kind));
  pen.font = `400 12px ${fontFamily}`;
  const items = [...kinds.map((kind) => [kind, kind]), ...(scene.paths.length ? [["path", "trials"]] : []), ["trail", "released"], ["start", "start"]];
  let [x, row] = [12, 0];
  const places = items.map(([mark, words]) => {
    const needed = 24 + pen.measureText(words).width + 16;
    if (x + needed > width && x > 12) [x, row] = [12, row + 1];
    const place = { mark, words, x, y: 12 + 20 * row };
    x += needed;
    return place;
  });
  const plane = layout(scene.extent, width, 12 + 20 * (row + 1));
  const { left, top, wide, tall, scale, x0, y1, height } = plane;
  fitCanvas(canvas, width, height);
  Object.assign(pen, { textBaseline: "middle", lineJoin: "round", lineCap: "round" });

  const toCanvas = (px, py) => [left + (px - x0) * scale, top + (y1 - py) * scale];
  const toPlane = (px, py) => [x0 + (px - left) / scale, y1 - (py - top) / scale];
  const write = (words, px, py, { align = "center", alpha = 1, size = 12, weight = 400 } = {}) => {
    pen.font = `${weight} ${size}px ${fontFamily}`;
    Object.assign(pen, { textAlign: align, fillStyle: ink, globalAlpha: alpha });
    pen.fillText(words, px, py);
    pen.globalAlpha = 1;
  };
  const stroke = strokeWith(pen, ink);
  const disc = (px, py, radius, colour, hollow = false) => {
    pen.beginPath();
    pen.arc(px, py, radius, 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: colour, strokeStyle: colour, lineWidth: 2 });
    if (hollow) pen.stroke();
    else pen.fill();
  };
  const cross = (px, py) => {
    for (const [ux, uy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) stroke([[px + 4 * ux, py + 4 * uy], [px + 11 * ux, py + 11 * uy]], { thick: 2 });
    disc(px, py, 4, ink, true);
  };
  const markColour = (kind) => colours.lines[kindColour[kind]];

  for (const { mark, words, x: at, y } of places) {
    if (mark === "trail") {
      stroke([[at, y], [at + 16, y]], { thick: 2.5 });
      disc(at + 16, y, 4, ink);
    } else if (mark === "path") stroke([[at, y], [at + 16, y]], { colour: colours.lines[5], thick: 1.5 });
    else if (mark === "start") cross(at + 8, y);
    else drawMark(pen, mark, at + 8, y, [], markColour(mark));
    write(words, at + 26, y, { align: "left" });
  }

  pen.save();
  pen.beginPath();
  pen.rect(left, top, wide, tall);
  pen.clip();
  const { xs, ys } = gridOf(plane);
  const arrows = scene.arrowsOn(xs, ys);
  const full = fullSpeed(arrows);
  const longest = 0.92 * Math.min(wide / xs.length, tall / ys.length);
  for (const { x: ax, y: ay, velocity: [dx, dy], inPlane } of arrows) {
    const size = Math.hypot(dx, dy);
    if (!(size > 0)) continue;
    const length = longest * Math.min(1, Math.sqrt(size / full));
    const [ux, uy] = [dx / size, -dy / size];
    const [mx, my] = toCanvas(ax, ay);
    const [ex, ey] = [mx + (length / 2) * ux, my + (length / 2) * uy];
    const head = Math.min(5, 0.4 * length);
    const look = { alpha: 0.2 + 0.55 * inPlane, thick: 1.25 };
    stroke([[mx - (length / 2) * ux, my - (length / 2) * uy], [ex, ey]], look);
    stroke([[ex - head * (ux - 0.6 * uy), ey - head * (uy + 0.6 * ux)], [ex, ey], [ex - head * (ux + 0.6 * uy), ey - head * (uy - 0.6 * ux)]], look);
  }
  const placed = (list) => list.map(([px, py]) => toCanvas(px, py));
  for (const path of scene.paths) stroke(placed(path), { colour: colours.lines[5], alpha: 0.75, thick: 1.25 });
  scene.trails.forEach((trail, k) => {
    const newest = k === scene.trails.length - 1;
    stroke(placed(trail), { alpha: newest ? 1 : 0.45, thick: newest ? 2.5 : 1.75 });
    if (trail.length && !(newest && scene.ball)) disc(...toCanvas(...trail.at(-1)), 3, ink);
  });
  for (const { kind, at, directions } of scene.points) {
    const seen = directions.map(([dx, dy]) => [dx, -dy, Math.hypot(dx, dy)]).filter(([, , size]) => size > 0.05);
    const units = seen.map(([dx, dy, size]) => [dx / size, dy / size]);
    drawMark(pen, kind, ...toCanvas(...at), units, markColour(kind));
  }
  if (scene.points.length <= 12) {
    scene.points.forEach(({ at, name }) => {
      const [px, py] = toCanvas(...at);
      write(name.split(" ").at(-1), px + 11, py - 11, { size: 11, weight: 600 });
    });
  }
  cross(...toCanvas(...scene.start));
  if (scene.ball) disc(...toCanvas(...scene.ball), 5, ink);
  pen.restore();
  pen.strokeStyle = ink;
  pen.globalAlpha = 0.4;
  pen.lineWidth = 1;
  pen.strokeRect(left + 0.5, top + 0.5, wide - 1, tall - 1);
  pen.globalAlpha = 1;

  const step = roundStep(wide / scale, wide / 80);
  const number = (value) => String(Number(value.toPrecision(6))).replace("-", "−");
  for (let k = Math.ceil(x0 / step); k * step <= x0 + wide / scale; k++) {
    const [px] = toCanvas(k * step, 0);
    stroke([[px, top + tall], [px, top + tall + 4]], { alpha: 0.6 });
    write(number(k * step), px, top + tall + 12, { size: 11, alpha: 0.85 });
  }
  for (let k = Math.ceil((y1 - tall / scale) / step); k * step <= y1; k++) {
    const [, py] = toCanvas(0, k * step);
    stroke([[left - 4, py], [left, py]], { alpha: 0.6 });
    if (py > top + 6 && py < top + tall - 4) write(number(k * step), left - 7, py, { size: 11, alpha: 0.85, align: "right" });
  }
  write(scene.axisNames[0], left + wide / 2, top + tall + 27);
  pen.save();
  pen.translate(7, top + tall / 2);
  pen.rotate(-Math.PI / 2);
  write(scene.axisNames[1], 0, 0);
  pen.restore();
  return { toPlane, toCanvas };
}
