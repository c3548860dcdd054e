"""Work in child processes, threads and coroutines after the parent has done the same."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import featfer
from featfer.utils.forking import load_once

CHILD = """
import multiprocessing, sys, tempfile
from pathlib import Path

import featfer

recognizer = featfer.load("small")
method, photos = sys.argv[1], Path(sys.argv[2])


def predict(count, detector="hog"):
    return [face.label for faces in recognizer.predict([photos / "0.png"] * count, detector) for face in faces]


def extract():
    summary = featfer.extract(photos, tempfile.mkdtemp(), featfer.make_features("hog"), jobs=2)
    return summary.found, summary.missing


def fit():
    from sklearn.ensemble import HistGradientBoostingClassifier
    rows = [[i % 7, i % 5] for i in range(400)]
    return HistGradientBoostingClassifier(max_iter=2).fit(rows, [i % 2 for i in range(400)]).predict(rows).tolist()


def work():
    # few images pass through NumPy, many through torch; both detectors look in several threads
    return predict(2), predict(17), predict(2, "haar"), extract(), fit()


def child(queue):
    queue.put(work())


if __name__ == "__main__":
    expected, context = work(), multiprocessing.get_context(method)
    queue = context.Queue()
    process = context.Process(target=child, args=(queue,))
    process.start()
    assert queue.get(timeout=90) == expected
    process.join(30)
    assert process.exitcode == 0, "the child does not end"
"""


BARS = """
import os, signal, threading, time

from featfer.utils.progress import bar


def bars(end):
    while time.monotonic() < end:
        list(bar(range(3)))


def forked(seconds):
    child = os.fork()
    if child == 0:
        bars(time.monotonic() + seconds)
        os._exit(0)
    return child


list(bar(range(3)))
for _ in range(20):  # killed while their bars move
    child = forked(60)
    time.sleep(0.03)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
list(bar(range(3)))
thread = threading.Thread(target=bars, args=[time.monotonic() + 60], daemon=True)
thread.start()
for _ in range(20):  # begun while another thread's bars move
    os.waitpid(forked(0.01), 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_bars_of_other_processes_block_nobody():
    done = subprocess.run([sys.executable, "-c", BARS], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_process_does_what_its_parent_did(tmp_path, crops, method):
    if sys.platform == "win32" and method == "fork":
        pytest.skip("Windows has no fork")
    from PIL import Image
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, crop in enumerate(crops[:12]):
        Image.fromarray(crop).save(photos / f"{number}.png")
    script = tmp_path / "script.py"
    script.write_text(CHILD)
    in_threads = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, script, method, photos], capture_output=True, text=True, timeout=200, check=False,
                          env=in_threads if method == "fork" else None)  # which loses them
    assert done.returncode == 0, done.stderr


def test_threads_and_coroutines_share_a_recognizer(photo):
    recognizer = featfer.load("small")
    expected = recognizer.predict(photo)

    async def gathered():
        return await asyncio.gather(*(asyncio.to_thread(recognizer.predict, photo) for _ in range(4)))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(recognizer.predict, [photo] * 8)) == [expected] * 8
    assert asyncio.run(gathered()) == [expected] * 4


def test_several_threads_that_ask_at_a_time_load_once():
    loaded = []

    @load_once
    def load(*arguments):
        time.sleep(0.05)
        loaded.append(arguments)
        return object()
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(load, ["a"] * 8))) == 1
    assert load("a") is not load("b") and loaded == [("a",), ("b",)]
    assert load.cache_info()[:2] == (8, 2)
    load.cache_clear()
    assert load("a") and len(loaded) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_process_loads_anew_even_if_a_thread_was_loading():
    @load_once
    def load(begun, go_on):
        begun.set()
        go_on.wait(10)
        return os.getpid()
    events, loaded = (threading.Event(), threading.Event()), (threading.Event(), threading.Event())
    loaded[1].set()
    assert load(*loaded) == os.getpid()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(load, *events)
        events[0].wait(10)
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            os._exit(0 if load(*loaded) == os.getpid() else 1)
        answer = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        events[1].set()
        assert waiting.result() == os.getpid()
    assert answer == 0


KILLED = """
import os, signal

import featfer
from featfer.utils.progress import bar

for _ in bar(range(2)):
    pass
child = os.fork()
if not child:
    bar([]).get_lock().acquire()
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(child, 0)
for _ in bar(range(2)):
    pass
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_child_killed_while_its_bar_moves_does_not_block_its_parent():
    subprocess.run([sys.executable, "-c", KILLED], check=True, timeout=60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_process_forked_while_torch_is_imported_says_nothing():
    code = ("import os, sys, types, featfer\nsys.modules['torch'] = types.ModuleType('torch')\n"
            "if child := os.fork():\n    os.waitpid(child, 0)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
