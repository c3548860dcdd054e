import json
import sys

import onnxruntime
import pytest
from helpers.commands import refused, run, succeeded

from featfer.bundle.persist import read_card
from featfer.utils.environment import name_install_command


@pytest.mark.parametrize("name", ["own.skops", "own.safetensors"])
def test_a_plain_file_is_a_model_for_other_commands(tmp_path, bundle, photo, name):
    said = succeeded("export", bundle, "--out", tmp_path / name)
    rows, size = read_card(tmp_path / name)["export"]["checked"]["rows"], (tmp_path / name).stat().st_size
    assert said == f"Wrote {tmp_path / name} ({size / 1e6:.1f} MB): largest difference of an answer 0, on {rows} rows\n"
    assert succeeded("predict", photo, "--model", tmp_path / name) == succeeded("predict", photo, "--model", bundle)
    assert "largest difference of an answer" in succeeded("info", tmp_path / name, "--check")


def test_an_onnx_file_runs_elsewhere(tmp_path, bundle, photo):
    card = json.loads(succeeded("export", bundle, "--out", tmp_path / "own.onnx", "--on", photo, "--on", photo, "--json"))
    assert card["export"]["takes"] == "faces" and card["export"]["checked"]["rows"] == 2
    assert [given.name for given in onnxruntime.InferenceSession(tmp_path / "own.onnx").get_inputs()] == ["chips"]
    assert "exported    as onnx, on 2 rows within" in succeeded("info", tmp_path / "own.onnx")


def test_an_onnx_file_can_take_features(tmp_path, bundle):
    succeeded("export", bundle, "--out", tmp_path / "own.onnx", "--input", "features")
    [given] = onnxruntime.InferenceSession(tmp_path / "own.onnx").get_inputs()
    assert (given.name, given.shape) == ("features", ["n", 128])


def test_another_ending_is_refused(tmp_path, bundle):
    line = refused("export", bundle, "--out", tmp_path / "own.pkl")
    assert "own.pkl: an exported model's name ends in .onnx, .skops, .safetensors" in line


def test_a_difference_above_the_tolerance_is_refused(tmp_path, bundle):
    line = refused("export", bundle, "--out", tmp_path / "own.onnx", "--input", "features", "--tolerance", "1e-15")
    assert "own.onnx: not written: an answer differs by" in line and "--tolerance allows more" in line
    assert not list(tmp_path.iterdir())


def test_a_missing_model_is_named(tmp_path):
    assert "none.joblib: no such file" in refused("export", tmp_path / "none.joblib", "--out", tmp_path / "own.skops")


@pytest.mark.parametrize(("package", "form"), [("skops", "skops"), ("safetensors", "safetensors"), ("onnx", "onnx"),
                                               ("onnxscript", "onnx")])
def test_a_missing_package_is_named_with_the_line_that_installs_it(tmp_path, bundle, monkeypatch, package, form):
    for module in [module for module in sys.modules if module.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    line = refused("export", bundle, "--out", tmp_path / f"own.{form}")
    assert f"this needs {package} (" in line and line.endswith(name_install_command("export"))


def test_help_has_an_example():
    assert "featfer export photos --out photos.skops" in run("export", "--help").output
