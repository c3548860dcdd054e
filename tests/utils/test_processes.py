"""Processes of this machine, asked while they compute."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor

from featfer.extraction import run
from featfer.extraction.run import extract
from featfer.features import Landmarks
from featfer.utils.environment import count_cores

SHARDS = 6


class Asking(Landmarks):
    """Landmarks under the same fingerprint that write down which process computes them, with how many threads."""

    engine_params = ("folder",)

    def __init__(self, folder=""):
        self.folder = folder

    def compute(self, faces):
        import sklearn.neighbors  # noqa: F401 - OpenMP
        import torch
        from threadpoolctl import threadpool_info

        from featfer.utils.environment import count_threads
        began = time.monotonic()
        np.ones((64, 64)) @ np.ones((64, 64))  # BLAS
        pools = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
        found = super().compute(faces)
        answer = {"process": os.getpid(), "began": began, "ended": time.monotonic(),
                  "threads": {"torch": torch.get_num_threads(), "openvino": count_threads(), **pools}}
        Path(self.folder, f"{os.getpid()}-{time.monotonic_ns()}.json").write_text(json.dumps(answer))
        return found


@pytest.mark.slow
def test_processes_and_their_threads_are_no_more_than_the_cores(fer_csv, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD_IMAGES", 42 // SHARDS)
    monkeypatch.delenv("OMP_NUM_THREADS")  # with it no process has more than one thread, whatever it is told;
    get_reusable_executor().shutdown()     # neither have those that were started with it
    (tmp_path / "answers").mkdir()
    extract(fer_csv, tmp_path / "store", [Asking(str(tmp_path / "answers"))])
    answers = [json.loads(path.read_text()) for path in (tmp_path / "answers").iterdir()]
    assert len(answers) == SHARDS
    assert os.getpid() not in {answer["process"] for answer in answers} or count_cores() == 1
    for answer in answers:
        at_once = {other["process"] for other in answers if other["began"] <= answer["began"] <= other["ended"]}
        assert len(at_once) <= count_cores()
        assert {"torch", "openvino", "openblas", "openmp"} <= set(answer["threads"])
        assert max(answer["threads"].values()) * min(count_cores(), SHARDS) <= count_cores()


@pytest.mark.parametrize(("cores", "jobs", "threads"), [(8, 2, 4), (8, 3, 2), (2, 2, 1), (2, 5, 1)])
def test_processes_share_the_cores(monkeypatch, cores, jobs, threads):
    import joblib

    from featfer.utils import processes
    seen = {}

    class Config:
        def __init__(self, backend, inner_max_num_threads):
            seen.update(backend=backend, threads=inner_max_num_threads)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False
    monkeypatch.setattr(joblib, "parallel_config", Config)
    monkeypatch.setattr(processes, "count_cores", lambda: cores)
    assert list(processes.parallel_map(str, iter([]), jobs)) == []
    assert seen == {"backend": "loky", "threads": threads}
