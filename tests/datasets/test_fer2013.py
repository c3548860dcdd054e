"""FER2013: the csv in both its forms, and what is wrong with it."""

import pickle
import re
import shutil

import numpy as np
import pytest
from helpers.fer2013 import write_csv

from featfer.datasets.fer2013 import digest_csv, load_csv
from featfer.errors import DataError
from featfer.labels import FER7

SPLITS = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
PIXELS = " ".join(["7"] * 2304)
GOOD = f"3,{PIXELS},Training"
BAD_ROWS = {
    "pixel missing": (f"0,{PIXELS[:-2]},Training", "2,303 pixels instead of 2,304"),
    "pixel too many": (f"0,{PIXELS} 7,Training", "2,305 pixels instead of 2,304"),
    "no pixels": ("0,,Training", "0 pixels instead of 2,304"),
    "pixel 256": (f"0,256{PIXELS[1:]},Training", "a pixel is 256, outside 0 to 255"),
    "pixel -1": (f"0,-1{PIXELS[1:]},Training", "a pixel is -1, outside 0 to 255"),
    "pixel beyond int64": (f"0,{'9' * 30}{PIXELS[1:]},Training", "outside 0 to 255"),
    "no number": (f"0,x{PIXELS[1:]},Training", "a pixel is not a whole number"),
    "fraction": (f"0,7.5{PIXELS[1:]},Training", "a pixel is not a whole number"),
    "label 7": (f"7,{PIXELS},Training", "unknown label '7', not 0 to 6"),
    "label x": (f"x,{PIXELS},Training", "unknown label 'x', not 0 to 6"),
    "label -1": (f"-1,{PIXELS},Training", "unknown label '-1', not 0 to 6"),
    "label missing": (f",{PIXELS},Training", "unknown label '', not 0 to 6"),
    "usage": (f"0,{PIXELS},Test", "unknown usage 'Test', not Training, PublicTest, PrivateTest"),
    "usage truncated": (f"0,{PIXELS},Train", "unknown usage 'Train', not Training, PublicTest, PrivateTest"),
    "pixels truncated": (f"0,{PIXELS[:900]}", "2 fields instead of 3; is the file truncated?"),
    "label only": ("0", "1 field instead of 3; is the file truncated?"),
    "enormous field": (f"0,{'7 ' * 80_000},Training", "not a row of a csv (field larger than field limit (131072))"),
    "carriage return": (f"0,7\r7{PIXELS[3:]},Training", "not a row of a csv"),
}


@pytest.fixture
def csv_of(tmp_path):
    """A function that writes lines below a header and returns the csv's path."""
    def write(*lines, header="emotion,pixels,Usage"):
        path = tmp_path / "fer2013.csv"
        path.write_bytes("\n".join([header, *lines]).encode())
        return path
    return write


@pytest.fixture
def icml_csv(tmp_path, fer_rows):
    """The 42 rows as icml_face_data.csv: another order, and spaces in the header."""
    lines = [f"{label},{usage},{' '.join(map(str, image.ravel()))}" for label, image, usage in fer_rows]
    path = tmp_path / "icml_face_data.csv"
    path.write_text("\n".join(["emotion, Usage, pixels", *lines]) + "\n")
    return path


def test_csv_reads_back_exactly(fer_csv, fer_rows):
    faces = load_csv(fer_csv)
    assert len(faces) == len(faces.images) == 42
    for row, (label, pixels, usage) in enumerate(fer_rows):
        np.testing.assert_array_equal(faces.images[row].read(), pixels)
        assert (faces.labels[row], faces.splits[row]) == (label, SPLITS[usage])


def test_csv_says_what_it_is(fer_csv):
    faces = load_csv(fer_csv)
    assert (faces.path, faces.label_set, faces.single, faces.skipped) == (fer_csv, FER7, True, [])
    assert faces.labels.dtype == np.int16
    assert list(faces.ids[:2]) == ["fer2013:2", "fer2013:3"]
    assert len(set(faces.ids)) == 42


def test_csv_has_three_splits(fer_csv):
    assert list(load_csv(fer_csv).splits) == ["train"] * 14 + ["val"] * 14 + ["test"] * 14


def test_both_headers_give_the_same_rows(fer_csv, icml_csv):
    kaggle, icml = load_csv(fer_csv), load_csv(icml_csv)
    for name in ("keys", "labels", "splits"):
        np.testing.assert_array_equal(getattr(kaggle, name), getattr(icml, name))
    for one, other in zip(kaggle.images, icml.images, strict=True):
        np.testing.assert_array_equal(one.read(), other.read())


@pytest.mark.parametrize("header", ["Emotion,Pixels,usage", '"emotion","pixels","Usage"', "\ufeffemotion,pixels,Usage",
                                    "emotion,pixels,Usage\r"])
def test_header_in_other_spellings(csv_of, header):
    assert list(load_csv(csv_of(GOOD, header=header)).labels) == [3]


def test_quoted_fields_and_windows_line_ends(csv_of):
    faces = load_csv(csv_of(f'"4","{PIXELS}","PrivateTest"\r', GOOD + "\r"))
    assert list(faces.labels) == [4, 3]
    assert [int(image.read().sum()) for image in faces.images] == [7 * 2304] * 2


def test_further_columns_do_not_matter(csv_of):
    faces = load_csv(csv_of(f"12,{GOOD},seen", header="id,emotion,pixels,Usage,note"))
    assert list(faces.labels) == [3]
    assert (faces.images[0].read() == 7).all()


def test_duplicates_have_equal_keys(csv_of):
    faces = load_csv(csv_of(GOOD, f"0,8{PIXELS[1:]},PublicTest", f"5,{PIXELS},PrivateTest"))
    assert faces.keys[0] == faces.keys[2] != faces.keys[1]


def test_rows_are_small_to_send_to_another_process(fer_csv, fer_rows):
    sent = pickle.dumps(load_csv(fer_csv).images[41])
    assert len(sent) < 1000
    np.testing.assert_array_equal(pickle.loads(sent).read(), fer_rows[41][1])


def test_csv_digest_is_of_the_content(fer_csv, tmp_path):
    copy = shutil.copy(fer_csv, tmp_path / "copy.csv")
    assert digest_csv(copy) == digest_csv(fer_csv) == load_csv(fer_csv).digest
    copy.write_text(copy.read_text().replace("PublicTest", "Training", 1))
    assert digest_csv(copy) != digest_csv(fer_csv)


def test_last_line_needs_no_line_end(csv_of):
    assert len(load_csv(csv_of(GOOD, GOOD))) == 2


@pytest.mark.parametrize(("line", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_bad_row_is_named_with_file_line_and_reason(csv_of, line, reason):
    path = csv_of(GOOD, line, GOOD)
    with pytest.raises(DataError, match=re.escape(reason)) as caught:
        load_csv(path)
    assert str(caught.value).startswith(f"{path}, line 3: ")
    assert "--skip-bad" in str(caught.value)


def test_truncated_last_line_is_named(fer_csv):
    fer_csv.write_bytes(fer_csv.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"fer2013\.csv, line 43: 2 fields instead of 3; is the file truncated\?"):
        load_csv(fer_csv)


def test_skip_bad_lists_the_bad_rows_and_keeps_the_others(csv_of):
    bad = [line for line, _ in BAD_ROWS.values()]
    path = csv_of(GOOD, *bad, f"5,{PIXELS},PrivateTest")
    faces = load_csv(path, skip_bad=True)
    assert list(faces.labels) == [3, 5]
    assert list(faces.splits) == ["train", "test"]
    assert list(faces.ids) == ["fer2013:2", f"fer2013:{len(bad) + 3}"]
    assert all((image.read() == 7).all() for image in faces.images)
    assert [reason.partition(":")[0] for reason in faces.skipped] == [f"{path}, line {i + 3}" for i in range(len(bad))]
    assert all(said in reason for reason, (_, said) in zip(faces.skipped, BAD_ROWS.values(), strict=True))


@pytest.mark.parametrize(("header", "missing"), [
    ("emotion,Usage", "pixels"),
    ("pixels,Usage", "emotion"),
    ("label,pixels,Usage", "emotion"),
    ("", "emotion, pixels, usage"),
    ("0,1 2 3,Training", "emotion, pixels, usage"),
])
def test_missing_column_is_named(csv_of, header, missing):
    with pytest.raises(DataError, match=rf"fer2013\.csv, line 1: no column {missing}"):
        load_csv(csv_of(GOOD, header=header))


def test_csv_that_is_binary(tmp_path):
    path = tmp_path / "photo.csv"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(DataError, match=r"photo\.csv, line 1: no column"):
        load_csv(path)


def test_empty_file(tmp_path):
    path = tmp_path / "empty.csv"
    path.touch()
    with pytest.raises(DataError, match=r"empty\.csv, line 1: no column emotion, pixels, usage"):
        load_csv(path)


@pytest.mark.parametrize("end", ["", "\n"])
def test_only_a_header(csv_of, end):
    with pytest.raises(DataError, match=r"fer2013\.csv: no usable rows$"):
        load_csv(csv_of(header="emotion,pixels,Usage" + end))


def test_only_bad_rows(csv_of):
    with pytest.raises(DataError, match=r"fer2013\.csv: no usable rows; 2 bad ones, the first: .*line 2: unknown label '7'"):
        load_csv(csv_of(f"7,{PIXELS},Training", "x"), skip_bad=True)


def test_missing_csv(tmp_path):
    with pytest.raises(DataError, match=r"absent\.csv: cannot be read \(No such file or directory\)"):
        load_csv(tmp_path / "absent.csv")


@pytest.mark.slow
def test_the_real_csv(real_csv):
    faces = load_csv(real_csv)
    assert {split: int((faces.splits == split).sum()) for split in ("train", "val", "test")} == dict.fromkeys(
        ("train", "val", "test"), 100)
    assert set(faces.labels) == set(range(7))
    assert {image.read().shape for image in faces.images} == {(48, 48)}


def test_blank_lines_are_no_rows(fer_csv):
    fer_csv.write_text(fer_csv.read_text().replace("\n", "\n\n") + "\n")
    faceset = load_csv(fer_csv)
    assert len(faceset) == 42 and not faceset.skipped


@pytest.mark.parametrize("label", ["9" * 5000, "٣" * 3, "²", "nan"])
def test_a_label_that_is_no_small_number_is_a_bad_row(tmp_path, fer_rows, label):
    path = write_csv(tmp_path / "fer2013.csv", [*fer_rows[:2], (label, fer_rows[2][1], "Training")])
    with pytest.raises(DataError, match=r"line 4: unknown label '.*, not 0 to 6"):
        load_csv(path)
    assert len(load_csv(path, skip_bad=True)) == 2


def test_a_csv_that_goes_meanwhile_is_unreadable_rows_not_a_traceback(fer_csv):
    images = load_csv(fer_csv).images
    fer_csv.unlink()
    with pytest.raises(DataError, match=r"fer2013\.csv: cannot be read \(No such file or directory\)"):
        images[0].read()
