"""What detectors share: the size at which they look at an image, and the way back from it."""

import functools

from featfer.images import resize, to_grey

CROP_SIDE = 150  # an image no longer than this is taken for a crop around one face


def looks_at(crop, photo, grey=False):
    """Let a detector look at images in a size that suits it: return a decorator for its function.

    The function gets the image in that size, grey if it says so, and returns (score, box) pairs in any order, boxes in pixels
    of what it got. Decorated, it takes any image, and its boxes are in pixels of that, best score first.

    crop: crops are enlarged until their shorter side is so long
    photo: photos are enlarged, at most twice, until their longer side is as long as the first, and shrunk to the second,
    which bounds the memory that a detector takes
    """
    def decorate(detect):
        @functools.wraps(detect)
        def detect_at_scale(image, single=False):
            scale = detection_scale(image.shape, crop, photo)
            found = detect(scaled(to_grey(image) if grey else image, scale), single)
            return sorted(((float(score), tuple(side / scale for side in box)) for score, box in found), reverse=True)
        return detect_at_scale
    return decorate


def detection_scale(shape, crop, photo):
    """Return how many pixels that a detector looks at make one of the image, float; crop, photo: as for looks_at."""
    if is_crop(shape):
        return max(1.0, crop / min(shape[:2]))
    enlarge_to, shrink_to = photo
    longer = max(shape[:2])
    return min(2.0, max(1.0, enlarge_to / longer), shrink_to / longer)


def is_crop(shape):
    """Say whether an image of this shape is taken for a crop around one face."""
    return max(shape[:2]) <= CROP_SIDE


def scaled(image, scale):
    """Return the image enlarged or shrunk, a pixel high and wide at least."""
    height, width = image.shape[:2]
    return resize(image, max(1, round(height * scale)), max(1, round(width * scale)))
