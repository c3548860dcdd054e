"""What detectors share: the size at which they look at an image, in parts where it is large, and the way back from it."""

import functools
from itertools import product

from featfer.errors import ParameterError
from featfer.images.pixels import resize, to_grey

CROP_SIDE = 150  # an image no longer than this is taken for a crop around one face
SMALLEST = 20, 2000  # pixels: the least and the most that the smallest face of interest can be
MOST_ENLARGED = 4  # times: a detector finds no more in a photo that is enlarged further
NARROW = 0.75  # of the longer side of a photo of 16:9, that of a square as large
OVERLAP = 3  # smallest faces that the parts of a photo have in common: what is larger is found in the photo shrunk by half
SHARED = 0.5  # of the smaller of two boxes: those that share more show one face


def at_scale(crop, photo, window, smallest=None, part=None, grey=False):
    """Let a detector look at images in a size that suits it: return a decorator for its function.

    The function gets the image in that size, grey if it says so, and returns (score, box) pairs in any order, boxes in pixels
    of what it got. Decorated, it takes any image, and its boxes are in pixels of that, best score first, and of equal scores
    the one that begins further right. It then takes `smallest` too, the side in pixels of the smallest face of interest in
    photos (default: what fits the rules below); raises ParameterError where that is not from 20 to 2000.

    crop: crops are enlarged until their shorter side is so long
    photo: photos are enlarged, at most twice, until their longer side is as long as the first, and shrunk until it is as long
    as the second; those wider than 16:9 until they have as many pixels as one of 16:9 then has
    window: side of the smallest face that the detector finds in what it gets
    smallest: photos are shrunk no further than shows faces of this side, in pixels of the photo, however large they are
    part: images larger than a square of this side are looked at in parts, which bounds the memory that a detector takes
    (default: the second of photo)
    """
    def decorate(detect):
        @functools.wraps(detect)
        def detect_at_scale(image, single=False, smallest=None):
            scale = scale_of(image.shape, smallest)
            seen = to_grey(image) if grey else image
            found = _detect_in_parts(functools.partial(detect, single=single), seen, scale, part or photo[1], window)
            return sorted(((float(score), tuple(map(float, box))) for score, box in found), reverse=True)
        return detect_at_scale

    def scale_of(shape, wanted):
        check_smallest(wanted)
        if wanted is None or is_crop(shape):
            return detection_scale(shape, crop, photo, smallest and window / smallest)
        return min(MOST_ENLARGED, window / wanted)
    return decorate


def check_smallest(smallest):
    """Raise ParameterError where the side of the smallest face of interest is neither None nor from 20 to 2000 pixels."""
    least, most = SMALLEST
    if smallest is not None and not (isinstance(smallest, (int, float)) and least <= smallest <= most):
        raise ParameterError(f"smallest face {smallest!r} is not from {least} to {most} pixels")


def detection_scale(shape, crop, photo, least=None):
    """Return how many pixels that a detector looks at make one of the image, float.

    crop, photo: as for looks_at; least: what a photo is not shrunk below, None for nothing
    """
    if is_crop(shape):
        return max(1.0, crop / min(shape[:2]))
    height, width = shape[:2]
    enlarged, shrunk = (max(longer / max(height, width), NARROW * longer / (height * width) ** 0.5) for longer in photo)
    return min(2.0, max(1.0, enlarged), max(shrunk, least or 0))


def is_crop(shape):
    """Say whether an image of this shape is taken for a crop around one face."""
    return max(shape[:2]) <= CROP_SIDE


def scaled(image, scale):
    """Return the image enlarged or shrunk, a pixel high and wide at least."""
    height, width = image.shape[:2]
    return resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


def _detect_in_parts(detect, image, scale, side, window):
    """Return (score, box) of each face in an image looked at in a scale, boxes in pixels of the image; what would be larger
    than a square of a side is cut in parts, and looked at shrunk by half besides, for the faces that are in no part whole."""
    height, width = image.shape[:2]
    if height * width * scale ** 2 <= side ** 2:
        return [(score, [end / scale for end in box]) for score, box in detect(scaled(image, scale))]
    found = _detect_in_parts(detect, image, scale / 2, side, window)
    for (top, bottom), (left, right) in product(*(_cut(length, side / scale, OVERLAP * window / scale)
                                                  for length in (height, width))):
        found += [(score, [end / scale + start for end, start in zip(box, (left, top, left, top), strict=True)])
                  for score, box in detect(scaled(image[top:bottom, left:right], scale))]
    return _without_repeats(found)


def _cut(length, part, overlap):
    """Return (start, end) of the parts that a length is cut in, equal but for rounding, no longer than `part`, each having an
    overlap with the next."""
    count = max(1, -int(-(length - overlap) // (part - overlap)))
    step = (length - overlap) / count
    return [(round(i * step), min(length, round((i + 1) * step + overlap))) for i in range(count)]


def _without_repeats(found):
    """Return (score, box) pairs without those that show the same face as one with a better score."""
    kept = []
    for score, box in sorted(found, reverse=True):
        if all(_shared(box, other) <= SHARED for _, other in kept):
            kept.append((score, box))
    return kept


def _shared(one, other):
    """Return which part of the smaller of two boxes is in the other, from 0 to 1."""
    width, height = (min(one[end], other[end]) - max(one[end - 2], other[end - 2]) for end in (2, 3))
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return max(0, width) * max(0, height) / least if least > 0 else 0.0
