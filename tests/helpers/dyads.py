"""Two persons' tables whose expressions are made up of random series, related or not."""

import numpy as np
import pandas as pd

RATE = 10  # frames/s


def make_noise(count, memory, rng):
    """Return an autoregressive series of order 1: float (count,), with variance 1."""
    from scipy.signal import lfilter
    noise = rng.normal(size=count + 1000) * np.sqrt(1 - memory ** 2)
    return lfilter([1], [1, -memory], noise)[1000:]


def make_track(series, film="a.mp4", person=1, rate=RATE, **others):
    """Return the table of a person in a film whose `happy` is a series (NaN: the face is not seen)."""
    series = np.asarray(series, float)
    frames = np.arange(len(series))
    table = pd.DataFrame({"film": film, "frame": frames, "time_s": frames / rate, "track": person, "person": person,
                          "status": "found", "score": 1.0, "label": "happy", "novelty": 0.5, "happy": series,
                          "neutral": 1 - series, **others})
    lost = table["happy"].isna()
    table.loc[lost, ["person", "track", "score", "label", "novelty"]] = None
    table.loc[lost, "status"] = "no-face"
    return table.astype({"person": "Int64", "track": "Int64"})


def make_pair(seconds, seed, lag=None, memory=0.95, strength=0.8, rate=RATE):
    """Return two persons' tables; with a lag in seconds, B repeats what A shows, with noise, that much later."""
    rng, count, most = np.random.default_rng(seed), int(seconds * rate), 100
    a, b = make_noise(count + 2 * most, memory, rng), make_noise(count + 2 * most, memory, rng)
    if lag is not None:
        b = strength * np.roll(a, round(lag * rate)) + np.sqrt(1 - strength ** 2) * b
    return (make_track(a[most:-most], "a.mp4", rate=rate), make_track(b[most:-most], "b.mp4", rate=rate))
