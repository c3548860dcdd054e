"""Faces: detection, landmarks, and aligned chips."""

from typing import Any

from featfer.utils.registry import Registry

_NAMES = Registry({
    "ALIGNMENTS": "featfer.faces.align:ALIGNMENTS",
    "CHIP_SIDE": "featfer.faces.align:CHIP_SIDE",
    "DETECTION": "featfer.faces.detect:DETECTION",
    "DETECTORS": "featfer.faces.detectors:DETECTORS",
    "EARLIER_VERSIONS": "featfer.faces.detect:EARLIER_VERSIONS",
    "FAINT": "featfer.faces.face:FAINT",
    "FOUND": "featfer.faces.face:FOUND",
    "PLAIN": "featfer.faces.views:PLAIN",
    "STATUSES": "featfer.faces.face:STATUSES",
    "UNREADABLE": "featfer.faces.face:UNREADABLE",
    "WHOLE_IMAGE": "featfer.faces.face:WHOLE_IMAGE",
    "Face": "featfer.faces.face:Face",
    "check_smallest": "featfer.faces.detectors.scale:check_smallest",
    "check_view": "featfer.faces.views:check_view",
    "find_detector": "featfer.faces.detectors:find_detector",
    "find_faces": "featfer.faces.detect:find_faces",
    "find_faces_in": "featfer.faces.detect:find_faces_in",
})

__all__ = [*_NAMES]


def __getattr__(name: str) -> Any:
    return _NAMES.attribute(__name__, name)
