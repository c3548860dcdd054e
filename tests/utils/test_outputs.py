"""Outputs: links are followed, pipes and devices written to, inputs and files of another kind kept."""

import inspect
import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from featfer.errors import WriteError
from featfer.prediction.drawing import write_picture
from featfer.reports.plots import draw_class_histogram
from featfer.utils.files import append_atomically, write_atomically, write_text
from featfer.utils.npz import write_arrays
from featfer.utils.outputs import (
    BUNDLE,
    DUPLICATES,
    MODEL_CARD,
    OVERVIEW,
    PICTURE,
    PREDICTIONS,
    REPORT,
    TABLE,
    VIDEO,
    check_folder,
    check_output,
    identify_files,
)
from featfer.utils.provenance import card_path

TEXT = b"image,frame,seconds\n"
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


def write_at_once(path, content, kind=None):
    with write_atomically(path, kind) as file:
        file.write(content)


def write_in_parts(path, content, kind=None):
    with append_atomically(path, kind) as append:
        for byte in content:
            append(bytes([byte]))


both = pytest.mark.parametrize("write", [write_at_once, write_in_parts])


@both
@pytest.mark.parametrize("before", [TEXT, None])
def test_a_link_stays_and_its_target_is_replaced(tmp_path, write, before):
    target, link = tmp_path / "real" / "t.csv", tmp_path / "link.csv"
    target.parent.mkdir()
    if before:
        target.write_bytes(before)
    (tmp_path / "second").symlink_to("real/t.csv")
    link.symlink_to("second")
    write(link, b"new", PREDICTIONS)
    assert (link.is_symlink(), target.is_symlink(), target.read_bytes()) == (True, False, b"new")
    assert os.listdir(target.parent) == ["t.csv"]


@both
def test_a_device_stays_a_device(write):
    write("/dev/null", b"new", PREDICTIONS)
    assert not os.path.isfile("/dev/null")
    with pytest.raises(WriteError, match=r"/dev/full: cannot be written \(No space left on device\)"):
        write("/dev/full", b"new")


@both
def test_a_pipe_gets_what_is_written(tmp_path, write):
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write(tmp_path / "pipe", b"new", TABLE)
    reader.join(10)
    assert got == [b"new"]


@both
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_though_it_is_a_file(tmp_path, write, name):
    code = (f"from featfer.utils.files import *\n{inspect.getsource(write)}\n"
            f"print('before', flush=True); {write.__name__}({name!r}, b'new'); print('after')")
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out").read_bytes() == b"before\nnewafter\n"


@both
def test_another_name_of_a_file_keeps_what_it_was(tmp_path, write):
    (tmp_path / "a").write_bytes(TEXT)
    os.link(tmp_path / "a", tmp_path / "b")
    write(tmp_path / "a", b"new", PREDICTIONS)
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"new", TEXT)


@both
def test_permissions_of_what_was_there_stay(tmp_path, write):
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "a").chmod(0o640)
    write(tmp_path / "a", b"new", PREDICTIONS)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_appends_are_in_the_file_at_once(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT)
    with pytest.raises(KeyboardInterrupt), append_atomically(path, PREDICTIONS) as append:
        assert path.read_bytes() == TEXT
        append(b"one")
        assert path.read_bytes() == b"one"
        append(b"two")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"onetwo"
    with append_atomically(tmp_path / "none.csv"):
        pass
    assert os.listdir(tmp_path) == ["a.csv"]


def test_a_partial_append_is_undone_when_the_disk_is_full(tmp_path):
    code = ("import resource, signal; from featfer.utils.files import append_atomically\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
            f"with append_atomically({str(tmp_path / 'a')!r}) as append:\n    append(b'123456'); append(b'123456')")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("a: cannot be written (File too large)\n")
    assert (tmp_path / "a").read_bytes() == b"123456"


@pytest.fixture
def made(tmp_path, bundle, small_table):
    """A file of each kind, by kind, in a folder of their own; and as others make them."""
    folder = tmp_path / "made"
    folder.mkdir()
    small_table.save(folder / "table.npz")
    write_picture(Image.new("RGB", (9, 9)), folder / "drawn.png")
    write_picture(Image.new("RGB", (9, 9)), folder / "drawn.jpg")
    draw_class_histogram({"train": {"happy": 3}}, folder / "figure.png", "title")
    write_text(folder / "report.md", "# Expression recognition on FER2013\n")
    write_text(folder / "overview.md", "# photos: 3 images\n\nMade by\n\n```\nfeatfer data photos\n```")
    write_text(folder / "t.csv", TEXT.decode())
    write_text(folder / "copies.csv", "id,split,copy,copy_split,kind,correlation\n")
    write_arrays(folder / "others.npz", a=np.zeros(3))
    Image.new("RGB", (9, 9)).save(folder / "photo.png")
    Image.new("RGB", (9, 9)).save(folder / "photo.jpg")
    write_text(folder / "notes.md", "# Notes\n")
    write_text(folder / "package.json", '{"name": "mine"}')
    write_text(folder / "labels.csv", "path,label\n")
    (folder / "video.avi").write_bytes(b"RIFF\0\0\0\0AVI LIST")
    shutil.copy(bundle, folder / "svm.joblib")
    shutil.copy(card_path(bundle), folder / "svm.json")
    return folder


OF_KIND = {PICTURE: {"drawn.png", "drawn.jpg", "figure.png"}, TABLE: {"table.npz"}, REPORT: {"report.md"},
           OVERVIEW: {"overview.md"}, PREDICTIONS: {"t.csv"}, DUPLICATES: {"copies.csv"}, MODEL_CARD: {"svm.json"},
           BUNDLE: {"svm.joblib"}, VIDEO: {"video.avi"}}


@pytest.mark.parametrize("kind", OF_KIND, ids=lambda kind: kind.name)
def test_only_empty_files_and_files_of_the_same_kind_are_replaced(made, kind):
    allowed = set()
    for path in made.iterdir():
        before = path.read_bytes()
        try:
            check_output(path, kind)
        except WriteError as error:
            assert f"{path}: cannot be written (what is there is not {kind.name} and would be lost" in str(error)
            with pytest.raises(WriteError):
                write_at_once(path, b"new", kind)
        else:
            allowed.add(path.name)
        assert path.read_bytes() == before
    assert allowed == OF_KIND[kind]
    (made / "notes.md").write_bytes(b"")
    check_output(made / "notes.md", kind)


def test_a_model_is_replaced_only_with_overwrite(made):
    check_output(made / "svm.joblib", BUNDLE)
    check_output(made / "new.joblib", BUNDLE, overwrite=False)
    with pytest.raises(WriteError, match="it exists already; name another file, or give --overwrite"):
        check_output(made / "svm.joblib", BUNDLE, overwrite=False)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_an_input_is_no_output_by_any_name(tmp_path, link):
    (tmp_path / "a.csv").write_bytes(TEXT)
    link(tmp_path / "a.csv", tmp_path / "b.csv")
    inputs = identify_files([tmp_path / "a.csv", tmp_path / "none", "a\0b", "/dev/null"])
    with pytest.raises(WriteError, match=r"b\.csv: cannot be written \(it is read by the same command and would be lost"):
        check_output(tmp_path / "b.csv", PREDICTIONS, inputs)
    check_output("/dev/null", PREDICTIONS, inputs)


def test_impossible_outputs_are_refused_before_anything_is_made(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in {"": "Is a directory", "file/a/b.csv": "Not a directory", "loop": "Too many levels",
                         "a" * 300: "too long", "a\0b": "NUL"}.items():
        with pytest.raises(WriteError, match=reason):
            check_output(tmp_path / name, PREDICTIONS)
        with pytest.raises(WriteError, match=reason):
            write_at_once(tmp_path / name, b"new")
    with pytest.raises(WriteError, match="Not a directory"):
        check_folder(tmp_path / "file")
    check_folder(tmp_path / "new" / "folder")
    check_output(tmp_path / "new" / ("a" * 250), PREDICTIONS)
    assert sorted(os.listdir(tmp_path)) == ["file", "loop"]
    write_at_once(tmp_path / ("a" * 250), b"new")


@as_user
def test_outputs_without_permission_are_refused(tmp_path):
    (tmp_path / "a").touch(0o444)
    (tmp_path / "shut").mkdir(0o555)
    for path in (tmp_path / "a", tmp_path / "shut" / "new" / "b"):
        with pytest.raises(WriteError, match="Permission denied"):
            check_output(path)
