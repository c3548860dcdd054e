"""Write the page on speed from results.json.

    python -m benchmarks.speed.page
"""

from pathlib import Path

from benchmarks.common import list_versions, read_results, write_page
from featfer.utils.markdown import markdown_table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
ROUNDS = 5
LOOP_IMAGES = 1000      # dlib's loop is timed on these ...
IMAGES = 10_000         # ... and featfer on these: start-up counts for both


def main():
    write_page(HERE, page(read_results(RESULTS)))


def page(result):
    """Return the page."""
    ms, rate, full, memory = (result[name] for name in ("embedding", "extraction", "full", "memory"))
    embed = markdown_table(["embedding of aligned chips, one core", "ms a face", "times dlib's speed"],
                           [[name, f"{value:.2f}", f"{ms['dlib'] / value:.1f}"] for name, value in ms.items()])
    loop = rate["dlib loop"]
    whole = markdown_table([f"images in, features out, {rate['processes']} processes", "images/s", "times the loop's speed"],
                           [[name, f"{rate[name]:.0f}", f"{rate[name] / loop:.1f}"] for name in ("dlib loop", "featfer")])
    engines = markdown_table(["training on FER2013's 28,709 embeddings", "scikit-learn", "with scikit-learn-intelex", "ratio"],
                             [[name, f"{plain:.0f} s", f"{intelex:.0f} s", f"{plain / intelex:.1f}"]
                              for name, (plain, intelex) in result["training"].items()])
    rows = [[f"`featfer extract` on all {full['images']:,} images of FER2013", f"{full['extract']:.0f} s"],
            ["the same command again", f"{full['again']:.1f} s"],
            [f"reading the {full['images']:,} rows back", f"{full['read']:.2f} s"],
            *([f"peak memory, one process, {int(count):,} images", f"{value:.0f} MiB"] for count, value in memory.items()),
            ["`featfer --help`", f"{result['help']:.2f} s"]]
    return f"""# Speed

{result["date"]}, {result["machine"]}; {list_versions(result["versions"])}. Made by

```
python -m benchmarks.speed.measure fer2013.csv
```

{embed}

Medians of {ROUNDS} alternating rounds on the same chips. In float32 the embeddings are within 1e-5 of each other. For what bf16
costs in accuracy, compare the rows svm-bf16 and svm in [embedding](../embedding/models.md).

{whole}

Detection, 68 landmarks and embedding, including start-up, of {LOOP_IMAGES:,} images by the loop and {IMAGES:,} by featfer. The
loop is what a user of dlib would write: each image enlarged to 192 pixels, then `get_frontal_face_detector`, `shape_predictor`
and `compute_face_descriptor`. featfer detects on 96 pixels, aligns by 5 landmarks, and also finds the 68 landmarks.

{markdown_table(["", "measured"], rows)}

{engines}
"""


if __name__ == "__main__":
    main()
