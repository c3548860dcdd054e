"""What every feature is: a scikit-learn transformer from faces to vectors, with a fingerprint."""

import hashlib
import json

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from featfer.faces import DETECTION
from featfer.faces.dlib_models import MODEL_FILES


class Feature(TransformerMixin, BaseEstimator):
    """A transformer without fitted state: transform(faces) -> float32 (n, size).

    A subclass sets name, version (raised when its output changes), size and dtype (as it is stored), and says which model
    files it reads.
    Parameters named in `engine_params` say how the output is computed, not what it is, and stay out of the fingerprint.
    """

    name = ""
    argument = None  # the parameter that what stands behind a colon in the name is for
    version = 1
    size = 0
    dtype = np.float32
    engine_params = ()

    def fit(self, faces, y=None):
        """Do nothing: there is no state to fit."""
        return self

    def transform(self, faces):
        """Return the feature of each Face, float32 (n, size)."""
        raise NotImplementedError

    def check(self):
        """Raise ParameterError or MissingError when the parameters cannot be used here."""

    def model_files(self):
        """Return the names of the model files that the output depends on."""
        return ()

    @property
    def fingerprint(self):
        """All that the output depends on, as plain data (dict)."""
        params = {k: v for k, v in self.get_params().items() if k not in self.engine_params}
        return {"feature": self.name, "version": self.version, "params": params, "faces": DETECTION,
                "models": {file: MODEL_FILES[file] for file in self.model_files()}}

    @property
    def key(self):
        """The feature's name and a digest of its fingerprint: the store's key (str)."""
        text = json.dumps(self.fingerprint, sort_keys=True)
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def __sklearn_is_fitted__(self):
        return True
