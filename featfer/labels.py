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

LABEL_SETS = {FER7.name: FER7}
