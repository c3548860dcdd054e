from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up import made_table

from featfer.labels import FER7, LabelSet
from featfer.reports.models import write_report
from featfer.reports.protocol import describe_protocol
from featfer.training.classifier import train

CK = LabelSet("ck", ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"))
PERSONS = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM")  # as many as JAFFE has


@pytest.fixture(scope="module")
def jaffe():
    """10 persons with 21 images each, drawn by subject: 6, 2 and 2 in train, val and test."""
    subjects = np.repeat(PERSONS, 21)
    splits = np.repeat(["train"] * 6 + ["val"] * 2 + ["test"] * 2, 21)
    return made_table(np.arange(210) % 7, splits, FER7, "jaffe", subjects=subjects, split_plan="60/20/20 by subject, seed 0")


@pytest.fixture(scope="module")
def ck():
    """35 persons with two images each, drawn by image: most persons are in several splits."""
    splits = np.resize(["train", "train", "train", "val", "test"], 70)
    return made_table(np.arange(70) % 7, splits, CK, "CK+48", subjects=np.repeat([f"S{i:03}" for i in range(35)], 2),
                      split_plan="60/20/20 by image, seed 3")


def test_a_set_drawn_by_subject_says_so(jaffe):
    assert describe_protocol(jaffe) == (
        "Every figure is on all images of a split: models are trained on train (126 images), chosen on val (42 images) and "
        "scored on test (42 images). The splits were drawn at random: 60/20/20 by subject, seed 0. No subject of val or "
        "test is in train (10 subjects in all). No image of val or test is, pixel for pixel, in train too. No test-time "
        "augmentation where a model doesn't say so.")


def test_persons_in_train_and_test_are_counted(ck):
    in_train, in_test = (set(ck.subjects[ck.splits == split]) for split in ("train", "test"))
    assert 0 < len(in_train & in_test) < len(in_test)
    assert (f"Of the {len(in_test)} subjects in test, {len(in_train & in_test)} are in train too: the figures on test are not "
            "those of new persons.") in describe_protocol(ck)


def test_persons_in_val_only_are_counted(jaffe):
    subjects = jaffe.subjects.copy()
    subjects[jaffe.splits == "val"] = np.where(np.arange(42) < 21, "KA", "NM")
    assert ("No subject of test is in train, but 1 of the 2 subjects in val is."
            in describe_protocol(replace(jaffe, subjects=subjects)))


def test_subjects_that_are_not_known_are_said(jaffe):
    assert ("The subjects are not known: a person may be in several splits."
            in describe_protocol(replace(jaffe, subjects=None)))
    partly = jaffe.subjects.copy()
    partly[:21] = ""
    assert "(9 subjects in all). The subjects of 21 images are not known." in describe_protocol(replace(jaffe, subjects=partly))


def test_splits_of_the_data_set_s_own_are_said(jaffe):
    text = describe_protocol(replace(jaffe, split_plan=""))
    assert "The splits came with the data set." in text and "at random" not in text


def test_copies_of_training_images_are_counted(jaffe):
    groups = jaffe.groups.copy()
    groups[[130, 180, 181]] = groups[:3]
    assert ("Copies: 1 of val and 2 of test are, pixel for pixel, in train too; \"without copies\" leaves these out."
            in describe_protocol(replace(jaffe, groups=groups)))


def test_images_without_a_face_or_a_split_and_unreadable_ones_are_counted(jaffe):
    status, splits, labels = jaffe.status.copy(), jaffe.splits.copy(), jaffe.labels.copy()
    status[:3], status[3], splits[10:15], labels[20] = "whole-image", "unreadable", "", -1
    text = describe_protocol(replace(jaffe, status=status, splits=splits, labels=labels))
    assert "In 3 images no face was found, and the whole image is taken. 1 image is unreadable and left out." in text
    assert "5 images are in no split and left out." in text
    assert "train (120 images)" in text


def test_views_of_an_image_are_one_image(jaffe):
    twice = jaffe.rows(np.repeat(np.arange(210), 2))
    assert describe_protocol(twice) == describe_protocol(jaffe)


@pytest.mark.parametrize("name", ["jaffe", "ck"])
def test_a_report_has_the_protocol_of_its_data_set_and_no_published_figures(tmp_path, request, name):
    table = request.getfixturevalue(name)
    recognizer, card = train(table, "lda", command="featfer train")
    write_report([("lda", recognizer, card)], lambda recognizer: table, tmp_path / "r.md", "featfer report")
    text = (tmp_path / "r.md").read_text()
    assert describe_protocol(table) in text
    assert not any(word in text for word in ("ublished", "official", "FER2013", "PrivateTest"))
