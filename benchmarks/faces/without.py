"""Pictures without a face: parts of photographs that ship with packages, and pictures that are computed.

    python -m benchmarks.faces.without sheet.png

draws all of them on one sheet, to be looked at.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
import skimage.data
import sklearn.datasets
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.faces.sheet import write_sheet

SKIMAGE, SKLEARN = Path(skimage.data.__file__).parent, Path(sklearn.datasets.__file__).parent / "images"
HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
# Photographs, drawings and scans without a person; chelsea is a cat.
WHOLE = [*(SKIMAGE / name for name in (
    "brick.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png", "color.png", "grass.png", "gravel.png",
    "horse.png", "hubble_deep_field.jpg", "ihc.png", "logo.png", "moon.png", "motorcycle_left.png", "page.png", "retina.jpg",
    "rocket.jpg", "text.png")), SKLEARN / "china.jpg", SKLEARN / "flower.jpg"]
# Photographs of people, with the parts that do not show their faces.
PARTS = [(SKIMAGE / "astronaut.png", (0, 230, 512, 512)), (SKIMAGE / "astronaut.png", (290, 0, 512, 300)),
         (SKIMAGE / "camera.png", (300, 40, 512, 512)), (SKIMAGE / "camera.png", (0, 230, 300, 512)),
         (HOPPER, (0, 400, 512, 600))]
CUTS = 5     # smaller parts of each of these
COMPUTED = 16  # pictures of each kind that is computed
SIDES = 240, 1000  # least and greatest longer side of a picture, pixels


def make_pictures():
    """Return (name, uint8 array (h, w, 3)) pairs of pictures without a face; the same in every run."""
    return [*_cut_photos(), *_compute_pictures()]


def _cut_photos():
    draw = np.random.default_rng(0)
    for path, part in [*((path, None) for path in WHOLE), *PARTS]:
        photo = Image.open(path).convert("RGB").crop(part)
        yield path.stem, np.asarray(photo)
        for number in range(CUTS):
            width, height = (round(side * draw.uniform(0.35, 0.9)) for side in photo.size)
            left, top = (int(draw.integers(0, whole - side)) for whole, side in zip(photo.size, (width, height), strict=True))
            cut = photo.crop((left, top, left + width, top + height))
            scale = draw.uniform(*SIDES) / max(cut.size)
            yield f"{path.stem} {number + 1}", np.asarray(cut.resize([max(1, round(side * scale)) for side in cut.size]))


def _compute_pictures():
    for kind in (clouds, gradient, stripes, shapes, landscape, lights, room, tiles, chart, writing):
        draw = np.random.default_rng(len(kind.__name__))
        for number in range(COMPUTED):
            width, height = int(draw.integers(*SIDES)), int(draw.integers(*SIDES))
            yield f"{kind.__name__} {number + 1}", np.asarray(kind(draw, width, height).convert("RGB"))


def clouds(draw, width, height):
    """Noise whose spectrum falls with a power of the frequency, from white noise to clouds."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)) + 1 / (width + height)
    noise = np.fft.fft2(draw.normal(size=(3, height, width))) / frequency ** draw.uniform(0, 2.2)
    return _to_picture(np.moveaxis(np.fft.ifft2(noise).real, 0, 2))


def gradient(draw, width, height):
    """A smooth change between two colours, straight or round, with a little noise."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    straight, middle = draw.normal(size=2), draw.uniform(size=2)
    shade = x * straight[0] + y * straight[1] if draw.random() < 0.5 else np.hypot(x - middle[0], y - middle[1])
    return _to_picture(shade[..., None] * draw.normal(size=3) + draw.normal(scale=0.01, size=(height, width, 3)))


def stripes(draw, width, height):
    """Two sets of waves over each other: stripes, checks, ripples."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    waves = 0
    for _ in range(2):
        way, bend = draw.normal(scale=60, size=2), draw.uniform(0, 30)
        waves = waves + np.sin(x * way[0] + y * way[1] + bend * np.hypot(x - draw.random(), y - draw.random()))
    return _to_picture(np.sign(waves) if draw.random() < 0.5 else waves)


def shapes(draw, width, height):
    """Many ellipses, rectangles and lines of all colours."""
    picture, pen = _start(draw, width, height)
    for _ in range(int(draw.integers(20, 120))):
        box = _box(draw, width, height, 0.4)
        if draw.random() < 0.3:
            pen.line(box, fill=_colour(draw), width=int(draw.integers(1, 9)))
        else:
            (pen.ellipse if draw.random() < 0.5 else pen.rectangle)(box, fill=_colour(draw))
    return picture


def landscape(draw, width, height):
    """A sky, and ridges one before the other, darker and nearer."""
    picture = Image.fromarray(np.asarray(gradient(draw, width, height)) // 2 + 110)
    pen = ImageDraw.Draw(picture)
    for depth in np.linspace(0.3, 0.95, int(draw.integers(2, 6))):
        steps = np.cumsum(draw.normal(size=width)) * height / (40 * width ** 0.5) * 4
        ridge = height * depth + np.convolve(steps, np.ones(5) / 5, "same")
        colour = tuple(int(value * (1.1 - depth)) for value in draw.integers(60, 200, 3))
        pen.polygon([(0, height), *((x, float(top)) for x, top in enumerate(ridge)), (width, height)], fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(draw.uniform(0, 1.5)))


def lights(draw, width, height):
    """Discs out of focus on a dark ground, as lamps at night."""
    picture = Image.new("RGB", (width, height), (10, 10, 25))
    for _ in range(int(draw.integers(15, 60))):
        layer = Image.new("RGB", picture.size)
        x, y, radius = draw.uniform(0, width), draw.uniform(0, height), draw.uniform(0.01, 0.08) * max(width, height)
        ImageDraw.Draw(layer).ellipse((x - radius, y - radius, x + radius, y + radius), fill=_colour(draw))
        picture = Image.blend(picture, Image.fromarray(np.maximum(np.asarray(picture), np.asarray(layer))), 0.6)
    return picture.filter(ImageFilter.GaussianBlur(draw.uniform(1, 8)))


def room(draw, width, height):
    """Walls and a floor in perspective, with pictures, windows and furniture made of boxes."""
    picture, pen = _start(draw, width, height)
    left, top, right, bottom = width * 0.2, height * 0.15, width * draw.uniform(0.6, 0.85), height * draw.uniform(0.55, 0.75)
    for wall in (((0, 0), (left, top), (left, bottom), (0, height)),
                 ((width, 0), (right, top), (right, bottom), (width, height)),
                 ((0, height), (left, bottom), (right, bottom), (width, height))):
        pen.polygon(wall, fill=_colour(draw))
    for _ in range(int(draw.integers(5, 15))):
        box = _box(draw, width, height, 0.3)
        pen.rectangle(box, fill=_colour(draw), outline=_colour(draw), width=int(draw.integers(1, 8)))
        if draw.random() < 0.5:
            middle = (box[0] + box[2]) / 2
            pen.line((middle, box[1], middle, box[3]), fill=_colour(draw), width=3)
    shade = np.asarray(picture) * np.linspace(1, draw.uniform(0.5, 1), width)[None, :, None]
    return Image.fromarray(np.clip(shade + draw.normal(scale=6, size=shade.shape), 0, 255).astype(np.uint8))


def tiles(draw, width, height):
    """A mosaic: every pixel has the colour of the nearest of some points."""
    points = draw.uniform(size=(int(draw.integers(20, 90)), 2)) * (height, width)
    y, x = np.mgrid[:height, :width]
    nearest, least = np.zeros((height, width), int), np.full((height, width), np.inf)
    for number, (row, column) in enumerate(points):
        distance = (y - row) ** 2 + (x - column) ** 2
        nearest[distance < least], least = number, np.minimum(distance, least)
    return Image.fromarray(draw.integers(0, 256, (len(points), 3), np.uint8)[nearest])


def chart(draw, width, height):
    """Axes with bars, curves and points on white."""
    picture = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(picture)
    pen.line((40, 10, 40, height - 30, width - 10, height - 30), fill="black", width=2)
    for x in np.linspace(50, width - 30, int(draw.integers(4, 20))):
        pen.rectangle((x, draw.uniform(20, height - 40), x + 0.5 * width / 20, height - 31), fill=_colour(draw))
    for _ in range(3):
        curve = height / 2 + np.cumsum(draw.normal(scale=height / 60, size=60))
        pen.line(list(zip(np.linspace(41, width - 10, 60), curve.tolist(), strict=True)), fill=_colour(draw), width=3)
    for x, y in draw.uniform((41, 10), (width - 10, height - 31), (40, 2)):
        pen.ellipse((x - 4, y - 4, x + 4, y + 4), outline=_colour(draw), width=2)
    return picture


def writing(draw, width, height):
    """Lines of letters, such as a page of a book, a little turned."""
    picture = Image.new("L", (width, height), int(draw.integers(180, 256)))
    pen, size = ImageDraw.Draw(picture), int(draw.integers(10, 48))
    for y in range(size, height - size, round(size * 1.5)):
        letters = "".join(map(chr, draw.choice([32, *range(97, 123)], 3 * width // size)))
        pen.text((size, y), letters, fill=int(draw.integers(0, 90)), font_size=size)
    return picture.rotate(draw.uniform(-8, 8), Image.Resampling.BICUBIC, fillcolor=200)


def _to_picture(values):
    """Return an array of any range, (h, w) or (h, w, 3), as a picture."""
    least, most = np.percentile(values, (0.5, 99.5))
    return Image.fromarray((255 * np.clip((values - least) / (most - least + 1e-9), 0, 1)).astype(np.uint8))


def _start(draw, width, height):
    picture = Image.new("RGB", (width, height), _colour(draw))
    return picture, ImageDraw.Draw(picture)


def _colour(draw):
    return tuple(draw.integers(0, 256, 3).tolist())


def _box(draw, width, height, most):
    """Return left, top, right, bottom of a box whose sides are up to a fraction of the picture's."""
    left, top = draw.uniform(-0.1, 1) * width, draw.uniform(-0.1, 1) * height
    return left, top, left + draw.uniform(0.02, most) * width, top + draw.uniform(0.02, most) * height


if __name__ == "__main__":
    write_sheet([(picture, [], name) for name, picture in make_pictures()], sys.argv[1])
