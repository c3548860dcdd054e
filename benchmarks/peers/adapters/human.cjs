// @vladmandic/human, as its README.md says: node human.cjs ENVIRONMENT photos|crops [BORDER]
// BORDER: the width of a black border around pictures, in their longer sides
const fs = require('fs');
const http = require('http');
const path = require('path');
const { addBorder, answerLines, load, modules, readImage, startWasm } = require('./answering.cjs');

const off = { enabled: false };

// With wasm the package reads its models over HTTP only: serve those that it brings, on this machine. Return their address.
async function serveModels() {
  const folder = path.join(modules, '@vladmandic/human/models');
  const server = http.createServer((request, response) => {
    response.end(fs.readFileSync(path.join(folder, path.basename(request.url))));
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  server.unref();
  return `http://127.0.0.1:${server.address().port}/`;
}

async function main() {
  const border = Number(process.argv[4] || 0);
  const tf = await startWasm();
  const { Human } = load('@vladmandic/human/dist/human.node-wasm.js');
  const human = new Human({
    backend: 'wasm',
    modelBasePath: await serveModels(),
    wasmPath: path.join(modules, '@tensorflow/tfjs-backend-wasm/dist/'),
    cacheSensitivity: 0, // each picture is new
    filter: off, gesture: off, body: off, hand: off, object: off, segmentation: off,
    face: { detector: { maxDetected: 10, square: border > 0 }, iris: off, description: off },
  });
  await human.load();
  await answerLines(async (file) => {
    const plain = await readImage(tf, file);
    const image = border ? addBorder(tf, plain, border) : plain;
    const result = await human.detect(image);
    tf.dispose([plain, image]);
    return result.face.map(({ box, emotion }) => (
      { box, scores: Object.fromEntries(emotion.map((found) => [found.emotion, found.score])) }));
  });
}

main();
