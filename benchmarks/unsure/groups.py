"""The groups of pictures among which novelty is measured, as feature maps."""

import csv
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import skimage

from benchmarks.unsure import pictures

SPOILED = 200   # faces of val, and as many photographs, that are spoiled in each way
MARGIN = 0.25   # of a face's side, kept around it where it is cut out of a photograph
SMALL = 48      # pixels, of FER2013's images
BATCH = 64


def read_photos(folder):
    """Read the labelled photographs of the subjects with an even number.

    Returns
    -------
    list of uint8 array, list of Face, list of str
        The face cut out with a margin, the face, and the label, of each photograph in which a face was found.
    """
    from featfer.faces import FOUND, find_faces
    from featfer.images.pixels import read_image
    shots, faces, labels = [], [], []
    with open(folder / "photos.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["subject"][1:]) % 2 == 0]
    for row in rows:
        image = read_image(folder / row["path"])
        face = find_faces(image)[0]
        if face.status == FOUND:
            shots.append(_cut_out(image, face.box))
            faces.append(face)
            labels.append(row["label"])
    return shots, faces, labels


def make_groups(source, rows, shots, faces, no_faces):
    """Make the groups.

    Parameters
    ----------
    source : path
        The csv of FER2013.
    rows : array of int
        Its rows whose faces are spoiled, some of them.
    shots, faces : list of uint8 array, and of Face
        Of the photographs, as `read_photos` returns them.
    no_faces : float array (n, 8192)
        Maps of the images that are no faces.

    Returns
    -------
    dict
        {name: (maps, float16 (n, 8192); whether a face was found in each, bool (n,), or None)}. Where none was found, the
        map is that of the whole picture.
    """
    from featfer.datasets import find_dataset
    rng, images = np.random.default_rng(0), find_dataset(source).load(source).images
    pixels = [images[row].read() for row in rng.choice(rows, SPOILED, replace=False)]
    some = [shots[at] for at in rng.permutation(len(shots))[:SPOILED]]
    groups = {"photographs": (_compute_maps(faces), np.ones(len(faces), bool)),
              "photographs, 48 pixels wide": compute_maps(list(map(_shrink, shots))),
              "FER+: not a face": (no_faces, None)}
    for name, spoil in pictures.SPOILED.items():
        groups[f"{name}, of FER2013"] = compute_maps([spoil(image, rng) for image in pixels])
        groups[f"{name}, photographs"] = compute_maps([spoil(image, rng) for image in some])
    faceless = pictures.read_faceless()
    groups |= {"pictures without a face": compute_maps(faceless),
               "patches of these": compute_maps(pictures.cut_patches(faceless, rng)),
               "patches of photographs, 25 pixels": compute_maps(pictures.read_small_patches()),
               "noise and textures": compute_maps(pictures.make_textures(rng))}
    wrongly = [maps[found] for name, (maps, found) in list(groups.items())[-4:]]
    return groups | {"found wrongly in the last four": (np.concatenate(wrongly), None)}


def compute_maps(images):
    """Return the maps of the best face in each image, in grey, or of the whole image, and whether a face was found."""
    from featfer.faces import FOUND, find_faces
    faces = [find_faces(image, single=True)[0] for image in images]
    return _compute_maps(faces), np.array([face.status == FOUND for face in faces])


def _compute_maps(faces):
    from featfer.features import make_features, values_of
    features = make_features("stage:128x8x8")
    grey = [face.in_grey() for face in faces]
    maps = [values_of(features, grey[at:at + BATCH]).astype(np.float16) for at in range(0, len(grey), BATCH)]
    return np.concatenate(maps)


def read_colour(novelty):
    """Return the novelty of the two photographs of faces in colour that come with scikit-image and matplotlib.

    Returns
    -------
    dict
        {name: [novelty in colour, novelty in grey]}
    """
    from featfer.faces import find_faces
    from featfer.features import make_features, values_of
    found = {}
    for path in (Path(skimage.data_dir, "astronaut.png"), Path(matplotlib.get_data_path(), "sample_data", "grace_hopper.jpg")):
        face = find_faces(path)[0]
        values = values_of(make_features("stage:128x8x8"), [face, face.in_grey()])
        found[path.stem] = novelty.score(values).tolist()
    return found


def _cut_out(image, box):
    left, top, right, bottom = box
    margin = MARGIN * (right - left)
    return image[max(0, int(top - margin)):int(bottom + margin), max(0, int(left - margin)):int(right + margin)]


def _shrink(image):
    return cv2.resize(image, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
