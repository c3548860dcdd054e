"""Explanations of a prediction for one face, as pictures and in words."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featfer.errors import DataError, ParameterError
from featfer.explaining import pictures
from featfer.explaining.feature_maps import FeatureMaps, make_feature_maps
from featfer.explaining.nearest import Neighbour, find_nearest
from featfer.explaining.occlusion import Occlusion, compute_occlusion
from featfer.explaining.regions import find_region_peaks
from featfer.expression import Expression
from featfer.faces.face import Face
from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import ChipFeature, Feature
from featfer.features.detection import find_faces_for
from featfer.images.pixels import read_image
from featfer.prediction.predict import describe
from featfer.recognizer import Recognizer
from featfer.typing import Image
from featfer.typing import Path as AnyPath
from featfer.utils.outputs import PICTURE, check_output, identify_files
from featfer.utils.words import count

MATTERS = 1.0  # percentage points that a region must cost to be named
REGIONS = 3    # at most this many are named

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True)
class Explanation:
    """An explanation of a prediction for one face.

    Attributes
    ----------
    image : str
        The file's name, or "a BytesIO" and the like.
    face : int
        Number of the face in the image, from 1.
    expression : Expression
        The prediction.
    maps : FeatureMaps
    regions : dict of float
        {region: percentage points that the label's probability falls by at most if it is covered}, largest first.
    feature : str or None
        The feature by which neighbours were searched, in words; None without a store.
    neighbours : list of Neighbour
        Nearest training faces; empty without a store.
    pictures : dict of Path
        {"chip", "maps" and so on: file}
    """

    image: str
    face: int
    expression: Expression
    maps: FeatureMaps
    regions: dict[str, float]
    feature: str | None
    neighbours: list[Neighbour]
    pictures: dict[str, Path]

    @property
    def matters_most(self) -> str | None:
        """The region whose occlusion lowers the label's probability most; None if it is less than MATTERS points."""
        name, lost = next(iter(self.regions.items()), (None, 0))
        return name if lost >= MATTERS else None

    def describe(self) -> list[str]:
        """Describe the explanation in words (list of str, a line each)."""
        lines = [f"{self.image}: {describe(self.expression, self.face)}", self._describe_regions()]
        if self.neighbours:
            lines.append(f"nearest training faces by {self.feature}:")
        for near in self.neighbours:
            where = "a copy of this image" if near.is_duplicate else f"distance {near.distance:.3g}"
            lines.append(f"  {near.label}, {where}: {near.id}")
        return [*lines, f"written: {', '.join(map(str, self.pictures.values()))}"]

    def _describe_regions(self) -> str:
        label = self.expression.label
        if self.matters_most is None:
            return f"covered, no part of the face alone costs {label} a point"
        costs = ", ".join(f"{name} {-lost:+.0f}" for name, lost in list(self.regions.items())[:REGIONS])
        return f"{label} hangs most on the {self.matters_most} (points when covered: {costs})"

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as plain data for JSON."""
        return {"image": self.image, "face": self.face, **self.expression.as_dict(), "matters_most": self.matters_most,
                "regions": {name: round(lost, 2) for name, lost in self.regions.items()},
                "maps": {"layer": self.maps.layer, "shape": list(self.maps.values.shape)}, "nearest_by": self.feature,
                "nearest": [found.as_dict() for found in self.neighbours],
                "pictures": {what: str(path) for what, path in self.pictures.items()}}


def explain(recognizer: Recognizer, image: Image, out: AnyPath, face: int = 1, maps: str | None = None, landmarks: int = 5,
            store: AnyPath | None = None, source: str | None = None, images: AnyPath | None = None, detector: str = "hog",
            no_face: str = "error", smallest: float | None = None) -> Explanation:
    """Explain the prediction for a face in pictures: PNG files in a folder.

    Parameters
    ----------
    recognizer : Recognizer
    image : str, Path or other
        As for featfer.images.pixels.read_image.
    out : str or Path
        The folder, which is made if it does not exist.
    face : int
        Which face, from 1, best detection first.
    maps, store, source, images : optional
        As for `make_feature_maps` and `find_nearest`; without a store no neighbours are searched.
    landmarks : int
        5 or 68, drawn on the chip; the training data of the 68-point model exclude commercial use.
    detector, smallest
        As for featfer.faces.find_faces.
    no_face : str
        If no face is found, "error" raises DataError, and "whole" treats the image as a face.

    Returns
    -------
    Explanation

    Raises
    ------
    FeatferError
        If something is not possible; nothing is written then.
    """
    files = {what: Path(out) / f"{what}.png" for what in ("chip", "maps", "regions", *(["nearest"] if store else []))}
    _check(image, files.values(), landmarks)
    (faces,) = find_faces_for(recognizer.features, [read_image(image)], detector, no_face, smallest)
    chosen, = recognizer.as_read([_select_face(faces, image, face)])
    found, occlusion = _explain_face(recognizer, chosen, (_name_image(image), face), maps, (store, source, images), files)
    _save_pictures(found, recognizer.features, chosen, landmarks, occlusion)
    return found


def _explain_face(recognizer: Recognizer, face: Face, place: tuple[str, int], maps: str | None,
                  training_faces: tuple[AnyPath | None, str | None, AnyPath | None],
                  files: dict[str, Path]) -> tuple[Explanation, Occlusion]:
    """Return the Explanation and the Occlusion of a face; place: (name of the image, number of the face)."""
    expression, = recognizer.expressions([face])
    feature_maps = make_feature_maps(recognizer, face, maps)
    store, source, images = training_faces
    feature, neighbours = find_nearest(recognizer.features, face, store, source, images) if store else (None, [])
    occlusion = compute_occlusion(recognizer, face, expression)
    regions = find_region_peaks(occlusion.heat, occlusion.points)
    feature_name = None if feature is None else describe_feature(feature)
    return Explanation(*place, expression, feature_maps, regions, feature_name, neighbours, files), occlusion


def _save_pictures(found: Explanation, features: Sequence[Feature], face: Face, landmarks: int, occlusion: Occlusion) -> None:
    align = next((feature.align for feature in features if isinstance(feature, ChipFeature)), "5")
    pictures.save_chip(face, align, landmarks, found.pictures["chip"])
    pictures.save_maps(found.maps, found.pictures["maps"])
    pictures.save_regions(occlusion, found.expression, found.pictures["regions"])
    if found.feature is not None:
        pictures.save_nearest(face.crop(), found.expression, found.feature, found.neighbours, found.pictures["nearest"])


def _name_image(image: Image) -> str:
    return str(image if isinstance(image, (str, os.PathLike)) else getattr(image, "name", f"a {type(image).__name__}"))


def describe_feature(feature: Feature) -> str:
    """Describe a feature in a few words.

    Parameters
    ----------
    feature : Feature

    Returns
    -------
    str
    """
    argument = getattr(feature, feature.argument) if feature.argument else None
    return f"the {feature.name}" if argument is None else f"the {feature.name} {Path(str(argument)).name}"


def _check(image: Image, files: Iterable[Path], landmarks: int) -> None:
    if landmarks not in POINT_MODELS:
        raise ParameterError(f"landmarks {landmarks!r} is none of {', '.join(map(str, POINT_MODELS))}")
    read = identify_files([image] if isinstance(image, (str, os.PathLike)) else [])
    for file in files:
        check_output(file, PICTURE, read)


def _select_face(faces: list[Face], image: Image, number: int) -> Face:
    if not faces:
        raise DataError(f"{_name_image(image)}: no face found; --no-face whole takes the whole image for one, --detector mmod "
                        "finds turned faces too")
    if not 1 <= number <= len(faces):
        raise ParameterError(f"face {number}: {_name_image(image)} has {count(len(faces), 'face')}, numbered from 1, best "
                             "detection first")
    return faces[number - 1]
