"""How near faces of one person are to each other, and of different persons: from which distance two are joined."""

import csv

import numpy as np
from scipy.spatial.distance import pdist

from benchmarks.films.scenes import Actor, cut_portrait, draw_frame, make_background, move
from featfer.faces import FOUND, find_faces
from featfer.features import Embedding
from featfer.images.pixels import read_image

FALSE = 0.001           # share of pairs of different persons that may be joined
LEAST = 100             # pixels: the least side of a face
LOOKS, SIDE = 8, 110    # of a made track: faces, and their side in pixels
PHOTOS, SINGLE = 3, 80  # of a subject that are used for tracks; subjects with one photo that are
GRID = np.linspace(0.1, 1.0, 901)


def measure_joining(folder):
    """Measure distances between photographs, and between tracks that are made of them.

    Parameters
    ----------
    folder : Path
        With photos.csv: path, label, subject (a letter and a number).

    Returns
    -------
    dict
        {what is compared: {"even", "odd": as `describe_pairs` returns, of the subjects with such a number}}; the distance is
        chosen on the even ones.
    """
    faces = _read_faces(folder)
    vectors = {"photographs": [(subject, Embedding().transform([face])) for subject, _, face in faces]}
    vectors["tracks"] = [(subject, track) for subject, image, face in _choose(faces)
                         if len(track := _make_track(subject, image, face)) == LOOKS]
    found = {}
    for what, rows in vectors.items():
        subjects = np.array([subject for subject, _ in rows])
        is_even = np.array([int(subject[1:]) % 2 == 0 for subject in subjects])
        for form, change in (("", lambda v: v), (", unit length", lambda v: v / np.linalg.norm(v, axis=1, keepdims=True))):
            means = np.array([change(change(track).mean(axis=0, keepdims=True))[0] for _, track in rows])
            even = describe_pairs(means[is_even], subjects[is_even])
            odd = describe_pairs(means[~is_even], subjects[~is_even], even["distance"])
            found[f"{what}{form}"] = {"even": even, "odd": odd}
    return found


def describe_pairs(vectors, subjects, distance=None):
    """Describe the distances between the vectors of each two faces.

    Parameters
    ----------
    vectors : float array (n, d)
    subjects : array of str, (n,)
    distance : float, optional
        Below which two are joined; by default the one at which FALSE of the pairs of different persons are.

    Returns
    -------
    dict
        "same", "different": number of pairs; "equal": the error rate where as many of the same are missed as different ones
        are joined, in [0, 1]; "distance"; "missed", "joined": shares of the same and of different ones at that distance.
    """
    first, second = np.triu_indices(len(vectors), 1)
    distances, is_same = pdist(vectors), subjects[first] == subjects[second]
    same, different = np.sort(distances[is_same]), np.sort(distances[~is_same])
    missed, joined = _rate(same, GRID), _rate(different, GRID)
    at = np.argmin(np.abs(1 - missed - joined))
    distance = float(np.quantile(different, FALSE)) if distance is None else distance
    return {"same": len(same), "different": len(different), "equal": float((1 - missed[at] + joined[at]) / 2),
            "distance": distance, "missed": 1 - float(_rate(same, distance)), "joined": float(_rate(different, distance))}


def _rate(distances, limit):
    """Return the share of sorted distances below a limit."""
    return np.searchsorted(distances, limit) / len(distances)


def _read_faces(folder):
    """Return (subject, image, face) of the photos in which a large face is found."""
    found = []
    with open(folder / "photos.csv", newline="") as file:
        for row in csv.DictReader(file):
            image = read_image(folder / row["path"])
            face = find_faces(image)[0]
            if face.status == FOUND and face.box[2] - face.box[0] >= LEAST:
                found.append((row["subject"], image, face))
    return found


def _choose(faces):
    """Return the first photos of each subject with several, and of SINGLE subjects of each parity with one."""
    by_subject = {}
    for row in faces:
        by_subject.setdefault(row[0], []).append(row)
    several = [row for rows in by_subject.values() if len(rows) > 1 for row in rows[:PHOTOS]]
    single = [rows[0] for rows in by_subject.values() if len(rows) == 1]
    return several + [row for parity in (0, 1) for row in [row for row in single if int(row[0][1:]) % 2 == parity][:SINGLE]]


def _make_track(subject, image, face):
    """Return the embeddings of a face that moves a little, float32 (found, 128)."""
    portrait, back = cut_portrait(subject, image, face.box), make_background(int(subject[1:]) % 9, (320, 240))
    actor = Actor(portrait, move(160, 120, SIDE, int(subject[1:]), (30, 15)))
    faces = [find_faces(draw_frame(back, [actor], 0.9 * number)[0])[0] for number in range(LOOKS)]
    return Embedding().transform([face for face in faces if face.status == FOUND])
