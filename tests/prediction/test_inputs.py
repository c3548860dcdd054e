import sys
from collections import Counter

import cv2
import numpy as np
import pytest
from PIL import Image

from featfer.errors import DataError
from featfer.images.pyav import import_pyav
from featfer.prediction import inputs
from featfer.prediction.inputs import Picture, find_files, is_video, read_pictures


@pytest.fixture
def album(tmp_path):
    """A folder with photos at two depths, a video and a text: a.png, b/c.JPG, b/video.avi, notes.txt."""
    (tmp_path / "b").mkdir()
    Image.new("L", (30, 20), 10).save(tmp_path / "a.png")
    Image.new("RGB", (30, 20), 20).save(tmp_path / "b" / "c.JPG")
    (tmp_path / "notes.txt").write_text("no picture")
    video = cv2.VideoWriter(str(tmp_path / "b" / "video.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 4, (64, 48))
    for level in range(0, 60, 10):
        video.write(np.full((48, 64, 3), level, np.uint8))
    video.release()
    return tmp_path


def names(album, source):
    return [name.removeprefix(f"{album}/") for name in find_files(source)]


def test_file_is_taken_as_it_is_named(album):
    for source in (album / "a.png", album / "notes.txt", album / "none.jpg"):
        assert find_files(source) == [str(source)]


def test_folder_is_searched_with_all_below_it(album):
    assert names(album, album) == ["a.png", "b/c.JPG", "b/video.avi"]


@pytest.mark.parametrize(("pattern", "expected"), [
    ("*.png", ["a.png"]), ("*/*.[Jj]*", ["b/c.JPG"]), ("**/*.*", ["a.png", "b/c.JPG", "b/video.avi"]),
    ("*", ["a.png", "b/c.JPG", "b/video.avi"]), ("**", ["a.png", "b/c.JPG", "b/video.avi"]), ("?", ["b/c.JPG", "b/video.avi"])])
def test_pattern_names_photos_and_videos_and_what_is_in_folders(album, pattern, expected):
    assert names(album, album / pattern) == expected


def test_file_whose_name_is_like_a_pattern(album):
    odd = album / "[1].png"
    Image.new("L", (3, 3)).save(odd)
    assert find_files(odd) == [str(odd)]


def test_folder_whose_name_is_like_a_video(album):
    (album / "b").rename(album / "b.mp4")
    assert names(album, album) == ["a.png", "b.mp4/c.JPG", "b.mp4/video.avi"]


@pytest.mark.parametrize("name", ["empty.mp4", "*.mp4", "*.gif", "**/*.txt"])
def test_folder_or_pattern_without_pictures_is_an_error(album, name):
    (album / "empty.mp4").mkdir()
    with pytest.raises(DataError) as caught:
        find_files(album / name)
    passed = "; passed over: 1 .txt file" if name == "**/*.txt" else ""
    assert str(caught.value) == f"{album / name}: no photo or video in it{passed}"


@pytest.mark.parametrize(("name", "video"), [("a.mp4", True), ("a.MOV", True), ("a.mp4.jpg", False), ("mp4", False)])
def test_video_is_told_by_its_suffix(name, video):
    assert is_video(name) is video


@pytest.mark.parametrize("name", ["video", "video.ts", "video.dat", "video.txt", "video.jpg"])
def test_a_video_is_known_by_its_content(album, name):
    video = (album / "b" / "video.avi").rename(album / "b" / name)
    assert [picture.seconds for picture in read_pictures([str(video)], None, [])] == [0.0, 1.0]
    assert is_video(video) is (name != "video.jpg")
    assert f"b/{name}" in names(album, album)
    assert f"b/{name}" in names(album, album / "b" / "video*")


@pytest.mark.parametrize("name", ["photo.mp4", "photo.wmv", "photo.ts", "photo"])
def test_a_photo_is_known_by_its_content(album, name):
    photo = str((album / "a.png").rename(album / name))
    failed = []
    (picture,) = read_pictures([photo], None, failed)
    assert (picture.name, picture.frame, failed) == (photo, None, [])


@pytest.mark.parametrize(("name", "text"), [
    ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n{video}\n#EXT-X-ENDLIST\n"),
    ("list.txt", "ffconcat version 1.0\nfile '{video}'\n"), ("module.ts", "export const video = '{video}';\n")])
def test_a_text_in_a_folder_is_passed_over_even_where_it_names_a_video(album, name, text):
    (album / name).write_text(text.format(video=album / "b" / "video.avi"))
    assert names(album, album) == ["a.png", "b/c.JPG", "b/video.avi"]


def test_a_damaged_video_is_listed_once_its_frames_were_read(album):
    video = album / "b" / "video.avi"
    content = video.read_bytes()
    video.write_bytes(content[:content.rindex(b"\xff\xd8")])
    failed = []
    assert [picture.seconds for picture in read_pictures([str(video)], None, failed)] == [0.0, 1.0]
    assert failed == [f"{video}: ends at 5 of 6 frames"]


def test_photo_is_a_picture_of_its_file(album):
    photo = str(album / "a.png")
    (picture,) = read_pictures([photo], None, [])
    assert (picture.name, picture.file, picture.frame, picture.seconds) == (photo, photo, None, None)
    assert (picture.pixels == 10).all()


@pytest.mark.parametrize(("every", "expected"), [(None, [(0, 0.0), (4, 1.0)]), (3, [(0, 0.0), (3, 0.75)])])
def test_frames_of_a_video_are_named_by_their_time(album, every, expected):
    video = str(album / "b" / "video.avi")
    pictures = list(read_pictures([video], every, []))
    assert [(picture.frame, picture.seconds) for picture in pictures] == expected
    assert [picture.name for picture in pictures] == [f"{video}#t={seconds:.2f}" for _, seconds in expected]
    assert {picture.file for picture in pictures} == {video}
    assert [picture.pixels.mean() for picture in pictures] == pytest.approx([10 * index for index, _ in expected], abs=2)


def test_what_cannot_be_read_is_listed_and_the_rest_read(album):
    (album / "bad.mp4").write_text("no video")
    failed, files = [], [str(album / name) for name in ("none.png", "a.png", "notes.txt", "bad.mp4", "b/c.JPG")]
    assert [picture.file for picture in read_pictures(files, None, failed)] == [files[1], files[4]]
    assert [reason.partition(" (")[0] for reason in failed] == [
        f"{files[0]}: no such file", f"{files[2]}: not a readable image", f"{files[3]}: not a readable video"]


def test_without_pyav_videos_are_listed_and_photos_read(album, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    import_pyav.cache_clear()
    failed, files = [], [str(album / name) for name in ("b/video.avi", "a.png")]
    assert [picture.file for picture in read_pictures(files, None, failed)] == [files[1]]
    assert len(failed) == 1
    assert failed[0].startswith(f"{files[0]}: PyAV cannot be imported")
    import_pyav.cache_clear()


def test_pictures_are_read_one_by_one(album, monkeypatch):
    read, original = [], inputs.images.read_image
    monkeypatch.setattr(inputs.images, "read_image", lambda file: read.append(file) or original(file))
    pictures = read_pictures([str(album / "a.png"), str(album / "b" / "c.JPG")], None, [])
    assert read == []
    assert isinstance(next(pictures), Picture)
    assert read == [str(album / "a.png")]


# -- what is in folders -----------------------------------------------------------------------------------------------

def test_folders_are_searched_by_content_without_what_is_hidden(album):
    hidden = (".x.jpg", "._a.png", ".ipynb_checkpoints/a.png", "__MACOSX/a.png", "b/.thumbs/a.png")
    for name in (*hidden, "b/no suffix", "b/picture.dat"):
        (album / name).parent.mkdir(exist_ok=True)
        Image.new("L", (30, 20), 10).save(album / name, "PNG")
    (album / "report.pdf").write_bytes(b"%PDF-1.7")
    (album / "b" / "MORE.TXT").write_text("BM")
    passed = Counter()
    assert [name.removeprefix(f"{album}/") for name in find_files(album, passed)] == [
        "a.png", "b/c.JPG", "b/no suffix", "b/picture.dat", "b/video.avi"]
    assert passed == {".txt files": 2, ".pdf files": 1, "hidden files": 2, "hidden folders": 3}
    assert find_files(album / ".x.jpg") == [str(album / ".x.jpg")]
    again = Counter()
    assert len(find_files(album / "**", again)) == 5
    assert again == passed


def test_links_to_folders_are_followed_and_loops_left(album, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    Image.new("L", (30, 20)).save(elsewhere / "d.png")
    (album / "link").symlink_to(elsewhere)
    (album / "b" / "loop").symlink_to(album)
    (elsewhere / "back").symlink_to(elsewhere)
    assert names(album, album) == ["a.png", "b/c.JPG", "b/video.avi", "link/d.png"]


def test_a_picture_without_memory_for_it_is_named_and_the_rest_read(album, monkeypatch):
    read = inputs.images.read_image

    def short(file):
        if "a.png" in file:
            raise MemoryError
        return read(file)
    monkeypatch.setattr(inputs.images, "read_image", short)
    failed, files = [], [str(album / "a.png"), str(album / "b" / "c.JPG")]
    assert [picture.file for picture in read_pictures(files, None, failed)] == [files[1]]
    assert failed == [f"{files[0]}: there is too little memory to read it"]
