"""Random splits of data sets without splits."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featfer.datasets.faceset import FaceSet
from featfer.datasets.splitting import SplitPlan, make_split_plan
from featfer.errors import DataError, ParameterError
from featfer.labels import FER7


def faces_of(labels, keys=None, subjects=None):
    """Return a FaceSet of no images with these labels."""
    count = len(labels)
    keys = np.array([f"key {i}" for i in range(count)]) if keys is None else keys
    return FaceSet(Path("made"), "digest", [None] * count, np.arange(count).astype(str), keys, np.asarray(labels, np.int16),
                   np.full(count, "", "U5"), FER7, single=True, subjects=subjects)


def counts(faces):
    """Return the number of each label by split."""
    return {split: np.bincount(faces.labels[faces.splits == split], minlength=7).tolist() for split in ("train", "val", "test")}


def people(count, images=14):
    """Return labels and subjects of so many people with as many images of each label."""
    return np.tile(np.arange(images) % 7, count), np.repeat([f"S{i:03}" for i in range(count)], images)


@pytest.mark.parametrize(("text", "expected"), [
    ("80/10/10", [80, 10, 10]), ("70/15/15", [70, 15, 15]), ("60/0/40", [60, 0, 40]), ("98/1/1", [98, 1, 1])])
def test_every_label_has_the_same_proportion_in_each_split(text, expected):
    faces = make_split_plan(text).apply(faces_of(np.repeat(np.arange(7), 100)))
    assert list(counts(faces).values()) == [[share] * 7 for share in expected]


def test_a_seed_gives_the_same_splits_and_another_gives_others():
    faces = faces_of(np.arange(350) % 7)
    first, again, other = (SplitPlan((80, 10, 10), seed=seed).apply(faces).splits.tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_duplicates_are_in_one_split():
    keys = np.array([f"key {i // 3}" for i in range(300)])
    faces = make_split_plan("60/20/20").apply(faces_of((np.arange(300) // 3) % 7, keys))
    assert all(len(set(faces.splits[keys == key])) == 1 for key in set(keys))
    assert 40 < sum(counts(faces)["test"]) < 80


@pytest.mark.parametrize(("number", "text"), [(10, "80/10/10"), (10, "70/15/15"), (118, "80/10/10"), (40, "50/25/25")])
def test_a_subject_is_in_one_split(number, text):
    labels, subjects = people(number)
    faces = make_split_plan(text, "subject").apply(faces_of(labels, subjects=subjects))
    assert all(len(set(faces.splits[subjects == subject])) == 1 for subject in set(subjects))
    shares = np.array([sum(count) for count in counts(faces).values()]) / len(faces)
    np.testing.assert_allclose(shares, np.array(text.split("/"), float) / 100, atol=0.06)


def test_unlabelled_images_get_no_split():
    faces = make_split_plan("50/25/25").apply(faces_of([-1, *([0] * 40), -1]))
    assert faces.splits[[0, -1]].tolist() == ["", ""]
    assert (faces.splits != "").sum() == 40


def test_a_rare_label_does_not_stop_it():
    faces = make_split_plan("80/10/10").apply(faces_of([0] * 100 + [1] * 3))
    assert counts(faces)["test"][0] == 10
    assert (faces.splits != "").all()


def test_the_data_set_says_how_it_was_split():
    faces = faces_of(np.arange(70) % 7)
    assert make_split_plan("80/10/10", seed=3).apply(faces).split_plan == "80/10/10 by image, seed 3"
    assert faces.split_plan == ""


@pytest.mark.parametrize("text", ["80/20", "80/10/20", "80/x/10", "", "100", "0/50/50", "80/10/5/5", "-10/60/50", "80.0/10/10"])
def test_percentages_that_are_not_valid_are_refused(text):
    with pytest.raises(ParameterError, match=re.escape(f"split {text!r}: give the shares of train, val and test in per cent")):
        make_split_plan(text)


def test_another_unit():
    with pytest.raises(ParameterError, match="split by 'film': give one of image, subject"):
        make_split_plan("80/10/10", "film")


@pytest.mark.parametrize(("faces", "by", "reason"), [
    (faces_of([-1] * 9), "image", "its images have no labels; put them in class folders, or list them in a csv"),
    (replace(faces_of([0] * 9), splits=np.array(["train"] * 8 + ["test"])), "image",
     "it comes with splits of its own, test, train; leave --split out"),
    (faces_of([0] * 9), "subject", "the subjects of 9 images are not known; list the images in a csv"),
    (faces_of([0] * 3, subjects=np.array(["a", "", "b"])), "subject", "the subjects of 1 image are not known"),
    (faces_of([0, 1]), "image", "2 images are too few, val gets none"),
    (faces_of([0] * 30, subjects=np.repeat(["a", "b"], 15)), "subject",
     "2 subjects are too few, val gets none; give it a larger share"),
])
def test_sets_that_cannot_be_split(faces, by, reason):
    with pytest.raises(DataError, match=re.escape(f"made: split 80/10/10 by {by}, seed 0: {reason}")):
        make_split_plan("80/10/10", by).apply(faces)
