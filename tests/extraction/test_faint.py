"""Faces that only a second look finds, in a run and its store."""

import numpy as np
from helpers.pictures import aslant
from PIL import Image

from featfer import extract, open_table
from featfer.features import Landmarks
from featfer.store.table import load_table


def test_faint_faces_are_counted_and_kept_apart(tmp_path, photo):
    store = tmp_path / "store"
    folder = tmp_path / "faces"
    folder.mkdir()
    Image.open(photo).save(folder / "a.png")
    Image.fromarray(aslant(photo)).save(folder / "b.png")
    Image.fromarray(np.full((200, 200), 90, np.uint8)).save(folder / "c.png")
    summary = extract(folder, store, [Landmarks()], jobs=1)
    assert (summary.found, summary.faint, summary.whole_image) == (1, 1, 1)
    open_table(store, [Landmarks()]).save(tmp_path / "table.npz")
    assert load_table(tmp_path / "table.npz").status.tolist() == ["found", "faint", "whole-image"]
