"use strict";
// The page of a film: the film with boxes, the values of one person at this moment, and all moments on a timeline.
(async () => {
const COLOURS = { // Okabe and Ito's palette, which the colour-blind can tell apart; OTHERS for labels that are not here
  angry: "#d55e00", disgust: "#009e73", fear: "#8a63b8", happy: "#e6a700", sad: "#0072b2", surprise: "#56b4e9",
  neutral: "#a3adb6", contempt: "#cc79a7", unsure: "#7d8790",
};
const OTHERS = ["#d55e00", "#009e73", "#8a63b8", "#e6a700", "#0072b2", "#56b4e9", "#cc79a7", "#a3adb6"];
const LINES = ["#3d95d0", "#e69f00", "#cc79a7"]; // of the head and of affect
const BOX = "#0072b2", AWAY = "#5b6773";
const TITLES = { expressions: "Expressions", units: "Action units", head: "Head", eyes: "Eyes", affect: "Affect" };
const HEIGHTS = { expressions: 150, head: 64, eyes: 44, affect: 64 }; // px; each action unit has UNIT
const UNIT = 13, GAP = 12, AXIS = 22, GUTTER = 74;
const NARROW = 900; // px: a narrower page begins with less
const EARLY = 0.001; // s: how far into a frame the film is moved, so that it shows this one
const PLAYABLE = new Set(["h264", "vp8", "vp9", "av1", "theora", "hevc"]); // codecs that browsers play, the last not all
const HELD = 1.5; // of the usual step from frame to frame: how long a frame's values hold

const on = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const about = JSON.parse(on.about.textContent);
const data = await unpack(about, on.packed.textContent);
const { times, numbers } = data, last = times.length - 1;
const step = usualStep(times), length = (times[last] ?? 0) + step;
const groups = [...new Set(about.signals.map((signal) => signal.group))];
const signalsOf = Object.fromEntries(groups.map((group) => [group, about.signals.filter((signal) => signal.group === group)]));
const shown = new Set(groups.filter((group) => group !== "units" || innerWidth > NARROW));
const persons = listPersons(about, data);
let chosen = persons[0], at = 0, from = 0, to = length, isStacked = true, clock = null, isPlaying = false, drawn = null;

// ---- the data

async function unpack(about, text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const content = new Uint8Array(await new Response(stream).arrayBuffer());
  let place = 0;
  const take = (Kind, count) => { // the differences of numbers, the lowest bytes of all first
    const numbers = new Kind(count);
    for (let byte = 0; byte < Kind.BYTES_PER_ELEMENT; byte++) {
      for (let i = 0; i < count; i++) numbers[i] |= content[place + i] << (8 * byte);
      place += count;
    }
    for (let i = 1; i < count; i++) numbers[i] += numbers[i - 1];
    return numbers;
  };
  const numbers = take(Uint32Array, about.frames), times = Float64Array.from(take(Uint32Array, about.frames), (tick) => tick * about.tick);
  const frame = take(Uint32Array, about.rows), box = [0, 1, 2, 3].map(() => take(Uint16Array, about.rows));
  const label = take(Uint8Array, about.rows), found = take(Uint8Array, about.rows);
  const values = Object.fromEntries(about.signals.map(({ name }) => [name, take(Uint8Array, about.rows)]));
  const rows = Array.from({ length: about.frames }, () => []), track = new Int32Array(about.rows);
  let row = 0;
  about.tracks.forEach(([, , count], number) => { for (const end = row + count; row < end; row++) track[row] = number; });
  for (row = 0; row < about.rows; row++) rows[frame[row]].push(row);
  return { numbers, times, frame, box, label, found, values, rows, track };
}

// Persons, most often seen first; tracks of which no person is known are one more. Of each, its row in every frame, or -1.
function listPersons(about, data) {
  const byKey = new Map();
  const personOf = about.tracks.map(([, number]) => {
    if (!byKey.has(number)) byKey.set(number, { number, name: number === null ? "Others" : `Person ${number}`, count: 0, row: new Int32Array(about.frames).fill(-1) });
    return byKey.get(number);
  });
  for (let row = 0; row < about.rows; row++) {
    const person = personOf[data.track[row]];
    if (person.row[data.frame[row]] < 0) person.count++;
    person.row[data.frame[row]] = row;
  }
  data.personOf = personOf;
  return [...byKey.values()].sort((one, other) => (one.number ?? Infinity) - (other.number ?? Infinity));
}

function usualStep(times) {
  const steps = Array.from({ length: Math.min(times.length - 1, 2000) }, (_, i) => times[i + 1] - times[i]).sort((a, b) => a - b);
  return steps[steps.length >> 1] || 0.04;
}

function value(signal, row) {
  const found = row < 0 ? about.missing : data.values[signal.name][row];
  return found === about.missing ? NaN : signal.range[0] + (signal.range[1] - signal.range[0]) * found / about.steps;
}

// The last frame that is not after a moment.
function frameAt(seconds) {
  let low = 0, high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= seconds + EARLY / 2) low = middle; else high = middle - 1;
  }
  return low;
}

const colourOf = (name) => COLOURS[name] ?? OTHERS[about.labels.indexOf(name) % OTHERS.length];
const percent = (share) => `${Math.round(100 * share)} %`;
const count = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;

function say(seconds, digits = 2) {
  const units = Math.round(seconds * 10 ** digits), minutes = Math.floor(units / 60 / 10 ** digits), hours = Math.floor(minutes / 60);
  const rest = (units / 10 ** digits - 60 * minutes).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function make(tag, className, ...children) { // texts become text nodes, never markup: names are anybody's
  const element = Object.assign(document.createElement(tag), { className });
  element.append(...children);
  return element;
}

// ---- the film

const { video } = on;
const canPlay = () => clock === null;

function load(source) {
  clock = null;
  on.problem.hidden = true;
  video.src = source;
}

function fail(reason) {
  if (!on.problem.hidden) return;
  clock = { start: 0, seconds: times[at] ?? 0 };
  on.reason.textContent = `${reason} The boxes and the timeline can be seen all the same.`;
  on.problem.hidden = false;
  show(at);
}

const unknown = `This browser cannot play the film ${about.name}: its codec is ${about.codec}. A copy in H.264 can be chosen instead.`;
video.addEventListener("error", () => { // browsers do not tell which it is: the film is missing, or they cannot play it
  fail(PLAYABLE.has(about.codec) ? `The film ${about.name} is not where it was, at ${about.place}, or this browser cannot play it.` : unknown);
});
video.addEventListener("loadedmetadata", () => {
  if (!video.videoWidth) fail(unknown); // nothing but its sound
  else if (canPlay()) seek(at);
});
for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => setPlaying(!video.paused && !video.ended));
video.addEventListener("seeked", () => canPlay() && follow(video.currentTime));
on.find.addEventListener("click", () => on.file.click());
on.file.addEventListener("change", () => on.file.files[0] && load(URL.createObjectURL(on.file.files[0])));

// Follow the frames that the film shows: each tells its own time where the browser can; else the film's time is asked for.
function watch() {
  if (video.requestVideoFrameCallback) {
    video.requestVideoFrameCallback((_, { mediaTime }) => {
      if (canPlay() && !video.seeking) follow(mediaTime);
      watch();
    });
  } else {
    requestAnimationFrame(() => {
      if (canPlay() && isPlaying) follow(video.currentTime);
      watch();
    });
  }
}

function tick(now) { // without a film, time passes all the same
  if (!isPlaying || canPlay()) return;
  clock.seconds += (now - clock.start) / 1000 * Number(on.speed.value);
  clock.start = now;
  if (clock.seconds >= length) setPlaying(false);
  follow(Math.min(clock.seconds, length));
  requestAnimationFrame(tick);
}

function setPlaying(is) {
  isPlaying = is;
  on.play.textContent = is ? "Pause" : "Play";
  on.play.setAttribute("aria-label", on.play.textContent);
}

function toggle() {
  if (canPlay()) return video.paused ? video.play().catch(() => {}) : video.pause();
  setPlaying(!isPlaying);
  if (clock.seconds >= length) clock.seconds = 0;
  clock.start = performance.now();
  requestAnimationFrame(tick);
}

function seek(frame) {
  at = Math.max(0, Math.min(last, frame));
  if (canPlay()) video.currentTime = (times[at] ?? 0) + EARLY;
  else clock.seconds = times[at] ?? 0;
  show(at);
}

function follow(seconds) {
  const frame = frameAt(seconds);
  if (frame !== drawn) show(frame);
}

// ---- this moment

function show(frame) {
  at = drawn = frame;
  drawBoxes();
  showValues();
  const seconds = times[at] ?? 0;
  on.clock.textContent = `${say(seconds)} / ${say(length, 0)}  ·  frame ${numbers[at] ?? 0}`;
  on.line.setAttribute("aria-valuenow", seconds.toFixed(2));
  on.line.setAttribute("aria-valuetext", on.clock.textContent);
  if (seconds < from || seconds > to) look(seconds - 0.1 * (to - from), seconds + 0.9 * (to - from));
  placeHead();
}

function drawBoxes() {
  const { overlay, picture } = on, scale = devicePixelRatio || 1;
  const width = Math.round(picture.clientWidth * scale), height = Math.round(picture.clientHeight * scale);
  if (overlay.width !== width || overlay.height !== height) Object.assign(overlay, { width, height });
  const pen = overlay.getContext("2d"), size = 14 * scale;
  pen.clearRect(0, 0, width, height);
  if (!on.boxes.checked) return;
  for (const row of data.rows[at] ?? []) {
    const [left, top, right, bottom] = data.box.map((sides, side) => sides[row] * (side % 2 ? height / about.height : width / about.width));
    const person = data.personOf[data.track[row]], isChosen = person === chosen;
    pen.setLineDash(data.found[row] ? [] : [size / 2, size / 2]);
    for (const [colour, share] of [["#fff", 0.3], [isChosen ? BOX : AWAY, 0.16]]) { // a white edge, to be seen on any film
      Object.assign(pen, { strokeStyle: colour, lineWidth: Math.max(1, size * share) });
      pen.strokeRect(left, top, right - left, bottom - top);
    }
    pen.font = `600 ${size}px system-ui, sans-serif`;
    const text = `${person.number ?? `track ${about.tracks[data.track[row]][0]}`}  ${about.labels[data.label[row]]}`;
    const long = pen.measureText(text).width + size * 0.8, high = size * 1.45;
    const x = Math.max(0, Math.min(left, width - long)), y = top >= high ? top - high : Math.min(bottom, height - high);
    pen.fillStyle = isChosen ? BOX : AWAY;
    pen.fillRect(x, y, long, high);
    Object.assign(pen, { fillStyle: "#fff", textBaseline: "middle" });
    pen.fillText(text, x + size * 0.4, y + high / 2);
  }
}

function bar(name, share, text, className = "", colour = "") {
  const filled = make("span", "bar");
  filled.style.width = `${100 * Math.max(0, Math.min(1, share || 0))}%`;
  if (colour) filled.style.background = colour;
  return make("li", className, make("span", "", name), make("span", "track", filled), make("span", "share", text));
}

function showValues() {
  const row = chosen ? chosen.row[at] : -1;
  if (row < 0) {
    on.guess.replaceChildren(make("span", "", chosen ? "not seen in this frame" : "no face in this film"));
  } else {
    const label = about.labels[data.label[row]], signal = signalsOf.expressions?.find(({ name }) => name === label);
    on.guess.replaceChildren(`${label} `, make("span", "", signal ? percent(value(signal, row)) : ""));
  }
  on.bars.replaceChildren(...(signalsOf.expressions ?? []).map((signal) => {
    const share = value(signal, row);
    const isTop = row >= 0 && about.labels[data.label[row]] === signal.name;
    return bar(signal.name, share, row < 0 ? "" : percent(share), isTop ? "top" : "", colourOf(signal.name));
  }));
  if (!on.more.open) return;
  on.values.replaceChildren(...about.signals.filter(({ group }) => group !== "expressions").map((signal) => {
    const found = value(signal, row), [low, high] = signal.range, isAngle = signal.group === "head";
    const text = Number.isNaN(found) ? "" : signal.name === "blink" ? (found ? "yes" : "no") : isAngle ? `${Math.round(found)}°` : found.toFixed(1);
    return bar(signal.name, low < 0 ? Math.abs(found) / high : found / high, text);
  }));
}

// ---- all moments

function look(begin, end) {
  const span = Math.min(length, Math.max(end - begin, Math.min(length, 10 * step)));
  from = Math.max(0, Math.min(begin, length - span));
  to = from + span;
  drawTimeline();
}

const plotWidth = () => on.line.clientWidth - GUTTER;
const xOf = (seconds) => GUTTER + (seconds - from) / (to - from) * plotWidth();
const secondsOf = (x) => from + (x - GUTTER) / plotWidth() * (to - from);

function placeHead() {
  const x = xOf(times[at] ?? 0);
  on.head.hidden = x < GUTTER - 1 || x > on.line.clientWidth + 1;
  on.head.style.left = `${x}px`;
}

const heightOf = (group) => (group === "units" ? UNIT * signalsOf.units.length : HEIGHTS[group]);

function drawTimeline() {
  const bands = groups.filter((group) => shown.has(group)), scale = devicePixelRatio || 1;
  const width = on.line.clientWidth, height = bands.reduce((sum, group) => sum + heightOf(group) + GAP, 0) + AXIS;
  Object.assign(on.timeline, { width: Math.round(width * scale), height: Math.round(height * scale) });
  on.timeline.style.height = `${height}px`;
  const pen = on.timeline.getContext("2d"), style = getComputedStyle(document.documentElement);
  const paint = Object.fromEntries(["text", "soft", "grid", "hatch", "track", "first"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  pen.scale(scale, scale);
  pen.font = "11px system-ui, sans-serif";
  const columns = listColumns(Math.max(1, Math.round(plotWidth())));
  let top = 0;
  for (const group of bands) {
    const band = { pen, paint, columns, top, height: heightOf(group), width: plotWidth(), signals: signalsOf[group] };
    shade(band);
    ({ expressions: isStacked ? drawStack : drawShares, units: drawUnits, head: drawCurves, eyes: drawEyes, affect: drawCurves })[group](band);
    top += band.height + GAP;
  }
  drawAxis(pen, paint, top - GAP, width);
  placeHead();
}

// For each pixel across, the rows of the chosen person then; without a frame there, that of the frame before, as long as it holds.
function listColumns(width) {
  let frame = Math.max(0, frameAt(from) - 1);
  return Array.from({ length: width }, (_, x) => {
    const begin = from + x / width * (to - from), end = from + (x + 1) / width * (to - from), rows = [];
    const add = (i) => chosen && chosen.row[i] >= 0 && rows.push(chosen.row[i]);
    while (frame <= last && times[frame] < begin) frame++;
    const before = frame - 1;
    if ((frame > last || times[frame] >= end) && before >= 0 && times[before] + HELD * step > begin) add(before);
    for (; frame <= last && times[frame] < end; frame++) add(frame);
    return rows;
  });
}

function mean(signal, rows) {
  let sum = 0, found = 0;
  for (const row of rows) {
    const one = value(signal, row);
    if (!Number.isNaN(one)) { sum += one; found++; }
  }
  return found ? sum / found : NaN;
}

// Hatch where the person is missing.
function shade({ pen, paint, columns, top, height, width }) {
  pen.fillStyle = paint.track;
  pen.fillRect(GUTTER, top, width, height);
  pen.save();
  pen.beginPath();
  columns.forEach((rows, x) => rows.length || pen.rect(GUTTER + x, top, 1, height));
  pen.clip();
  pen.strokeStyle = paint.hatch;
  pen.lineWidth = 2;
  pen.beginPath();
  for (let x = -height; x < width + height; x += 9) { pen.moveTo(GUTTER + x, top + height); pen.lineTo(GUTTER + x + height, top); }
  pen.stroke();
  pen.restore();
}

function writeLabel({ pen, paint }, text, y, colour = paint.soft) {
  Object.assign(pen, { fillStyle: colour, textAlign: "right", textBaseline: "middle" });
  pen.fillText(text, GUTTER - 7, y);
}

function drawStack(band) {
  const { pen, columns, top, height, signals } = band;
  columns.forEach((rows, x) => {
    if (!rows.length) return;
    const shares = signals.map((signal) => mean(signal, rows) || 0), sum = shares.reduce((total, share) => total + share, 0) || 1;
    let y = top + height;
    signals.forEach((signal, i) => {
      const high = height * shares[i] / sum;
      pen.fillStyle = colourOf(signal.name);
      pen.fillRect(GUTTER + x, y - high, 1.02, high);
      y -= high;
    });
  });
  for (const [share, text] of [[0, "0 %"], [0.5, "50 %"], [1, "100 %"]]) writeLabel(band, text, Math.min(top + height - 6, Math.max(top + 6, top + height * (1 - share))));
}

function curve({ pen, columns, top, height }, signal, colour, low, high) {
  Object.assign(pen, { strokeStyle: colour, lineWidth: 1.6, lineJoin: "round" });
  pen.beginPath();
  let isOpen = false;
  columns.forEach((rows, x) => {
    const found = mean(signal, rows);
    if (Number.isNaN(found)) { isOpen = false; return; }
    const y = top + height * (1 - (Math.max(low, Math.min(high, found)) - low) / (high - low));
    if (isOpen) pen.lineTo(GUTTER + x + 0.5, y); else { pen.moveTo(GUTTER + x, y); pen.lineTo(GUTTER + x + 0.5, y); }
    isOpen = true;
  });
  pen.stroke();
}

function rule({ pen, paint, top, height, width }, share) {
  pen.fillStyle = paint.hatch;
  pen.fillRect(GUTTER, Math.round(top + height * share), width, 1);
}

function drawShares(band) {
  for (const share of [0, 0.5, 1]) {
    if (share === 0.5) rule(band, 0.5);
    writeLabel(band, percent(share), Math.min(band.top + band.height - 6, Math.max(band.top + 6, band.top + band.height * (1 - share))));
  }
  for (const signal of band.signals) curve(band, signal, colourOf(signal.name), 0, 1);
}

function drawUnits(band) {
  const { pen, paint, columns, top, signals } = band;
  pen.fillStyle = paint.first;
  signals.forEach((signal, i) => {
    const y = top + i * UNIT;
    columns.forEach((rows, x) => {
      const found = mean(signal, rows);
      if (!(found > 0)) return;
      pen.globalAlpha = Math.min(1, found / signal.range[1]);
      pen.fillRect(GUTTER + x, y, 1.02, UNIT - 1);
    });
    pen.globalAlpha = 1;
  });
  signals.forEach((signal, i) => writeLabel(band, signal.name, top + i * UNIT + UNIT / 2));
}

function drawCurves(band) {
  const isHead = band.signals[0].group === "head", end = isHead ? 45 : 1;
  rule(band, 0.5);
  band.signals.forEach((signal, i) => {
    curve(band, signal, LINES[i], -end, end);
    writeLabel(band, isHead ? `${signal.name} °` : signal.name, band.top + band.height / 2 + (i - (band.signals.length - 1) / 2) * 15, LINES[i]);
  });
}

function drawEyes(band) {
  const [closed, blink] = ["AU45", "blink"].map((name) => band.signals.find((signal) => signal.name === name)), { pen, paint, columns, top, height } = band;
  if (blink) {
    pen.fillStyle = "#e69f00";
    columns.forEach((rows, x) => { if (rows.some((row) => value(blink, row) > 0.5)) pen.fillRect(GUTTER + x, top, 1.5, 7); });
    writeLabel(band, "blinks", top + 8, "#c98a00");
  }
  if (closed) {
    curve({ ...band, top: top + 9, height: height - 11 }, closed, paint.first, 0, closed.range[1]);
    writeLabel(band, "closed", top + height - 12);
  }
}

function drawAxis(pen, paint, top, width) {
  const wanted = Math.max(2, Math.round(plotWidth() / 90)), rough = (to - from) / wanted;
  const every = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600].find((one) => one >= rough) ?? 7200;
  Object.assign(pen, { fillStyle: paint.soft, textAlign: "center", textBaseline: "top" });
  for (let seconds = Math.ceil(from / every) * every; seconds <= to + 1e-9; seconds += every) {
    const x = xOf(seconds);
    pen.fillRect(Math.round(x), top, 1, 4);
    if (x < width - 14) pen.fillText(say(seconds, every < 1 ? 1 : 0), x, top + 6);
  }
}

// ---- what the user does

function choose(person) {
  chosen = person;
  for (const [i, button] of [...on.persons.children].entries()) button.setAttribute("aria-pressed", persons[i] === person);
  drawTimeline();
  show(at);
}

function seekTo(event) {
  const { left } = on.line.getBoundingClientRect();
  seek(frameAt(Math.max(from, Math.min(to, secondsOf(event.clientX - left)))));
}

function zoom(factor, around = times[at] ?? 0) {
  look(around - (around - from) * factor, around + (to - around) * factor);
}

on.line.addEventListener("pointerdown", (event) => {
  on.line.setPointerCapture(event.pointerId);
  seekTo(event);
});
on.line.addEventListener("pointermove", (event) => event.buttons & 1 && on.line.hasPointerCapture(event.pointerId) && seekTo(event));
on.line.addEventListener("wheel", (event) => {
  event.preventDefault();
  const span = to - from, { left } = on.line.getBoundingClientRect();
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    const moved = (event.deltaX || event.deltaY) / plotWidth() * span;
    look(from + moved, from + moved + span);
  } else {
    zoom(1.0015 ** event.deltaY, secondsOf(event.clientX - left));
  }
}, { passive: false });
const KEYS = { " ": toggle, ArrowLeft: () => seek(at - 1), ArrowRight: () => seek(at + 1), Home: () => seek(0), End: () => seek(last) };
document.addEventListener("keydown", (event) => {
  const isField = /^(SELECT|INPUT|SUMMARY)$/.test(event.target.tagName) || (event.key === " " && event.target.tagName === "BUTTON");
  if (isField || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  if (event.key !== " " && isPlaying) toggle();
  KEYS[event.key]();
});
on.play.addEventListener("click", toggle);
on.back.addEventListener("click", () => seek(at - 1));
on.on.addEventListener("click", () => seek(at + 1));
on.speed.addEventListener("change", () => { video.playbackRate = Number(on.speed.value); });
on.boxes.addEventListener("change", drawBoxes);
on.more.addEventListener("toggle", showValues);
on.closer.addEventListener("click", () => zoom(0.5));
on.wider.addEventListener("click", () => zoom(2));
on.all.addEventListener("click", () => look(0, length));
on.lines.addEventListener("click", () => {
  isStacked = !isStacked;
  on.lines.setAttribute("aria-pressed", !isStacked);
  drawTimeline();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTimeline);
new ResizeObserver(() => { drawTimeline(); drawBoxes(); }).observe(on.line);

// ---- the page itself

for (const person of persons) {
  const button = Object.assign(make("button", "", person.name), { type: "button", title: count(person.count, "frame") });
  button.addEventListener("click", () => choose(person));
  on.persons.append(button);
}
on.persons.hidden = persons.length < 2;
for (const group of groups.filter((one) => one !== "expressions")) {
  const button = Object.assign(make("button", "", TITLES[group]), { type: "button" });
  button.setAttribute("aria-pressed", shown.has(group));
  button.addEventListener("click", () => {
    if (!shown.delete(group)) shown.add(group);
    button.setAttribute("aria-pressed", shown.has(group));
    drawTimeline();
  });
  on.groups.append(button);
}
for (const { name } of signalsOf.expressions ?? []) {
  const patch = make("span", "patch");
  patch.style.background = colourOf(name);
  on.legend.append(make("span", "", patch, name));
}
on.picture.style.aspectRatio = `${about.width} / ${about.height}`;
on.picture.style.width = `min(100%, ${(56 * about.width / about.height).toFixed(2)}vh)`;
on.more.open = innerWidth > NARROW;
on.line.setAttribute("aria-valuemax", length.toFixed(2));
const known = persons.filter(({ number }) => number !== null).length;
on.summary.textContent = [count(about.frames, "frame"), say(length, 0), known ? count(known, "person") : ""].filter(Boolean).join(" · ");
on.notes.textContent = ["Hatched: not seen. Click or drag to move the film; the wheel looks closer. Keys: space plays, the arrows move by one frame.",
  about.step > 1 ? `To stay small, this page has one frame in ${about.step} of the table; averages are over those.` : ""].join(" ").trim();
on.line.dataset.gutter = GUTTER;
choose(chosen);
watch();
load(about.source);
document.body.dataset.ready = "yes";
})();
