"""Timelines: pictures of a subject's expressions over a film, with the events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from featfer.reports.plots import COLOURS, make_figure, save_figure
from featfer.typing import Path as AnyPath

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from featfer.studies.recordings import Recording

POINTS = 900         # across the picture; longer recordings are averaged
GREY = "#C4C4C4"     # of neutral
# Colours of expressions, as featfer/analysis/page/script.js has them.
NAMED = {"angry": "#D55E00", "disgust": "#009E73", "fear": "#8A63B8", "happy": "#E6A700", "sad": "#0072B2",
         "surprise": "#56B4E9", "neutral": GREY, "contempt": "#CC79A7"}
MISSING: dict[str, Any] = {"facecolor": "white", "edgecolor": "#999999", "hatch": "////", "linewidth": 0}
MOST_APEXES = 120    # more would hide the events
LANE = 0.24          # inches of an expression's events


def draw_timeline(recordings: list[Recording], events: pd.DataFrame, path: AnyPath, title: str) -> Figure:
    """Draw what a subject's face showed in a film: probabilities stacked over time, and events below.

    Parameters
    ----------
    recordings : list of Recording
        The stretches of one subject in one film, smoothed.
    events : pandas.DataFrame
        The rows of `Summary.events` for them.
    path : path
        The PNG file.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = recordings[0].expressions
    colours = choose_colours(names)
    lanes = [name for name in names if (events["expression"] == name).any()] or names[:1]
    fig, (areas, marks) = make_figure(9, 2.75 + LANE * len(lanes), rows=2)
    areas.get_gridspec().set_height_ratios([2, 0.3 + LANE * len(lanes)])
    is_relative = any(np.nanmin(of.smoothed[name], initial=0) < -1e-9 for of in recordings for name in names)
    for recording in recordings:
        _draw_probabilities(areas, recording, colours, is_relative)
        for axes in (areas, marks):
            for start, end in recording.list_missing():
                axes.axvspan(start, end, **MISSING, zorder=3 if axes is areas else 0)
    _draw_conditions(areas, recordings)
    _draw_events(marks, events, lanes, colours)
    first, last = min(of.stretch.start for of in recordings), max(of.end for of in recordings)
    for axes in (areas, marks):
        axes.set_xlim(first, last)
        axes.spines[["top", "right"]].set_visible(False)
    areas.set(ylabel="minus the baseline" if is_relative else "probability", title=title)
    areas.tick_params(labelbottom=False)
    marks.set(xlabel="time in the film, s")
    _draw_legend(fig, colours, len(events) <= MOST_APEXES)
    return save_figure(fig, path)


def choose_colours(names: Sequence[str]) -> dict[str, str]:
    """Choose colours for expressions: those of the page of a film, else Okabe and Ito's, and grey beyond the palette.

    Parameters
    ----------
    names : list of str

    Returns
    -------
    dict of str to str
    """
    known = {name: NAMED[name] for name in names if name in NAMED}
    free = [colour for colour in COLOURS if colour not in known.values()]
    others = dict(zip((name for name in names if name not in known), free, strict=False))
    return {name: {**known, **others}.get(name, GREY) for name in names}


def average_for_drawing(times: NDArray[np.float64], values: NDArray[np.float64], start: float,
                        end: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average rows within equal intervals of time, as many as a picture can show.

    Parameters
    ----------
    times : ndarray of float, (n,)
    values : ndarray of float, (n, columns)
    start, end : float

    Returns
    -------
    tuple (ndarray of float, (m,), ndarray of float, (m, columns))
        Times and means; unchanged if there are at most POINTS rows.
    """
    if len(times) <= POINTS:
        return times, values
    bins = np.clip(((times - start) / (end - start) * POINTS).astype(int), 0, POINTS - 1)
    used, rows = np.unique(bins, return_inverse=True)
    known = np.isfinite(values)
    sums, counts = np.zeros((len(used), values.shape[1])), np.zeros((len(used), values.shape[1]))
    np.add.at(sums, rows, np.where(known, values, 0))
    np.add.at(counts, rows, known)
    centres = np.bincount(rows, times) / np.bincount(rows)
    return centres, np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _draw_probabilities(axes: Axes, recording: Recording, colours: dict[str, str], is_relative: bool) -> None:
    """Draw stacked probabilities; relative to a baseline, where some are negative, lines."""
    names = sorted(recording.expressions, key=lambda name: name.lower() != "neutral")  # neutral at the bottom
    if not len(recording.faces):
        return
    values = np.stack([recording.smoothed[name] for name in names], axis=1)
    times, values = average_for_drawing(recording.faces["time_s"].to_numpy(float), values, recording.stretch.start,
                                        recording.end)
    if is_relative:
        for name, column in zip(names, values.T, strict=True):
            axes.plot(times, column, color=colours[name], linewidth=1.2)
        axes.axhline(0, color="black", linewidth=0.6)
        return
    axes.stackplot(times, np.nan_to_num(values).T, colors=[colours[name] for name in names], linewidth=0)
    axes.set_ylim(0, 1)


def _draw_legend(fig: Figure, colours: dict[str, str], has_apexes: bool) -> None:
    handles: list[Artist] = [Patch(color=colour, label=name) for name, colour in colours.items()]
    handles.append(Patch(**MISSING, label="face not seen"))
    if has_apexes:
        handles.append(Line2D([], [], color="black", marker="o", markersize=3.5, linestyle="none", label="apex of an event"))
    fig.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=8)


def _draw_conditions(axes: Axes, recordings: list[Recording]) -> None:
    """Mark where conditions begin, with their names."""
    for recording in recordings:
        stretch = recording.stretch
        if stretch.condition:
            axes.axvline(stretch.start, color="black", linewidth=0.8, zorder=4)
            axes.annotate(stretch.condition, (stretch.start, 1), xycoords=("data", "axes fraction"), xytext=(3, -3),
                          textcoords="offset points", va="top", fontsize=8, zorder=5,
                          bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5})


def _draw_events(axes: Axes, events: pd.DataFrame, lanes: list[str], colours: dict[str, str]) -> None:
    for event in events.itertuples():
        if event.expression not in lanes:
            continue
        lane = lanes.index(event.expression)
        axes.barh(lane, event.duration_s, 0.7, left=event.onset_s, color=colours[event.expression], zorder=2)
        if len(events) <= MOST_APEXES:
            axes.plot(event.apex_s, lane, "o", color="black", markersize=3.5, zorder=3)
    axes.set_yticks(range(len(lanes)), lanes, fontsize=8)
    axes.set_ylim(len(lanes) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
