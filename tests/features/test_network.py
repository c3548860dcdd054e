"""The face network gives the same bits for the same chip, whatever was computed before or beside it."""

import copy
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from featfer import load
from featfer.errors import ParameterError
from featfer.faces import find_faces
from featfer.features import Embedding, Landmarks, Stage, make_features, values_of
from featfer.features.dlibnet.feature import PRECISIONS, network_weights
from featfer.features.geometry import Geometry
from featfer.images.pixels import read_image
from featfer.labels import FER7
from featfer.recognizer import Recognizer

COUNTS = (2, 3, 17, 33)
FEATURES = [Embedding(), Stage("128x8x8"), Stage("64x17x17/2x3")]

PREDICTED = """
import json, sys
before, model, photo, *others = sys.argv[1:]
if before == "torch":
    import torch
import featfer
recognizer = featfer.load(model)
if before == "others":
    recognizer.predict(others * 34)
    recognizer.predict(others)
values = recognizer.compute_features(featfer.find_faces(photo))
seen = recognizer.predict(photo)
print(json.dumps([values.tobytes().hex(), [expression.as_dict() for faces in seen for expression in faces]]))
"""

RUN = """
import sys
if sys.argv.pop(1) == "torch":
    import torch
from featfer_cli.main import main
main(standalone_mode=False)
"""


@pytest.fixture(scope="module")
def faces(crops):
    return [find_faces(crop)[0] for crop in crops]


def printed(code, *words):
    """Return what a new process prints."""
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("count", COUNTS)
def test_a_face_has_the_same_bits_alone_and_among_others(faces, count):
    first, last = (values_of(FEATURES, [face]) for face in (faces[0], faces[count - 1]))
    values = values_of(FEATURES, faces[:count])
    np.testing.assert_array_equal(values[:1], first)
    np.testing.assert_array_equal(values[-1:], last)


def test_the_order_of_faces_changes_no_bit(faces):
    order = np.random.default_rng(0).permutation(12)
    shuffled = values_of(FEATURES, [faces[i] for i in order])
    np.testing.assert_array_equal(shuffled, values_of(FEATURES, faces[:12])[order])


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_lower_precisions_have_the_same_bits_alone_and_among_others(faces, precision):
    feature = Stage(precision=precision)
    np.testing.assert_array_equal(feature.transform(faces[:5])[:1], feature.transform(faces[:1]))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_differs_only_in_the_last_bits(faces):
    by_gpu, by_processor = (values_of([Embedding(device=device)], faces[:3]) for device in ("cuda", "cpu"))
    np.testing.assert_allclose(by_gpu, by_processor, rtol=0, atol=1e-3)


@pytest.mark.parametrize("other", [{"device": "meta"}, {"network": "tuned.npz"}])
def test_eight_bits_are_for_the_networks_that_ship_on_a_processor(other, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    np.savez("tuned.npz", **network_weights("expression"))
    monkeypatch.setattr("featfer.features.dlibnet.feature.check_device", lambda device: None)
    with pytest.raises(ParameterError, match="stage: precision 'int8' is for the networks that ship, dlib, expression, on"):
        Stage(precision="int8", **other).check()
    Stage(precision="int8", network="expression").check()


def test_each_precision_has_a_key_of_its_own():
    assert len({Stage(precision=precision).key for precision in PRECISIONS}) == len(PRECISIONS)


def test_other_ranges_make_another_feature(monkeypatch):
    before = Stage(precision="int8").key, Stage().key
    monkeypatch.setattr("featfer.features.dlibnet.feature.digest_ranges", lambda file: "0" * 64)
    assert Stage(precision="int8").key != before[0] and Stage().key == before[1]


def test_features_write_nothing_into_a_face(crops):
    face = find_faces(crops[0])[0]
    face.points(5), face.points(68), face.chip(), face.crop()
    before = copy.deepcopy(vars(face))
    for feature in (*FEATURES, *make_features("landmarks,geometry,action-units,hog,lbp,gabor,pixels,crop:48")):
        feature.transform([face])
    assert vars(face).keys() == before.keys()
    for name, value in vars(face).items():
        np.testing.assert_equal(value, before[name])


def test_a_photo_is_recognized_alike_whatever_ran_before(bundle, photo, tmp_path, crops):
    others = []
    for i, crop in enumerate(crops[:3]):
        Image.fromarray(crop).save(tmp_path / f"{i}.png")
        others.append(tmp_path / f"{i}.png")
    alone, beside_torch, after = (json.loads(printed(PREDICTED, what, bundle, photo, *others))
                                  for what in ("nothing", "torch", "others"))
    assert len(alone[1]) == 1
    assert beside_torch == alone
    assert after == alone


def test_the_command_recognizes_photos_alike_in_any_order_with_torch_loaded_or_not(bundle, photo, tmp_path, crops):
    photos = [photo]
    for i, crop in enumerate(crops[:4]):
        Image.fromarray(crop).save(tmp_path / f"{i}.png")
        photos.append(tmp_path / f"{i}.png")
    runs = [printed(RUN, first, "predict", *some, "--model", bundle, "--no-face", "whole").splitlines()
            for first, some in (("nothing", photos), ("nothing", photos[::-1]), ("torch", photos), ("nothing", photos[2:3]))]
    assert sorted(runs[0]) == sorted(runs[1]) and runs[0] == runs[2] and runs[3] == runs[0][2:3]


def test_an_image_is_recognized_alike_alone_and_among_others(bundle, crops):
    recognizer = load(bundle)
    together = [face for face, in recognizer.predict(crops[:10])]
    alone = [recognizer.predict(crop)[0][0] for crop in crops[:10]]
    assert [replace(face, probabilities={}) for face in together] == [replace(face, probabilities={}) for face in alone]
    probabilities = [[list(face.probabilities.values()) for face in faces] for faces in (together, alone)]
    np.testing.assert_allclose(*probabilities, rtol=0, atol=1.5e-6)  # the last of six decimals


@pytest.mark.parametrize(("features", "count"), [([Stage()], 5), ([Stage(align="68")], 68), ([Landmarks(), Stage()], 68),
                                                 ([Geometry()], 68), ([Stage(align="none")], None)])
def test_landmarks_do_not_depend_on_what_was_computed_before(photo, features, count):
    class Even:
        classes_ = np.arange(7)

        def predict_proba(self, values):
            return np.full((len(values), 7), 1 / 7)
    recognizer, (face,) = Recognizer(Even(), features, FER7), find_faces(read_image(photo))
    first = recognizer.expressions([face])
    for number in (5, 68):
        face.points(number)
    assert recognizer.expressions([face]) == first
    assert first[0].landmarks is None if count is None else len(first[0].landmarks) == count
