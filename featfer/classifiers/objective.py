"""What a classifier is to learn from labelled faces, beside their labels as they are."""

from dataclasses import dataclass

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from featfer.classifiers.wrappers.balance import BALANCES, Balanced
from featfer.classifiers.wrappers.coarse import CoarseToFine
from featfer.classifiers.wrappers.soft import SoftLabels
from featfer.errors import ParameterError
from featfer.labels import POLARITY3, map_labels

LAST = "classifier"  # the last step of what `around` returns


@dataclass(frozen=True)
class Objective:
    """How classes count, which labels are learnt, and in how many floors.

    balance: "weights" or "sampling" for classes that count alike (see Balanced), None for rows that do
    soft: learn how raters' votes are shared among the labels, not the one label of each face
    coarse_to_fine: tell positive, neutral and negative apart first (see CoarseToFine)

    Raises ParameterError for another balance.
    """

    balance: str | None = None
    soft: bool = False
    coarse_to_fine: bool = False

    def __post_init__(self):
        if self.balance not in (None, *BALANCES):
            raise ParameterError(f"balance {self.balance!r} is none of {', '.join(BALANCES)}")

    @property
    def is_plain(self):
        """Say whether a classifier is to learn the labels as they are."""
        return self == Objective()

    def around(self, pipeline, name, label_set, seed=0):
        """Return the unfitted classifier that learns this with a Pipeline of `make_classifier`; the steps before its last one
        stay as they are, so that rows are repeated after principal components were taken, not before.

        name: of the classifier, for errors; label_set: the LabelSet; seed: of what is drawn
        Raises ParameterError where the classifier, or the label set, does not allow it.
        """
        if self.is_plain:
            return pipeline
        self._check(name, pipeline.steps[-1][1])
        last = pipeline.steps[-1][1]
        if self.coarse_to_fine:
            last = CoarseToFine(last, polarities_of(label_set))
        if self.soft and not has_fit_parameter(last, "shares"):
            last = SoftLabels(last)
        if self.balance:
            last = Balanced(last, self.balance, seed)
        return Pipeline([*pipeline.steps[:-1], (LAST, last)])

    def fit_params(self, shares):
        """Return the parameters for `fit` of what `around` returned; shares: float (n, labels), of the labels in each row."""
        return {f"{LAST}__shares": shares} if self.soft else {}

    def _check(self, name, last):
        if has_fit_parameter(last, "sample_weight"):
            return
        if self.balance == "weights":
            raise ParameterError(f"balance 'weights': {name} cannot weigh its rows; take balance 'sampling', which draws "
                                 "those of rare classes oftener")
        if self.soft:
            raise ParameterError(f"soft labels: {name} knows one label a row, and cannot weigh its rows; take mlp, svm, rf, "
                                 "logistic, linear-svm, nystroem or boosting")


def polarities_of(label_set):
    """Return {label: polarity} of those of a LabelSet that have one; surprise has none. Raises ParameterError where no two have
    the same, or nobody knows which they have."""
    become = map_labels(label_set, POLARITY3)
    polarities = {label: POLARITY3.names[polarity] for label, polarity in enumerate(become) if polarity >= 0}
    if len(set(polarities.values())) == len(polarities):
        raise ParameterError(f"coarse to fine: of {label_set.name} ({', '.join(label_set.names)}) no two are of the same "
                             "polarity; there is nothing fine to tell apart")
    return polarities
