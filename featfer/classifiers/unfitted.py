"""What is raised when a recognizer is asked before it was trained; apart, because scikit-learn is imported for it."""

from sklearn.exceptions import NotFittedError

from featfer.errors import ParameterError

UNFITTED = ("this recognizer is not trained: call its fit(images, labels) first, or take a trained one from featfer.load or "
            "featfer.train")


class UnfittedError(ParameterError, NotFittedError):
    """A recognizer is asked before its classifier was fitted."""

    def __init__(self, message: str = UNFITTED) -> None:
        super().__init__(message)
