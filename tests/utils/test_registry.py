"""Registries: every name leads to what it stands for, and lists of names, as in help texts, import nothing heavy."""

import re
import subprocess
import sys

import pytest
from featfer_cli.options import join_names
from helpers.commands import succeeded

import featfer.classifiers
import featfer.cnn
import featfer.cnn.networks
import featfer.datasets
import featfer.faces
import featfer.features
import featfer.superres
from featfer.affect import REGRESSORS
from featfer.classifiers import CLASSIFIERS
from featfer.cnn.networks import NETWORKS, TORCHVISION
from featfer.cnn.networks.pretrained import PRETRAINED
from featfer.datasets import DATASETS
from featfer.datasets.codes import CODES, OWN
from featfer.faces.detectors import DETECTORS
from featfer.features import FEATURES
from featfer.labels import LABEL_SETS
from featfer.superres import RESAMPLED, SHIPPED
from featfer.utils.registry import Registry

PACKAGES = (featfer.classifiers, featfer.cnn, featfer.cnn.networks, featfer.datasets, featfer.faces, featfer.features,
            featfer.superres)
HEAVY = {"torch", "sklearn", "pandas", "dlib", "matplotlib", "numpy", "scipy", "optuna", "PIL", "joblib", "skimage"}


def help_of(command):
    """Return the help of a command as one line; click breaks lines after hyphens too."""
    return " ".join(succeeded(*command.split(), "--help").split()).replace("- ", "-")


def test_a_name_is_imported_when_it_is_asked_for():
    registry = Registry({"b": "no.such.module:thing", "a": "shlex:join", "third": "string:__dict__:digits"})
    assert list(registry) == ["b", "a", "third"] and len(registry) == 3
    assert "b" in registry and "c" not in registry and None not in registry
    assert registry["a"](["x y"]) == "'x y'"
    assert registry["third"] == "0123456789"
    with pytest.raises(ModuleNotFoundError):
        registry["b"]
    with pytest.raises(KeyError):
        registry["c"]
    assert registry.get("c") is None


def test_a_module_s_names_are_found_and_others_are_not():
    registry = Registry({"join": "shlex:join"})
    assert registry.attribute("own", "join")(["a"]) == "a"
    with pytest.raises(AttributeError, match=r"^module 'own' has no attribute 'split'$"):
        registry.attribute("own", "split")


@pytest.mark.parametrize("registry", [CLASSIFIERS, REGRESSORS, NETWORKS, DETECTORS, FEATURES],
                         ids=["classifiers", "regressors", "networks", "detectors", "features"])
def test_every_value_in_a_registry_is_callable(registry):
    assert all(callable(found) for found in registry.values())


def test_every_data_set_has_its_three_functions():
    assert all(callable(function) for dataset in DATASETS.values() for function in dataset)


def test_names_are_joined_in_a_sentence():
    assert join_names(["a", "b", "c"]) == "a, b or c"
    assert join_names(["a", "b"], {"b": "b (why)"}, last=", ") == "a, b (why)"
    assert join_names(["a"]) == "a"


def test_networks_of_torchvision_are_those_that_there_are():
    assert list(TORCHVISION) == list(PRETRAINED)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_public_name_of_a_package_is_there(package):
    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'nothing'"):
        package.nothing  # noqa: B018


def test_names_are_listed_without_heavy_libraries():
    names = ", ".join([*(package.__name__ for package in PACKAGES), "featfer.affect", "featfer.datasets.codes",
                       "featfer.faces.detectors", "featfer.labels"])
    code = (f"import sys, {names}\nfeatfer.cnn.shipped_recipes()\nassert 'svm' in featfer.classifiers.CLASSIFIERS\n"
            f"print(*({HEAVY} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize(("command", "names"), [
    ("train", CLASSIFIERS), ("train", NETWORKS), ("train", REGRESSORS), ("train", FEATURES), ("train", LABEL_SETS),
    ("train", SHIPPED), ("train", RESAMPLED), ("extract", [*CODES, OWN]), ("extract", FEATURES), ("tune", FEATURES),
    ("predict", DETECTORS), ("live", DETECTORS), ("predict", ["fer2013", "mlp", "photos", "rf", "small", "svm"]),
    ("superres apply", [*SHIPPED, *RESAMPLED]), ("superres train", SHIPPED)])
def test_help_has_every_name_of_a_registry(command, names):
    said = help_of(command)
    assert [name for name in names if not re.search(rf"(?<![\w+-]){re.escape(name)}(?![\w+-])", said)] == []
