"""Write the page on speed from results.json.

    python -m benchmarks.speed.page
"""

from pathlib import Path

from benchmarks.common import list_versions, read_results, write_page
from benchmarks.speed import folder, training
from benchmarks.speed.precision import RESULTS as PRECISION
from benchmarks.speed.precision import format_table
from featfer.utils.markdown import markdown_table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
ROUNDS = 5
LOOP_IMAGES = 1000      # dlib's loop is timed on these ...
IMAGES = 10_000         # ... and featfer on these: start-up counts for both

TRIED = """## Tried and not taken

Single trials, on machines of the kind above; figures are of the processor's time unless they say otherwise.

- **Images of one shape for the convolutional face detector**: no faster than any shape; a new one costs 3 to 8 ms once.
- **scikit-learn's modules loaded when they are used first** (`importlib.util.LazyLoader`): the import touches them all.
  Classifiers that predict without scikit-learn took 1.2 s of 1.9 off a cold prediction instead.
- **OpenVINO without its conversion tools**: their import takes 62 ms of a cold prediction; only a hook in the import would
  save it.
- **Faces of 40 pixels looked for in every photograph at once**: 20 ms a photograph of 350 pixels; large faces first take 5.
- **Principal components in 2 iterations**: they hold 99.3 to 99.4 % of the variance, those of today 99.85 to 99.98 %.
- **MLPs trained in bf16**: 48 s became 30 s a model; accuracy on PublicTest over four seeds 85.13 % for 85.28 %.
- **An SVM's kernel with coefficients in float32**: 1.5 % of the training, and margins that move by 7e-5.
- **Two pairs of classes of an SVM in threads**: no faster, since scikit-learn-intelex threads by itself."""


def main():
    write_page(HERE, page(read_results(RESULTS)))


def page(result):
    """Return the page."""
    full, memory, changes = result["full"], result["memory"], read_results(PRECISION)
    engines = markdown_table(["training on FER2013's 28,709 embeddings", "scikit-learn", "with scikit-learn-intelex", "ratio"],
                             [[name, f"{plain:.0f} s", f"{intelex:.0f} s", f"{plain / intelex:.1f}"]
                              for name, (plain, intelex) in result["training"].items()])
    rows = [[f"`featfer extract` on all {full['images']:,} images of FER2013", f"{full['extract']:.0f} s"],
            ["the same with `--precision auto`", f"{full['auto']:.0f} s"],
            ["the first command again", f"{full['again']:.1f} s"],
            [f"reading the {full['images']:,} rows back", f"{full['read']:.2f} s"],
            ["`featfer predict photo.jpg`, median of 12", f"{result['predict']:.2f} s"],
            *([f"peak memory, one process, {int(count):,} images", f"{value:.0f} MiB"] for count, value in memory.items()),
            ["`featfer --help`", f"{result['help']:.2f} s"]]
    return f"""# Speed

{result["date"]}, {result["machine"]}; {list_versions(result["versions"])}. Made by

```
python -m benchmarks.speed.measure fer2013.csv
```

{format_network(result["network"])}

Medians of {ROUNDS} alternating rounds on the same aligned chips (least and most in brackets), on one core. In float32 the
embeddings are within 1e-5 of dlib's. featfer computes with OpenVINO; torch is for GPUs and to train.

What lower precisions change, on the {changes["images"]:,} images of PublicTest ({changes["date"]}, `python -m
benchmarks.speed.precision fer2013.csv`):

{format_table(changes)}

8 bits: weights with a scale for each output channel, maps with one scale, of the least squared error on 2,048 training faces
and their mirror images (`python -m benchmarks.speed.ranges fer2013.csv --out ranges.json`).

{format_extraction(result["extraction"])}

Detection, 68 landmarks and embedding, including start-up, of {LOOP_IMAGES:,} images by the loop and {IMAGES:,} by featfer. The
loop is what a user of dlib would write: each image enlarged to 192 pixels, then `get_frontal_face_detector`, `shape_predictor`
and `compute_face_descriptor`. featfer detects on 96 pixels, aligns by 5 landmarks, and also finds the 68 landmarks.

{markdown_table(["step of an extraction, one core", "ms a face"],
                [[name, f"{value:.2f}"] for name, value in result["steps"].items()])}

{markdown_table(["", "measured"], rows)}

{engines}

{training.format_tables(read_results(training.RESULTS))}

{format_folder(read_results(folder.RESULTS))}

{TRIED}
"""


def format_network(found):
    """Return the table of the ways to compute the network."""
    rows = []
    for what, ways in found.items():
        dlib, torch = (ways.get(name, {}).get("median") for name in ("dlib", "torch float32"))
        rows += [[what, name, f"{ms['median']:.2f} ({ms['least']:.2f} to {ms['most']:.2f})",
                  f"{dlib / ms['median']:.1f}" if dlib else "", f"{torch / ms['median']:.2f}"] for name, ms in ways.items()]
    return markdown_table(["network", "computed by", "ms a face", "times dlib's speed", "times torch's in float32"], rows)


def format_folder(result):
    """Return the part on a folder of photographs."""
    return f"""## A folder of photographs

{result["date"]}, `python -m benchmarks.speed.folder --photos DIR --work DIR`:

{folder.format_table(result)}

Whole commands, start-up included, on all cores: medians of {folder.ROUNDS} alternating rounds (least and most in brackets).
The photographs are those of [benchmarks/peers](../peers/README.md), where fer's answers are measured too."""


def format_extraction(rate):
    """Return the table of whole extractions."""
    rates = {name: value for name, value in rate.items() if name != "processes"}
    return markdown_table([f"images in, features out, {rate['processes']} processes", "images/s", "times the loop's speed"],
                          [[name, f"{value:.0f}", f"{value / rate['dlib loop']:.1f}"] for name, value in rates.items()])


if __name__ == "__main__":
    main()
