"""Label sets as data, and what the labels of one become in another."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from featfer.errors import ParameterError

SYNONYMS = {
    "anger": "angry", "contemptuous": "contempt", "disgusted": "disgust", "afraid": "fear", "fearful": "fear", "scared": "fear",
    "happiness": "happy", "joy": "happy", "sadness": "sad", "surprised": "surprise",
    "suprise": "surprise", "suprised": "surprise", "disgusting": "disgust", "neutrality": "neutral",
}


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of expression names; a label is an index into it.

    maps: of a set that is not in LABEL_SETS: {another set's name: {its label: the one here, or None}}, as in MAPS
    """

    name: str
    names: tuple[str, ...]
    maps: dict | None = field(default=None, compare=False)

    def __len__(self):
        return len(self.names)

    def __contains__(self, name):
        return self._find(name) is not None

    def index(self, name):
        """Return the label (int) of an expression's name or of a synonym, in any letter case."""
        label = self._find(name)
        if label is None:
            raise ParameterError(f"label {name!r} is not in {self.name}: {', '.join(self.names)}")
        return label

    def _find(self, name):
        if name in self.names:
            return self.names.index(name)
        words = [_word(known) for known in self.names]
        return words.index(_word(name)) if _word(name) in words else None


def _word(name):
    """Return what a name means: in small letters, without a number before it or "face" behind it, synonyms as one."""
    word = re.sub(r"^\d+[\s._-]+(?=\D)|[\s_-]+(faces?|expressions?|emotions?)$", "", name.strip().lower())
    return SYNONYMS.get(word, word)


# Goodfellow et al. 2013, "Challenges in representation learning"; the order of the Kaggle csv.
FER7 = LabelSet("fer7", ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"))

FER6 = LabelSet("fer6", ("angry", "fear", "happy", "sad", "surprise", "neutral"))  # angry: or disgust
FER3 = LabelSet("fer3", ("happy", "sad", "neutral"))

# Mollahosseini et al. 2017, "AffectNet"; its order, and the labels of FER+ (Barsoum et al. 2016) too.
AFFECTNET8 = LabelSet("affectnet8", ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt"))
AFFECTNET7 = LabelSet("affectnet7", AFFECTNET8.names[:7])

POLARITY3 = LabelSet("polarity3", ("positive", "neutral", "negative"))

LABEL_SETS = {labels.name: labels for labels in (FER7, FER6, FER3, AFFECTNET8, AFFECTNET7, POLARITY3)}

_BASIC = ("fer7", "affectnet7", "affectnet8")  # those with the six basic expressions and neutral
_POLARITY = {"happy": "positive", **dict.fromkeys(("angry", "disgust", "fear", "sad", "contempt"), "negative"),
             "surprise": None}  # it may be a good one or a bad one

# From one set to another: what becomes of a label; None: its images are left out. A label that is not named keeps its name.
MAPS = {
    **{(source, "fer6"): {"disgust": "angry", "contempt": None} for source in _BASIC},
    **{(source, "fer3"): dict.fromkeys(("angry", "disgust", "fear", "surprise", "contempt")) for source in (*_BASIC, "fer6")},
    **{(source, "polarity3"): _POLARITY for source in (*_BASIC, "fer6", "fer3")},
    **{("fer6", target): {"angry": None} for target in _BASIC},  # whether it was disgust is lost
    **{("affectnet8", target): {"contempt": None} for target in ("fer7", "affectnet7")},
}


def find_labels(name):
    """Return the LabelSet of this name or in this .toml file; raise ParameterError when there is none.

    The file: `names = ["calm", "upset"]` and, for each set whose labels can be turned into them, a table of what becomes of
    a label ("": its images are left out): `[from.fer7]`, `neutral = "calm"`, `angry = "upset"`, `surprise = ""` ...
    """
    if str(name).endswith(".toml"):
        return _read(Path(name))
    if name not in LABEL_SETS:
        raise ParameterError(f"labels {name!r}: give one of {', '.join(LABEL_SETS)}, or a .toml file")
    return LABEL_SETS[name]


def choose_label_set(names, title):
    """Return the smallest set in LABEL_SETS that knows all these names, or else one of them, in sorted order, of this title, in
    which names that differ in letter case alone, or mean the same expression, are one."""
    known = [labels for labels in LABEL_SETS.values() if all(name in labels for name in names)]
    distinct = {_word(name) if is_expression(name) else name.strip().lower(): name for name in sorted(names, reverse=True)}
    return min(known, key=len) if known else LabelSet(title, tuple(sorted(distinct.values())))


def is_expression(name):
    """Say whether a name is one of a label set that is known here."""
    return any(name in labels for labels in LABEL_SETS.values())


def map_labels(source, target):
    """Return what becomes of each label of a LabelSet in another: a list of int, -1 where its images are left out.

    Raises ParameterError where some labels have no place there.
    """
    if source == target:
        return list(range(len(source)))
    renamed = MAPS.get((source.name, target.name)) or (target.maps or {}).get(source.name, {})
    names = [renamed.get(name, name) for name in source.names]
    lost = [name for name in names if name is not None and name not in target]
    if lost:
        raise ParameterError(f"labels {source.name} cannot be turned into {target.name}: there is no such map (of "
                             f"{', '.join(lost)})")
    return [-1 if name is None else target.index(name) for name in names]


def record_label_set(label_set):
    """Return what a file keeps of a LabelSet, or of None, as plain data."""
    return {"label_set": label_set and label_set.name, "label_names": label_set and list(label_set.names)}


def restore_label_set(record):
    """Return the LabelSet, or None, of which `recorded` made a record; of an old one, with a name only, the one so called."""
    name = record["label_set"]
    if not name:
        return None
    known = LABEL_SETS.get(name)
    names = tuple(record.get("label_names") or LABEL_SETS[name].names)
    return known if known and known.names == names else LabelSet(name, names)


def _read(path):
    from featfer.utils.schemas import check, read_table  # here: every command imports this module, few read such a file
    data = read_table(path, path)
    check({"names": list[str], "from": dict[str, dict[str, str]]}, data, path)
    names = data.get("names")
    if not (names and len(names) > 1 and all(map(str.strip, names)) and len({_word(name) for name in names}) == len(names)):
        raise ParameterError(f"{path}: names {names!r:.80} is not a list of two or more different labels")
    labels = LabelSet(path.stem, tuple(names), _read_maps(path, data.get("from", {}), names))
    if path.stem in LABEL_SETS and LABEL_SETS[path.stem] != labels:
        raise ParameterError(f"{path}: {path.stem} is the name of another set of labels; rename the file")
    return labels


def _read_maps(path, maps, names):
    for source, renamed in maps.items():
        for old, new in renamed.items():
            if new not in ("", *names):
                raise ParameterError(f"{path}: [from.{source}] {old:.40} = {new!r:.40} is neither \"\" nor one of "
                                     f"{', '.join(names):.200}")
            if source in LABEL_SETS and old not in LABEL_SETS[source].names:
                raise ParameterError(f"{path}: [from.{source}] {old!r:.40} is none of {', '.join(LABEL_SETS[source].names)}")
    return {source: {old: new or None for old, new in renamed.items()} for source, renamed in maps.items()}
