"""A run of a model over photos and videos: reading, predicting and writing, and the fate of each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from featfer.errors import DataError, ParameterError
from featfer.expression import check_reject
from featfer.faces import find_detector
from featfer.features.detection import check_no_face
from featfer.images.walking import describe_skipped
from featfer.prediction.action_units import with_units
from featfer.prediction.annotating import Annotator
from featfer.prediction.formats import FORMATS
from featfer.prediction.inputs import find_files, is_video, read_pictures
from featfer.prediction.predict import FacelessPictures, Prediction, Predictions, predict_pictures
from featfer.prediction.tables import list_point_columns, write_table
from featfer.recognizer import Recognizer
from featfer.typing import Path
from featfer.utils.outputs import PREDICTIONS, check_output, identify_files
from featfer.utils.progress import bar

if TYPE_CHECKING:
    from featfer.face_model import FaceModel


class PredictionRun:
    """A run of a recognizer over photos and videos.

    Parameters
    ----------
    sources : list of str
        Files, folders and patterns, as `featfer.prediction.inputs.find_files` takes them.
    detector, smallest
        As for `featfer.faces.find_faces`.
    no_face : str
        If no face is found: "skip" skips the picture, "whole" treats all of it as a face, "error" counts it as failed.
    every : int or None
        Every Nth frame of a video; None for the first of each second.
    table, out : str or None
        The csv file to write, and the folder for annotated images.
    with_action_units : bool
        Whether to estimate action units too.
    reject : float
        As for `featfer.face_model.FaceModel.predict`.
    model : str or None
        The file of the recognizer, which the table must not replace.
    form : str
        Format of the table, one of `featfer.prediction.formats.FORMATS`; others than "tidy" need a table, and estimate action
        units and 68 landmarks.

    Attributes
    ----------
    files : list of str
        The photos and videos, in order.
    done : int
        How many pictures have been predicted.
    failed : list of str
        A sentence for each file, folder and picture that failed.

    Raises
    ------
    ParameterError
        If there is no such detector or format, or a format without a table.
    WriteError
        If the table or an annotated image cannot be written, or would replace something else. Nothing is read before.
    """

    def __init__(self, sources: Iterable[str], detector: str = "hog", smallest: float | None = None, no_face: str = "skip",
                 every: int | None = None, table: Path | None = None, out: Path | None = None, with_action_units: bool = False,
                 reject: float = 0.0, model: Path | None = None, form: str = "tidy") -> None:
        find_detector(detector)
        check_no_face(no_face)
        check_reject(reject)
        self.detector, self.smallest, self.no_face, self.every, self.reject, self.table, self.out = (
            detector, smallest, no_face, every, reject, table, out)
        _check_form(form, table)
        self.form, self.enrich = form, with_units if with_action_units or form != "tidy" else None
        self.done, self._passed, self._faceless = 0, Counter[str](), FacelessPictures()
        self.failed: list[str] = []
        found = self._find(sources)
        self.files = [file for _, files in found for file in files]
        if table is not None:
            check_output(table, PREDICTIONS, identify_files([*self.files, *([] if model is None else [model])]))
        self._annotator = Annotator(self.files, [source for source, _ in found], out) if out else None

    def check(self, recognizer: FaceModel, name: str) -> None:
        """Raise ParameterError if options for expressions were given, but the model predicts valence and arousal.

        Parameters
        ----------
        recognizer : FaceModel
        name : str
            The model's name, for the message.
        """
        asked = {"--csv": self.table is not None, "--out": self.out is not None, "--action-units": self.enrich is not None,
                 "--reject": self.reject > 0}
        options = [option for option, is_asked in asked.items() if is_asked]
        if options and not isinstance(recognizer, Recognizer):
            raise ParameterError(f"{', '.join(options)}: for models of expressions; {name} tells valence and arousal, to be "
                                 "printed, with --json too")

    def estimate_prior(self, recognizer: Recognizer) -> Recognizer:
        """Return a recognizer that assumes the shares of the labels in these pictures, as estimated from all their faces.

        Looks at all pictures and writes nothing. What fails is reported by `predict`, which looks at them again.

        Parameters
        ----------
        recognizer : Recognizer

        Returns
        -------
        Recognizer

        Raises
        ------
        ParameterError
            When no face is found.
        """
        predictions = bar(self._predict(recognizer, []), total=self._total, desc="estimating shares", unit=" images", delay=1)
        rows = [list(expression.probabilities.values()) for _, expressions in predictions for expression in expressions]
        return recognizer.with_prior(recognizer.estimate_prior(rows))

    def predict(self, recognizer: FaceModel) -> Predictions:
        """Predict all pictures. Close the generator if it is not read to its end.

        Parameters
        ----------
        recognizer : FaceModel

        Yields
        ------
        (Picture, list of Expression)
            In order; each after it was annotated and is in the table.
        """
        with closing(self._predict_and_write(recognizer)) as predictions:
            for prediction in bar(predictions, total=self._total, desc="predicting", unit=" images", delay=1):
                self.done += 1
                yield prediction

    @property
    def kept(self) -> str:
        """What a stopped run has written, in words; "" if no picture was done."""
        if not self.done:
            return ""
        where = [*([f"their rows are in {self.table}"] if self.table else []),
                 *([f"their pictures in {self.out}"] if self.out else [])]
        return (f"Pictures that were done: {self.done:,}{'; ' if where else ''}{' and '.join(where)}. The same command "
                "begins with the first again.")

    @property
    def written(self) -> str:
        """What was annotated and where, in words; "" if nothing was."""
        return str(self._annotator) if self._annotator and self._annotator.written else ""

    @property
    def remarks(self) -> list[str]:
        """Sentences on pictures without a face, and on files that were skipped in folders (list of str)."""
        faceless = [str(self._faceless)] if self._faceless.names else []
        return [*faceless, *(f"{sentence[0].upper()}{sentence[1:]}." for sentence in describe_skipped(self._passed))]

    def _find(self, sources: Iterable[str]) -> list[tuple[str, list[str]]]:
        """Return (source, its files) for each source; missing sources become failures, other files are counted."""
        found = []
        for source in sources:
            try:
                found.append((source, find_files(source, self._passed, self.failed)))
            except DataError as error:
                self.failed.append(str(error))
        return found

    @property
    def _total(self) -> int | None:
        """The number of pictures; None if it is unknown, as for videos."""
        return None if any(map(is_video, self.files)) else len(self.files)

    def _predict_and_write(self, recognizer: Any) -> Predictions:
        """Return the predictions, each annotated and in the table before it is yielded."""
        predictions = self._predict(recognizer, self.failed)
        predictions = self._drop_faceless(predictions) if self.no_face == "error" else self._faceless.count(predictions)
        if self._annotator:
            predictions = self._annotator.save(predictions, self.failed)
        if self.table is None:
            return predictions
        return write_table(predictions, self.table, recognizer.label_set.names, list_point_columns(recognizer, self.enrich),
                           self.form)

    def _predict(self, recognizer: FaceModel, failed: list[str]) -> Predictions:
        """Return the predictions, (Picture, list of Expression) each; a sentence for each failure is added to `failed`."""
        pictures = read_pictures(self.files, self.every, failed)
        no_face = "whole" if self.no_face == "whole" else "skip"  # with "error", pictures are skipped and reported at the end
        return predict_pictures(recognizer, pictures, self.detector, self.enrich, failed, no_face, self.smallest,
                                self.reject)

    def _drop_faceless(self, predictions: Iterable[Prediction]) -> Predictions:
        """Yield predictions with faces; add a sentence to the failures for the others."""
        for picture, expressions in predictions:
            if expressions:
                yield picture, expressions
            else:
                self.failed.append(f"{picture.name}: no face found; --no-face skip passes over it, whole takes it all for one")


def _check_form(form: str, table: Path | None) -> None:
    """Raise ParameterError for an unknown format of the table, or one without a table."""
    if form not in FORMATS:
        raise ParameterError(f"format {form!r} is none of {', '.join(FORMATS)}")
    if form != "tidy" and table is None:
        raise ParameterError(f"--format {form}: the format of a table; name its file with --csv")
