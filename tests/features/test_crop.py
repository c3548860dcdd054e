"""Crops for networks."""

import numpy as np
import pytest

from featfer.errors import ParameterError
from featfer.faces import find_faces
from featfer.features import FEATURES, make_features, restore_feature
from featfer.features.crop import Crop
from featfer.images.pixels import read_image, resize, to_grey


def test_a_crop_around_a_face_is_used_whole(crops):
    values = Crop().transform([find_faces(crop)[0] for crop in crops[:3]])
    assert (values.dtype, values.shape) == (np.float32, (3, 48 * 48))
    np.testing.assert_array_equal(values.reshape(-1, 48, 48), crops[:3])


def test_it_is_stored_without_loss():
    every = np.arange(256, dtype=np.float32)
    np.testing.assert_array_equal(every.astype(Crop.dtype).astype(np.float32), every)


def test_the_mirrored_crop(crops):
    face = find_faces(crops[0])[0]
    np.testing.assert_array_equal(Crop(view="flip").transform([face])[0].reshape(48, 48), crops[0][:, ::-1])


def test_a_face_in_a_photo_is_cut_with_a_small_margin(photo):
    image = read_image(photo)
    face, = find_faces(image)
    left, top, right, bottom = face.box
    side = right - left
    expected = image[round(top - 0.13 * side):round(bottom + 0.02 * side), round(left - 0.05 * side):round(right + 0.05 * side)]
    np.testing.assert_array_equal(Crop("64").transform([face])[0].reshape(64, 64), to_grey(resize(expected, 64, 64)))


def test_colours_are_three_planes(photo):
    face, = find_faces(read_image(photo))
    colours = Crop("32/rgb")
    assert (colours.size, colours.shape) == (3 * 32 * 32, (3, 32, 32))
    red, _, blue = colours.transform([face])[0].reshape(3, 32, 32)
    np.testing.assert_array_equal(np.stack([red, blue], axis=2), resize(face.crop(), 32, 32)[..., [0, 2]])
    assert red.mean() > blue.mean()  # skin


def test_is_made_by_its_name_and_made_again_from_its_fingerprint():
    feature, = make_features("crop:96/rgb", view="flip")
    assert isinstance(feature, FEATURES["crop"])
    again = restore_feature(feature.fingerprint)
    assert (again.crop, again.view, again.size) == ("96/rgb", "flip", 3 * 96 * 96)
    assert make_features("crop")[0].shape == (1, 48, 48)


@pytest.mark.parametrize("crop", ["8", "1000", "48/grey", "48/", "big", ""])
def test_an_invalid_crop_is_refused(crop):
    with pytest.raises(ParameterError, match="is not a side from 16 to 512, alone or with /rgb"):
        make_features([f"crop:{crop}"])


def test_no_faces():
    assert Crop().transform([]).shape == (0, 2304)
