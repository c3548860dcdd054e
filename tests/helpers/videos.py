"""The videos that the tests make, and what stands in for cameras, screens and recognizers there."""

import itertools
import threading
from fractions import Fraction

import av
import cv2
import numpy as np
import skimage.data
from PIL import Image

from featfer.expression import Expression
from featfer.labels import FER7
from featfer.tracking.optical_flow import GreyFrame

SIZE = 640, 480
RATE = 25
BOX = (250.0, 180.0, 370.0, 300.0)


def hopper(photo):
    """Return Grace Hopper's portrait, uint8 (h, w, 3) RGB, and its face's box."""
    portrait = np.asarray(Image.open(photo).convert("RGB"))[60:400, 120:440]
    return shrunk(portrait, 0.6), (30, 42, 153, 166)


def astronaut():
    """Return Eileen Collins's portrait and its face's box, alike."""
    return shrunk(skimage.data.astronaut()[20:260, 110:350], 0.9), (62, 54, 140, 132)


def shrunk(image, scale):
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def background(size=SIZE):
    """Return a smooth picture of many colours, uint8 (h, w, 3) RGB."""
    colours = np.random.default_rng(1).integers(60, 200, (6, 8, 3), np.uint8)
    return cv2.resize(colours, size, interpolation=cv2.INTER_CUBIC)


def scene(number, *moving):
    """Return the frame of this number, uint8 (h, w, 3) RGB, and the boxes of the faces in it.

    moving: (portrait, its face's box, function from the number to x and y); a portrait is seen as far as it is in the frame
    """
    picture, boxes = background(), []
    for portrait, (left, top, right, bottom), path in moving:
        x, y = (round(value) for value in path(number))
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + portrait.shape[1], SIZE[0]), min(y + portrait.shape[0], SIZE[1])
        if x0 < x1 and y0 < y1:
            picture[y0:y1, x0:x1] = portrait[y0 - y:y1 - y, x0 - x:x1 - x]
        boxes.append((x + left, y + top, x + right, y + bottom))
    return picture, boxes


def swing(number):
    """The path of a face that goes round, at up to 200 pixels a second."""
    return 200 + 110 * np.sin(number / 14), 130 + 80 * np.cos(number / 14)


def warp(picture, dx=0.0, dy=0.0, scale=1.0):
    """Return the GreyFrame of an image that is scaled about the centre of BOX, then moved."""
    x, y = (BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2
    matrix = np.float32([[scale, 0, x + dx - scale * x], [0, scale, y + dy - scale * y]])
    return GreyFrame(cv2.warpAffine(picture, matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE))


def write_video(path, pictures, rate=RATE):
    """Write pictures, RGB, as a video; return its path."""
    codec = "mp4v" if path.suffix == ".mp4" else "MJPG"
    writer = None
    for picture in pictures:
        writer = writer or cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), rate, picture.shape[1::-1])
        writer.write(picture[..., ::-1])
    writer.release()
    return path


def write_timed(path, pictures, times=None, codec="mpeg4", rate=RATE, aspect=None, every_key=5, rotation=0, encoder=(),
                b_frames=0, **options):
    """Write pictures, RGB, each at its time in seconds, as a video with PyAV; return its path.

    aspect: width and height of a pixel; every_key: after so many frames comes a key frame; rotation: degrees counterclockwise
    by which the video is to be turned; encoder, options: of the encoder and of the container
    """
    unit = Fraction(1, 60000) if times is not None else Fraction(1, rate)
    with av.open(str(path), "w", container_options=options) as container:
        stream = container.add_stream(codec, rate=rate, options=dict(encoder))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.time_base = every_key, unit
        stream.codec_context.max_b_frames = b_frames
        if aspect:
            stream.codec_context.sample_aspect_ratio = Fraction(*aspect)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts, frame.time_base = number if times is None else round(times[number] / unit), unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def emptied(path):
    """Overwrite all frames of an .mp4 with zeros; return its path."""
    before, mdat, rest = path.read_bytes().partition(b"mdat")
    pictures, moov, index = rest.rpartition(b"moov")
    path.write_bytes(before + mdat + bytes(len(pictures) - 4) + pictures[-4:] + moov + index)
    return path


def read_video(path):
    """Return (frames, uint8 (n, h, w, 3) BGR, frames/s) of a video."""
    video, pictures = cv2.VideoCapture(str(path)), []
    while (read := video.read())[0]:
        pictures.append(read[1])
    return np.array(pictures), video.get(cv2.CAP_PROP_FPS)


class Quick:
    """Sees in every face what it is told to, at once; or, held, once it is let go."""

    label_set = FER7

    def __init__(self, label="happy"):
        self.label, self.calls = label, 0
        self.free = threading.Event()
        self.free.set()

    def warm_up(self):
        return self

    def expressions(self, faces, with_novelty=True):
        self.calls += 1
        assert self.free.wait(20)
        shares = {name: float(name == self.label) for name in FER7.names}
        return [Expression(self.label, shares, face.box, face.status, None) for face in faces]


class Camera:
    """Stands in for a cv2.VideoCapture: gives the pictures, each once it may, and counts its releases."""

    def __init__(self, pictures=None, rate=RATE):
        self.pictures = iter(pictures if pictures is not None else itertools.repeat(np.zeros((48, 64, 3), np.uint8)))
        self.rate, self.reads, self.releases = rate, 0, 0

    def isOpened(self):
        return True

    def get(self, what):
        return self.rate if what == cv2.CAP_PROP_FPS else 0.0

    def read(self):
        assert not self.releases
        self.reads += 1
        picture = next(self.pictures, None)
        if isinstance(picture, BaseException):
            raise picture
        return picture is not None, picture

    def release(self):
        self.releases += 1
