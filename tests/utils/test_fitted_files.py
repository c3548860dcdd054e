import hashlib
import os
from pathlib import Path

import featfer_models
import pytest

from featfer.errors import MissingError
from featfer.utils import fitted_files
from featfer.utils.fitted_files import content_of, find_fitted_file, reference_of, register


def test_a_file_is_known_by_its_content(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(b"learnt")
    reference = reference_of(tmp_path / "one")
    assert reference == "sha256:" + hashlib.sha256(b"learnt").hexdigest() == reference_of(str(tmp_path / "two"))
    assert content_of(tmp_path / "one") == content_of(reference) == b"learnt"


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"before")
    before = reference_of(path)
    path.write_bytes(b"after!")
    os.utime(path, ns=(1, 1))
    assert reference_of(path) != before
    assert content_of(path) == b"after!"


def test_files_that_ship_have_names_wherever_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(featfer_models.__file__).parent / "expression.npz"
    assert find_fitted_file("expression") == path and find_fitted_file("own.npz") == "own.npz"
    reference = reference_of("expression")
    assert reference == reference_of(path)
    fitted_files._contents.clear()
    fitted_files._read.cache_clear()
    assert content_of(reference) == path.read_bytes()  # though neither its name nor its path was asked for


def test_registered_content_needs_no_file():
    reference = register(b"came with a bundle")
    assert reference_of(reference) == reference
    assert content_of(reference) == b"came with a bundle"


@pytest.mark.parametrize("name", ["nowhere.npz", "sha256:00", "."])
def test_what_is_not_there_is_named(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingError, match=name):
        content_of(name)
