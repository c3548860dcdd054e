"""Measure in how many photographs a face is found, how many false faces there are, and what it costs.

    python -m benchmarks.faces.measure --photos DIR

Each picture in DIR, a folder with its subfolders, must show one face in its middle. Writes results.json, then the page.
`--sheet FILE` draws the faint faces on one sheet, to be looked at. The seconds are the processor's, which depend less on what
else runs. For 1,800 photographs it takes about 20 minutes of one core.
"""

import argparse
import time
from pathlib import Path

import matplotlib
import numpy as np
import skimage.data

from benchmarks.common import write_results
from benchmarks.faces import page
from benchmarks.faces.crowds import count_faces, make_crowds
from benchmarks.faces.page import THRESHOLDS
from benchmarks.faces.sheet import write_sheet
from benchmarks.faces.without import make_pictures
from featfer.errors import MissingError
from featfer.faces import FAINT, WHOLE_IMAGE, find_detector, find_faces
from featfer.faces.detectors.scale import is_crop
from featfer.images.pixels import read_image
from featfer.images.walking import walk
from featfer.utils.provenance import describe_origin

PEOPLE = [Path(skimage.data.__file__).parent / "astronaut.png", Path(skimage.data.__file__).parent / "camera.png",
          Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, type=Path)
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    paths, without = [given.photos / path for path in walk(given.photos).images], make_pictures()
    crowds, people = make_crowds(paths), [(path.stem, read_image(path)) for path in PEOPLE]
    result = {name: measure(name, find, paths, without, crowds, people) for name, find in list_finders().items()}
    write_results(page.RESULTS, {"detectors": result, "thresholds": by_threshold(paths, without), **describe_origin()})
    page.main()
    if given.sheet:
        faces = ((path, find_faces(path)) for path in paths)
        write_sheet([(read_image(path), [face.box for face in found], f"{found[0].score:.2f}")
                     for path, found in faces if found[0].status == FAINT], given.sheet)


def list_finders():
    """Return {name: function from an image to the boxes of its faces} of the detectors that can be used here."""
    finders = {"hog alone": lambda image: find_alone("hog", image), "hog": find_by_default}
    for name in ("mmod", "haar", "mtcnn"):
        try:
            find_alone(name, np.zeros((200, 200, 3), np.uint8))
        except MissingError as error:
            print(f"left out: {error}")
        else:
            finders[name] = lambda image, name=name: find_alone(name, image)
    return finders


def find_alone(name, image):
    """Return the boxes of the faces that a detector finds without a second look, best first."""
    single = is_crop(image.shape)
    return [box for _, box in find_detector(name)(image, single)][:1 if single else None]


def find_by_default(image):
    return [face.box for face in find_faces(image) if face.status != WHOLE_IMAGE]


def measure(name, find, paths, without, crowds, people):
    """Return what a detector finds in all pictures, and the seconds that it takes for each."""
    print(name, flush=True)
    photos = [timed(find, read_image(path)) for path in paths]
    empty = [timed(find, picture) for _, picture in without]
    crowded = {}
    for kind, pictures in crowds.items():
        counts = [count_faces(find(picture), cells) for picture, cells in pictures]
        crowded[kind] = {"pictures": len(counts), **{what: sum(count[what] for count in counts) for what in counts[0]}}
    return {"photos": summarize(photos), "without": summarize(empty), "crowds": crowded,
            "false": [name for (name, _), (boxes, _) in zip(without, empty, strict=True) if boxes],
            "people": {name: [[round(side) for side in box] for box in find(picture)] for name, picture in people}}


def timed(find, picture):
    start = time.process_time()
    boxes = find(picture)
    return boxes, time.process_time() - start


def summarize(found):
    """Return the number of pictures, of those with a face and of faces, and the seconds a picture; found: (boxes, seconds)."""
    seconds = [second for _, second in found]
    return {"pictures": len(found), "with a face": sum(bool(boxes) for boxes, _ in found),
            "faces": sum(len(boxes) for boxes, _ in found),
            "median": float(np.median(seconds)), "p95": float(np.percentile(seconds, 95))}


def by_threshold(paths, without):
    """Return [threshold, photographs with a face, pictures without one that get one] of "hog" alone, for pictures above 150."""
    def best(picture):
        return max((score for score, _ in find_detector("hog")(picture, True)), default=-np.inf)
    photos = [best(image) for image in map(read_image, paths) if not is_crop(image.shape)]
    empty = [best(picture) for _, picture in without if not is_crop(picture.shape)]
    return {"pictures": [len(photos), len(empty)], "found": [
        [threshold, sum(score > threshold for score in photos), sum(score > threshold for score in empty)]
        for threshold in THRESHOLDS]}


if __name__ == "__main__":
    main()
