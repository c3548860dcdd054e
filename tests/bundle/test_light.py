"""Which libraries a prediction loads: those that ship predict without scikit-learn, torch and pandas."""

import subprocess
import sys

import joblib
import numpy as np
import pytest

import featfer
from featfer.bundle.persist import find_bundle
from featfer.recognizer import Recognizer

HEAVY = {"sklearn", "torch", "pandas", "scipy", "joblib", "matplotlib", "skimage"}
LIGHT = ["photos", "fer2013", "small"]


def loaded_by(code, *args):
    """Return which heavy libraries are loaded when some code has run, and what it printed before."""
    end = f"; print(*sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"import sys; {code}{end}", *args], capture_output=True, text=True, check=True)
    *printed, names = done.stdout.split("\n")[:-1]
    return names.split(), printed


@pytest.mark.parametrize("model", LIGHT)
def test_the_command_predicts_a_photo_without_heavy_libraries(model, photo):
    code = "from featfer_cli.main import main; main(standalone_mode=False)"
    names, printed = loaded_by(code, "predict", photo, "--model", model)
    assert names == [] and "face at" in printed[0]


def test_a_loaded_model_predicts_a_photo_without_heavy_libraries(photo):
    names, printed = loaded_by("import featfer; print(featfer.load().predict(sys.argv[1])[0][0].label)", photo)
    assert names == [] and printed == [featfer.load().predict(photo)[0][0].label]


@pytest.mark.parametrize("model", LIGHT)
def test_joblib_reads_what_ships_too(model):
    theirs, ours = joblib.load(find_bundle(model)), featfer.load(model)
    rows = np.random.default_rng(0).random((3, sum(feature.size for feature in ours.features)), np.float32)
    assert isinstance(theirs, Recognizer)
    np.testing.assert_array_equal(theirs.probabilities(rows), ours.probabilities(rows))


def test_what_is_written_to_a_loaded_model_stays_out_of_its_file():
    first = featfer.load("photos")
    first.novelty.mean_[:] = 7
    assert (first.novelty.mean_ == 7).all() and not (featfer.load("photos").novelty.mean_ == 7).any()
