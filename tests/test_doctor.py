import sys
from types import SimpleNamespace

import pytest

from featfer import doctor
from featfer.doctor import diagnose
from featfer.errors import MissingError
from featfer.faces.dlib_models import MODEL_FILES, find_models_folder


def found(subject):
    return next(finding for finding in diagnose() if finding.subject == subject)


def test_all_is_well_here():
    findings = diagnose()
    assert [finding.subject for finding in findings] == ["machine", "libraries", "dlib", "torch", "scikit-learn-intelex",
                                                        *MODEL_FILES]
    assert [finding.subject for finding in findings if not finding.ok] == []


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
        raise MissingError("dlib cannot be imported; pip install 'featfer[dlib-bin]'")
    monkeypatch.setattr(doctor, "import_dlib", missing)
    assert found("dlib") == ("dlib", False, "dlib cannot be imported; pip install 'featfer[dlib-bin]'")


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
    assert found("dlib") == ("dlib", True, f"20.0.0 from a build of your own; {words}")


def test_missing_torch_is_found(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    finding = found("torch")
    assert not finding.ok
    assert finding.text.endswith("pip install torch")


def test_missing_intelex_is_reported_and_no_fault(monkeypatch):
    monkeypatch.setattr(doctor, "has_intelex", lambda: False)
    finding = found("scikit-learn-intelex")
    assert finding.ok
    assert "pip install 'featfer[fast]'" in finding.text
