"""What a classifier learns from labelled faces: balanced classes, soft labels, coarse classes first."""

from dataclasses import dataclass
from typing import Any

from sklearn.utils.validation import has_fit_parameter

from featfer.classifiers.pipeline import Pipeline
from featfer.classifiers.wrappers.balance import BALANCES, Balanced
from featfer.classifiers.wrappers.coarse import CoarseToFine
from featfer.classifiers.wrappers.soft import SoftLabels
from featfer.errors import ParameterError
from featfer.labels import POLARITY3, LabelSet, map_labels
from featfer.typing import Floats

LAST = "classifier"  # name of the last step of what `Objective.wrap` returns


@dataclass(frozen=True)
class Objective:
    """How a classifier learns from labels.

    Parameters
    ----------
    balance : {"weights", "sampling"}, optional
        Give every class the same total weight (see `Balanced`); by default every row counts the same.
    soft : bool
        Learn the distribution of raters' votes instead of one label for each face.
    coarse_to_fine : bool
        First tell positive, neutral and negative apart (see `CoarseToFine`).

    Raises
    ------
    ParameterError
        For an unknown balance.
    """

    balance: str | None = None
    soft: bool = False
    coarse_to_fine: bool = False

    def __post_init__(self) -> None:
        if self.balance not in (None, *BALANCES):
            raise ParameterError(f"balance {self.balance!r} is none of {', '.join(BALANCES)}")

    @property
    def is_plain(self) -> bool:
        """Whether classifiers learn the labels as they are."""
        return self == Objective()

    def wrap(self, pipeline: Pipeline, name: str, label_set: LabelSet, seed: int = 0) -> Pipeline:
        """Wrap the last step of a classifier so that it learns this objective.

        The steps before the last stay where they are, so that rows are repeated after scaling or PCA, not before.

        Parameters
        ----------
        pipeline : Pipeline
            From `make_classifier`, unfitted.
        name : str
            Name of the classifier, for error messages.
        label_set : LabelSet
        seed : int
            For sampling.

        Returns
        -------
        Pipeline, unfitted

        Raises
        ------
        ParameterError
            When the classifier or the label set does not allow this objective.
        """
        if self.is_plain:
            return pipeline
        self._check(name, pipeline.steps[-1][1])
        last = pipeline.steps[-1][1]
        if self.coarse_to_fine:
            last = CoarseToFine(last, map_to_polarity(label_set))
        if self.soft and not has_fit_parameter(last, "soft_labels"):
            last = SoftLabels(last)
        if self.balance:
            last = Balanced(last, self.balance, seed)
        return Pipeline([*pipeline.steps[:-1], (LAST, last)])

    def fit_params(self, soft_labels: Floats) -> dict[str, Floats]:
        """Return the keyword arguments for `fit` of a wrapped classifier.

        Parameters
        ----------
        soft_labels : ndarray of float, shape (n, labels)
            Probability of each label in each row.

        Returns
        -------
        dict
        """
        return {f"{LAST}__soft_labels": soft_labels} if self.soft else {}

    def _check(self, name: str, last: Any) -> None:
        if has_fit_parameter(last, "sample_weight"):
            return
        if self.balance == "weights":
            raise ParameterError(f"balance 'weights': {name} cannot weigh its rows; take balance 'sampling', which draws "
                                 "those of rare classes oftener")
        if self.soft:
            raise ParameterError(f"soft labels: {name} knows one label a row, and cannot weigh its rows; take mlp, svm, rf, "
                                 "logistic, linear-svm, nystroem, kernel-ridge or boosting")


def map_to_polarity(label_set: LabelSet) -> dict[int, str]:
    """Map labels to their polarity: positive, neutral or negative.

    Parameters
    ----------
    label_set : LabelSet

    Returns
    -------
    dict of int to str
        Labels without a polarity, such as surprise, are left out.

    Raises
    ------
    ParameterError
        When no two labels have the same polarity, or the label set has no mapping to polarities.
    """
    mapping = map_labels(label_set, POLARITY3)
    polarities = {label: POLARITY3.names[polarity] for label, polarity in enumerate(mapping) if polarity >= 0}
    if len(set(polarities.values())) == len(polarities):
        raise ParameterError(f"coarse to fine: of {label_set.name} ({', '.join(label_set.names)}) no two are of the same "
                             "polarity; there is nothing fine to tell apart")
    return polarities
