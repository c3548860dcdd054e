"""Films of known truth: persons who cross, leave, come back and are cut, and films that are no films."""

from pathlib import Path

import av
import numpy as np
import pytest
from helpers.videos import astronaut, write_timed
from PIL import Image

from benchmarks.films import scenes
from benchmarks.films.scenes import Actor, Shot, cut_portrait, go, make_frames, move
from featfer.images.video_writer import VideoWriter

SIZE = 400, 300  # of the films' pictures
PHOTOS = Path(__file__).parents[3] / "shared" / "data" / "photos"


def make_cast(photo):
    """Return Portraits of Grace Hopper and of Eileen Collins."""
    hopper = np.asarray(Image.open(photo).convert("RGB"))
    return [cut_portrait("hopper", hopper, (170, 130, 375, 337)), cut_portrait("collins", *astronaut())]


def read_cast(persons):
    """Return portraits of persons on labelled photographs; skip the test where these are missing."""
    if not (PHOTOS / "photos.csv").exists():
        pytest.skip(f"the labelled photographs are not at {PHOTOS}")
    return [photos[0] for photos in scenes.read_portraits(PHOTOS, 1, persons)]


def crossing(cast):
    """Two who change sides, 6 s: the first passes behind the second and is hidden for half a second."""
    first, second = move(go(80, 320, 1.5, 2.5), 150, 80, 0), move(go(320, 90, 1.5, 2.5), 160, 95, 2)
    return [Shot(6, _act(cast, first, second))]


def returning(cast):
    """The second leaves at the right after 2 s and comes back at the left after 4 s, of 6; the first stays."""
    def x(seconds):
        return go(310, 480, 1, 1)(seconds) if seconds < 3 else go(-80, 80, 3.5, 1)(seconds)
    return [Shot(6, _act(cast, move(210, 90, 80, 0), move(x, 215, 90, 2)))]


def cutting(cast):
    """Three shots of 2 s in which one face is seen in the same place: that of the first, the second and the first person."""
    return [Shot(2, _act([cast[who]], move(200, 150, 90, 1)), place) for place, who in enumerate((0, 1, 0))]


def standing(cast, seconds=2.0):
    """All stand side by side, and move their heads."""
    step = SIZE[0] / len(cast)
    return [Shot(seconds, _act(cast, *(move((number + 0.5) * step, 150, 80, number) for number in range(len(cast)))))]


def write(path, shots):
    """Write a film of SIZE, 25 frames/s; return the faces in each frame."""
    return scenes.write_film(path, shots, size=SIZE)


def write_at(path, shots, times, turned=0, **options):
    """Write the first frames of shots, each at its time in seconds; return the faces in each frame, upright.

    turned: degrees counterclockwise by which the film says that it is to be turned; options: as for `write_timed`
    """
    frames = list(zip(make_frames(shots, size=SIZE), times, strict=False))
    pictures = [np.ascontiguousarray(np.rot90(picture, -turned // 90)) for (picture, _), _ in frames]
    write_timed(path, pictures, times, rotation=turned, **options)
    return [seen for (_, seen), _ in frames]


def write_long(path, cast, frames):
    """Write a film of small pictures, those of a second again and again; return its path."""
    shot = Shot(1, [Actor(cast[0], move(110, 90, 80, 0))])
    second = [np.ascontiguousarray(picture[..., ::-1]) for picture, _ in make_frames([shot], size=(220, 180))]
    with VideoWriter(path, scenes.RATE) as writer:
        for number in range(frames):
            writer.write(second[number % len(second)], number / scenes.RATE)
    return path


def write_empty_room(path, frames=10):
    """Write a film without a face; return its path."""
    return write_timed(path, [scenes.make_background(number, SIZE) for number in range(frames)])


def write_sound(path, seconds=1):
    """Write a film that is sound alone; return its path."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        stream.layout = "mono"
        for start in range(0, 16000 * seconds, 1024):
            wave = np.sin(np.arange(start, start + 1024) * 2 * np.pi * 440 / 16000).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def cut_off(path):
    """Cut a film off in its middle; return its path."""
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    return path


def _act(cast, *looks):
    return [Actor(portrait, look) for portrait, look in zip(cast, looks, strict=True)]
