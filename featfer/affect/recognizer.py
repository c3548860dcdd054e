"""A recognizer of valence and arousal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from featfer.face_model import FaceModel, wrap_model_errors
from featfer.faces import Face
from featfer.features.choosing import Features
from featfer.typing import Box, Floats


@dataclass(frozen=True)
class Affect:
    """The affect of one face (Russell 1980), in [-1, 1]; None for what the model does not predict.

    Attributes
    ----------
    valence : float or None
        From unpleasant to pleasant.
    arousal : float or None
        From calm to excited.
    box, status, score
        As for `featfer.expression.Expression`.
    """

    box: Box
    status: str
    score: float | None
    valence: float | None = None
    arousal: float | None = None

    def in_words(self) -> str:
        """Return valence and arousal as far as the model tells them (str)."""
        values = {"valence": self.valence, "arousal": self.arousal}
        return ", ".join(f"{name} {value:+.2f}" for name, value in values.items() if value is not None)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain data for JSON."""
        return asdict(self)


class AffectRecognizer(FaceModel):
    """A trained regressor of valence and arousal, with the features it was trained on.

    Parameters
    ----------
    regressor : fitted regressor
        Predicts from feature matrices (n, d).
    features : list of Feature
        Their vectors are concatenated.
    outputs : sequence of str
        Names of the regressor's outputs: "valence", "arousal" or both.
    """

    def __init__(self, regressor: Any, features: Features, outputs: Sequence[str]) -> None:
        super().__init__(features)
        self.regressor = regressor
        self.outputs = tuple(outputs)

    def affect(self, values: Floats) -> Floats:
        """Predict valence and arousal from features.

        Parameters
        ----------
        values : ndarray of float, shape (n, d)

        Returns
        -------
        ndarray of float, shape (n, outputs)
            Clipped to [-1, 1].
        """
        return np.clip(self.regressor.predict(values).reshape(len(values), len(self.outputs)), -1, 1)

    predict_rows = affect

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the outputs."""
        return self.outputs

    def _predict_faces(self, faces: list[Face]) -> list[Affect]:
        values = self.compute_features(faces)
        with wrap_model_errors():
            return [self._make_affect(face, row) for face, row in zip(faces, self.affect(values), strict=True)]

    def describe(self) -> dict[str, str]:
        """Return what the recognizer is made of (dict of str to str)."""
        from featfer.classifiers.wrappers.unwrapping import describe_classifier
        about = super().describe()
        return {"regressor": describe_classifier(self.regressor), "features": about.pop("features"),
                "outputs": ", ".join(self.outputs), **about}

    def _make_affect(self, face: Face, row: Floats) -> Affect:
        predicted = {name: round(float(value), 4) for name, value in zip(self.outputs, row, strict=True)}
        score = None if np.isnan(face.score) else round(face.score, 4)
        left, top, right, bottom = (round(side, 1) for side in face.clipped_box)
        return Affect((left, top, right, bottom), face.status, score, **predicted)
