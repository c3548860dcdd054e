"""Pictures of one face: what a recognizer sees in it, and what its label hangs on."""

import os
from dataclasses import dataclass
from pathlib import Path

from featfer.errors import DataError, ParameterError
from featfer.explaining import pictures
from featfer.explaining.feature_maps import Maps, face_maps
from featfer.explaining.nearest import Neighbour, nearest
from featfer.explaining.occlusion import occlusion
from featfer.explaining.regions import region_peaks
from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import ChipFeature
from featfer.features.detection import find_faces_for
from featfer.images.pixels import read_image
from featfer.prediction.predict import describe
from featfer.recognizer import Expression
from featfer.utils.outputs import PICTURE, check_output, identify_files

MATTERS = 1.0  # percentage points of its label's probability that a region must cost
REGIONS = 3    # are named, those that cost most first

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True)
class Explanation:
    """What is found out about a face.

    image: the file's name, or "a BytesIO" and the like; face: its number in it, from 1
    expression: the Expression that the recognizer sees
    maps: the Maps of the picture; regions: {name: percentage points of the label's probability that are lost where it is
    covered, at most}, most first
    feature: what the neighbours are near by, in words; neighbours: list of Neighbour; None and empty without a store
    pictures: {what: path of the file}
    """

    image: str
    face: int
    expression: Expression
    maps: Maps
    regions: dict[str, float]
    feature: str | None
    neighbours: list[Neighbour]
    pictures: dict[str, Path]

    @property
    def matters_most(self):
        """The region that costs the label most when it is covered; None where none costs MATTERS points."""
        name, lost = next(iter(self.regions.items()), (None, 0))
        return name if lost >= MATTERS else None

    def in_words(self):
        """Return what is found out about the face, a line each (list of str)."""
        lines = [f"{self.image}: {describe(self.expression, self.face)}", self._regions_in_words()]
        if self.neighbours:
            lines.append(f"nearest training faces by {self.feature}:")
        for near in self.neighbours:
            where = "a copy of this image" if near.copy else f"distance {near.distance:.3g}"
            lines.append(f"  {near.label}, {where}: {near.id}")
        return [*lines, f"written: {', '.join(map(str, self.pictures.values()))}"]

    def _regions_in_words(self):
        label = self.expression.label
        if self.matters_most is None:
            return f"covered, no part of the face alone costs {label} a point"
        costs = ", ".join(f"{name} {-lost:+.0f}" for name, lost in list(self.regions.items())[:REGIONS])
        return f"{label} hangs most on the {self.matters_most} (points when covered: {costs})"

    def as_dict(self):
        """Return it as plain data for JSON."""
        return {"image": self.image, "face": self.face, **self.expression.as_dict(), "matters_most": self.matters_most,
                "regions": {name: round(lost, 2) for name, lost in self.regions.items()},
                "maps": {"layer": self.maps.layer, "shape": list(self.maps.values.shape)}, "nearest_by": self.feature,
                "nearest": [found.as_dict() for found in self.neighbours],
                "pictures": {what: str(path) for what, path in self.pictures.items()}}


def explain(recognizer, image, out, face=1, maps=None, landmarks=5, store=None, source=None, images=None, detector="hog",
            no_face="error", smallest=None):
    """Draw what a Recognizer sees in a face and what its label hangs on, to PNG files in a folder; return an Explanation.

    image: a file's name, or what else featfer.images.pixels.read_image takes; out: the folder, made where there is none
    face: which, from 1, best detection first
    maps: see `face_maps`; landmarks: 5 or 68, drawn on the chip (the data that the 68-point model was trained on exclude
    commercial use)
    detector: what finds the faces, one of featfer.faces.DETECTORS; smallest: as for featfer.faces.find_faces
    no_face: of an image in which no face is found: "error" raises DataError, "whole" takes the whole image for a face
    store, source, images: where the nearest training faces are looked for, see `nearest`; without a store they are not
    Raises FeatferError's children for what cannot be; nothing is written then.
    """
    files = {what: Path(out) / f"{what}.png" for what in ("chip", "maps", "regions", *(["nearest"] if store else []))}
    _check(image, files.values(), landmarks)
    (faces,) = find_faces_for(recognizer.features, [read_image(image)], detector, no_face, smallest)
    chosen = _face_of(faces, image, face)
    expression, = recognizer.expressions([chosen], "torch")  # as of the many covered ones that it is compared to
    found = face_maps(recognizer, chosen, maps)
    feature, neighbours = nearest(recognizer.features, chosen, store, source, images) if store else (None, [])
    covered = occlusion(recognizer, chosen, expression)
    regions = region_peaks(covered.heat, covered.points)
    align = next((feature.align for feature in recognizer.features if isinstance(feature, ChipFeature)), "5")
    words = feature and in_words(feature)
    pictures.save_chip(chosen, align, landmarks, files["chip"])
    pictures.save_maps(found, files["maps"])
    pictures.save_regions(covered, expression, files["regions"])
    if store:
        pictures.save_nearest(chosen.crop(), expression, words, neighbours, files["nearest"])
    return Explanation(_name(image), face, expression, found, regions, words, neighbours, files)


def _name(image):
    return str(image if isinstance(image, (str, os.PathLike)) else getattr(image, "name", f"a {type(image).__name__}"))


def in_words(feature):
    """Return what a feature is in a few words (str)."""
    argument = getattr(feature, feature.argument) if feature.argument else None
    return f"the {feature.name}" if argument is None else f"the {feature.name} {Path(str(argument)).name}"


def _check(image, files, landmarks):
    if landmarks not in POINT_MODELS:
        raise ParameterError(f"landmarks {landmarks!r} is none of {', '.join(map(str, POINT_MODELS))}")
    for file in files:
        check_output(file, PICTURE, identify_files([image]))


def _face_of(faces, image, number):
    if not faces:
        raise DataError(f"{image}: no face found; --no-face whole takes the whole image for one, --detector mmod finds turned "
                        "faces too")
    if not 1 <= number <= len(faces):
        count = f"{len(faces)} faces" if len(faces) > 1 else "1 face"
        raise ParameterError(f"face {number}: {_name(image)} has {count}, numbered from 1, best detection first")
    return faces[number - 1]
