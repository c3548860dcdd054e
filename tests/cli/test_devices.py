"""--device of the commands that use a trained model; those that train have tests of their own."""

import pytest
from helpers.commands import refused, run, succeeded
from helpers.lists import write_faces
from helpers.videos import hopper, scene, write_video

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def place(tmp_path, monkeypatch, made_table, crops, photo):
    """The current folder, with a store, a list of faces and a film."""
    monkeypatch.chdir(tmp_path)
    made_table.save(tmp_path / "made.npz")
    write_faces(tmp_path, crops, [("happy", "f"), ("sad", "m")] * 2, "path,label,sex")
    write_video(tmp_path / "film.mp4", [scene(number, (*hopper(photo), lambda n: (150 + n, 150)))[0] for number in range(3)])
    return tmp_path


@pytest.mark.parametrize("words", [
    "predict {photo} --model {bundle}", "predict {photo} --model {bundle} --labels fer6",
    "explain {photo} --model {bundle} --out x",
    "evaluate {bundle} --store made.npz", "report {bundle} --store made.npz --out r.md",
    "blend {bundle} {bundle} --store made.npz --out b.joblib", "cross faces.csv --model {bundle}",
    "audit {bundle} faces.csv --group sex --bootstrap 100", "live --file film.mp4 --json --model {bundle}",
    "serve --port 0 --model {bundle}"])
def test_a_device_that_is_not_there_is_named_in_a_line(place, bundle, photo, words):
    line = refused(*words.format(photo=photo, bundle=bundle).split(), "--device", "cuda:77")
    assert line.startswith("Error: device 'cuda:77' is not usable")


def test_analyze_names_it_too(place, bundle):
    result = run("analyze", "film.mp4", "--out", "study", "--model", bundle, "--jobs", 1, "--device", "cuda:77")
    assert result.exit_code == 1 and "device 'cuda:77' is not usable" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_cpu_is_the_default(place, bundle, photo):
    for words in (("predict", photo, "--model", bundle), ("evaluate", bundle, "--store", "made.npz")):
        assert succeeded(*words, "--device", "cpu") == succeeded(*words)
