"""The page of a synchrony: what was computed and how, what was found, and pictures of the correlations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from featfer.reports.outside import describe_making, format_p
from featfer.reports.plots import COLOURS, make_figure, save_figure
from featfer.studies.correlation import LEAST_KNOWN
from featfer.studies.series import MOST_FILLED
from featfer.studies.synchrony import Synchrony, describe_all, describe_lag
from featfer.studies.tables import format_number, name_file
from featfer.typing import Path as AnyPath
from featfer.utils.files import make_distinct, write_text
from featfer.utils.markdown import as_text, markdown_table
from featfer.utils.outputs import SYNCHRONY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

METHOD = """Both series are the means of the frames within steps of {interval:g} s ({rate:g} samples/s); gaps of up to
{filled:g} s are bridged by straight lines. Windows of {window:g} s, one every {step:g} s, of A are correlated with windows of B
that are moved by up to {lag:g} s either way (Boker et al. 2002); a lag above 0 means that B follows A. Windows in which less
than {known:.0f} % is known of both, or in which one does not vary, are dropped, and so are those at the end that fill no
segment. *Mean absolute Fisher z* is over all windows and lags. Surrogates: segments of {segment:g} s of B are shuffled, so that
A meets what B did at another time ({surrogates:,} orders, seed {seed}). *Effect size* is how far the recorded value lies above
the mean of the surrogates, in their standard deviations; p = (1 + surrogates as large) / (1 + surrogates). *p of shifts* is
from moving B as a whole, in a circle. The *best lag* has the largest absolute mean z; its p compares it with the largest of
each surrogate at any lag."""
CORRECTED = "Corrected p are Holm's over the measures."
CAPTION = ("Left: mean correlation at each lag; 95 % of the surrogates lie in the grey band, at each lag by itself. Right: the "
           "correlation in each window; grey where it is undefined.")


def write_page(result: Synchrony, path: AnyPath, command: str) -> None:
    """Write a synchrony as a Markdown page, with a picture of each measure in a folder of the same name.

    Parameters
    ----------
    result : featfer.studies.synchrony.Synchrony
    path : path
        The .md file.
    command : str
        The command that the page names.

    Raises
    ------
    WriteError
    """
    path, settings = Path(path), result.settings
    method = METHOD.format(**settings, interval=1 / settings["rate"], filled=MOST_FILLED, known=100 * LEAST_KNOWN)
    parts = [f"# Synchrony of {as_text(settings['a'])} and {as_text(settings['b'])}",
             describe_making(command),
             "\n".join(f"- {as_text(sentence)}" for sentence in describe_all(result)), format_measures(result.measures),
             "## How", method + (f" {CORRECTED}" if len(result.measures) > 1 else ""),
             "\n".join(f"- {as_text(note)}" for note in result.notes), "## Pictures", CAPTION]
    measures = list(result.measures["measure"])
    for measure, name in zip(measures, make_distinct([name_file(measure) for measure in measures]), strict=True):
        draw_synchrony(result, measure, path.with_suffix("") / f"{name}.png")
        parts.append(f"![Correlations of {as_text(measure)}]({quote(f'{path.stem}/{name}.png')})")
    write_text(path, "\n\n".join(parts) + "\n", SYNCHRONY)


def format_measures(measures: pd.DataFrame) -> str:
    """Format the results as a Markdown table.

    Parameters
    ----------
    measures : pandas.DataFrame
        Of a Synchrony.

    Returns
    -------
    str
    """
    several = len(measures) > 1
    head = ["measure", "windows", "dropped", "mean absolute Fisher z", "shuffled", "effect size, SD", "p", "p of shifts",
            "best lag, s", "mean correlation there", "its p", *(["p, corrected", "its p, corrected"] if several else [])]
    return markdown_table(head, [
        [row["measure"], row["windows"], row["dropped"], format_number(row["z_abs"], 3),
         format_number(row["surrogate_z_abs"], 3), format_number(row["effect_size"]),
         *(_format_p(row[name]) for name in ("p", "shift_p")),
         format_number(row["best_lag_s"]), format_number(row["best_r"]), _format_p(row["best_p"]),
         *([_format_p(row["corrected_p"]), _format_p(row["corrected_best_p"])] if several else [])]
        for row in measures.to_dict("records")])


def draw_synchrony(result: Synchrony, measure: str, path: AnyPath) -> Figure:
    """Draw the mean correlation by lag, with the band of the surrogates, beside the correlations of all windows.

    Parameters
    ----------
    result : featfer.studies.synchrony.Synchrony
    measure : str
    path : path
        The PNG file.

    Returns
    -------
    matplotlib.figure.Figure
    """
    lags = result.lags[result.lags["measure"] == measure]
    windows = result.windows[result.windows["measure"] == measure]
    fig, (means, each) = make_figure(9, 3.6, columns=2)
    means.fill_between(lags["lag_s"], np.tanh(lags["low"]), np.tanh(lags["high"]), color="#D9D9D9", linewidth=0,
                       label="95 % of surrogates")
    means.plot(lags["lag_s"], lags["r"], color=COLOURS[0], label="as recorded")
    best = result.measures.set_index("measure").loc[measure]
    means.plot(best["best_lag_s"], best["best_r"], "o", color=COLOURS[3], label=describe_lag(best["best_lag_s"]))
    means.axhline(0, color="black", linewidth=0.6)
    means.axvline(0, color="black", linewidth=0.6, linestyle=":")
    means.set(xlabel="lag, s (above 0: B follows A)", ylabel="mean correlation",
              xlim=(lags["lag_s"].min(), lags["lag_s"].max()))
    means.margins(y=0.28)
    means.spines[["top", "right"]].set_visible(False)
    means.legend(frameon=False, fontsize=8, loc="upper left")
    _draw_windows(fig, each, windows, result.settings["step"])
    fig.suptitle(f"{measure}: A, {result.settings['a']}; B, {result.settings['b']}", fontsize=10)
    return save_figure(fig, path)


def _draw_windows(fig: Figure, axes: Axes, windows: pd.DataFrame, step: float) -> None:
    table = windows.pivot(index="start_s", columns="lag_s", values="z")
    starts, lags = table.index.to_numpy(), table.columns.to_numpy()
    every = np.arange(starts[0], starts[-1] + step / 2, step)
    rows = np.full((len(every), len(lags)), np.nan)
    rows[np.round((starts - starts[0]) / step).astype(int)] = np.tanh(table.to_numpy())
    axes.set_facecolor("#999999")
    picture = axes.imshow(rows, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="nearest", origin="lower",
                          extent=(lags[0], lags[-1], starts[0], every[-1] + step))
    axes.axvline(0, color="black", linewidth=0.6, linestyle=":")
    axes.set(xlabel="lag, s (above 0: B follows A)", ylabel="start of the window, s")
    fig.colorbar(picture, ax=axes, label="correlation")


def _format_p(p: float) -> str:
    return "-" if p != p else format_p(p)
