"""Write the page on live recognition from results.json.

    python -m benchmarks.live.page
"""

from pathlib import Path

from benchmarks.common import list_versions, read_results, write_page
from featfer.utils.markdown import markdown_table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
SIZE, RATE, FRAMES = (640, 480), 25, 250  # of the video
ROUNDS = 3


def main():
    write_page(HERE, page(read_results(RESULTS)))


def page(result):
    """Return the page."""
    videos = markdown_table(
        ["a video in, a video out", "frames/s", "processor, ms a frame"],
        [[f"`--model {model}`", f"{rate:.1f}", f"{ms:.1f}"] for model, (rate, ms) in result["videos"].items()])
    cameras = markdown_table(
        ["a camera's 30 frames/s", "frames/s drawn", "age when drawn, ms", "oldest, ms", "new expressions/s"],
        [[f"`--model {model}`", f"{rate:.1f}", f"{age:.0f}", f"{most:.0f}", f"{news:.1f}"]
         for model, (rate, age, most, news) in result["cameras"].items()])
    rows = [[name, f"{ms:.2f}", f"{often:.2f}", f"{ms * often:.2f}"] for name, ms, often in result["steps"]]
    setting = f"{result['date']}, {result['machine']}; {list_versions(result['versions'])}"
    return f"""# Live

{setting}. {result["load"]:.1f} other processes were running or waiting for a core
at the start. If there are more of them than cores, frames/s are lower than on an idle machine. Made by

```
python -m benchmarks.live.measure
```

on a video of one face, {SIZE[0]}x{SIZE[1]}, {RATE} frames/s, {FRAMES // RATE} s.

{videos}

The fastest of {ROUNDS} rounds, without the time to load the model, about a second.

{cameras}

{markdown_table(["step", "processor, ms a time", "times a frame", "ms a frame"], rows)}

Medians. Detection and recognition run in parallel to the rest, on a second core if there is one. `times a frame` is for this
video.

{markdown_table(["tracker, from one detection on", "processor, ms a frame", "mean IoU with the truth", "least"],
                [[name, f"{ms:.2f}", f"{mean:.3f}", f"{least:.3f}"] for name, (ms, mean, least) in result["trackers"].items()])}
"""


if __name__ == "__main__":
    main()
