// A photo on the page: the picture with a box around each face, and beside it the blend of expressions as bars.

const BOX = "#0072b2"; // Okabe and Ito's blue, as in the drawings of `featfer predict`
const LONGEST = 1200, SHORTEST = 480; // pixels of a shown photo's longer side
const THUMB = 120; // pixels of a face beside its bars
const DIGIT = 15; // height of a face's number, px on the screen
const NOVEL = 0.99; // above this novelty a face is said to be unlike the training faces
const FEW = 2; // faces whose bars are all shown; of more, those of the first three expressions

const NOTES = { // by status, for all but "found"
  "faint": "Faint: the detector is not sure of what it took for a face.",
  "no-face": "No face found.",
  "whole-image": "No face found: the whole picture was taken for one.",
};

const percent = (share) => `${Math.round(100 * share)} %`;
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
const blend = (face) => Object.entries(face.probabilities).sort((one, other) => other[1] - one[1]);

export const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

// Texts become text nodes, never markup: file names are anybody's.
export function make(tag, className, ...children) {
  const element = Object.assign(document.createElement(tag), { className });
  element.append(...children);
  return element;
}

export class Card {
  constructor(name, isLive = false) {
    Object.assign(this, { name, isLive });
    this.answer = null; // the server's: {name, width, height, faces} or {name, error}
    this.picture = null; // a canvas, upright; none where the browser cannot decode the photo
    this.canvas = Object.assign(make("canvas", "photo"), { hidden: true });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", name);
    this.side = make("div", "side");
    this.element = make("article", "card", make("div", "view", this.canvas), this.side);
    this.wait("Waiting ...");
  }

  wait(text) {
    this.side.replaceChildren(this.heading(), make("p", "wait", text));
  }

  fail(reason) {
    this.answer = { name: this.name, error: reason };
    this.side.replaceChildren(this.heading(), make("p", "problem", sentence(reason)));
  }

  async preview(file) {
    this.picture = await scaled(file).catch(() => null);
    if (this.picture) this.draw();
  }

  show(answer) {
    this.answer = { ...answer, name: this.name };
    const { faces, status } = answer;
    this.element.classList.toggle("wide", faces.length > FEW);
    this.canvas.setAttribute("aria-label", `${this.name}: ${faces.map((face) => face.label).join(", ") || "no face found"}`);
    this.side.replaceChildren(this.heading(),
      ...(NOTES[status] ? [make("p", "wait", NOTES[status])] : []),
      ...(this.picture ? [] : [make("p", "wait", "This browser cannot show such pictures; their faces are read all the same.")]),
      make("ol", "faces", ...faces.map((face, i) => this.face(face, i, faces.length))));
    this.draw(); // last: how large it is shown depends on what stands beside it
  }

  heading() {
    const { width, height, faces } = this.answer ?? {};
    const size = faces && make("span", "small", `${width} × ${height}, ${count(faces.length, "face")}`);
    return make("div", "about", make("h2", "", this.name), ...(size ? [size] : []));
  }

  face(face, i, total) {
    const [first, second, third] = blend(face);
    const isUnsure = face.label === "unsure", less = `${second[0]} ${percent(second[1])}, ${third[0]} ${percent(third[1])}`;
    const guess = make("p", "guess", ...(total > 1 ? [make("span", "number", `${i + 1}`)] : []),
      ...(isUnsure ? ["unsure"] : [`${first[0]} `, make("span", "share", percent(first[1]))]));
    const then = make("p", "then", isUnsure ? `perhaps ${first[0]} ${percent(first[1])}, ${less}` : `then ${less}`);
    const notes = face.novelty > NOVEL ? [make("p", "then", "unlike the faces that the model learned from")] : [];
    const item = make("li", isUnsure ? "unsure" : "", make("div", "head", this.thumb(face), make("div", "", guess, then, ...notes)), ...this.bars(face, total));
    item.addEventListener("pointerenter", () => this.draw(i));
    item.addEventListener("pointerleave", () => this.draw());
    return item;
  }

  bars(face, total) {
    if (total <= FEW) return [bars(this.isLive ? Object.entries(face.probabilities) : blend(face), face.label)];
    const shares = blend(face), rest = shares.slice(3);
    return [bars(shares.slice(0, 3), face.label), make("details", "", make("summary", "", `${rest.length} more`), bars(rest))];
  }

  thumb(face) {
    const canvas = Object.assign(make("canvas", ""), { width: THUMB, height: THUMB });
    if (this.picture) {
      const [left, top, right, bottom] = face.box.map((side) => side * this.scale());
      canvas.getContext("2d").drawImage(this.picture, left, top, right - left, bottom - top, 0, 0, THUMB, THUMB);
    }
    return canvas;
  }

  // Shown pixels a pixel of the photo.
  scale() {
    const { width, height } = this.answer;
    return this.picture ? this.picture.width / width : fit(width, height);
  }

  // chosen: number of the face whose box stands out, or all.
  draw(chosen = null) {
    const faces = this.answer?.faces ?? [], scale = faces.length || !this.picture ? this.scale() : 1;
    const [width, height] = this.picture ? [this.picture.width, this.picture.height]
      : [this.answer.width * scale, this.answer.height * scale];
    Object.assign(this.canvas, { width, height, hidden: false });
    const pen = this.canvas.getContext("2d");
    if (this.picture) pen.drawImage(this.picture, 0, 0);
    const size = DIGIT * this.canvas.width / (this.canvas.clientWidth || this.canvas.width);
    const edge = size / 8, ends = [width, height, width, height];
    const boxes = faces.map((face) => face.box.map((side, at) => Math.min(Math.max(edge, side * scale), ends[at] - edge)));
    const taken = [...boxes];
    faces.forEach((face, i) => {
      pen.globalAlpha = chosen === null || chosen === i ? 1 : 0.3;
      outline(pen, boxes[i], size, face.status === "found");
      if (faces.length > 1) taken.push(tag(pen, boxes[i], size, `${i + 1}`, taken, [width, height]));
    });
  }
}

function bars(shares, label) {
  return make("ul", "bars", ...shares.map(([name, share]) => {
    const bar = make("span", "bar");
    bar.style.width = `${100 * share}%`;
    return make("li", name === label ? "top" : "", make("span", "", name), make("span", "track", bar),
      make("span", "share", percent(share)));
  }));
}

function outline(pen, [left, top, right, bottom], size, isFound) {
  pen.setLineDash(isFound ? [] : [size / 2, size / 2]);
  for (const [colour, share] of [["#fff", 0.32], [BOX, 0.18]]) { // a white edge, to be seen on any photo
    Object.assign(pen, { strokeStyle: colour, lineWidth: Math.max(1, size * share) });
    pen.strokeRect(left, top, right - left, bottom - top);
  }
}

// Write a number where it covers least of what is taken, above, below or beside its box; return where, a box.
function tag(pen, [left, top, right, bottom], size, text, taken, [endX, endY]) {
  pen.font = `600 ${size}px system-ui, sans-serif`;
  const width = pen.measureText(text).width + size * 0.8, height = size * 1.4;
  const places = [[left, top - height], [right - width, top - height], [left, bottom], [right - width, bottom],
    [left - width, top], [right, top], [left - width, bottom - height], [right, bottom - height]].map(([x, y]) => {
    const from = [Math.max(0, Math.min(x, endX - width)), Math.max(0, Math.min(y, endY - height))];
    return [...from, from[0] + width, from[1] + height];
  });
  const covered = places.map((place) => taken.reduce((sum, box) => sum + common(place, box), 0));
  const place = places[covered.indexOf(Math.min(...covered))];
  pen.fillStyle = BOX;
  pen.fillRect(place[0], place[1], width, height);
  Object.assign(pen, { fillStyle: "#fff", textBaseline: "middle" });
  pen.fillText(text, place[0] + size * 0.4, place[1] + size * 0.75);
  return place;
}

// Return the area that two boxes have in common.
function common(one, other) {
  const [width, height] = [0, 1].map((at) => Math.min(one[at + 2], other[at + 2]) - Math.max(one[at], other[at]));
  return Math.max(0, width) * Math.max(0, height);
}

function fit(width, height) {
  const longer = Math.max(width, height);
  return Math.max(Math.min(1, LONGEST / longer), SHORTEST / longer);
}

// Return a photo upright, on a canvas small enough to keep many of them and large enough to see.
async function scaled(file) {
  const bitmap = await createImageBitmap(file), scale = fit(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Object.assign(make("canvas", ""), { width, height }), pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return canvas;
}
