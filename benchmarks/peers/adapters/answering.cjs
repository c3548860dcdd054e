// The loop of every adapter for node: a path a line in, a line of JSON out, {faces: [{box, scores}], seconds}.
const fs = require('fs');
const path = require('path');
const readline = require('readline');

console.log = console.error; // the packages' own messages

const modules = path.join(process.argv[2], 'node_modules'); // of the peer's environment

function load(name) {
  return require(path.join(modules, name));
}

async function startWasm() {
  const tf = load('@tensorflow/tfjs');
  const wasm = load('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(path.join(modules, '@tensorflow/tfjs-backend-wasm/dist/'));
  wasm.setThreadsCount(1); // every peer has one thread
  await tf.setBackend('wasm');
  await tf.ready();
  return tf;
}

// Return an image as a tensor int32 (height, width, 3), read as the demonstrations for node and wasm of both packages do.
async function readImage(tf, file) {
  const image = load('@canvas/image');
  const canvas = await image.imageFromBuffer(fs.readFileSync(file));
  const pixels = image.getImageData(canvas);
  return tf.tidy(() => {
    const rgba = tf.tensor(Array.from(pixels.data), [canvas.height, canvas.width, 4], 'int32');
    return tf.slice(rgba, [0, 0, 0], [-1, -1, 3]);
  });
}

// Return an image with a black border on each side, as wide as `times` its longer side.
function addBorder(tf, image, times) {
  const width = Math.round(times * Math.max(image.shape[0], image.shape[1]));
  return tf.pad(image, [[width, width], [width, width], [0, 0]]);
}

// answer: an asynchronous function from a path to a list of faces
async function answerLines(answer) {
  process.stdout.write('{"ready": true}\n');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const start = process.hrtime.bigint();
    const faces = await answer(line);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    process.stdout.write(`${JSON.stringify({ faces, seconds })}\n`);
  }
}

module.exports = { addBorder, answerLines, load, modules, readImage, startWasm };
