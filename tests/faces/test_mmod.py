"""dlib's convolutional detector, computed by OpenVINO: dlib's boxes and scores."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.pictures import aslant, noise
from PIL import Image
from skimage import data

from featfer.faces import find_faces, find_faces_in
from featfer.faces.detectors import mmod
from featfer.faces.detectors.mmod_net import MmodNet, _keep_best, _round
from featfer.faces.dlib_models import find_model_file
from featfer.images.pixels import read_image, to_grey, to_rgb
from featfer.utils.environment import limit_threads

NEAR = 1e-4  # of scores
AFTER_FORK = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from featfer.faces import find_faces, find_faces_in
expected = [face.box for face, in find_faces_in([sys.argv[1]] * 4, detector="mmod")]
child = os.fork()
if child == 0:
    os._exit(0 if [face.box for face, in find_faces_in([sys.argv[1]] * 4, detector="mmod")] == expected else 1)
print(len(expected), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture(scope="module")
def dlib_s():
    return mmod._load_dlib_detector()


@pytest.fixture(scope="module")
def net():
    return MmodNet(find_model_file(mmod.DETECTOR_FILE), threads=2)


def check_same(found, expected):
    assert [box for _, box in found] == [box for _, box in expected]
    np.testing.assert_allclose([score for score, _ in found], [score for score, _ in expected], atol=NEAR)


def resized(image, height, width):
    return np.asarray(Image.fromarray(image).resize((width, height)))


@pytest.mark.parametrize(("height", "width"), [(512, 512), (277, 301), (131, 640), (640, 131), (97, 97), (90, 33), (32, 90)])
def test_faces_are_dlib_s_at_any_size(net, dlib_s, photo, height, width):
    for image in (read_image(photo), data.astronaut()):
        check_same(net(resized(image, height, width)), dlib_s(resized(image, height, width)))


def test_faces_in_a_crowd_are_dlib_s(net, dlib_s, photo):
    faces = [resized(image, 170, 150) for image in (read_image(photo)[80:420, 120:420], data.astronaut()[:230, 120:320],
                                                    aslant(photo))]
    crowd = np.vstack([np.hstack(np.roll(faces, row, axis=0)) for row in range(3)])
    expected = dlib_s(crowd)
    assert len(expected) == 9
    check_same(net(crowd), expected)


def test_faces_in_grey_and_without_a_face_are_dlib_s(net, dlib_s, photo):
    grey = to_rgb(to_grey(read_image(photo)))
    assert len(dlib_s(grey)) == 1
    for image in (grey, data.chelsea(), data.coffee(), np.asarray(noise(200, 300)), np.zeros((99, 80, 3), np.uint8)):
        check_same(net(np.ascontiguousarray(image)), dlib_s(np.ascontiguousarray(image)))


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 300, 3), (700, 3, 3), (31, 31, 3)])
def test_images_too_small_for_a_face_are_not_looked_at(monkeypatch, shape):
    monkeypatch.setattr(mmod, "_load_detector", None)
    assert mmod.detect.__wrapped__(np.zeros(shape, np.uint8)) == []


def test_overlapping_boxes_are_dropped_best_first():
    scores = np.array([0.5, 0.9, 0.5, 0.1], np.float32)
    boxes = np.array([[0, 0, 99, 99], [10, 0, 109, 99], [80, 0, 179, 99], [300, 300, 399, 399]])
    assert [box for _, box in _keep_best(scores, boxes)] == [(10, 0, 110, 100), (80, 0, 180, 100), (300, 300, 400, 400)]
    apart = np.array([[0, 0, 99, 99], [49, 0, 148, 99]])  # they share 51 of 149 columns, 0.342; one further on 50 of 150, 0.333
    assert [len(_keep_best(scores[:2], apart + [[0, 0, 0, 0], [step, 0, step, 0]])) for step in (0, 1)] == [1, 2]
    assert _keep_best(scores[:0], boxes[:0]) == []


def test_halves_are_rounded_away_from_0():
    assert _round(np.array([0.5, 1.5, -0.5, -2.5, 2.4, -2.6])).tolist() == [1, 2, -1, -3, 2, -3]


def test_faces_are_the_same_in_several_threads_and_on_any_number_of_them(net, photo):
    images = [resized(read_image(photo), side, 300) for side in (200, 260, 330, 400)] * 3
    alone = [MmodNet(find_model_file(mmod.DETECTOR_FILE), threads=1)(image) for image in images]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(net, images)) == alone
    assert [len(found) for found in alone[:4]] == [1] * 4


def test_the_threads_of_a_pool_compute_on_as_many_as_their_caller_may(photo, monkeypatch):
    asked = []
    monkeypatch.setattr(mmod, "_load_detector",
                        lambda threads: asked.append((threads, current_thread().name)) or (lambda image: []))
    with limit_threads(3):
        find_faces_in([photo] * 3, detector="mmod")
        find_faces(photo, detector="mmod")
    assert [threads for threads, _ in asked] == [3] * 4
    assert [name.startswith("featfer-faces") for _, name in asked] == [True] * 3 + [False]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_process_finds_faces_too(photo):
    done = subprocess.run([sys.executable, "-c", AFTER_FORK, photo], capture_output=True, text=True, timeout=100)
    assert done.stdout.split() == ["4", "0"], done.stderr[-500:]


@pytest.mark.parametrize("is_built", [True, False])
def test_dlib_computes_it_if_built_with_cuda(photo, monkeypatch, is_built):
    box = SimpleNamespace(left=lambda: 10, top=lambda: 20, right=lambda: 29, bottom=lambda: 39)
    names = []
    stand_in = SimpleNamespace(DLIB_USE_CUDA=is_built, cnn_face_detection_model_v1=lambda name: names.append(name) or (
        lambda image, times: [SimpleNamespace(confidence=0.5, rect=box)]))
    monkeypatch.setattr(mmod, "import_dlib", lambda: stand_in)
    found = mmod._load_detector.__wrapped__(1)(read_image(photo))
    assert (found == [(0.5, (10, 20, 30, 40))]) is is_built
    assert [name.endswith(mmod.DETECTOR_FILE) for name in names] == [True] * is_built
