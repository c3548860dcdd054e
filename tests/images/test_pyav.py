import sys

import pytest

from featfer.errors import MissingError
from featfer.images.pyav import import_pyav


@pytest.fixture(autouse=True)
def fresh():
    import_pyav.cache_clear()
    yield
    import_pyav.cache_clear()


def test_pyav_is_the_module():
    assert import_pyav() is sys.modules["av"]


def test_without_pyav_the_install_line_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingError, match=r"PyAV cannot be imported \(.+\): pip install .*\[video\]'"):
        import_pyav()
