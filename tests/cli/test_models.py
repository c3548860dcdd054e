import json

from helpers.commands import succeeded

from featfer.bundle.shipped import list_shipped


def test_lines_have_purpose_labels_accuracy_size_and_features():
    lines = succeeded("models").splitlines()
    assert lines[0].split() == ["model", "labels", "accuracy", "on", "MB", "features"]
    rows = {model["name"]: (line.split(), purpose.strip()) for model, line, purpose in zip(
        list_shipped(), lines[1::2], lines[2::2], strict=False)}
    cells, purpose = rows["photos"]
    model = list_shipped()[0]
    assert cells == ["photos", "fer7", f"{model['scores']['test']['accuracy']:.2%}", "test", "of", "ferplus-majority",
                     f"{model['bytes'] / 1e6:.1f}", "stage:128x8x8"]
    assert purpose == "photographs and videos; the default"
    assert rows["srgan"][0][:2] == ["srgan", "-"] and rows["srgan"][0][4:7] == ["dB", "test", "of"]


def test_lines_fit_a_terminal():
    assert max(map(len, succeeded("models").splitlines())) <= 80


def test_json_is_what_the_library_says():
    assert json.loads(succeeded("models", "--json")) == list_shipped()


def test_info_says_what_a_model_is_for_and_not_for():
    for name in ("photos", "expression", "srgan"):
        text = succeeded("info", name)
        model = next(model for model in list_shipped() if model["name"] == name)
        assert f"\nfor         {model['uses']}\n" in text
        assert f"\nnot for     {model['not_for']}\n" in text


def test_info_of_a_model_of_one_s_own_says_nothing_of_it(bundle):
    assert "\nfor " not in succeeded("info", bundle) and "\nnot for" not in succeeded("info", bundle)
