"""Faces: where they are, their landmarks, and their aligned chips."""

from featfer.faces.align import ALIGNMENTS, CHIP_SIDE
from featfer.faces.detect import DETECTION, find_faces, find_faces_in
from featfer.faces.detectors import DETECTORS, find_detector
from featfer.faces.face import FOUND, STATUSES, UNREADABLE, WHOLE_IMAGE, Face
from featfer.faces.views import PLAIN, check_view

__all__ = ["ALIGNMENTS", "CHIP_SIDE", "DETECTION", "DETECTORS", "FOUND", "PLAIN", "STATUSES", "UNREADABLE", "WHOLE_IMAGE",
           "Face", "check_view", "find_detector", "find_faces", "find_faces_in"]
