import glob
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featfer.errors import WriteError
from featfer.prediction.annotating import Annotator
from featfer.prediction.inputs import Picture

GREY = np.full((500, 500), 128, np.uint8)


def made(folder, *names):
    """Make empty files of these names below a folder; return their paths."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return [folder / name for name in names]


def copies(out, *sources):
    """Return the paths, below a folder, of the annotated copies of all images in some sources."""
    files = [file for source in map(str, sources)
             for file in ([source] if Path(source).exists() else sorted(glob.glob(source, recursive=True)))]
    files = [str(inside) for file in files
             for inside in (sorted(Path(file).rglob("*.*")) if Path(file).is_dir() else [file]) if Path(inside).is_file()]
    pictures = [(Picture(file, GREY, file), []) for file in files]
    assert list(Annotator(files, sources, out).save(pictures, [])) == pictures
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


@pytest.mark.parametrize("sources", [("photos",), ("photos/a", "photos/b"), ("photos/a/x.jpg", "photos/b/x.jpg", "photos/b/c"),
                                     ("photos/*/*.jpg", "photos/b"), ("photos/**/x.jpg",)])
def test_copies_are_in_the_same_folders_as_the_images(tmp_path, monkeypatch, sources):
    made(tmp_path / "photos", "a/x.jpg", "b/x.jpg", "b/c/x.jpg")
    for prefix in ("", f"{tmp_path}/"):
        monkeypatch.chdir(tmp_path)
        out = tmp_path / f"out{len(prefix)}"
        expected = ["a/x.jpg", "b/c/x.jpg", "b/x.jpg"]
        assert copies(out, *(prefix + source for source in sources)) == expected


def test_a_single_image_is_in_the_folder_itself(tmp_path):
    photo, = made(tmp_path, "photos/a/x.jpg")
    assert copies(tmp_path / "out", photo) == ["x.jpg"]


def test_a_name_that_looks_like_a_pattern_is_a_name(tmp_path):
    made(tmp_path, "p[1]/x.jpg", "p[1]/y/x.jpg")
    assert copies(tmp_path / "out", tmp_path / "p[1]") == ["x.jpg", "y/x.jpg"]
    assert copies(tmp_path / "more", tmp_path / "p[1]" / "x.jpg") == ["x.jpg"]


def test_formats_and_suffixes_stay_or_become_png(tmp_path):
    made(tmp_path / "photos", "a.jpg", "b.JPEG", "c.png", "d.bmp", "e.tiff", "f.webp", "g.x.JPG")
    names = copies(tmp_path / "out", tmp_path / "photos")
    assert names == ["a.jpg", "b.JPEG", "c.png", "d.png", "e.png", "f.png", "g.x.JPG"]
    kinds = [Image.open(tmp_path / "out" / name).format for name in names]
    assert kinds == ["JPEG", "JPEG", "PNG", "PNG", "PNG", "PNG", "JPEG"]


def test_copies_of_one_name_are_numbered(tmp_path):
    made(tmp_path / "photos", "a.bmp", "a.jpg", "a.png", "a.webp")
    assert copies(tmp_path / "out", tmp_path / "photos") == ["a-2.png", "a-3.png", "a.jpg", "a.png"]


def test_frames_of_videos_have_their_numbers(tmp_path):
    file, other = map(str, made(tmp_path, "videos/a/take.mp4", "videos/take.avi"))
    annotator = Annotator([file, other], [tmp_path / "videos"], tmp_path / "out")
    frames = [(Picture(f"{name}#t=0", GREY, name, number, 0.0), []) for name in (file, other) for number in (0, 25)]
    list(annotator.save(frames, []))
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")) == [
        "a/take-000000.png", "a/take-000025.png", "take-000000.png", "take-000025.png"]
    assert str(annotator) == f"Wrote 4 annotated images to {tmp_path / 'out'}/"


def test_the_content_of_a_file_counts_not_its_suffix(tmp_path):
    photo, video = map(str, made(tmp_path, "a.mp4", "b.jpg"))
    pictures = [(Picture(photo, GREY, photo), []), (Picture(f"{video}#t=0", GREY, video, 7, 0.3), [])]
    list(Annotator([photo, video], [tmp_path], tmp_path / "out").save(pictures, []))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b-000007.png"]


def test_a_copy_never_replaces_one_of_the_pictures(tmp_path):
    photo, = made(tmp_path, "photos/x.jpg")
    for sources, out in (((photo,), tmp_path / "photos"), ((tmp_path / "photos",), tmp_path / "photos" / ".")):
        with pytest.raises(WriteError, match=r"x\.jpg: cannot be written \(it is read by the same command and would be lost"):
            Annotator([str(photo)], sources, out)


def test_a_copy_that_cannot_be_written_is_named_and_not_counted(tmp_path):
    photo, file = str(*made(tmp_path, "x.jpg")), tmp_path / "out"
    failed, annotator = [], Annotator([photo], [photo], file)
    file.touch()
    assert list(annotator.save([(Picture(photo, GREY, photo), [])], failed)) == []
    assert (annotator.written, len(failed)) == (0, 1)
    assert failed[0].startswith(f"{file}/x.jpg: cannot be written")


def test_a_picture_that_featfer_did_not_draw_is_kept(tmp_path):
    photo, other = made(tmp_path, "photos/x.jpg", "out/x.jpg")
    Image.fromarray(GREY).save(other)
    with pytest.raises(WriteError, match=r"x\.jpg: cannot be written \(what is there is not a picture that featfer drew"):
        Annotator([str(photo)], [photo], other.parent)
    other.unlink()
    for _ in range(2):
        list(Annotator([str(photo)], [photo], other.parent).save([(Picture(str(photo), GREY, str(photo)), [])], []))
