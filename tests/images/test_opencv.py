import builtins
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from featfer.errors import MissingError
from featfer.images.opencv import import_opencv


@pytest.fixture(autouse=True)
def fresh():
    import_opencv.cache_clear()
    yield
    import_opencv.cache_clear()


def test_opencv_is_the_module():
    assert import_opencv() is sys.modules["cv2"]


def test_without_opencv_the_install_line_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingError, match=r"OpenCV cannot be imported \(.+\): pip install .*\[video\]'"):
        import_opencv()


@pytest.mark.parametrize("level", [None, "INFO"])
def test_opencv_is_quiet_unless_a_log_level_is_set(level):
    code = "import os\nfrom featfer.images.opencv import import_opencv\nimport_opencv()\nprint(os.environ['OPENCV_LOG_LEVEL'])"
    environment = {**os.environ, **({"OPENCV_LOG_LEVEL": level} if level else {})}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == (level or "ERROR")


def test_threads_import_opencv_one_after_the_other(monkeypatch):
    inside, most, real = [], [], builtins.__import__

    def slow(name, *args, **kwargs):
        if name != "cv2":
            return real(name, *args, **kwargs)
        inside.append(name)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return real(name, *args, **kwargs)
    monkeypatch.setattr(builtins, "__import__", slow)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: import_opencv(), range(4)))
    assert max(most) == 1
