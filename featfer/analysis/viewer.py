"""A page that plays a film beside the timeline of its faces: one file, which needs no other but the film."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from featfer.analysis.reading import Table, read_columns
from featfer.features.action_units import NAMES
from featfer.images.video import open_video
from featfer.prediction.formats import BOX, list_expressions
from featfer.typing import Path as AnyPath
from featfer.utils.cells import replace_bytes
from featfer.utils.files import write_text
from featfer.utils.outputs import VIEWER

if TYPE_CHECKING:
    import pandas as pd

PAGE = Path(__file__).with_name("page")
GROUPS = {"units": (NAMES, (0, 5)), "head": (("pitch", "yaw", "roll"), (-90, 90)), "eyes": (("AU45", "blink"), (0, 5)),
          "affect": (("valence", "arousal"), (-1, 1))}  # columns and their ranges, as the page shows them
STEPS, MISSING = 250, 255   # of a value within its range, in a byte; no value
TICK = 1e-4                 # seconds: the unit of times
MOST_BYTES = 14_000_000     # of the packed data; longer films are shown in every second frame, or every third, and so on


def write_viewer(table: Table, film: AnyPath, path: AnyPath) -> int:
    """Write a page that plays a film beside the timeline of the faces in it.

    Parameters
    ----------
    table : pandas.DataFrame, iterable of pandas.DataFrame, str or Path
        The tidy table of the film, as for `featfer.analysis.reading.read_columns`.
    film : str or Path
        The page has a link to it, relative to the page where there is such a path. Nothing of its pictures is in the page.
    path : str or Path
        The page, .html. An existing file is replaced only if it is such a page.

    Returns
    -------
    int
        Of the frames in the table, every so manieth is in the page: 1 unless the film is very long.

    Raises
    ------
    DataError
        When the film or the table cannot be read.
    WriteError
        When the page cannot be written.

    Notes
    -----
    Values are rounded to a 250th of their range, boxes to pixels. An hour of one face at 25 frames/s takes some 2 MB.
    """
    rows = read_columns(table, _choose)
    about = _describe_film(film, path)
    step, data, packed = _pack(rows, list_expressions(rows.columns))
    write_text(path, _fill_page({**about, **data, "step": step}, packed), VIEWER)
    return step


def _choose(columns: list[str]) -> list[str]:
    """Return the columns of a tidy table that are in the page."""
    return ["frame", "time_s", "track", "person", "status", *BOX, "label", *list_expressions(columns),
            *(name for names, _ in GROUPS.values() for name in names)]


def _describe_film(film: AnyPath, page: AnyPath) -> dict[str, Any]:
    with open_video(film) as video:
        height, width = next(iter(video)).pixels().shape[:2]
        place, source = _locate(film, page)
        return {"name": replace_bytes(Path(film).name), "source": source, "place": place, "codec": video.codec, "width": width,
                "height": height}


def _pack(rows: pd.DataFrame, labels: list[str]) -> tuple[int, dict[str, Any], str]:
    """Return how many frames share one in the page, what the data is, and the data; as few frames as fit are left out."""
    step = 1
    while True:
        about, content = _pack_frames(rows, labels, step)
        if len(content) <= MOST_BYTES:
            return step, about, content
        step += max(1, int(step * len(content) / MOST_BYTES) - step)


def _pack_frames(rows: pd.DataFrame, labels: list[str], step: int) -> tuple[dict[str, Any], str]:
    frames = rows[["frame", "time_s"]].drop_duplicates("frame")[::step]
    faces = rows[rows["left"].notna() & rows["frame"].isin(frames["frame"])].sort_values(["track", "frame"], kind="stable")
    times = (frames["time_s"].to_numpy(float) / TICK).round()
    signals = _list_signals(rows.columns, labels)
    names = list(dict.fromkeys([*labels, *faces["label"]]))
    codes = {name: at for at, name in enumerate(names)}
    blocks = [_differ(frames["frame"], np.uint32), _differ(times, np.uint32),
              _differ(np.searchsorted(frames["frame"].to_numpy(int), faces["frame"].to_numpy(int)), np.uint32),
              *(_differ(faces[side].to_numpy(float).round().clip(0, 65535), np.uint16) for side in BOX),
              _differ(faces["label"].map(codes), np.uint8), _differ(faces["status"] == "found", np.uint8),
              *(_differ(_quantize(faces[signal["name"]], *signal["range"]), np.uint8) for signal in signals)]
    about = {"frames": len(frames), "rows": len(faces), "tick": TICK, "steps": STEPS, "missing": MISSING, "labels": names,
             "expressions": list(labels), "signals": signals, "tracks": _list_tracks(faces)}
    return about, base64.b64encode(zlib.compress(b"".join(blocks))).decode()


def _list_signals(columns: Iterable[str], labels: Iterable[str]) -> list[dict[str, Any]]:
    """Return the columns that the page shows over time: name, group and range each."""
    shown = [("expressions", name, (0, 1)) for name in labels]
    shown += [(group, name, (0, 1) if name == "blink" else ends) for group, (names, ends) in GROUPS.items() for name in names
              if name in columns]
    return [{"group": group, "name": name, "range": ends} for group, name, ends in shown]


def _list_tracks(faces: pd.DataFrame) -> list[list[int | None]]:
    """Return [track, person or None, number of rows] for each track, in the order of the rows."""
    tracks = faces["track"].fillna(0).to_numpy(int)
    persons = faces["person"].fillna(0).to_numpy(int) if "person" in faces else np.zeros(len(faces), int)
    starts = np.flatnonzero(np.diff(tracks, prepend=-1)).tolist()
    lengths = np.diff([*starts, len(faces)]).tolist()
    return [[int(tracks[at]), int(persons[at]) or None, length] for at, length in zip(starts, lengths, strict=True)]


def _quantize(column: pd.Series, low: float, high: float) -> NDArray[np.float64]:
    values = column.astype(float).to_numpy()
    found = ((values - low) / (high - low) * STEPS).round().clip(0, STEPS)
    return np.where(np.isnan(values), MISSING, found)


def _differ(values: Any, kind: type[np.unsignedinteger[Any]]) -> bytes:
    """Return the differences of whole numbers as bytes, the lowest bytes of all first; sums wrap around as they do."""
    numbers = np.asarray(values).astype(np.int64).astype(kind)
    differences = np.diff(numbers, prepend=kind(0)).astype(numbers.dtype.newbyteorder("<"))
    return differences.view(np.uint8).reshape(-1, numbers.itemsize).T.tobytes()


def _locate(film: AnyPath, page: AnyPath) -> tuple[str, str]:
    """Return where a film is, seen from a page, and its address there."""
    film = os.path.abspath(film)
    try:
        relative = os.path.relpath(film, os.path.dirname(os.path.abspath(page)))
    except ValueError:  # on another drive of Windows
        return film, Path(film).as_uri()
    return replace_bytes(relative), quote(os.fsencode(relative.replace(os.sep, "/")))


def _fill_page(about: dict[str, Any], packed: str) -> str:
    """Return the page, with its style, its script and its data in it."""
    style, script = (PAGE / "style.css").read_text("utf-8"), (PAGE / "script.js").read_text("utf-8")
    data = json.dumps(about, separators=(",", ":")).replace("<", "\\u003c")
    values = {"title": html.escape(about["name"]), "style": style, "script": script, "about": data, "packed": packed,
              "style-digest": _digest(style), "script-digest": _digest(script)}
    text = (PAGE / "index.html").read_text("utf-8")
    first, *parts = text.split("{{")
    return first + "".join(values[name] + rest for name, _, rest in (part.partition("}}") for part in parts))


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
