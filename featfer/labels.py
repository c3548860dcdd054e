"""Label sets as data."""

from dataclasses import dataclass

from featfer.errors import ParameterError


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of expression names; a label is an index into it."""

    name: str
    names: tuple[str, ...]

    def __len__(self):
        return len(self.names)

    def index(self, name):
        """Return the label (int) of an expression's name, in any letter case."""
        try:
            return self.names.index(name.strip().lower())
        except ValueError:
            raise ParameterError(f"label {name!r} is not in {self.name}: {', '.join(self.names)}") from None


# Goodfellow et al. 2013, "Challenges in representation learning"; the order of the Kaggle csv.
FER7 = LabelSet("fer7", ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"))

FER6 = LabelSet("fer6", ("angry", "fear", "happy", "sad", "surprise", "neutral"))
FER3 = LabelSet("fer3", ("happy", "sad", "neutral"))

LABEL_SETS = {labels.name: labels for labels in (FER7, FER6, FER3)}

# From one set to another: what becomes of a name that the other does not have; None: its images are left out.
MAPS = {
    ("fer7", "fer6"): {"disgust": "angry"},
    ("fer7", "fer3"): {"angry": None, "disgust": None, "fear": None, "surprise": None},
}


def find_labels(name):
    """Return the LabelSet of this name; raise ParameterError when there is none."""
    if name not in LABEL_SETS:
        raise ParameterError(f"labels {name!r}: give one of {', '.join(LABEL_SETS)}")
    return LABEL_SETS[name]


def translation(source, target):
    """Return what becomes of each label of a LabelSet in another: a list of int, -1 where its images are left out.

    Raises ParameterError where there is no map from the one to the other.
    """
    if source == target:
        return list(range(len(source)))
    renamed = MAPS.get((source.name, target.name))
    if renamed is None:
        raise ParameterError(f"labels {source.name} cannot be turned into {target.name}: there is no such map")
    names = [renamed.get(name, name) for name in source.names]
    return [-1 if name is None else target.names.index(name) for name in names]
