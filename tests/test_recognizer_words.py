"""What a recognizer says of itself, and its table of predictions."""

import html
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import featfer
from featfer.bundle.persist import load
from featfer.expression import COLUMNS, LAST_COLUMNS
from featfer.features.measures import MEASURES, measure_faces
from featfer.labels import FER7
from featfer.prediction.inputs import Picture
from featfer.prediction.predict import predict_pictures
from featfer.prediction.tables import write_table
from featfer.recognizer import Recognizer

pytestmark = pytest.mark.usefixtures("one_thread")
BUNDLES = sorted((Path(__file__).parent / "fixtures" / "bundles").glob("*.joblib"))


@pytest.fixture(scope="module")
def recognizer(bundle):
    return load(bundle)


def test_a_loaded_model_says_what_it_is():
    assert repr(featfer.load("small")) == (
        "Recognizer(MLP; stage:128x8x8 (plain, flip); fer7: angry, disgust, fear, happy, sad, surprise, neutral; "
        "trained on fer2013.csv, 28,709 faces)")
    assert repr(Recognizer(None, ["embedding", "geometry"], "fer3", grey=True)) == (
        "Recognizer(no classifier; embedding, geometry; fer3: happy, sad, neutral; in grey)")


def test_what_it_was_trained_on_stays_with_a_copy(recognizer):
    assert recognizer.trained_on == "made, 210 faces"
    assert recognizer.relabel("fer6").with_prior("uniform").trained_on == "made, 210 faces"
    assert pickle.loads(pickle.dumps(recognizer)).trained_on == "made, 210 faces"


def test_notebooks_show_a_table_without_scripts(recognizer):
    recognizer = load(Path(BUNDLES[0]).with_name("lda.joblib"), verify=False)
    recognizer.trained_on = "<script>alert()</script>"
    shown = recognizer._repr_mimebundle_()["text/html"]
    assert "<script" not in shown and html.escape("<script>alert()</script>") in shown
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", shown)
    assert cells[:2] == ["classifier", "LinearDiscriminantAnalysis"]
    assert {"features", "labels", "trained on"} <= set(cells)
    assert "src=" not in shown and "http" not in shown


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_models_of_earlier_versions_say_what_they_are(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = load(path, verify=False)
    words = repr(model)
    assert words.startswith("AffectRecognizer(" if "affect" in path.name else "Recognizer(")
    assert "\n" not in words and words.endswith(")")
    assert model.describe()["features"] in words


def test_a_table_of_predictions_is_that_of_predict(tmp_path, recognizer, photo, crops):
    picture = Picture(str(photo), featfer.read_image(photo), str(photo))
    blank = Picture("blank", np.full((200, 200), 128, np.uint8), "blank")
    list(write_table(predict_pictures(recognizer, [picture, blank]), tmp_path / "faces.csv", FER7.names))
    written = pd.read_csv(tmp_path / "faces.csv").drop(columns=["frame", "seconds"])
    frame = recognizer.predict_frame([str(photo), blank.pixels])
    assert frame["image"].tolist() == [str(photo), 2]
    assert frame["status"].tolist() == ["found", "no-face"]
    assert list(frame.columns) == [name for name in (*COLUMNS, *FER7.names, *LAST_COLUMNS) if name not in ("frame", "seconds")]
    pd.testing.assert_frame_equal(frame.drop(columns="image"), written.drop(columns="image"), check_dtype=False)


def test_a_table_has_a_row_for_each_face(recognizer, photo):
    pixels = featfer.read_image(photo)
    frame = recognizer.predict_frame(pd.Series([photo, photo]), reject=1.0)
    assert frame["image"].tolist() == [str(photo)] * 2
    assert frame["label"].tolist() == ["unsure"] * 2
    two = recognizer.predict_frame(np.hstack([pixels, pixels[:, ::-1]]))
    assert (two["image"].tolist(), two["face"].tolist()) == ([1, 1], [1, 2])
    assert two["confidence"].tolist() == two[list(FER7.names)].max(axis=1).tolist()


def test_a_table_of_no_images_has_the_columns(recognizer):
    assert recognizer.predict_frame([]).shape == (0, 24)


def test_a_table_of_two_labels_lacks_a_third_guess(crops):
    recognizer = Recognizer(LogisticRegression().fit([[0.0] * 64, [1.0] * 64], [0, 1]), "pixels:8",
                            featfer.labels.LabelSet("two", ("a", "b")))
    frame = recognizer.predict_frame(crops[0], no_face="whole")
    assert frame["third"].isna().all() and frame["third_probability"].isna().all()
    assert frame.loc[0, "second"] in ("a", "b")


def test_a_table_has_what_landmarks_show_when_asked(recognizer, photo):
    blank = np.full((200, 200), 128, np.uint8)
    plain, frame = (recognizer.predict_frame([photo, blank], landmarks=landmarks) for landmarks in (False, True))
    pd.testing.assert_frame_equal(frame[plain.columns], plain)
    (face,) = featfer.find_faces(photo)
    assert frame.loc[0, list(MEASURES)].to_dict() == measure_faces([face])[0]
    assert frame.loc[1, list(MEASURES)].isna().all() and frame["status"].tolist() == ["found", "no-face"]
    assert list(frame.columns) == [*plain.columns, *MEASURES]
    assert recognizer.predict_frame([], landmarks=True).shape == (0, 24 + len(MEASURES))
