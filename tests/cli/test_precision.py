"""--precision of the commands that use a trained model, and of those that compute features."""

import pytest
from helpers.commands import read_lines, refused, run, succeeded
from helpers.videos import hopper, scene, write_video

from featfer.features import Embedding
from featfer.features.precision import find_precision

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def film(tmp_path, photo):
    path = tmp_path / "film.mp4"
    write_video(path, [scene(number, (*hopper(photo), lambda n: (150 + n, 150)))[0] for number in range(3)])
    return path


@pytest.mark.parametrize("labels", [(), ("--labels", "fer6")])
def test_lower_precisions_predict_nearly_the_same(bundle, photo, labels):
    own, rough, fast = ([line["faces"][0]["probabilities"] for line in read_lines(succeeded(
        "predict", photo, "--model", bundle, "--json", *labels, *words))]
        for words in ((), ("--precision", "int8"), ("--precision", "auto")))
    assert rough != own and rough[0] == pytest.approx(own[0], abs=0.05)
    assert fast[0] == pytest.approx(own[0], abs=0.05)


@pytest.mark.parametrize("words", [
    ("predict", "a.png"), ("analyze", "a.mp4", "--out", "x"), ("live",), ("serve",), ("explain", "a.png", "--out", "x"),
    ("extract", "a.csv", "--store", "s"), ("train", "--store", "s", "--out", "a.joblib")], ids=lambda words: words[0])
def test_an_unknown_precision_is_refused_with_the_choices(words):
    assert "'half' is none of auto, float32, bf16, int8" in refused(*words, "--precision", "half")


def test_live_and_explain_and_analyze_load_the_model_so(bundle, photo, film, tmp_path, monkeypatch):
    seen = []
    check = Embedding.check_precision
    monkeypatch.setattr(Embedding, "check_precision", lambda feature: seen.append(feature.precision) or check(feature))
    for words in (("live", "--file", film, "--json"), ("explain", photo, "--out", tmp_path / "x"),
                  ("analyze", film, "--out", tmp_path / "study", "--jobs", 1)):
        seen.clear()
        assert run(*words, "--model", bundle, "--precision", "int8").exit_code == 0
        assert "int8" in seen, words


def test_extract_stores_features_under_what_auto_means(tmp_path, fer_csv):
    store, precision = tmp_path / "store", find_precision("auto", [Embedding()])
    succeeded("extract", fer_csv, "--store", store, "--jobs", 1, "--precision", "auto")
    again = succeeded("extract", fer_csv, "--store", store, "--jobs", 1, "--precision", precision, "--backend", "torch")
    assert again.startswith("Nothing to do")
    assert (store / "features" / Embedding(precision=precision).key).exists()
