"""Images that cannot be computed at this time: counted and named, never stored as a verdict, and done by the next run."""

import errno
import os

import numpy as np
import pytest
from helpers.fer2013 import write_csv
from helpers.runs import assert_same, extracted, rows_in, shards, when_computing
from PIL import Image

from featfer.errors import MissingError, TransientError
from featfer.extraction import chunks
from featfer.extraction.run import extract
from featfer.features import Landmarks
from featfer.store.files import read_shard
from featfer.store.merging import merge
from featfer.store.opening import open_table
from featfer.store.shards import Shard
from featfer.store.store import Store

KEY = Landmarks().key


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def photos(tmp_path, crops):
    """A folder of three pictures and one file that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, crop in zip("abc", crops, strict=False):
        Image.fromarray(crop).save(folder / f"{name}.png")
    (folder / "broken.png").write_text("not an image")
    return folder


# -- a source that changes or goes in mid-run -------------------------------------------------------------------------

def test_rows_of_a_csv_that_changes_in_mid_run_are_not_stored(tmp_path, fer_csv, fer_rows, store, small_shards, monkeypatch):
    content = fer_csv.read_bytes()
    shuffled = [fer_rows[0], *((label, pixels[:, ::-1], usage) for label, pixels, usage in fer_rows[1:])]
    when_computing(monkeypatch, 1, lambda: write_csv(fer_csv, shuffled))
    summary = extracted(fer_csv, store)
    assert summary.computed + len(summary.failed) == 42
    assert summary.missing == len(summary.failed) == 34  # all but the first chunk, which was read before
    assert f"{fer_csv}: changed while the source was read" in summary.failed["fer2013:20"]
    assert not summary.unreadable and rows_in(store) == 8
    fer_csv.write_bytes(content)
    assert (extracted(fer_csv, store).computed, extracted(fer_csv, store).computed) == (34, 0)
    extracted(fer_csv, tmp_path / "other")
    assert_same(open_table(store, [Landmarks()]), open_table(tmp_path / "other", [Landmarks()]))


def test_rows_of_a_csv_that_goes_in_mid_run_are_missing_and_done_by_the_next_run(fer_csv, store, small_shards, monkeypatch):
    away = fer_csv.with_name("away")
    when_computing(monkeypatch, 1, lambda: fer_csv.rename(away))
    summary = extracted(fer_csv, store)
    assert (summary.missing, summary.unreadable) == (34, {})
    assert "cannot be read (No such file or directory)" in summary.failed["fer2013:20"]
    away.rename(fer_csv)
    summary = extracted(fer_csv, store)
    assert (summary.computed, summary.missing, summary.failed, summary.found) == (34, 0, {}, 42)


def test_a_photo_that_changes_in_mid_run_is_not_stored(photos, store, crops, monkeypatch):
    monkeypatch.setattr("featfer.extraction.run.SHARD_IMAGES", 1)
    when_computing(monkeypatch, 1, lambda: Image.fromarray(crops[7]).save(photos / "c.png"))
    summary = extracted(photos, store)
    assert list(summary.failed) == ["c.png"]
    assert list(summary.unreadable) == ["broken.png"]
    assert extracted(photos, store).computed == 1


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_photo_that_becomes_no_file_in_mid_run_is_not_stored(photos, store, monkeypatch, make):
    def replace():
        (photos / "c.png").rename(photos.parent / "c.png")
        make(photos / "c.png")
    monkeypatch.setattr("featfer.extraction.run.SHARD_IMAGES", 1)
    when_computing(monkeypatch, 1, replace)
    assert "changed while the source was read" in extracted(photos, store).failed["c.png"]
    (photos / "c.png").rename(photos.parent / "none")
    (photos.parent / "c.png").rename(photos / "c.png")
    assert (extracted(photos, store).unreadable.keys(), rows_in(store)) == ({"broken.png"}, 4)


def test_a_name_means_the_data_set_that_was_extracted_last(fer_csv, fer_rows, store):
    """Of two files of one name, also where all of it is in the store."""
    content = fer_csv.read_bytes()
    extracted(fer_csv, store)
    before = open_table(store, [Landmarks()])
    write_csv(fer_csv, fer_rows[::-1])
    extracted(fer_csv, store)
    assert open_table(store, [Landmarks()]).labels.tolist() == before.labels.tolist()[::-1]
    fer_csv.write_bytes(content)
    assert extracted(fer_csv, store).computed == 0
    assert_same(open_table(store, [Landmarks()]), before)


def test_a_photo_of_the_same_size_and_time_is_seen_to_be_another(photos, store, crops):
    """What a copy made with its times kept, and a program that sets them, leaves."""
    Image.fromarray(crops[0]).save(photos / "a.bmp")
    extracted(photos, store)
    before, stat = open_table(store, [Landmarks()]), os.stat(photos / "a.bmp")
    Image.fromarray(crops[9][:, ::-1]).save(photos / "a.bmp")
    os.utime(photos / "a.bmp", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert os.stat(photos / "a.bmp").st_size == stat.st_size
    assert extracted(photos, store).computed == 1
    assert np.abs(open_table(store, [Landmarks()]).features[0] - before.features[0]).max() > 0.01
    assert extracted(photos, store).computed == 0


def test_random_splits_stay_when_files_are_only_touched(tmp_path, crops, store):
    from featfer.datasets.splitting import make_split_plan
    for i, crop in enumerate(crops[:20]):
        path = tmp_path / "faces" / ("happy", "sad")[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(crop).save(path)
    splits = extracted(tmp_path / "faces", store, split_plan=make_split_plan("60/20/20", "image", 0)).splits
    assert splits == {"train": 12, "val": 4, "test": 4}
    (tmp_path / "faces" / "sad" / "1.png").chmod(0o600)
    summary = extracted(tmp_path / "faces", store)
    assert (summary.computed, summary.splits) == (0, splits)


def test_a_source_that_changes_while_it_is_listed_is_recorded_not_at_all(photos, store, crops, monkeypatch):
    from featfer.datasets import photos as module
    key = module.make_file_key

    def make_file_key(path):
        found = key(path)
        if path.name == "c.png":
            Image.fromarray(crops[7]).save(path)
        return found
    monkeypatch.setattr(module, "make_file_key", make_file_key)
    with pytest.raises(TransientError, match=r"photos: changed while it was read; run the same command again"):
        extracted(photos, store)
    assert Store(store).files() == Store(store).files() and not list((store / "sources").glob("*.npz"))
    monkeypatch.undo()
    assert extracted(photos, store).computed == 4


# -- failures that pass -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EMFILE, errno.ESTALE])
def test_a_file_that_cannot_be_read_at_this_time_is_missing_not_unreadable(photos, store, monkeypatch, number):
    from featfer.datasets import digests
    opened = digests.open_regular

    def failing(path):
        if path.name == "b.png":
            raise OSError(number, os.strerror(number), str(path))
        return opened(path)
    with monkeypatch.context() as patch:
        patch.setattr(digests, "open_regular", failing)
        summaries = [extracted(photos, store), extracted(photos, store)]
    for summary in summaries:
        assert (summary.missing, list(summary.failed), list(summary.unreadable)) == (1, ["b.png"], ["broken.png"])
        assert f"cannot be read ({os.strerror(number)})" in summary.failed["b.png"]
    summary = extracted(photos, store)
    assert (summary.computed, summary.missing, summary.found, list(summary.unreadable)) == (1, 0, 3, ["broken.png"])


def test_a_link_that_leads_nowhere_is_missing_until_it_leads_somewhere(photos, store):
    away = (photos / "b.png").rename(photos.with_name("away.png"))
    (photos / "b.png").symlink_to("../there.png")
    summary = extracted(photos, store)
    assert (list(summary.failed), list(summary.unreadable)) == (["b.png"], ["broken.png"])
    away.rename(photos.with_name("there.png"))
    summary = extracted(photos, store)
    assert (summary.computed, summary.missing) == (1, 0)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("cannot allocate memory"), ValueError("odd\nlines")])
def test_an_exception_on_one_image_is_a_failure_of_that_image(fer_csv, store, monkeypatch, fer_rows, error):
    def compute(self, faces, original=Landmarks.compute):
        if any(np.array_equal(face.image, fer_rows[5][1]) for face in faces):
            raise error
        return original(self, faces)
    with monkeypatch.context() as patch:
        patch.setattr(Landmarks, "compute", compute)
        for _ in range(2):
            summary = extracted(fer_csv, store)
            assert (list(summary.failed), summary.missing, summary.found) == (["fer2013:7"], 1, 41)
    assert "\n" not in summary.failed["fer2013:7"]
    assert (extracted(fer_csv, store).computed, extracted(fer_csv, store).missing) == (1, 0)


def test_a_decoder_without_memory_says_nothing_of_the_image(photos, store, monkeypatch):
    from featfer.images import pixels as images
    with monkeypatch.context() as patch:
        patch.setattr(images, "decode_pixels", lambda *args: (_ for _ in ()).throw(MemoryError))
        summary = extracted(photos, store)
    assert sorted(summary.failed) == ["a.png", "b.png", "c.png"]
    assert "not enough memory" in summary.failed["a.png"]
    assert (extracted(photos, store).missing, list(summary.unreadable)) == (0, ["broken.png"])


def test_a_model_file_that_is_missing_ends_the_run_and_stores_nothing(fer_csv, store, monkeypatch):
    def missing(*args, **options):
        raise MissingError("shape_predictor_68_face_landmarks.dat: no such model file")
    with monkeypatch.context() as patch:
        patch.setattr(chunks, "find_faces", missing)
        with pytest.raises(MissingError, match="no such model file"):
            extracted(fer_csv, store)
    assert not shards(store)
    assert extracted(fer_csv, store).computed == 42


# -- verdicts that were stored wrongly --------------------------------------------------------------------------------

def spoil(store, reason, keys=slice(None)):
    """Turn images in a store's shards into unreadable ones for a reason."""
    for path in shards(store):
        shard = {name: array.copy() for name, array in read_shard(path).items()}
        shard["reasons"] = shard["reasons"].astype("U200")
        shard["status"][keys], shard["reasons"][keys], shard["values"][keys] = 2, reason, np.nan
        Store(store).put_shard(KEY, Shard(**shard))


@pytest.mark.parametrize("reason", [
    "/data/a.png: no such file", "/data/fer2013.csv: cannot be read (No such file or directory)",
    "/data/a.png: not a readable image (Permission denied)", "/data/a.png: not a readable image (Input/output error)",
    "/data/a.png: not a readable image (MemoryError: )", "1 field instead of 3; is the file truncated?"])
def test_a_verdict_that_is_not_about_the_content_is_tried_again(tmp_path, fer_csv, store, reason):
    extracted(fer_csv, store)
    before = open_table(store, [Landmarks()])
    spoil(store, reason, slice(3, 9))
    assert extracted(fer_csv, store).computed == 6
    assert_same(open_table(store, [Landmarks()]), before)
    assert extracted(fer_csv, store).computed == 0


def test_a_verdict_about_the_content_stays(photos, store):
    extracted(photos, store)
    assert extracted(photos, store).computed == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_features_count_more_than_a_verdict_in_whatever_order_stores_are_joined(tmp_path, fer_csv, store, order):
    extracted(fer_csv, store)
    extracted(fer_csv, tmp_path / "poor")
    spoil(tmp_path / "poor", "/data/a.png: not a readable image (image file is truncated)", slice(3, 9))
    stores = [store, tmp_path / "poor"]
    merged = merge(tmp_path / "whole", [stores[i] for i in order])
    assert list(merged.missing.values()) == [{KEY: 0}]
    table = open_table(tmp_path / "whole", [Landmarks()])
    assert_same(table, open_table(store, [Landmarks()]))
    assert open_table(tmp_path / "poor", [Landmarks()]).status.tolist().count("unreadable") == 6


# -- fitted files that are exchanged ----------------------------------------------------------------------------------

def test_a_codebook_exchanged_in_mid_run_changes_nothing(tmp_path, fer_csv, store, small_shards, monkeypatch):
    from featfer.features.bovw import BoVW
    from featfer.features.visual_words.learning import make_codebook
    path, other = tmp_path / "words.npz", tmp_path / "other.npz"
    make_codebook(fer_csv, path, words=2)
    make_codebook(fer_csv, other, words=2, seed=1)
    extract(fer_csv, tmp_path / "undisturbed", [BoVW(path)], jobs=1)
    first = BoVW(path).resolve_fitted_files()[0]
    when_computing(monkeypatch, 10, lambda: os.replace(other, path))
    extract(fer_csv, store, [BoVW(path)], jobs=1)
    assert [folder.name for folder in (store / "features").iterdir()] == [first.key]
    assert_same(Store(store).table([first.key], Store(store).find_source()),
                Store(tmp_path / "undisturbed").table([first.key], Store(store).find_source()))
    with pytest.raises(MissingError, match=r"words\.npz: another file than when the run began"):
        chunks.register_files({"sha256:" + "0" * 64: str(path)})
