"""Films made of portraits that move, and the truth about each of their frames."""

import csv
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from featfer.faces import FOUND, find_faces
from featfer.faces.boxes import clip_box, compute_area
from featfer.images.pixels import read_image
from featfer.images.video_writer import VideoWriter

SIZE, RATE = (640, 480), 25  # width and height in pixels, frames/s
MARGIN = 0.55   # of a face's side, which a portrait shows around the face
LEAST = 100     # pixels: the least side of a face that is cut out of a photograph
FRONTAL = 0.3   # least score of such a face


class Portrait(NamedTuple):
    """A person's picture."""

    name: str            # of the person
    pixels: np.ndarray   # uint8 (h, w, 3), RGB
    box: tuple           # of the face


class Look(NamedTuple):
    """How a face looks in a frame."""

    x: float             # of its middle, in pixels
    y: float
    side: float          # in pixels
    turn: float = 0.0    # degrees, clockwise
    light: float = 1.0   # factor of the brightness
    blur: float = 0.0    # pixels: the deviation of a Gaussian


class Actor(NamedTuple):
    """A person in a shot. Of two in the same place, the later in the shot's list is in front."""

    portrait: Portrait
    look: Callable       # from seconds since the shot's beginning to a Look, or None where the person is away


class Shot(NamedTuple):
    """Frames between two cuts."""

    seconds: float
    actors: list
    place: int = 0       # number of the background


class Seen(NamedTuple):
    """A face in a frame."""

    name: str
    box: tuple           # clipped to the frame
    visible: float       # the share of the whole box that is in the frame and behind nobody


def cut_portrait(name, image, box):
    """Return the Portrait of a face in an image.

    Parameters
    ----------
    name : str
    image : uint8 array (h, w) or (h, w, 3)
    box : (left, top, right, bottom)
    """
    image = np.stack([image] * 3, axis=-1) if image.ndim == 2 else image
    margin = MARGIN * (box[2] - box[0])
    around = box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin
    left, top, right, bottom = (round(side) for side in clip_box(around, image.shape[1], image.shape[0]))
    return Portrait(name, image[top:bottom, left:right], (box[0] - left, box[1] - top, box[2] - left, box[3] - top))


def read_portraits(folder, parity, persons, photos=1):
    """Return portraits of persons, cut out of labelled photographs.

    Parameters
    ----------
    folder : Path
        With photos.csv: path, label, subject (a letter and a number).
    parity : int
        0 for the subjects with an even number, 1 for those with an odd one.
    persons : int
    photos : int
        Of each person.

    Returns
    -------
    list of list of Portrait
        `persons` lists of `photos` each: those of the first subjects with so many photographs in which exactly one face of at
        least LEAST pixels is found, and clearly.
    """
    subjects = {}
    with open(folder / "photos.csv", newline="") as file:
        for row in csv.DictReader(file):
            if int(row["subject"][1:]) % 2 == parity:
                subjects.setdefault(row["subject"], []).append(row["path"])
    cast = []
    for subject, paths in subjects.items():
        found = (_read_portrait(subject, folder / path) for path in paths if len(paths) >= photos)
        portraits = [portrait for portrait in found if portrait]
        if len(portraits) >= photos:
            cast.append(portraits[:photos])
        if len(cast) == persons:
            break
    return cast


def move(x, y, side, phase=0.0, reach=(0.0, 0.0)):
    """Return the path of a person who stays about one place and moves the head a little.

    Parameters
    ----------
    x, y, side : number or function from seconds to a number
    phase : float
        Radians; persons with different phases move differently.
    reach : (float, float)
        Pixels by which the face goes to and fro.

    Returns
    -------
    function
        From seconds to a Look.
    """
    def look(seconds):
        at_x, at_y, wide = (value(seconds) if callable(value) else value for value in (x, y, side))
        return Look(at_x + reach[0] * np.sin(0.8 * seconds + phase), at_y + reach[1] * np.sin(1.3 * seconds + 2 * phase),
                    wide * (1 + 0.06 * np.sin(1.1 * seconds + phase)), 5 * np.sin(0.9 * seconds + 3 * phase),
                    1 + 0.12 * np.sin(0.6 * seconds + phase), max(0.0, 1.2 * np.sin(0.7 * seconds + phase)))
    return look


def go(start, end, begin, duration):
    """Return a value that goes from `start` to `end` within `duration` seconds from `begin` on, and stays there."""
    return lambda seconds: start + (end - start) * min(max((seconds - begin) / duration, 0.0), 1.0)


def make_frames(shots, rate=RATE, size=SIZE):
    """Yield each frame of some shots.

    Parameters
    ----------
    shots : list of Shot
    rate : float
        Frames/s.
    size : (int, int)
        Width and height.

    Yields
    ------
    uint8 array (h, w, 3), RGB
    list of Seen
    """
    for shot in shots:
        back = make_background(shot.place, size)
        for number in range(round(shot.seconds * rate)):
            yield draw_frame(back, shot.actors, number / rate)


def make_background(place, size=SIZE):
    """Return a smooth picture of many colours, uint8 (h, w, 3) RGB."""
    colours = np.random.default_rng(place).integers(60, 200, (6, 8, 3), np.uint8)
    return cv2.resize(colours, size, interpolation=cv2.INTER_CUBIC)


def draw_frame(back, actors, seconds):
    """Draw actors before a background.

    Parameters
    ----------
    back : uint8 array (h, w, 3)
    actors : list of Actor
    seconds : float

    Returns
    -------
    uint8 array (h, w, 3)
    list of Seen
        In the order of `actors`, without those who are away or wholly outside the frame.
    """
    picture, boxes, owner = back.copy(), {}, np.full(back.shape[:2], -1)
    for number, actor in enumerate(actors):
        if look := actor.look(seconds):
            boxes[number] = _draw_actor(picture, owner, number, actor.portrait, look)
    seen = []
    for number, box in boxes.items():
        clipped = clip_box(box, back.shape[1], back.shape[0])
        left, top, right, bottom = (round(side) for side in clipped)
        area = np.count_nonzero(owner[top:bottom, left:right] == number)
        if compute_area(clipped) > 0:
            seen.append(Seen(actors[number].portrait.name, clipped, min(area / compute_area(box), 1.0)))
    return picture, seen


def write_film(path, shots, rate=RATE, size=SIZE):
    """Write shots as a film.

    Returns
    -------
    list of list of Seen
        Of each frame.
    """
    truth = []
    with VideoWriter(path, rate) as writer:
        for number, (picture, seen) in enumerate(make_frames(shots, rate, size)):
            writer.write(np.ascontiguousarray(picture[..., ::-1]), number / rate)
            truth.append(seen)
    return truth


def _read_portrait(name, path):
    """Return the Portrait of the face in a photo; None if it shows another number of faces, or a small or unclear one."""
    image = read_image(path)
    faces = find_faces(image)
    clear = len(faces) == 1 and faces[0].status == FOUND and faces[0].score >= FRONTAL
    return cut_portrait(name, image, faces[0].box) if clear and faces[0].box[2] - faces[0].box[0] >= LEAST else None


def _draw_actor(picture, owner, number, portrait, look):
    """Draw a portrait into a picture and its number where it is; return the box of the face."""
    left, top, right, bottom = portrait.box
    scale = look.side / (right - left)
    matrix = cv2.getRotationMatrix2D(((left + right) / 2, (top + bottom) / 2), -look.turn, scale)
    matrix[:, 2] += look.x - (left + right) / 2, look.y - (top + bottom) / 2
    pixels = np.clip(portrait.pixels * look.light, 0, 255).astype(np.uint8)
    if scale < 1:  # an interpolation would alias
        pixels = cv2.GaussianBlur(pixels, None, 0.5 / scale)
    drawn = cv2.warpAffine(pixels, matrix, picture.shape[1::-1], flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(np.full(pixels.shape[:2], 255, np.uint8), matrix, picture.shape[1::-1]) == 255
    drawn = cv2.GaussianBlur(drawn, None, look.blur) if look.blur > 0.1 else drawn
    picture[inside], owner[inside] = drawn[inside], number
    half = look.side / 2
    return look.x - half, look.y - half, look.x + half, look.y + half
