// The page: photos and webcam frames go to the server one after another, the answers on cards and into files.

import { Card, count, make } from "./card.js";

const PAUSE = 500; // ms from one webcam frame to the next
const TRIES = 5; // where the server says that too many are waiting
const CAMERA = {
  NotAllowedError: "The webcam may not be used: allow it for this page in the browser's settings.",
  NotFoundError: "There is no webcam on this machine.",
  NotReadableError: "The webcam is in use by another program: close that first.",
};

const on = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
let cards = [], limits = {}, line = Promise.resolve(), live = null;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const answers = () => cards.filter((card) => card.answer).map((card) => card.answer);

function complain(text) {
  on.problem.textContent = text;
  on.problem.hidden = !text;
}

function put(card) {
  cards.push(card);
  on.cards.append(card.element);
  refresh();
  return card;
}

function refresh() {
  const done = answers(), faces = done.flatMap((answer) => answer.faces ?? []);
  document.body.classList.toggle("some", cards.length > 0);
  on.tools.hidden = !cards.length;
  on.json.disabled = on.csv.disabled = !done.length;
  const read = `${done.length < cards.length ? `${done.length} of ` : ""}${count(cards.length, "picture")}`;
  const text = `${read}, ${count(faces.length, "face")}`;
  if (on.status.textContent !== text) on.status.textContent = text; // said aloud when it changes
}

function add(files) {
  complain("");
  for (const file of files) {
    const card = put(new Card(file.name || "photo"));
    line = line.then(() => cards.includes(card) && look(card, file));
  }
}

async function look(card, file) {
  card.wait("Looking for faces ...");
  await card.preview(file);
  try {
    card.show(await ask(file, card.name));
  } catch (error) {
    card.fail(error.message);
  }
  refresh();
}

async function ask(file, name) {
  if (file.size > limits.bytes) throw new Error(`it has more than ${limits.bytes / 1e6} MB: make it smaller`);
  const content = await file.arrayBuffer().catch(() => { throw new Error("the browser cannot read it: is it a folder?"); });
  const form = new FormData();
  form.append("files", new Blob([content]), name);
  for (let tries = 1; ; tries++) {
    const response = await fetch("/predict", { method: "POST", body: form }).catch(() => {
      throw new Error("the server cannot be reached: is featfer serve still running?");
    });
    if (response.status === 503 && tries < TRIES) {
      await wait(1000 * (Number(response.headers.get("Retry-After")) || 1));
      continue;
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.detail || `the server answered ${response.status}`);
    return answer[0];
  }
}

async function startCamera() {
  complain("");
  if (!navigator.mediaDevices) return complain("The webcam can be used only at localhost, or over https.");
  on.camera.disabled = true;
  try {
    on.video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 } } });
    await on.video.play();
    on.video.srcObject.getTracks().forEach((track) => track.addEventListener("ended", stopCamera));
    live = put(new Card("webcam", true));
    live.picture = Object.assign(make("canvas", ""), { width: on.video.videoWidth, height: on.video.videoHeight });
    setButton(true);
    mirror(live);
    watch(live);
  } catch (error) {
    stopCamera();
    complain(CAMERA[error.name] ?? `The webcam cannot be used: ${error.message}.`);
  } finally {
    on.camera.disabled = false;
  }
}

function stopCamera() {
  on.video.srcObject?.getTracks().forEach((track) => track.stop());
  on.video.srcObject = live = null;
  setButton(false);
}

function setButton(isOn) {
  on.camera.textContent = isOn ? "Stop the webcam" : "Use the webcam";
  on.camera.setAttribute("aria-pressed", isOn);
}

// Show what the webcam sees, as in a mirror, with the last answer's boxes.
function mirror(card) {
  if (live !== card) return;
  const pen = card.picture.getContext("2d");
  pen.setTransform(-1, 0, 0, 1, card.picture.width, 0);
  pen.drawImage(on.video, 0, 0, card.picture.width, card.picture.height);
  card.draw();
  requestAnimationFrame(() => mirror(card));
}

async function watch(card) {
  while (live === card) {
    const began = performance.now();
    try {
      const frame = await new Promise((resolve) => card.picture.toBlob(resolve, "image/jpeg", 0.9));
      const answer = await ask(frame, "webcam.jpg");
      if (live !== card) return;
      card.show(answer);
      refresh();
    } catch (error) {
      stopCamera();
      complain(`The webcam was stopped: ${error.message}`);
    }
    await wait(Math.max(0, PAUSE - (performance.now() - began)));
  }
}

function asCsv() {
  const labels = [...new Set(answers().flatMap(({ faces }) => (faces ?? []).flatMap((face) => Object.keys(face.probabilities))))];
  const head = ["name", "face", "label", "left", "top", "right", "bottom", "status", "score", "error", ...labels, "confidence", "ambiguity", "novelty"];
  const rows = answers().flatMap(({ name, error, status, faces }) => (faces?.length ? faces : [{ status }]).map((face) => [
    name, face.face, face.label, ...(face.box ?? ["", "", "", ""]), face.status, face.score, error,
    ...labels.map((label) => face.probabilities?.[label]), face.confidence, face.ambiguity, face.novelty]));
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value) {
  if (typeof value !== "string") return `${value ?? ""}`;
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value; // or a spreadsheet would take it for a formula
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function download(text, type, name) {
  const link = Object.assign(make("a", ""), { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function clear() {
  stopCamera();
  cards = [];
  on.cards.replaceChildren();
  complain("");
  refresh();
  on.choose.focus();
}

async function introduce() {
  on.origin.textContent = location.origin;
  try {
    const model = await (await fetch("/model")).json(), { test } = model.figures;
    limits = model.limits;
    on.model.textContent = `model ${model.name}${test ? `, right on ${(100 * test.accuracy).toFixed(1)} % of its test images` : ""}`;
    on.limits.textContent = `At most ${limits.files} photos and ${limits.bytes / 1e6} MB a request, `
      + `${limits.pixels / 1e6} million pixels and ${limits.faces} faces a photo.`;
  } catch {
    complain("The server cannot be reached: is featfer serve still running?");
  }
}

on.choose.addEventListener("click", () => on.input.click());
on.input.addEventListener("change", () => {
  add(on.input.files);
  on.input.value = ""; // so that the same photo can be chosen again
});
on.camera.addEventListener("click", () => (live ? stopCamera() : startCamera()));
on.clear.addEventListener("click", clear);
on.json.addEventListener("click", () => download(JSON.stringify(answers(), null, 1), "application/json", "expressions.json"));
on.csv.addEventListener("click", () => download(asCsv(), "text/csv", "expressions.csv"));
document.addEventListener("paste", (event) => add(event.clipboardData.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  add(event.dataTransfer.files);
});
introduce();
