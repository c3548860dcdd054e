"""The times of frames beside those that ffprobe states."""

import json
import shutil
import subprocess
from fractions import Fraction

import av
import numpy as np

from benchmarks.films.scenes import Shot, make_frames

FRAMES, RATE, SIZE = 75, 25, (160, 120)
TICK = Fraction(1, 90000)  # seconds: the unit of times where the format leaves it open
IRREGULAR = np.cumsum([0] + [0.03, 0.05, 0.2, 0.017, 0.04] * 15)[:FRAMES]  # seconds
KINDS = {  # name: suffix, codec, times, B-frames in a row, degrees of rotation
    "constant rate, .mp4 (H.264)": (".mp4", "libx264", None, 0, 0),
    "constant rate, .mov (MPEG-4)": (".mov", "mpeg4", None, 0, 0),
    "constant rate, .avi (Motion JPEG)": (".avi", "mjpeg", None, 0, 0),
    "constant rate, .ts (MPEG-2)": (".ts", "mpeg2video", None, 0, 0),
    "29.97 frames/s, .mp4 (H.264)": (".mp4", "libx264", np.arange(FRAMES) * 1001 / 30000, 0, 0),
    "variable rate, .mp4 (H.264)": (".mp4", "libx264", IRREGULAR, 0, 0),
    "variable rate, .mkv (H.264)": (".mkv", "libx264", IRREGULAR, 0, 0),
    "variable rate, .webm (VP9)": (".webm", "libvpx-vp9", IRREGULAR, 0, 0),
    "variable rate and B-frames, .mp4 (H.264)": (".mp4", "libx264", IRREGULAR, 3, 0),
    "B-frames, .mkv (H.264)": (".mkv", "libx264", None, 3, 0),
    "B-frames, .ts (H.264)": (".ts", "libx264", None, 3, 0),
    "B-frames, .avi (MPEG-4)": (".avi", "mpeg4", None, 2, 0),
    "turned by 90 degrees, .mp4 (H.264)": (".mp4", "libx264", None, 0, 90),
}


def measure_times(read_times, folder, films=None):
    """Compare times with those of ffprobe.

    Parameters
    ----------
    read_times : callable
        Returns the seconds of all frames of a film.
    folder : Path
        Where films of every kind are made.
    films : Path, optional
        A folder with further films.

    Returns
    -------
    dict or None
        {name: [frames, largest difference from ffprobe's times in milliseconds, and from the times that were written]}; None
        where there is no ffprobe. A difference is None where times are not known or numbers of frames differ.
    """
    if shutil.which("ffprobe") is None:
        return None
    found = {}
    for number, (name, (suffix, codec, times, *options)) in enumerate(KINDS.items()):
        times = np.arange(FRAMES) / RATE if times is None else times
        found[name] = _compare(read_times, _encode(folder / f"{number}{suffix}", codec, times, *options), times)
    return found | {path.name: _compare(read_times, path) for path in (sorted(films.glob("*.mp4")) if films else ())}


def probe_times(path):
    """Return the times of a film's frames by ffprobe, in seconds since the first; None where it does not state them all."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts_time", "-of", "json", path]
    frames = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["frames"]
    if not all("pts_time" in frame for frame in frames):
        return None
    times = np.array([float(frame["pts_time"]) for frame in frames])
    return times - times[0]


def _compare(read_times, path, written=None):
    times = np.asarray(read_times(path))
    return [len(times), *(_differ(times, others) for others in (probe_times(path), written))]


def _differ(times, others):
    """Return the largest difference in milliseconds; None where there is nothing to compare."""
    return None if others is None or len(others) != len(times) else float(1000 * np.abs(times - others).max())


def _encode(path, codec, times, b_frames, rotation):
    """Write FRAMES pictures as a film; return its path."""
    unit = Fraction(1, RATE) if np.allclose(times * RATE, np.arange(FRAMES)) else TICK
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, options={"crf": "30"} if codec == "libx264" else {})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base, stream.codec_context.max_b_frames = unit, b_frames
        if rotation:
            stream.set_display_rotation(rotation)
        for number, (picture, _) in enumerate(make_frames([Shot(FRAMES / RATE, [])], RATE, SIZE)):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, 2 * number, axis=1))
            frame.pts, frame.time_base = round(Fraction(times[number]) / unit), unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
