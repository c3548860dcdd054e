"""Tables in other forms: packed, with other delimiters, words for numbers, without some columns; and what is refused."""

import gzip
import zipfile

import numpy as np
import pytest

from featfer.datasets import find_dataset
from featfer.datasets.fer2013 import load_csv
from featfer.errors import DataError
from featfer.labels import AFFECTNET8, FER7

PIXELS = " ".join(["7"] * 2304)


@pytest.fixture
def zip_of(tmp_path):
    """A function that writes an archive of {name: text} and returns its path."""
    def write(**members):
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        return path
    return write


def load(path, **options):
    dataset = find_dataset(path, **options)
    faces = dataset.load(path)
    assert faces.digest == dataset.digest(path)
    return faces


def assert_same(faces, plain):
    for name in ("ids", "keys", "labels", "splits"):
        np.testing.assert_array_equal(getattr(faces, name), getattr(plain, name))
    for i in (0, 5, 41):
        np.testing.assert_array_equal(faces.images[i].read(), plain.images[i].read())


def test_a_gzip_holds_what_the_csv_holds(fer_csv):
    packed = fer_csv.with_name("fer2013.csv.gz")
    packed.write_bytes(gzip.compress(fer_csv.read_bytes()))
    assert_same(load(packed), load_csv(fer_csv))


def test_a_zip_holds_what_its_one_csv_holds(fer_csv, zip_of):
    faces = load(zip_of(**{"fer2013/fer2013.csv": fer_csv.read_text(), "__MACOSX/._fer2013.csv": "x", "README.txt": "x"}))
    plain = load_csv(fer_csv)
    assert [name.replace("archive:", "fer2013:") for name in faces.ids] == plain.ids.tolist()
    assert faces.keys.tolist() == plain.keys.tolist()


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(fer_csv, delimiter):
    plain, path = load_csv(fer_csv), fer_csv.with_name("fer2013.tsv")
    path.write_text(fer_csv.read_text().replace(",", delimiter))
    assert_same(load(path), plain)


@pytest.mark.parametrize(("members", "reason"), [
    ({"a.csv": "x", "b.csv": "y"}, "holds a.csv, b.csv, not one csv; unpack it, and give the csv or the folder"),
    ({"happy/1.png": "x"}, "holds 1 file and no csv, not one csv; unpack it"),
    ({"a.csv": "emotion,pixels,Usage\n" + " " * (50 << 20)}, "unpacks to more than 1 GiB, or 100 times its size; unpack it"),
])
def test_archives_that_hold_no_one_csv(zip_of, members, reason):
    path = zip_of(**members)
    with pytest.raises(DataError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: {reason}")


@pytest.mark.parametrize(("name", "content"), [
    ("a.csv.gz", b"emotion,pixels"), ("b.csv.gz", gzip.compress(b"emotion,pixels,Usage\n" * 9, mtime=0)[:-12]),
    ("c.zip", b"emotion"), ("d.zip", b"PK\5\6" + b"\0" * 18 + b"x")])
def test_damaged_archives(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"\.(gz|zip): (cannot be unpacked|holds)"):
        load(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["emotion,pixels,Usage\n", "path,label\n"])
def test_utf_16_is_refused_with_a_way_out(tmp_path, encoding, text):
    path = tmp_path / "faces.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(DataError, match=r"faces\.csv: is UTF-16 text; save it as UTF-8"):
        load(path)


def test_the_challenge_s_csvs_have_no_splits_and_no_labels(tmp_path):
    (tmp_path / "train.csv").write_text("emotion,pixels\n" + "".join(f"{label},{PIXELS}\n" for label in range(7)))
    (tmp_path / "test.csv").write_text(f"pixels\n{PIXELS}\n{PIXELS}\n")
    train, test = load(tmp_path / "train.csv"), load(tmp_path / "test.csv")
    assert (train.labels.tolist(), set(train.splits), train.label_set) == ([*range(7)], {""}, FER7)
    assert (test.labels.tolist(), test.label_set, test.kind) == ([-1, -1], None, "a csv of pixels, without labels")
    assert test.images[1].read().shape == (48, 48)
    with pytest.raises(DataError, match=r"give one of test\.csv, train\.csv as the source"):
        load(tmp_path)


def test_words_are_labels_too(tmp_path):
    path = tmp_path / "words.csv"
    words = ("happy", "Happiness", "happy face", "SAD", "0")
    path.write_text('"Emotion"; pixels;Usage\n' + "".join(f'"{word}";{PIXELS};Training\n' for word in words))
    assert [FER7.names[label] for label in load(path).labels] == ["happy"] * 3 + ["sad", "angry"]
    path.write_text(f"emotion,pixels\ncontempt,{PIXELS}\n")
    assert load(path).label_set is AFFECTNET8


@pytest.mark.parametrize(("name", "codes"), [("ckextended.csv", None), ("faces.csv", "ckextended")])
def test_ck_as_a_csv_has_contempt(tmp_path, name, codes):
    path = tmp_path / name
    path.write_text("emotion,pixels,Usage\n" + "".join(f"{label},{PIXELS},Training\n" for label in range(8)))
    faces = load(path, codes=codes)
    assert faces.label_set is AFFECTNET8
    assert [AFFECTNET8.names[label] for label in faces.labels] == [*FER7.names, "contempt"]


def test_a_name_in_a_zip_that_is_no_text_is_refused(zip_of):
    path = zip_of(**{"f\u00e9r.csv": "emotion,pixels,Usage\n"})
    path.write_bytes(path.read_bytes().replace("f\u00e9r".encode(), b"f\xed\xedr"))
    with pytest.raises(DataError, match=r"archive\.zip: cannot be unpacked \('utf-8' codec"):
        load_csv(path)
