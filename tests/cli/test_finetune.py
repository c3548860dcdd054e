import json
import re

import pytest
from helpers.commands import refused, succeeded

from featfer.bundle.persist import load, read_card

pytestmark = pytest.mark.usefixtures("one_thread")
QUICK = ["--param", "epochs=1", "--param", "batch=7"]


def test_from_faces_to_a_recognizer_that_carries_its_backbone(tmp_path, fer_csv, photo):
    path, store, out = tmp_path / "backbone.npz", tmp_path / "store", tmp_path / "svm.joblib"
    epoch, wrote = succeeded("finetune", fer_csv, "--out", path, *QUICK).splitlines()
    assert re.fullmatch(r"epoch 1: loss \d\.\d{3}, val \d+\.\d\d%, without copies \d+\.\d\d%", epoch)
    assert wrote == f"Wrote {path}"
    words = ["--features", "stage:256x2x2/1x1", "--network", path]
    succeeded("extract", fer_csv, "--store", store, "--jobs", 1, *words)
    succeeded("train", "--clf", "svm", "--store", store, "--out", out, *words)
    assert read_card(out)["features"][0]["params"]["network"].startswith("sha256:")
    expected = load(out).predict(photo)[0][0].probabilities
    path.unlink()
    assert succeeded("evaluate", out, "--store", store, "--split", "val")
    assert load(out).predict(photo)[0][0].probabilities == pytest.approx(expected, abs=1e-5)


def test_json_is_the_card(tmp_path, fer_csv):
    card = json.loads(succeeded("finetune", fer_csv, "--out", tmp_path / "backbone.npz", "--json", "--seed", 4, *QUICK))
    assert card == json.loads((tmp_path / "backbone.json").read_text())
    assert (card["recipe"]["seed"], card["recipe"]["epochs"], len(card["history"])) == (4, 1, 1)


@pytest.mark.parametrize(("words", "message"), [
    (["--param", "epoch=1"], "recipe: epoch 1 is not known (did you mean epochs?); there are average, batch"),
    (["--param", "epochs=0"], "epochs 0 is not a whole number from 1"),
    (["--device", "cuda:9"], "device 'cuda:9' is not usable"), (["--align", "7"], "'7' is none of")])
def test_bad_options_are_named(tmp_path, fer_csv, words, message):
    assert message in refused("finetune", fer_csv, "--out", tmp_path / "backbone.npz", *words)
    assert not list(tmp_path.glob("backbone*"))


def test_a_file_that_is_not_a_network_is_named(tmp_path, fer_csv):
    for name, message in (("none.npz", "cannot be read"), ("text.npz", "not a backbone")):
        (tmp_path / "text.npz").write_text("no network")
        line = refused("extract", fer_csv, "--store", tmp_path / "store", "--features", "stage:256x2x2", "--jobs", 1,
                       "--network", tmp_path / name)
        assert line.startswith(f"Error: {tmp_path / name}: {message}")
