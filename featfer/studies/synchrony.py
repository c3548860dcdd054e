"""How two persons move together: windowed lagged cross-correlation, tested against pairs that never met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featfer.errors import DataError, ParameterError
from featfer.evaluation.significance import correct_by_holm
from featfer.studies.correlation import correlate, list_starts
from featfer.studies.series import Source, Track, choose_rate, list_measures, read_track, sample
from featfer.typing import Integers
from featfer.utils.progress import bar
from featfer.utils.requiring import require, require_numbers

if TYPE_CHECKING:
    import pandas as pd

WINDOW, STEP, LAG = 10.0, 5.0, 5.0  # seconds
SEGMENT = 3          # windows; longer stretches of both series that are shuffled as wholes
FEWEST_SEGMENTS = 5  # of which there are 120 orders
FEWEST_SHIFTS = 39
FEWEST_SAMPLES = 10  # in a window
ROUNDING = 1e-12
PREFERRED = ("happy", "valence")
MEASURES = ("measure", "windows", "dropped", "z_abs", "surrogate_z_abs", "effect_size", "p", "corrected_p", "shift_p",
            "best_lag_s", "best_z", "best_r", "best_p", "corrected_best_p")


@dataclass
class Synchrony:
    """How two persons move together.

    Attributes
    ----------
    measures : pandas.DataFrame
        A row for each measure, with MEASURES: windows used and dropped; z_abs, the mean absolute Fisher z over windows and
        lags; surrogate_z_abs, its mean over surrogates; effect_size, their difference in standard deviations of the
        surrogates; p; shift_p, of circular shifts (NaN if the recording is too short for them); the lag with the largest
        absolute mean z (above 0: B follows A), this z as z and as a correlation, and p of the largest at any lag. Corrected
        ones are Holm's over the measures.
    lags : pandas.DataFrame
        measure, lag_s, z, r, low, high, z_abs: means over windows at each lag, and where 95 % of the surrogates' z lie.
    windows : pandas.DataFrame
        measure, start_s, lag_s, z: of each window at each lag.
    notes : list of str
    settings : dict
        a, b (names), rate, window, step, lag, segment, offset (s), surrogates, seed.
    """

    measures: pd.DataFrame
    lags: pd.DataFrame
    windows: pd.DataFrame
    notes: list[str]
    settings: dict[str, Any]

    def __repr__(self) -> str:
        return f"<Synchrony of {self.settings['a']} and {self.settings['b']}: {' '.join(describe_all(self))}>"


def synchrony(a: Source, b: Source, measures: str | Sequence[str] | None = None, window: float = WINDOW, step: float = STEP,
              lag: float = LAG, rate: float | None = None, offset: float = 0.0, surrogates: int = 1000,
              seed: int = 0) -> Synchrony:
    """Relate two persons' expressions, or other measures, in time.

    Parameters
    ----------
    a, b : str, Path, pandas.DataFrame or tuple
        A table, "TABLE:PERSON", or (table, person). Without a person, the one seen longest.
    measures : str or list of str, optional
        Columns of the tables; happy, else valence, else the first expression.
    window, step, lag : float
        Seconds of a window, between windows, and of the largest lag.
    rate, offset : float
        Samples per second, 10 or the lower frame rate; seconds after the start of A's film at which B's film starts.
    surrogates, seed : int

    Returns
    -------
    Synchrony

    Raises
    ------
    DataError, ParameterError

    Notes
    -----
    Boker et al. 2002; Tschacher, Rees and Ramseyer 2014, "Nonverbal synchrony and affect in dyadic interactions", Frontiers in
    Psychology 5. Shuffled are segments of three windows, as single windows, which overlap, would make p too small.
    """
    require_numbers(window=window, step=step, lag=lag, offset=offset, surrogates=surrogates, seed=seed)
    tracks = _read_both(a, b)
    names, rate = _choose_measures(measures, tracks), choose_rate(tracks, rate)
    samples = _count_samples(rate, window, step, lag, surrogates)
    series, start = _sample_both(tracks, names, rate, offset)
    settings = {"a": tracks[0].name, "b": tracks[1].name, "rate": rate, "window": window, "step": step, "lag": lag,
                "segment": SEGMENT * window, "offset": offset, "surrogates": surrogates, "seed": seed}
    related = [_relate(name, *series[name], samples, start, settings) for name in bar(names, desc="relating", delay=1)]
    return _collect(related, _note(tracks, offset), settings)


def describe_all(result: Synchrony) -> list[str]:
    """Say what was found, a sentence for each measure.

    Parameters
    ----------
    result : Synchrony

    Returns
    -------
    list of str
    """
    return [_describe(row, len(result.measures) > 1) for row in result.measures.to_dict("records")]


def describe_lag(lag: float) -> str:
    """Say in words who follows whom: a lag in seconds, above 0 if B follows A."""
    if abs(lag) < 1e-9:
        return "A and B move at the same time"
    return f"B follows A by {round(lag, 2):g} s" if lag > 0 else f"A follows B by {round(-lag, 2):g} s"


def _describe(row: dict[str, Any], is_corrected: bool) -> str:
    from featfer.reports.outside import format_p
    p, best_p = (row["corrected_p"], row["corrected_best_p"]) if is_corrected else (row["p"], row["best_p"])
    said = "p, corrected," if is_corrected else "p"
    how = f"mean correlation {row['best_r']:.2f}"
    best = (f"{describe_lag(row['best_lag_s'])} ({how}{', in opposite directions' if row['best_r'] < 0 else ''}; {said} "
            f"{format_p(best_p)})" if best_p < 0.05 else
            f"no lag stands out (the largest is a {how} at a lag of {round(row['best_lag_s'], 2):g} s; {said} "
            f"{format_p(best_p)})")
    return (f"{row['measure']}: {row['windows']} windows ({row['dropped']} dropped); mean absolute Fisher z "
            f"{row['z_abs']:.3f}, shuffled {row['surrogate_z_abs']:.3f}, "
            f"effect size {row['effect_size']:.2f} SD, {said} {format_p(p)}; {best}.")


def _read_both(a: Source, b: Source) -> list[Track]:
    one, other = read_track(a), read_track(b)
    if one.film == other.film and one.person == other.person:
        raise DataError(f"{one.film}: A and B are both person {one.person}; name two persons, as in TABLE:1 TABLE:2")
    return [one, other]


def _choose_measures(measures: str | Sequence[str] | None, tracks: list[Track]) -> list[str]:
    there = [name for name in list_measures(tracks[0]) if name in list_measures(tracks[1])]
    require(measures, (str, Iterable, type(None)), "measures", f"names, out of {', '.join(there)}")
    names = [measures] if isinstance(measures, str) else list(dict.fromkeys(() if measures is None else measures))
    if not names:
        return [next((name for name in PREFERRED if name in there), there[0])]
    if unknown := [name for name in names if name not in there]:
        raise ParameterError(f"measure {unknown[0]!r:.60}: no column of numbers in both tables; they have {', '.join(there)}")
    return names


def _count_samples(rate: float, window: float, step: float, lag: float, surrogates: int) -> tuple[int, int, int]:
    """Return window, step and lag in samples."""
    width, by, most = (round(seconds * rate) for seconds in (window, step, lag))
    if width < FEWEST_SAMPLES or by < 1 or lag < 0:
        raise ParameterError(f"window {window:g} s, step {step:g} s, lag {lag:g} s: at {rate:g} samples/s a window needs "
                             f"{FEWEST_SAMPLES / rate:g} s or more, a step {1 / rate:g} s, and a lag 0 s")
    if step > window:
        raise ParameterError(f"step {step:g} s: longer than a window ({window:g} s), which would leave seconds out")
    if surrogates < 19:
        raise ParameterError(f"surrogates {surrogates}: give 19 or more; with fewer p cannot reach 0.05")
    return width, by, most


def _sample_both(tracks: list[Track], names: list[str], rate: float,
                 offset: float) -> tuple[dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]], float]:
    """Return {measure: (series of A, series of B)} in the time that the films share, and when it begins."""
    start, end = max(tracks[0].start, tracks[1].start + offset), min(tracks[0].end, tracks[1].end + offset)
    count = max(0, int(np.floor((end - start) * rate + 1e-6)))
    return {name: (sample(tracks[0], name, start, count, rate), sample(tracks[1], name, start, count, rate, offset))
            for name in names}, start


def _relate(name: str, a: NDArray[np.float64], b: NDArray[np.float64], samples: tuple[int, int, int], start: float,
            settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return (row, lags, windows) of a measure, as dicts."""
    width, step, lag = samples
    starts, per = list_starts(len(a), *samples), max(1, round(SEGMENT * width / step))
    paired = np.array([np.diagonal(z) for z in correlate(a, b, *samples)]) if len(starts) else np.empty((1, 0))
    is_used = np.isfinite(paired).any(axis=0)
    segments = [part for part in range(len(starts) // per) if is_used[part * per:(part + 1) * per].any()]
    if len(segments) < FEWEST_SEGMENTS:
        needed = (FEWEST_SEGMENTS * per - 1) * settings["step"] + settings["window"] + 2 * settings["lag"]
        raise DataError(f"{name}: {len(segments)} segments of {settings['segment']:g} s in which {settings['a']} and "
                        f"{settings['b']} are seen together and both vary; a test needs {FEWEST_SEGMENTS}, that is "
                        f"{needed:.0f} s or more (the films share {len(a) / settings['rate']:.0f} s)")
    used = np.concatenate([np.arange(part * per, (part + 1) * per) for part in segments])
    lags = np.arange(-lag, lag + 1) / settings["rate"]
    partners, shifts = _draw_partners(len(segments), per, (width + 2 * lag) / step, settings)
    drawn = _average((z[np.ix_(used, used)] for z in correlate(a, b, *samples)), np.vstack([partners, shifts]), len(lags))
    row, profile = _test(*drawn, settings["surrogates"], lags)
    row = {"measure": name, "windows": int(is_used[used].sum()), "dropped": int(len(starts) - is_used[used].sum()), **row}
    profile = {"measure": name, **profile, "z_abs": _mean(np.abs(paired[:, used]))}
    windows = {"measure": name, "start_s": np.repeat(start + starts[used] / settings["rate"], len(lags)),
               "lag_s": np.tile(lags, len(used)), "z": paired[:, used].T.ravel()}
    return row, profile, windows


def _draw_partners(segments: int, per: int, apart: float, settings: dict[str, Any]) -> tuple[Integers, Integers]:
    """Return the windows of B that those of A are paired with, int (draws, windows): as recorded and shuffled; shifted.

    The order that was recorded may be drawn too: only then is p right where there are few segments.
    """
    rng, own = np.random.default_rng(settings["seed"]), np.arange(segments * per)
    orders = np.array([rng.permutation(segments) for _ in range(settings["surrogates"])])
    shuffled = orders[:, own // per] * per + own % per
    least = int(np.ceil(apart))
    shifts = np.array([(own + by) % len(own) for by in range(least, len(own) - least + 1)], int).reshape(-1, len(own))
    return np.vstack([own, shuffled]), shifts


def _average(by_lag: Iterable[NDArray[np.float64]], partners: Integers,
             lags: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean absolute z over windows and lags, (draws,), and mean z at each lag, (draws, lags), of pairs of windows."""
    own = np.arange(partners.shape[1])
    sizes, counts, means = np.zeros(len(partners)), np.zeros(len(partners)), np.empty((len(partners), lags))
    for number, z in enumerate(by_lag):
        paired = z[own, partners]
        known = np.isfinite(paired).sum(axis=1)
        sizes += np.nansum(np.abs(paired), axis=1)
        counts += known
        means[:, number] = np.nansum(paired, axis=1) / np.where(known > 0, known, np.nan)
    return sizes / np.where(counts > 0, counts, np.nan), means


def _test(sizes: NDArray[np.float64], means: NDArray[np.float64], surrogates: int,
          lags: NDArray[np.float64]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compare the recorded pairs, in the first row, with the surrogates in the next and with the shifts in the last."""
    shuffled, profiles, shifted = sizes[1:surrogates + 1], means[1:surrogates + 1], sizes[surrogates + 1:]
    best = int(np.nanargmax(np.abs(means[0])))
    z, spread = float(means[0, best]), float(np.nanstd(shuffled, ddof=1))
    low, high = np.nanquantile(profiles, [0.025, 0.975], axis=0)
    row = {"z_abs": float(sizes[0]), "surrogate_z_abs": float(np.nanmean(shuffled)),
           "effect_size": float(sizes[0] - np.nanmean(shuffled)) / spread if spread > 0 else np.nan,
           "p": _find_p(sizes[0], shuffled), "shift_p": _find_p(sizes[0], shifted) if len(shifted) >= FEWEST_SHIFTS else np.nan,
           "best_lag_s": float(lags[best]), "best_z": z, "best_r": float(np.tanh(z)),
           "best_p": _find_p(abs(z), np.nanmax(np.abs(profiles), axis=1))}
    return row, {"lag_s": lags, "z": means[0], "r": np.tanh(means[0]), "low": low, "high": high}


def _mean(by_window: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means over windows, NaN for none: (lags, windows) -> (lags,)."""
    known = np.isfinite(by_window).sum(axis=1)
    return np.nansum(by_window, axis=1) / np.where(known > 0, known, np.nan)


def _find_p(observed: float, surrogates: NDArray[np.float64]) -> float:
    known = surrogates[np.isfinite(surrogates)]
    return float((1 + (known >= observed - ROUNDING).sum()) / (1 + len(known)))


def _note(tracks: list[Track], offset: float) -> Iterator[str]:
    for who, track in zip("AB", tracks, strict=True):
        yield f"{who} is {track.name}{', the one seen longest, as none was named' if track.is_chosen else ''}."
    if tracks[0].film != tracks[1].film:
        yield f"The films are taken to run on one clock; B's starts {offset:g} s after A's."


def _collect(found: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]], notes: Iterator[str],
             settings: dict[str, Any]) -> Synchrony:
    import pandas
    rows = [row for row, _, _ in found]
    for p, corrected in (("p", "corrected_p"), ("best_p", "corrected_best_p")):
        for row, value in zip(rows, correct_by_holm([row[p] for row in rows]), strict=True):
            row[corrected] = value
    is_short = any(np.isnan(row["shift_p"]) for row in rows)
    short = [f"Too short for a test by circular shifts, which needs {FEWEST_SHIFTS} of them."] if is_short else []
    lags, windows = (pandas.concat([pandas.DataFrame(of[part]) for of in found], ignore_index=True) for part in (1, 2))
    return Synchrony(pandas.DataFrame(rows, columns=list(MEASURES)), lags, windows, [*notes, *short], settings)
