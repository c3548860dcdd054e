"""Search spaces: for each classifier, the parameters to vary and their ranges, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from featfer.errors import ParameterError

if TYPE_CHECKING:
    import optuna

WIDE = 1024  # columns up to which classifiers are also tried without PCA


@dataclass(frozen=True)
class Range:
    """A range of numbers, both ends included; integers when both ends are int.

    Parameters
    ----------
    low, high : int or float
    log : bool
        Sample evenly on a logarithmic scale.

    Raises
    ------
    ParameterError
        When low is not below high, or not positive with `log`.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ParameterError(f"range {self.low}:{self.high}{':log' if self.log else ''}: give the lower end first"
                                 + (", above 0 for log" if self.log else ""))

    @property
    def first(self) -> float:
        """A value of the space, for checking the parameter's name."""
        return self.low

    def suggest(self, trial: optuna.Trial, name: str, most: int) -> float:
        """Let an optuna trial choose a value.

        Parameters
        ----------
        trial : optuna.Trial
        name : str
            Name of the parameter in the trial.
        most : int
            Ignored.

        Returns
        -------
        int or float
        """
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Choices:
    """A few values without an order: numbers, words, True, False or None.

    Parameters
    ----------
    values : tuple
    """

    values: tuple[Any, ...]

    @property
    def first(self) -> Any:
        """A value of the space, for checking the parameter's name."""
        return self.values[0]

    def suggest(self, trial: optuna.Trial, name: str, most: int) -> Any:
        """Let an optuna trial choose a value.

        Parameters
        ----------
        trial : optuna.Trial
        name : str
            Name of the parameter in the trial.
        most : int
            Ignored.

        Returns
        -------
        One of `values`.
        """
        return trial.suggest_categorical(name, self.values)


@dataclass(frozen=True)
class Components:
    """Numbers of principal components, as far as the features have that many; None (no PCA) too, up to WIDE columns.

    Parameters
    ----------
    counts : tuple of int
    """

    counts: tuple[int, ...]

    @property
    def first(self) -> int:
        """A value of the space, for checking the parameter's name."""
        return self.counts[0]

    def suggest(self, trial: optuna.Trial, name: str, most: int) -> int | None:
        """Let an optuna trial choose a value.

        Parameters
        ----------
        trial : optuna.Trial
        name : str
            Name of the parameter in the trial.
        most : int
            Number of columns or of training rows, whichever is less.

        Returns
        -------
        int or None
        """
        values: list[int | None] = [count for count in self.counts if count < most]
        if most <= WIDE or not values:
            values.insert(0, None)
        # The limit is part of the name, because optuna requires the same choices for a name in all trials.
        chosen: Any = trial.suggest_categorical(f"{name} of {most}", values) if len(values) > 1 else values[0]
        return chosen


Space: TypeAlias = Range | Choices | Components

PCA = Components((128, 256, 512, 768))

# {classifier: {parameter: space}}; other classifiers are only tried with their defaults.
SPACES: dict[str, dict[str, Space]] = {
    "svm": {"C": Range(0.5, 50.0, log=True), "pca": PCA},
    "rf": {"max_features": Choices(("sqrt", "log2", 0.1, 0.3)), "min_samples_leaf": Range(1, 10, log=True),
           "discriminants": Choices((True, False))},
    "mlp": {"hidden": Choices((256, 512, 1024, 2048)), "lr": Range(1e-3, 3e-2, log=True), "dropout": Range(0.2, 0.7),
            "weight_decay": Range(1e-3, 0.1, log=True), "epochs": Range(15, 60)},
    "linear-svm": {"C": Range(1e-5, 0.1, log=True), "pca": PCA},
    "logistic": {"C": Range(1e-5, 0.1, log=True), "pca": PCA},
    "nystroem": {"C": Range(0.05, 20.0, log=True), "points": Choices((1000, 2000, 4000)), "pca": PCA},
    "knn": {"k": Range(5, 100, log=True), "metric": Choices(("cosine", "euclidean")), "pca": PCA},
    "lda": {"shrinkage": Choices(("auto", 0.1, 0.3, 0.6)), "pca": PCA},
    "boosting": {"learning_rate": Range(0.03, 0.3, log=True), "max_leaf_nodes": Range(7, 63, log=True), "pca": PCA},
    "kernel-ridge": {"alpha": Range(0.03, 3.0, log=True), "pca": PCA},
    "local-svm": {"C": Range(0.1, 10.0, log=True), "k": Choices((500, 1000, 2000)), "pca": PCA},
}


def select_spaces(classifiers: Sequence[str], vary: dict[str, dict[str, Space]] | None = None) -> dict[str, dict[str, Space]]:
    """Select the spaces of some classifiers.

    Parameters
    ----------
    classifiers : sequence of str
    vary : dict, optional
        {classifier: {parameter: Range or Choices}} to replace, or add to, those of SPACES.

    Returns
    -------
    dict
        {classifier: {parameter: space}}, in the order of the classifiers' names.

    Raises
    ------
    ParameterError
        When `vary` names a classifier that is not among `classifiers`.
    """
    for name in vary or {}:
        if name not in classifiers:
            raise ParameterError(f"{name}: parameters to vary, but it is not among the classifiers {', '.join(classifiers)}")
    return {name: _merge(SPACES.get(name, {}), (vary or {}).get(name, {})) for name in sorted(set(classifiers))}


def _merge(space: dict[str, Space], vary: dict[str, Space]) -> dict[str, Space]:
    return space | {name: _match_type(space.get(name), given) for name, given in vary.items()}


def _match_type(own: Space | None, given: Space) -> Space:
    """Return the given space, with float ends where the parameter's own are: C=1:50 does not mean integers only."""
    if isinstance(own, Range) and isinstance(own.low, float) and isinstance(given, Range):
        return replace(given, low=float(given.low), high=float(given.high))
    return given
