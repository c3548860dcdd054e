import os
import subprocess
import sys
import time

import av
import numpy as np
import pytest
from helpers.videos import RATE, astronaut, background, hopper, scene, swing, write_timed

from featfer.analysis import film as module
from featfer.analysis.film import measure_film
from featfer.analysis.parts import Parts
from featfer.analysis.settings import AnalysisSettings, load_models
from featfer.faces import FOUND, Face
from featfer.faces.boxes import overlap
from featfer.images.video import read_frames

pytestmark = pytest.mark.usefixtures("one_thread")

FRAMES = 24
SETTINGS = AnalysisSettings("small")
KILLED = """
import sys
from featfer.analysis import film
from featfer.analysis.settings import AnalysisSettings
film.PART = film.BATCH = 6
film.measure_film(sys.argv[1], sys.argv[2], AnalysisSettings("small"))
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, photo):
    """A film of two faces, the second from frame 8 on, after two frames without a face; and the boxes in each frame."""
    scenes = [scene(number, (*hopper(photo), lambda n: (swing(n)[0] - 150, 200)),
                    *([(*astronaut(), lambda n: (420, 60 + 2 * n))] if number >= 8 else [])) for number in range(FRAMES - 2)]
    path = tmp_path_factory.mktemp("film") / "two.mp4"
    pictures = [background(), background(), *(picture for picture, _ in scenes)]
    write_timed(path, pictures, [number / RATE for number in range(FRAMES)], codec="libx264", encoder=[("crf", "12")])
    return path, [[], [], *(boxes for _, boxes in scenes)]


@pytest.fixture(scope="module")
def whole(recorded, tmp_path_factory):
    """The arrays of the film, measured at once."""
    folder = tmp_path_factory.mktemp("parts")
    assert measure_film(recorded[0], folder, SETTINGS) is None
    return join(folder)


def join(folder):
    """Return the arrays of all parts as those of one."""
    return module._join(list(Parts(folder)))


def test_every_frame_and_every_face_is_measured(recorded, whole):
    boxes = recorded[1]
    assert whole["numbers"].tolist() == list(range(FRAMES))
    assert whole["seconds"] == pytest.approx([number / RATE for number in range(FRAMES)], abs=1e-3)
    assert np.bincount(whole["row"], minlength=FRAMES).tolist() == [len(of) for of in boxes]
    for row, box in zip(whole["row"], whole["box"], strict=True):
        assert max(overlap(box, truth) for truth in boxes[row]) > 0.6
    assert np.isfinite(whole["probabilities"]).all()
    assert whole["probabilities"].sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_points_and_expressions_are_those_of_the_same_face_in_the_whole_frame(recorded, whole):
    recognizer, _ = load_models(SETTINGS)
    number, _, image = list(read_frames(recorded[0], 1))[15]
    for at in np.flatnonzero(whole["row"] == number):
        face = Face(image, 1.0, whole["box"][at], FOUND, 1.0, is_crop=False)
        assert np.abs(face.points(68) - whole["points"][at]).mean() < 1
        expected = list(recognizer.expressions([face])[0].probabilities.values())
        assert whole["probabilities"][at] == pytest.approx(expected, abs=0.05)


def test_a_measured_film_is_not_measured_again(recorded, tmp_path, monkeypatch):
    measure_film(recorded[0], tmp_path, SETTINGS)
    monkeypatch.setattr(module, "open_video", None)
    assert measure_film(recorded[0], tmp_path, SETTINGS) is None


def test_a_stopped_run_goes_on_with_the_same_result(recorded, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PART", 6)
    monkeypatch.setattr(module, "BATCH", 6)
    measure_film(recorded[0], tmp_path / "parts", SETTINGS)
    paths = sorted((tmp_path / "parts").iterdir())
    assert len(paths) > 2
    for path in paths[1:]:  # as if it had been killed after the first part
        path.unlink()
    measure_film(recorded[0], tmp_path / "parts", SETTINGS)
    resumed = join(tmp_path / "parts")
    for name in ("numbers", "row", "track", "score", "box", "points", "sample", "units"):
        assert np.array_equal(resumed[name], whole[name], equal_nan=name == "score"), name
    assert resumed["probabilities"] == pytest.approx(whole["probabilities"], abs=1e-5)


def test_what_is_measured_survives_a_kill(recorded, whole, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", KILLED, recorded[0], tmp_path / "parts"], cwd=os.getcwd())
    while not list(tmp_path.glob("parts/*.npz")):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    before = {path.name: path.read_bytes() for path in tmp_path.glob("parts/*.npz")}
    measure_film(recorded[0], tmp_path / "parts", SETTINGS)
    assert join(tmp_path / "parts")["track"].tolist() == whole["track"].tolist()
    assert all((tmp_path / "parts" / name).read_bytes() == content for name, content in before.items())


def test_of_a_film_at_fewer_frames_a_second_those_are_measured(recorded, tmp_path):
    measure_film(recorded[0], tmp_path, AnalysisSettings("small", fps=5))
    assert join(tmp_path)["numbers"].tolist() == [0, 5, 10, 15, 20]


def test_damage_is_told_again_when_the_film_is_done(recorded, tmp_path):
    torn = tmp_path / "torn.mkv"
    tear(recorded[0], torn)
    said = measure_film(torn, tmp_path / "parts", SETTINGS)
    assert "torn.mkv" in said
    assert measure_film(torn, tmp_path / "parts", SETTINGS) == said


def tear(source, path):
    """Write the packets of a film as another container, and cut its end off."""
    with av.open(str(source)) as before, av.open(str(path), "w") as after:
        stream = after.add_stream_from_template(before.streams.video[0])
        for packet in before.demux(before.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                after.mux(packet)
    content = path.read_bytes()
    path.write_bytes(content[:int(0.3 * len(content))])
