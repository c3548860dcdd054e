"""Label sets as data, and the mappings between them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from featfer.errors import ParameterError

if TYPE_CHECKING:
    from featfer.typing import Path as AnyPath

SYNONYMS = {
    "anger": "angry", "contemptuous": "contempt", "disgusted": "disgust", "afraid": "fear", "fearful": "fear", "scared": "fear",
    "happiness": "happy", "joy": "happy", "sadness": "sad", "surprised": "surprise",
    "suprise": "surprise", "suprised": "surprise", "disgusting": "disgust", "neutrality": "neutral",
}

LabelMaps: TypeAlias = dict[str, dict[str, str | None]]
"""{another set's name: {its label: a label here, or None}}."""


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of expression names; a label is an index into it.

    Attributes
    ----------
    name : str
    names : tuple of str
    maps : dict, optional
        For a set that is not in LABEL_SETS: {another set's name: {its label: a label here, or None}}, as in MAPS.
    """

    name: str
    names: tuple[str, ...]
    maps: LabelMaps | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def index(self, name: str) -> int:
        """Return the label of an expression.

        Parameters
        ----------
        name : str
            Its name or a synonym, in any letter case.

        Returns
        -------
        int

        Raises
        ------
        ParameterError
            When it is not in the set.
        """
        label = self._find(name)
        if label is None:
            raise ParameterError(f"label {name!r} is not in {self.name}: {', '.join(self.names)}")
        return label

    def _find(self, name: str) -> int | None:
        if name in self.names:
            return self.names.index(name)
        words = [_normalize(known) for known in self.names]
        return words.index(_normalize(name)) if _normalize(name) in words else None


def _normalize(name: str) -> str:
    """Return a name in lower case, without a number before it or "face" after it, and with synonyms replaced."""
    word = re.sub(r"^\d+[\s._-]+(?=\D)|[\s_-]+(faces?|expressions?|emotions?)$", "", name.strip().lower())
    return SYNONYMS.get(word, word)


# Goodfellow et al. 2013, "Challenges in representation learning"; the order of the Kaggle csv.
FER7 = LabelSet("fer7", ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"))

FER6 = LabelSet("fer6", ("angry", "fear", "happy", "sad", "surprise", "neutral"))  # angry includes disgust
FER3 = LabelSet("fer3", ("happy", "sad", "neutral"))

# Mollahosseini et al. 2017, "AffectNet", in its order; also the labels of FER+ (Barsoum et al. 2016).
AFFECTNET8 = LabelSet("affectnet8", ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt"))
AFFECTNET7 = LabelSet("affectnet7", AFFECTNET8.names[:7])

POLARITY3 = LabelSet("polarity3", ("positive", "neutral", "negative"))

LABEL_SETS = {labels.name: labels for labels in (FER7, FER6, FER3, AFFECTNET8, AFFECTNET7, POLARITY3)}

_BASIC = ("fer7", "affectnet7", "affectnet8")  # sets with the six basic expressions and neutral
_POLARITY = {"happy": "positive", **dict.fromkeys(("angry", "disgust", "fear", "sad", "contempt"), "negative"),
             "surprise": None}  # it may be positive or negative

# (from, to): {label: label}; images of a label that maps to None are left out, and labels that are not listed keep their name.
MAPS: dict[tuple[str, str], dict[str, str | None]] = {
    **{(source, "fer6"): {"disgust": "angry", "contempt": None} for source in _BASIC},
    **{(source, "fer3"): dict.fromkeys(("angry", "disgust", "fear", "surprise", "contempt")) for source in (*_BASIC, "fer6")},
    **{(source, "polarity3"): _POLARITY for source in (*_BASIC, "fer6", "fer3")},
    **{("fer6", target): {"angry": None} for target in _BASIC},  # it may have been disgust
    **{("affectnet8", target): {"contempt": None} for target in ("fer7", "affectnet7")},
}


def find_labels(name: AnyPath) -> LabelSet:
    """Find a label set by name, or read it from a file.

    Parameters
    ----------
    name : str or path
        A key of LABEL_SETS, or a .toml file.

    Returns
    -------
    LabelSet

    Raises
    ------
    ParameterError
        When there is none, or the file is not valid.

    Notes
    -----
    The file has `names = ["calm", "upset"]` and, for each set that can be converted to it, a table that maps its labels, with
    "" for images to leave out: `[from.fer7]`, `neutral = "calm"`, `angry = "upset"`, `surprise = ""` ...
    """
    if str(name).endswith(".toml"):
        return _read_file(Path(name))
    if str(name) not in LABEL_SETS:
        raise ParameterError(f"labels {name!r}: give one of {', '.join(LABEL_SETS)}, or a .toml file")
    return LABEL_SETS[str(name)]


def choose_label_set(names: Collection[str], title: str) -> LabelSet:
    """Choose the label set of a data set: the smallest known one that has all names, or else a new one.

    Parameters
    ----------
    names : set of str
    title : str
        What a new set is called.

    Returns
    -------
    LabelSet
        A new one has the names, sorted; names that differ only in letter case or mean the same expression count as one.
    """
    known = [labels for labels in LABEL_SETS.values() if all(name in labels for name in names)]
    distinct = {_normalize(name) if is_expression(name) else name.strip().lower(): name
                for name in sorted(names, reverse=True)}
    return min(known, key=len) if known else LabelSet(title, tuple(sorted(distinct.values())))


def is_expression(name: str) -> bool:
    """Tell whether a name is in one of LABEL_SETS.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
    """
    return any(name in labels for labels in LABEL_SETS.values())


def map_labels(source: LabelSet, target: LabelSet) -> list[int]:
    """Map the labels of a set to those of another.

    Parameters
    ----------
    source, target : LabelSet

    Returns
    -------
    list of int
        For each label of `source`, a label of `target`, or -1 if its images are left out.

    Raises
    ------
    ParameterError
        When a label has no counterpart.
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


def map_known_labels(source: LabelSet, target: LabelSet) -> list[int]:
    """Map the labels of a set to those of another by a file's map, else by their names, else by MAPS.

    Unlike with `map_labels`, a label without a counterpart is no error. A label that both sets have keeps its name: that the
    labels of some images are those of fer6, say, may be a guess, since they may lack disgust by chance.

    Parameters
    ----------
    source, target : LabelSet

    Returns
    -------
    list of int
        For each label of `source`, a label of `target`, or -1 if its images are left out.
    """
    asked, known = (target.maps or {}).get(source.name), MAPS.get((source.name, target.name), {})
    names = [asked.get(name, name) if asked else name if name in target else known.get(name) for name in source.names]
    return [target.index(name) if name is not None and name in target else -1 for name in names]


def record_label_set(label_set: LabelSet | None) -> dict[str, Any]:
    """Convert a label set to plain data for a file.

    Parameters
    ----------
    label_set : LabelSet or None

    Returns
    -------
    dict
        With "label_set" (its name) and "label_names".
    """
    return {"label_set": label_set and label_set.name, "label_names": label_set and list(label_set.names)}


def restore_label_set(record: Mapping[str, Any]) -> LabelSet | None:
    """Convert the plain data of `record_label_set` back.

    Parameters
    ----------
    record : dict
        Records of older versions have only the name of a known set.

    Returns
    -------
    LabelSet or None
    """
    name = record["label_set"]
    if not name:
        return None
    known = LABEL_SETS.get(name)
    names = tuple(record.get("label_names") or LABEL_SETS[name].names)
    return known if known and known.names == names else LabelSet(name, names)


def _read_file(path: Path) -> LabelSet:
    from featfer.utils.schemas import check, read_table  # here: every command imports this module, few read such a file
    data = read_table(path, path)
    check({"names": list[str], "from": dict[str, dict[str, str]]}, data, path)
    names = data.get("names")
    if not (names and all(map(str.strip, names)) and len(set(map(_normalize, names))) == len(names) > 1):
        raise ParameterError(f"{path}: names {names!r:.80} is not a list of two or more different labels")
    labels = LabelSet(path.stem, tuple(names), _read_maps(path, data.get("from", {}), names))
    if path.stem in LABEL_SETS and LABEL_SETS[path.stem] != labels:
        raise ParameterError(f"{path}: {path.stem} is the name of another set of labels; rename the file")
    return labels


def _read_maps(path: Path, maps: dict[str, dict[str, str]], names: list[str]) -> LabelMaps:
    for source, renamed in maps.items():
        for old, new in renamed.items():
            if new not in ("", *names):
                raise ParameterError(f"{path}: [from.{source}] {old:.40} = {new!r:.40} is neither \"\" nor one of "
                                     f"{', '.join(names):.200}")
            if source in LABEL_SETS and old not in LABEL_SETS[source].names:
                raise ParameterError(f"{path}: [from.{source}] {old!r:.40} is none of {', '.join(LABEL_SETS[source].names)}")
    return {source: {old: new or None for old, new in renamed.items()} for source, renamed in maps.items()}
