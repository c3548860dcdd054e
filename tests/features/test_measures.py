import numpy as np
import skimage.data

from featfer.faces import find_faces
from featfer.features.action_units import NAMES
from featfer.features.measures import MEASURES, measure_faces


def test_a_smile_into_the_camera_is_measured():
    (face,) = find_faces(skimage.data.astronaut())
    (shown,) = measure_faces([face])
    assert tuple(shown) == MEASURES and len(MEASURES) == 13 + 3 + 2 + 136
    assert {name for name in NAMES if shown[name] > 3} == {"AU12", "AU25"}
    assert max(abs(shown[angle]) for angle in ("pitch", "yaw", "roll")) < 8
    assert 0.25 < shown["eye_left"] < 0.4 and 0.25 < shown["eye_right"] < 0.4
    points = np.array([shown[name] for name in MEASURES[18:]]).reshape(68, 2)
    np.testing.assert_allclose(points, face.points(68), atol=0.051)


def test_turning_the_picture_changes_roll():
    picture = skimage.data.astronaut()[:300, 70:370]
    upright = measure_faces(find_faces(picture))[0]
    mirrored = measure_faces(find_faces(picture[:, ::-1]))[0]
    assert upright["roll"] > 2 and abs(upright["roll"] + mirrored["roll"]) < 3
    assert measure_faces([]) == []
