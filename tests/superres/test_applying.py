import json
import os
import signal

import numpy as np
import pytest
from helpers.fer2013 import write_csv
from helpers.superresolved import save_generator
from PIL import Image

from featfer.errors import FeatferError, ParameterError, WriteError
from featfer.superres import Enlargement, applying
from featfer.superres.applying import Applied, apply

BICUBIC = Enlargement("bicubic")


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_rows_of_a_csv_become_files(tmp_path, fer_rows):
    csv = write_csv(tmp_path / "fer2013.csv", fer_rows[:5])
    enlarge = Enlargement(save_generator(tmp_path / "small.npz"))
    assert apply(csv, tmp_path / "out", enlarge, jobs=1) == Applied(0, 5, [])
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == [*(f"fer2013-{row}.png" for row in range(2, 7)), "superres.json"]  # by lines; a header is the first
    np.testing.assert_array_equal(read(tmp_path / "out" / "fer2013-4.png"), enlarge(fer_rows[2][1]))


def test_photos_keep_their_folders_and_their_colours(tmp_path, crops):
    for name, image in {"a.png": crops[0], "a.bmp": crops[1], "deeper/b.png": np.stack([crops[2]] * 3, axis=2)}.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "in" / name)
    assert apply(tmp_path / "in", tmp_path / "out", BICUBIC, jobs=2) == Applied(0, 3, [])
    made = {path.relative_to(tmp_path / "out").as_posix(): read(path).shape for path in (tmp_path / "out").rglob("*.png")}
    assert made == {"a.png": (192, 192), "a-2.png": (192, 192), "deeper/b.png": (192, 192, 3)}


def test_after_a_stop_the_missing_images_are_made(tmp_path, fer_csv, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 4)
    made, out = [], tmp_path / "out"

    class Stopping(Enlargement):
        def __call__(self, image):
            if len(made) == 6:
                raise KeyboardInterrupt
            made.append(image)
            return super().__call__(image)
    with pytest.raises(KeyboardInterrupt):
        apply(fer_csv, out, Stopping("bicubic"), jobs=1)
    there = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    assert len(there) == 6 and not list(out.glob(".*"))
    assert apply(fer_csv, out, BICUBIC, jobs=1) == Applied(6, 36, [])
    assert {path: path.stat().st_mtime_ns for path in there} == there
    assert apply(fer_csv, out, BICUBIC, jobs=1) == Applied(42, 0, [])


class Mortal(Enlargement):
    """Kills the process that enlarges when a file is there, once."""

    def __init__(self, fuse):
        super().__init__("bicubic")
        self.fuse = fuse

    def __call__(self, image):
        try:
            self.fuse.unlink()
        except FileNotFoundError:
            return super().__call__(image)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_worker_is_an_error_and_another_run_completes(tmp_path, fer_csv, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 4)
    fuse, out = tmp_path / "fuse", tmp_path / "out"
    fuse.touch()
    with pytest.raises(FeatferError, match=r"a worker process was killed.*run the same command again"):
        apply(fer_csv, out, Mortal(fuse), jobs=2)
    kept = len(list(out.glob("*.png")))
    assert kept < 42
    assert apply(fer_csv, out, Mortal(fuse), jobs=2) == Applied(kept, 42 - kept, [])


def test_unreadable_and_too_large_images_are_named_and_the_rest_is_done(tmp_path, crops):
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(crops[0]).save(folder / "good.png")
    Image.new("L", (1200, 900)).save(folder / "large.png")
    (folder / "bad.png").write_bytes(b"no image")
    applied = apply(folder, tmp_path / "out", BICUBIC, jobs=1)
    assert (applied.there, applied.made) == (0, 1)
    assert applied.failed[0].startswith("bad.png not made: ") and "not a readable image" in applied.failed[0]
    assert applied.failed[1] == ("large.png not made: 1200x900 is more than 1,000,000 pixels, too large to be enlarged 4 times")
    assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["good.png"]


def test_a_folder_of_another_model_or_source_is_refused(tmp_path, fer_csv, fer_rows):
    apply(fer_csv, tmp_path / "out", BICUBIC, jobs=1)
    assert json.loads((tmp_path / "out" / "superres.json").read_text())["superres"]["model"] == "bicubic"
    with pytest.raises(ParameterError, match="images of another source, or by another model"):
        apply(fer_csv, tmp_path / "out", Enlargement("lanczos"), jobs=1)
    other = write_csv(tmp_path / "other.csv", fer_rows[:3])
    with pytest.raises(ParameterError, match=r"see its superres\.json; name another folder"):
        apply(other, tmp_path / "out", BICUBIC, jobs=1)


def test_the_source_is_never_written_into(tmp_path, crops):
    Image.fromarray(crops[0]).save(tmp_path / "face.png")
    before = (tmp_path / "face.png").read_bytes()
    for source, out in ((tmp_path, tmp_path / "out"), (tmp_path, tmp_path), (tmp_path / "face.png", tmp_path)):
        with pytest.raises(ParameterError, match="name another folder"):
            apply(source, out, BICUBIC, jobs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["face.png"] and (tmp_path / "face.png").read_bytes() == before


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_without_permission_is_refused(tmp_path, fer_csv, jobs):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="cannot be written"):
        apply(fer_csv, tmp_path / "file" / "out", BICUBIC, jobs=jobs)


def test_names_stay_below_the_folder():
    names = applying._make_names(["/etc/a.png", "../../b.jpg", "set:12", "c.txt", "d.tar.png"])
    assert names == ["etc/a", "b", "set-12", "c.txt", "d.tar"]


def test_other_pictures_are_not_counted_as_enlarged(tmp_path, crops):
    for name in ("photos/a.png", "out/a.png"):
        (tmp_path / name).parent.mkdir()
        Image.fromarray(crops[0]).save(tmp_path / name)
    with pytest.raises(ParameterError, match=r"a\.png is there already, and not of `featfer superres apply`"):
        apply(tmp_path / "photos", tmp_path / "out", BICUBIC, jobs=1)
    assert os.listdir(tmp_path / "out") == ["a.png"]
