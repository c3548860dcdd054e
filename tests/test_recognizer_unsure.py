"""What a recognizer says of faces that it is unsure of or that are unlike its training faces, and how it reads colours."""

import pickle
from copy import copy

import pytest

from featfer import load
from featfer.errors import ParameterError
from featfer.features import values_of
from featfer.labels import FER6
from featfer.training.novelty import fit_novelty

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def recognizer(bundle):
    return load(bundle)


@pytest.fixture(scope="module")
def of_photo(recognizer, photo):
    """The expressions in the photo."""
    return recognizer.predict(photo)[0]


def test_predictions_below_a_confidence_are_unsure(recognizer, photo, of_photo):
    confidence = of_photo[0].confidence
    (rejected,), = recognizer.predict(photo, reject=min(1, confidence + 1e-6))
    assert (rejected.label, rejected.probabilities) == ("unsure", of_photo[0].probabilities)
    assert list(recognizer.stream([photo], reject=confidence)) == [of_photo]
    for reject in (-0.1, 1.01, float("nan")):
        with pytest.raises(ParameterError, match=r"reject .* is not from 0 to 1"):
            recognizer.predict(photo, reject=reject)


def test_a_recognizer_may_tell_how_novel_a_face_is(recognizer, made_table, small_table, photo, of_photo):
    assert of_photo[0].novelty is None
    telling = copy(recognizer)
    telling.novelty = fit_novelty(made_table)  # of embeddings that are no real faces'
    again = pickle.loads(pickle.dumps(telling)).relabel(FER6)
    (found,), = again.predict(photo)
    assert (found.novelty, found.is_novel) == (1.0, True)
    assert found.in_words().endswith("; unlike the training faces")
    telling.novelty = fit_novelty(small_table)  # of faces that were made of the photo's
    ((faces, (seen,)),) = telling.recognize([photo])
    assert seen.novelty == pytest.approx(telling.novelty.score(values_of(telling.features, faces))[0], abs=1e-3)


def test_a_model_of_grey_faces_reads_a_photo_as_if_it_had_no_colours(recognizer, photo):
    ((faces, _),) = recognizer.recognize([photo])
    reading = copy(recognizer)
    seen = []
    for reading.grey in (False, True):
        seen.append([reading.expressions([face])[0].probabilities for face in (*faces, faces[0].in_grey())])
    (coloured, first), (second, third) = seen
    assert first == second == third
    assert max(abs(coloured[name] - first[name]) for name in first) > 0.001


def test_novelty_is_left_out_on_request(recognizer, photo, small_table):
    telling = copy(recognizer)
    telling.novelty = fit_novelty(small_table)
    ((faces, _),) = recognizer.recognize([photo])
    assert [telling.expressions(faces, with_novelty=told)[0].novelty is None for told in (True, False)] == [False, True]
