"""One run of a model over photos and videos: what is read and written, in which order, and what became of each file."""

from collections import Counter
from contextlib import closing

from featfer.errors import DataError, ParameterError
from featfer.faces import find_detector
from featfer.features.detection import check_no_face
from featfer.features.dlibnet.feature import engine_for
from featfer.images.walking import describe_skipped
from featfer.prediction.action_units import with_units
from featfer.prediction.annotating import Annotator
from featfer.prediction.inputs import find_files, is_video, read_pictures
from featfer.prediction.predict import FacelessPictures, point_columns, predict_pictures, tabulated
from featfer.recognizer import Recognizer
from featfer.utils.outputs import PREDICTIONS, check_output, identify_files
from featfer.utils.progress import bar


class PredictionRun:
    """The photos and videos that some sources name, to be shown to a recognizer once.

    Parameters
    ----------
    sources : list of str
        Files, folders and patterns, as `featfer.prediction.inputs.find_files` takes them.
    detector, smallest
        As for `featfer.faces.find_faces`.
    no_face : str
        What becomes of a picture in which no face is found: "skip" passes over it, "whole" takes all of it for a face, "error"
        counts it among those that failed.
    every : int or None
        Of a video every Nth frame; None for the first of each second.
    table, out : str or None
        The csv file to which a row a face is written, and the folder for annotated pictures.
    with_action_units : bool
        Whether the intensities of action units are told too.
    model : str or None
        The file of the recognizer, which the table must not replace.

    Attributes
    ----------
    files : list of str
        The photos and videos, in order.
    done : int
        How many pictures have been predicted.
    failed : list of str
        A sentence on each file, folder and picture that failed.

    Raises
    ------
    ParameterError
        For another detector.
    WriteError
        Where the table or an annotated picture cannot be written, or would replace something else. Nothing is read before.
    """

    def __init__(self, sources, detector="hog", smallest=None, no_face="skip", every=None, table=None, out=None,
                 with_action_units=False, model=None):
        find_detector(detector)
        check_no_face(no_face)
        self.detector, self.smallest, self.no_face, self.every, self.table, self.out = (
            detector, smallest, no_face, every, table, out)
        self.tell = with_units if with_action_units else None
        self.done, self.failed, self._passed, self._faceless = 0, [], Counter(), FacelessPictures()
        found = self._find(sources)
        self.files = [file for _, files in found for file in files]
        if table is not None:
            check_output(table, PREDICTIONS, identify_files([*self.files, *([] if model is None else [model])]))
        self._annotator = Annotator(self.files, [source for source, _ in found], out) if out else None

    def check(self, recognizer, name):
        """Raise ParameterError where a model, of this name, tells no expressions, and what is asked for is about them."""
        asked = {"--csv": self.table is not None, "--out": self.out is not None, "--action-units": self.tell is not None}
        options = [option for option, is_asked in asked.items() if is_asked]
        if options and not isinstance(recognizer, Recognizer):
            raise ParameterError(f"{', '.join(options)}: for models of expressions; {name} tells valence and arousal, to be "
                                 "printed, with --json too")

    def predict(self, recognizer):
        """Yield (picture, expressions) of each picture, in order, after it was drawn and is in the table; close the generator
        where it is not read to its end."""
        with closing(self._written(recognizer)) as predictions:
            for prediction in bar(predictions, total=self._total, desc="predicting", unit=" images", delay=1):
                self.done += 1
                yield prediction

    @property
    def kept(self):
        """What there is of a run that was stopped, in words; "" where no picture was done."""
        if not self.done:
            return ""
        where = [*([f"their rows are in {self.table}"] if self.table else []),
                 *([f"their pictures in {self.out}"] if self.out else [])]
        return (f"Pictures that were done: {self.done:,}{'; ' if where else ''}{' and '.join(where)}. The same command "
                "begins with the first again.")

    @property
    def written(self):
        """What was drawn and where, in words; "" where nothing was."""
        return str(self._annotator) if self._annotator and self._annotator.written else ""

    @property
    def remarks(self):
        """Sentences on the pictures in which no face was found, and on what was passed over in folders (list of str)."""
        faceless = [str(self._faceless)] if self._faceless.names else []
        return [*faceless, *(f"{sentence[0].upper()}{sentence[1:]}." for sentence in describe_skipped(self._passed))]

    def _find(self, sources):
        """Return (source, its files) of each source; what is not there goes to the failures, what is no picture is counted."""
        found = []
        for source in sources:
            try:
                found.append((source, find_files(source, self._passed, self.failed)))
            except DataError as error:
                self.failed.append(str(error))
        return found

    @property
    def _total(self):
        """How many pictures there are; None where that is not known, as of videos."""
        return None if any(map(is_video, self.files)) else len(self.files)

    def _written(self, recognizer):
        """Return the predictions, each drawn and in the table when it comes."""
        pictures = read_pictures(self.files, self.every, self.failed)
        taken = "whole" if self.no_face == "whole" else "skip"  # those of "error" are skipped, and told afterwards
        predictions = predict_pictures(recognizer, pictures, self.detector, self.tell, self.failed, taken, self.smallest,
                                       engine_for(self._total))
        predictions = self._with_faces(predictions) if self.no_face == "error" else self._faceless.note(predictions)
        if self._annotator:
            predictions = self._annotator.save(predictions, self.failed)
        if self.table is None:
            return predictions
        return tabulated(predictions, self.table, recognizer.label_set.names, point_columns(recognizer, self.tell))

    def _with_faces(self, predictions):
        """Yield predictions but those without a face, of which a sentence goes to the failures."""
        for picture, expressions in predictions:
            if expressions:
                yield picture, expressions
            else:
                self.failed.append(f"{picture.name}: no face found; --no-face skip passes over it, whole takes it all for one")
