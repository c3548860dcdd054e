"""Faces in large photos: found from a size on, whatever the photo's shape."""

import numpy as np
import pytest
from PIL import Image

from featfer.faces import FOUND, find_faces

FACE = (130, 80, 410, 400)  # of Grace Hopper's photo, with what is around it; the face itself is 187 pixels wide


def scene(photo, width, height, places, side):
    """Return a photo, uint8 (height, width), with a face of `side` pixels at each place (x, y)."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(90, 150, (height // 40 + 2, width // 40 + 2)).astype(np.uint8)
    picture, face = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), Image.open(photo).convert("L")
    scale = side / 187
    face = face.crop(FACE).resize((round(280 * scale), round(320 * scale)), Image.Resampling.LANCZOS)
    for place in places:
        picture.paste(face, place)
    return np.asarray(picture)


def are_found(faces, places, side):
    """Say whether there is a face at each place, and none elsewhere."""
    middles = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (face.box for face in faces if face.status == FOUND)]
    wanted = [(x + 0.72 * side, y + 0.82 * side) for x, y in places]
    near = [[abs(x - at) < 0.3 * side and abs(y - down) < 0.3 * side for at, down in wanted] for x, y in middles]
    return len(middles) == len(wanted) and np.array(near).any(axis=0).all()


@pytest.mark.parametrize(("width", "height", "side", "smallest"), [
    (12000, 600, 155, None), (12000, 600, 105, None), (600, 9000, 155, None), (1200, 300, 60, None),
    (4000, 3000, 105, None), (6000, 4000, 105, None), (6000, 4000, 130, None), (3000, 2000, 60, 55), (9000, 400, 45, 40)])
def test_faces_are_found_whatever_the_shape_of_the_photo(photo, width, height, side, smallest):
    places = [(width // 10, height // 10), (width // 2, height // 3), (width - 2 * side, height - 2 * side)]
    faces = find_faces(scene(photo, width, height, places, side), smallest=smallest)
    assert are_found(faces, places, side)


@pytest.mark.slow
@pytest.mark.parametrize("side", [110, 400, 1300])
def test_faces_of_all_sizes_are_found_once_in_a_photo_that_is_cut_into_parts(photo, side):
    places = [(300, 300), (4500 - side // 2, 3300 - side // 2), (8900 - 2 * side, 6600 - 2 * side)]
    faces = find_faces(scene(photo, 9000, 6700, places, side))
    assert are_found(faces, places, side)


def test_boxes_in_small_photos_stay_as_they_were(photo):
    image = np.asarray(Image.open(photo))
    (face,) = find_faces(image)
    assert face.box == pytest.approx((177, 129, 364, 316), abs=12)
    assert find_faces(image, smallest=40)[0].box == face.box  # the default at this size
    assert [face.status for face in find_faces(image, smallest=400)] == ["whole-image"]


@pytest.mark.parametrize(("detector", "side", "smallest"), [
    ("haar", 155, None), pytest.param("mmod", 200, None, marks=pytest.mark.slow),
    pytest.param("mmod", 155, 150, marks=pytest.mark.slow)])
def test_other_detectors_bound_the_area_too(photo, detector, side, smallest):
    places = [(1200, 100), (6000, 60), (9000, 200)]
    assert are_found(find_faces(scene(photo, 12000, 600, places, side), detector=detector, smallest=smallest), places, side)
