"""Image -> faces -> features -> valence and arousal."""

from dataclasses import asdict, dataclass

import numpy as np

from featfer.recognizer import FaceModel, answering


@dataclass(frozen=True)
class Affect:
    """How one face looks on the two dimensions of affect (Russell 1980), in [-1, 1]; None where the model does not tell it.

    valence: from unpleasant to pleasant; arousal: from calm to excited
    box, status, score: as of an Expression
    """

    box: tuple[float, float, float, float]
    status: str
    score: float | None
    valence: float | None = None
    arousal: float | None = None

    def in_words(self):
        """Return valence and arousal as far as the model tells them (str)."""
        values = {"valence": self.valence, "arousal": self.arousal}
        return ", ".join(f"{name} {value:+.2f}" for name, value in values.items() if value is not None)

    def as_dict(self):
        """Return it as plain data for JSON."""
        return asdict(self)


class AffectRecognizer(FaceModel):
    """A trained regressor of valence and arousal with the features it was trained on.

    regressor: fitted, with predict over feature matrices (n, d)
    features: list of Feature, whose vectors stand side by side
    outputs: what it tells, in the order of its columns: "valence", "arousal" or both
    """

    def __init__(self, regressor, features, outputs):
        super().__init__(features)
        self.regressor = regressor
        self.outputs = tuple(outputs)

    def affect(self, values):
        """Return what is told of each row, float (n, outputs), cut off at -1 and 1; values: (n, d)."""
        return np.clip(self.regressor.predict(values).reshape(len(values), len(self.outputs)), -1, 1)

    predict_rows = affect

    @property
    def output_names(self):
        """The names of what it answers: its outputs."""
        return self.outputs

    def _seen(self, faces, engine=None):
        values = self._values(faces, engine)
        with answering():
            return [self._affect(*seen) for seen in zip(faces, self.affect(values), strict=True)]

    def _affect(self, face, row):
        told = {name: round(float(value), 4) for name, value in zip(self.outputs, row, strict=True)}
        score = None if np.isnan(face.score) else round(face.score, 4)
        return Affect(tuple(round(side, 1) for side in face.clipped_box), face.status, score, **told)
