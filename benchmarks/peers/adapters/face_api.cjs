// @vladmandic/face-api, as its TUTORIAL.md and demo/node-wasm.js say: node face_api.cjs ENVIRONMENT photos|crops [BORDER]
// BORDER: the width of a black border around photos, in their longer sides
const path = require('path');
const { addBorder, answerLines, load, modules, readImage, startWasm } = require('./answering.cjs');

async function main() {
  const tf = await startWasm();
  const faceapi = load('@vladmandic/face-api/dist/face-api.node-wasm.js');
  const weights = path.join(modules, '@vladmandic/face-api/model');
  await faceapi.nets.faceExpressionNet.loadFromDisk(weights);
  if (process.argv[3] === 'photos') {
    await faceapi.nets.ssdMobilenetv1.loadFromDisk(weights);
    await faceapi.nets.faceLandmark68Net.loadFromDisk(weights);
  }
  const find = process.argv[3] === 'photos' ? findFaces : takeWhole;
  const border = process.argv[3] === 'photos' ? Number(process.argv[4] || 0) : 0;
  await answerLines(async (file) => {
    const plain = await readImage(tf, file);
    const image = border ? addBorder(tf, plain, border) : plain;
    const faces = await find(faceapi, image);
    tf.dispose([plain, image]);
    return faces;
  });
}

async function findFaces(faceapi, image) {
  const found = await faceapi.detectAllFaces(image).withFaceLandmarks().withFaceExpressions();
  return found.map(({ detection, expressions }) => {
    const { x, y, width, height } = detection.box;
    return { box: [x, y, width, height], scores: expressions };
  });
}

async function takeWhole(faceapi, image) {
  const expressions = await faceapi.nets.faceExpressionNet.predictExpressions(image);
  return [{ box: [0, 0, image.shape[1], image.shape[0]], scores: expressions }];
}

main();
