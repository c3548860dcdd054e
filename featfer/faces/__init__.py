"""Faces: where they are, their landmarks, and their aligned chips."""

from featfer.faces.align import ALIGNMENTS, CHIP_SIDE
from featfer.faces.detect import DETECTION, EARLIER_VERSION, find_faces, find_faces_in
from featfer.faces.detectors import DETECTORS, find_detector
from featfer.faces.detectors.scale import check_smallest
from featfer.faces.face import FOUND, STATUSES, UNREADABLE, WHOLE_IMAGE, Face
from featfer.faces.views import PLAIN, check_view

__all__ = ["ALIGNMENTS", "CHIP_SIDE", "DETECTION", "DETECTORS", "EARLIER_VERSION", "FOUND", "PLAIN", "STATUSES", "UNREADABLE",
           "WHOLE_IMAGE", "Face", "check_smallest", "check_view", "find_detector", "find_faces", "find_faces_in"]
