"""Videos that are damaged: what follows a damaged place is read, and the frames that are lost are named."""

import random
from collections import Counter

from robustness import seeds

from featfer.errors import DataError
from featfer.images.video import open_video

FRAMES, SIDE = 100, 160
INDEXED = (".mp4", ".mov", ".avi")  # whose index has every frame
VIDEOS = (*seeds.VIDEOS.items(), (".mov", "mjpeg"), (".mp4", "libx264"), (".webm", "libvpx"), (".ogv", "libvpx"),
         (".mpg", "mpeg2video"))
DAMAGES = ("zeros", "noise", "cut out", "cut off")


def damaged(folder, times, videos=VIDEOS, seed=0):
    """Overwrite a part of a video, cut it out, or cut off all from there on; count what comes of each damage, so many times."""
    outcomes = Counter()
    for suffix, codec in videos:
        whole, path = seeds.video(folder, suffix, codec, FRAMES, SIDE), folder / f"video{suffix}"
        outcomes[_read(path) if _read(path) == "all was read" else f"FAULT: {suffix} {codec}: {_read(path)}"] += 1
        for damage in DAMAGES:
            for number in range(times):
                draw = random.Random(f"{seed} {suffix} {codec} {damage} {number}")
                path.write_bytes(_changed(whole, damage, draw))
                outcomes[_read(path)] += 1
    return outcomes


def _changed(whole, damage, draw):
    at, size = draw.randrange(len(whole) // 10, len(whole) * 8 // 10), len(whole) // draw.choice((10, 50, 200))  # of frames
    if damage == "cut off":
        return whole[:at]
    middle = {"zeros": bytes(size), "noise": draw.randbytes(size)}.get(damage, b"")
    return whole[:at] + middle[:len(whole) - at] + whole[at + size:]


def _read(path):
    """Return in words what came of reading a video."""
    try:
        with open_video(path) as video:
            count = sum(frame.pixels().ndim == 3 for frame in video)
            said = video.describe_damage()
    except DataError as error:
        return "refused by name" if str(path) in str(error) else f"FAULT: not named: {error}"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"FAULT: {type(error).__name__}: {error}"
    if said:
        return "the frames that were lost were named" if str(path) in said else f"FAULT: not named: {said}"
    if count >= FRAMES:
        return "all was read"
    is_indexed = path.suffix in INDEXED
    return f"FAULT: {FRAMES - count} frames lost in silence" if is_indexed else "frames lost that nothing in the video tells of"
