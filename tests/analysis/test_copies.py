import numpy as np
import pytest
from helpers.tidy import make_faceless_row, make_row, make_table
from helpers.videos import hopper, scene, write_timed, write_video

from featfer.analysis.copies import STYLES, hide_box, write_copy
from featfer.errors import DataError, ParameterError, WriteError
from featfer.faces import WHOLE_IMAGE, find_faces
from featfer.features.embedding import Embedding
from featfer.images.video import open_video, read_frames
from featfer.images.video_writer import CODECS
from featfer.prediction.overlay import COLOURS

FRAMES, SAME = 60, 0.6  # dlib calls two faces one person's whose embeddings are nearer than this
BOX = 200.0, 100.0, 240.0, 150.0
GREY = np.full((241, 321, 3), 128, np.uint8)


def sway(number):
    """The path of a face that moves to the right and back, at up to 100 pixels a second."""
    return 200 + 60 * np.sin(number / 15), 120 + 10 * np.cos(number / 9)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory, photo):
    """A film of a moving face, its frames, its boxes, and the table, without frames 20 to 25 and those outside 8 to 49."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    pictures, boxes = zip(*(scene(number, (*hopper(photo), sway)) for number in range(FRAMES)), strict=True)
    seen = [number for number in range(8, 50) if not 20 <= number <= 25]
    table = make_table([make_row(str(path), number, number / 25, boxes[number][0]) if number in seen
                        else make_faceless_row(str(path), number, number / 25) for number in range(FRAMES)])
    write_video(path, pictures)
    return path, np.array([image for _, _, image in read_frames(path, 1)]), np.array(boxes)[:, 0], table


def read_copy(film, table, path, style):
    assert write_copy(film, table, path, style) is None
    return np.array([image for _, _, image in read_frames(path, 1)])


def grey_film(path, sizes=((241, 321),), times=None):
    return write_timed(path, [np.full((height, width, 3), 128, np.uint8) for height, width in sizes * 30], times)


@pytest.mark.slow
def test_a_hidden_face_is_found_and_known_in_no_frame(filmed, tmp_path):
    film, frames, boxes, table = filmed
    hidden = read_copy(film, table, tmp_path / "copy.mp4", "blur")
    (original,) = Embedding().transform(find_faces(frames[30])[:1])
    numbers = [0, 4, 9, 15, 20, 22, 25, 33, 41, 49, 54, 59]
    assert all(find_faces(frames[number])[0].status != WHOLE_IMAGE for number in numbers), "the film itself shows the face"
    known = 0
    for number in numbers:
        faces = [face for face in find_faces(hidden[number]) if face.status != WHOLE_IMAGE]
        known += sum(np.linalg.norm(Embedding().transform(faces) - original, axis=1) < SAME) if faces else 0
    assert known == 0
    for number in numbers:
        left, top, right, bottom = boxes[number]
        face = hidden[number, top:bottom, left:right].astype(int)
        assert np.abs(np.diff(face, axis=0)).max() < 24, f"an edge is left in frame {number}"
        assert np.abs(np.diff(face, axis=1)).max() < 24


def test_an_annotated_copy_hides_the_face_and_draws_its_box(filmed, tmp_path):
    film, _, boxes, table = filmed
    plain, annotated = (read_copy(film, table, tmp_path / f"{style}.mp4", style) for style in ("blur", "annotated blur"))
    left, top, right, bottom = (round(side) for side in boxes[30])
    inside = np.s_[30, top + 8:bottom - 8, left + 8:right - 8]
    assert np.abs(plain[inside].astype(int) - annotated[inside]).mean() < 2
    assert np.abs(annotated[30, top:bottom, left].astype(int) - COLOURS[0]).mean() < 30
    assert np.abs(plain[30, top:bottom, left].astype(int) - COLOURS[0]).mean() > 40


def test_what_is_no_face_stays_as_it_is(filmed, tmp_path):
    film, frames, boxes, table = filmed
    hidden = read_copy(film, table, tmp_path / "copy.mp4", "blur")
    for number in (10, 30, 45):
        left, top, right, bottom = boxes[number]
        away = np.ones(frames.shape[1:3], bool)
        away[max(0, top - 90):bottom + 60, left - 75:right + 75] = False
        difference = np.abs(hidden[number].astype(int) - frames[number])[away]
        assert difference.mean() < 2
        assert np.quantile(difference, 0.999) < 16


def test_each_frame_keeps_its_time_and_odd_sides_lose_one_pixel(tmp_path):
    times = [0.0, 0.04, 0.1, 0.5, 0.52, 1.4]
    film = write_timed(tmp_path / "film.mp4", [GREY] * 6, times)
    table = make_table([make_row("film.mp4", number, seconds, BOX) for number, seconds in enumerate(times)])
    for style in ("blur", "boxes"):
        write_copy(film, table, tmp_path / "copy.mp4", style)
        found = list(read_frames(tmp_path / "copy.mp4", 1))
        assert [seconds for _, seconds, _ in found] == pytest.approx(times, abs=1e-4)
        assert found[0][2].shape == (240, 320, 3)


def test_a_copy_is_h264_or_what_the_build_of_ffmpeg_has(tmp_path, monkeypatch):
    film = grey_film(tmp_path / "film.mp4")
    table = make_table([make_row("film.mp4", 0, 0.0, BOX)])
    write_copy(film, table, tmp_path / "copy.mp4", "blur")
    with open_video(tmp_path / "copy.mp4") as video:
        assert video.codec == "h264"
    monkeypatch.setitem(CODECS, "h264", ("no such encoder", {}))
    write_copy(film, table, tmp_path / "copy.mp4", "blur")
    with open_video(tmp_path / "copy.mp4") as video:
        assert video.codec == "mpeg4"


def noise_film(path, frames):
    """A film of noise, in which what is hidden is smooth."""
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    return write_timed(path, [noise] * frames, encoder={"qmin": "2", "qmax": "3"})


def find_hidden(picture, box):
    """Tell whether all of a box is smooth, and whether all else is noise."""
    left, top, right, bottom = (round(side) for side in box)
    return np.abs(np.diff(picture[top:bottom, left:right].astype(int), axis=0)).mean() < 12


@pytest.mark.parametrize(("numbers", "hidden", "shown"), [
    ([30, 31, 32], [5, 29, 30, 33, 56], [0, 3, 59]),        # a second before and after
    ([0, 59], [0, 1, 30, 58, 59], []),                        # between two rows, however far apart
])
def test_a_face_that_was_missed_is_hidden_around_and_between_the_rows_of_its_track(tmp_path, numbers, hidden, shown):
    film = noise_film(tmp_path / "film.mp4", 60)
    seen = dict.fromkeys(numbers, (100.0, 100.0, 140.0, 140.0))
    table = make_table([make_row("film.mp4", number, number / 25, seen[number]) if number in seen
                        else make_faceless_row("film.mp4", number, number / 25) for number in range(60)])
    frames = read_copy(film, table, tmp_path / "copy.mp4", "blur")
    assert [find_hidden(frames[number], (100, 100, 140, 140)) for number in hidden] == [True] * len(hidden)
    assert [find_hidden(frames[number], (100, 100, 140, 140)) for number in shown] == [False] * len(shown)


def test_frames_that_were_not_analyzed_hide_both_places_of_a_moving_face(tmp_path):
    film = noise_film(tmp_path / "film.mp4", 60)
    places = {0: (40.0, 100.0, 80.0, 140.0), 50: (200.0, 100.0, 240.0, 140.0)}  # a frame each two seconds
    table = make_table([make_row("film.mp4", number, number / 25, box) for number, box in places.items()])
    frames = read_copy(film, table, tmp_path / "copy.mp4", "blur")
    assert find_hidden(frames[25], (40, 100, 240, 140))
    assert not find_hidden(frames[0], (200, 100, 240, 140))
    assert find_hidden(frames[59], places[50])


def test_of_two_faces_each_is_hidden_and_a_face_at_the_edge_too(tmp_path):
    film = noise_film(tmp_path / "film.mp4", 2)
    boxes = (0.0, 0.0, 40.0, 40.0), (260.0, 190.0, 320.0, 240.0)
    table = make_table([make_row("film.mp4", number, number / 25, box, track=i, person=None)
                        for number in range(2) for i, box in enumerate(boxes, 1)])
    frames = read_copy(film, table, tmp_path / "copy.mp4", "blur")
    assert [find_hidden(frames[1], box) for box in [*boxes, (120, 80, 200, 160)]] == [True, True, False]


def test_what_is_hidden_is_of_few_colours():
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    before = noise.copy()
    hide_box(noise, (50.5, 60, 250, 260))
    assert (noise[:60] == before[:60]).all()
    assert (noise[:, :50] == before[:, :50]).all()
    assert np.abs(np.diff(noise[62:258, 52:248].astype(int), axis=0)).max() <= 3
    hide_box(noise, (400, 400, 500, 500))  # beyond the image: nothing to do
    one, other = np.full((60, 60, 3), 97, np.uint8), np.full((60, 60, 3), 110, np.uint8)
    for image in (one, other):
        hide_box(image, (10, 10, 50, 50))
    assert (one[10:50, 10:50] == other[10:50, 10:50]).all()


def test_points_are_all_that_a_copy_of_points_shows(tmp_path):
    film = noise_film(tmp_path / "film.mp4", 4)
    points = np.stack([np.linspace(100, 180, 68), np.linspace(60, 140, 68)], axis=1)
    table = make_table([make_row("film.mp4", number, number / 25, (90.0, 50.0, 190.0, 150.0), points=points + 10 * number)
                        for number in (0, 2)] + [make_faceless_row("film.mp4", 3, 0.12)])
    frames = read_copy(film, table, tmp_path / "copy.mp4", "points").astype(int)
    away = np.ones(frames.shape[1:3], bool)
    for x, y in points.round().astype(int):
        away[y - 3:y + 25, x - 3:x + 25] = False
    assert frames[:, away].max() < 40, "something of the film"
    assert frames[0, 60, 100].max() > 90
    assert frames[0, 150, 190].max() < 16
    assert frames[1, 150, 190].max() > 90, "points between two rows are interpolated"
    assert frames[3].max() < 16


def test_boxes_show_who_is_seen_and_what(tmp_path):
    film = grey_film(tmp_path / "film.mp4", ((360, 480),))
    table = make_table([make_row("film.mp4", number, number / 25, (100.0, 100.0, 200.0, 200.0), 3, 2, label)
                        for number, label in enumerate(["happy", "sad"])])
    one, sad, none = read_copy(film, table, tmp_path / "copy.mp4", "boxes")[:3].astype(int)
    edge = np.median(one[110:190, 99:102], axis=(0, 1))
    assert np.abs(edge - COLOURS[1]).max() < 60, "it has the colour of the person, not of the track"
    assert np.abs(one[105:195, 105:195] - 128).max() < 20, "the face itself is not drawn over"
    assert np.abs(one - sad)[100:200, 200:400].max() > 60
    assert np.abs(none[105:195, 90:300] - 128).max() < 20


def test_what_cannot_be_is_refused_and_leaves_nothing(tmp_path):
    film = grey_film(tmp_path / "film.mp4")
    table = make_table([make_row("film.mp4", 0, 0.0, BOX)])
    with pytest.raises(ParameterError, match="style 'mask' is none of blur, annotated blur, points, boxes"):
        write_copy(film, table, tmp_path / "copy.mp4", "mask")
    with pytest.raises(ParameterError, match="--landmarks"):
        write_copy(film, table, tmp_path / "copy.mp4", "points")
    with pytest.raises(ParameterError, match="a video's name ends in"):
        write_copy(film, table, tmp_path / "copy.txt", "blur")
    with pytest.raises(WriteError, match="it is read by the same command"):
        write_copy(film, table, film, "blur")
    with pytest.raises(DataError, match="of another film"):
        write_copy(film, make_table([make_row("film.mp4", 999, 40.0, BOX)]), tmp_path / "copy.mp4", "blur")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert STYLES == ("blur", "annotated blur", "points", "boxes")


@pytest.mark.parametrize("form", ["parquet", "csv", "parts"])
def test_a_table_in_a_file_or_in_parts_hides_the_same(tmp_path, form):
    film = noise_film(tmp_path / "film.mp4", 4)
    table = make_table([make_row("film.mp4", number, number / 25, (100.0, 100.0, 140.0, 140.0)) for number in range(4)])
    path = tmp_path / f"film.{form}"
    if form == "parquet":
        table.to_parquet(path)
    elif form == "csv":
        table.to_csv(path, index=False)
    else:
        path = iter([table[:2], table[2:]])
    frames = read_copy(film, path, tmp_path / "copy.mp4", "blur")
    same = read_copy(film, table, tmp_path / "other.mp4", "blur")
    assert np.abs(frames.astype(int) - same).mean() < 0.5  # the encoder may round one value in thousands otherwise
