"""What tuning varies: for each classifier, the parameters worth varying and how far, as data."""

from dataclasses import dataclass, replace

from featfer.errors import ParameterError

WIDE = 1024  # columns; beyond, the time that a kernel takes grows with every one of them


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, both included; whole ones where both are int. log: drawn evenly over their logarithms.

    Raises ParameterError where low is not below high, or log is to be taken of what is not positive.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self):
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ParameterError(f"range {self.low}:{self.high}{':log' if self.log else ''}: give the lower end first"
                                 + (", above 0 for log" if self.log else ""))

    @property
    def first(self):
        """One of its values."""
        return self.low

    def suggest(self, trial, name, most):
        """Return the value that an optuna trial takes for the parameter of this name."""
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        return (trial.suggest_int if whole else trial.suggest_float)(name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Choices:
    """A few values, numbers, words, true, false or none, without an order."""

    values: tuple

    @property
    def first(self):
        """One of its values."""
        return self.values[0]

    def suggest(self, trial, name, most):
        """Return the value that an optuna trial takes for the parameter of this name."""
        return trial.suggest_categorical(name, self.values)


@dataclass(frozen=True)
class Components:
    """Numbers of principal components, those below the most that the features have; without too, up to WIDE columns."""

    counts: tuple

    @property
    def first(self):
        """One of its values."""
        return self.counts[0]

    def suggest(self, trial, name, most):
        """Return the value that an optuna trial takes; most: of columns or training rows, the fewer."""
        values = [count for count in self.counts if count < most]
        if most <= WIDE or not values:
            values.insert(0, None)
        # The name holds the limit: optuna wants a name's choices to be the same in all trials.
        return trial.suggest_categorical(f"{name} of {most}", values) if len(values) > 1 else values[0]


PCA = Components((128, 256, 512, 768))

# {classifier: {parameter: what it is drawn from}}; a classifier that is not here is tried with its defaults alone.
SPACES = {
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
    "local-svm": {"C": Range(0.1, 10.0, log=True), "k": Choices((500, 1000, 2000)), "pca": PCA},
}


def spaces_of(classifiers, vary=None):
    """Return {classifier: {parameter: space}} of some classifiers, in the order of their names.

    vary: {classifier: {parameter: Range or Choices}}, takes the place of what SPACES has, or is added to it. Raises
    ParameterError for parameters of a classifier that is not among them.
    """
    for name in vary or {}:
        if name not in classifiers:
            raise ParameterError(f"{name}: parameters to vary, but it is not among the classifiers {', '.join(classifiers)}")
    return {name: _varied(SPACES.get(name, {}), (vary or {}).get(name, {})) for name in sorted(set(classifiers))}


def _varied(space, vary):
    return space | {name: _like(space.get(name), given) for name, given in vary.items()}


def _like(own, given):
    """Return a given space, its ends made float where the parameter's own are: C=1:50 is not for whole numbers alone."""
    if isinstance(own, Range) and isinstance(own.low, float) and isinstance(given, Range):
        return replace(given, low=float(given.low), high=float(given.high))
    return given
