"""The script that builds dlib with CUDA says why, where it cannot; the build itself takes an hour and is not made here."""

import stat
from pathlib import Path

import pytest
from helpers.scripts import module_of

SCRIPT = Path(__file__).parents[1] / ".ci" / "dlib_cuda.py"
DRYRUN = 'case "$1" in --version) echo "Cuda compilation tools, release {0}";; *) echo "#\\$ TOP={1}/bin/.." >&2;; esac'


@pytest.fixture
def script():
    return module_of(".ci/dlib_cuda.py")


@pytest.fixture
def only(tmp_path, monkeypatch):
    """A function that makes the one program of a name that there is, a shell script; returns its Path."""
    folder = tmp_path / "toolkit" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("CUDA_HOME", str(tmp_path / "none"))

    def make(name, text):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(stat.S_IRWXU)
        return folder / name
    return make


def test_no_compiler_of_cuda_is_named(script, only):
    with pytest.raises(SystemExit, match=r"No dlib with CUDA: no nvcc: install the CUDA toolkit .* or set CUDA_HOME"):
        script.find_nvcc()


@pytest.mark.parametrize("release", ["11.8, V11.8.89", "14.0, V14.0.1"])
def test_another_cuda_is_named(script, only, tmp_path, release):
    only("nvcc", DRYRUN.format(release, tmp_path / "toolkit"))
    with pytest.raises(SystemExit, match=f"not the compiler of CUDA 12 or 13 .*release {release[:4]}"):
        script.find_nvcc()


def test_the_compiler_is_found_behind_a_script_that_starts_it(script, only, tmp_path):
    only("nvcc", DRYRUN.format("13.0, V13.0.88", tmp_path / "toolkit"))
    assert script.find_nvcc() == (tmp_path / "toolkit" / "bin" / "nvcc", 13)


def test_a_missing_compiler_of_cpp_is_named(script, only, tmp_path, monkeypatch):
    monkeypatch.setattr(script.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(SystemExit, match=r"no Python\.h in .*install Python's headers"):
        script.make_environment(tmp_path / "venv", 13)
    (tmp_path / "Python.h").touch()
    with pytest.raises(SystemExit, match=r"no C\+\+ compiler: install g\+\+"):
        script.make_environment(tmp_path / "venv", 13)


@pytest.mark.parametrize(("said", "reason"), [
    ("host_config.h:1: error: -- unsupported GNU version! gcc later than 15 are not supported!", "name one by NVCC_CCBIN"),
    ("probe.cu:1:10: fatal error: cudnn.h: No such file or directory", "a header of CUDA or cuDNN is missing")])
def test_what_the_compiler_does_not_take_is_named(script, only, tmp_path, said, reason):
    nvcc = only("nvcc", f"echo '{said}' >&2; exit 1")
    with pytest.raises(SystemExit, match="nvcc cannot compile what dlib needs: ") as failed:
        script.probe(tmp_path, nvcc)
    assert said in str(failed.value) and reason in str(failed.value)


def test_toolkit_and_wheels_are_shown_as_one(script, tmp_path):
    nvidia = tmp_path / "venv" / "lib" / "python3.11" / "site-packages" / "nvidia"
    for file in ("own/include/cuda.h", "own/lib64/libcudart.so", "own/bin/nvcc", "own/nvvm/libdevice"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("own")
    for file in ("cudnn/include/cudnn.h", "cudnn/include/cuda.h", "cudnn/lib/libcudnn.so.9"):
        (nvidia / file).parent.mkdir(parents=True, exist_ok=True)
        (nvidia / file).write_text("wheel")
    merged = script.merged_toolkit(tmp_path / "venv", tmp_path / "own")
    assert (merged / "include" / "cudnn.h").read_text() == (merged / "lib64" / "libcudnn.so").read_text() == "wheel"
    assert (merged / "lib64" / "libcudnn.so.9").exists() and (merged / "nvvm" / "libdevice").exists()
    assert (merged / "include" / "cuda.h").read_text() == "own", "what the toolkit has itself is taken from it"


@pytest.mark.parametrize(("answer", "ends_well"), [("True 20.0.1", True), ("False 20.0.1", False), ("ImportError: x", False)])
def test_a_silent_build_without_cuda_is_a_failure(script, tmp_path, monkeypatch, capsys, answer, ends_well):
    for name, value in (("find_nvcc", (tmp_path / "bin" / "nvcc", 13)), ("make_environment", "python"), ("probe", None),
                        ("merged_toolkit", tmp_path), ("build", "dlib.whl"), ("run", None), ("output", answer)):
        monkeypatch.setattr(script, name, lambda *given, value=value: value)
    monkeypatch.setattr("sys.argv", ["dlib_cuda.py", str(tmp_path), "--arch", "90"])
    if ends_well:
        script.main()
        assert "dlib 20.0.1 with CUDA: python" in capsys.readouterr().out
    else:
        with pytest.raises(SystemExit, match=r"dlib was built, but without CUDA \("):
            script.main()
