"""Write the page on finding faces from results.json.

    python -m benchmarks.faces.page
"""

from pathlib import Path

from benchmarks.common import list_versions, read_results, write_page
from featfer.utils.markdown import markdown_table, percent

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
THRESHOLDS = (0.0, -0.1, -0.2, -0.3, -0.4, -0.5)
NAMES = {"hog alone": "`hog`, one look", "hog": "`hog` (the default)", "mmod": "`mmod`", "haar": "`haar`",
         "mtcnn": "`mtcnn`"}


def main():
    write_page(HERE, page(read_results(RESULTS)))


def page(result):
    """Return the page."""
    found = result["detectors"]
    default = found["hog"]
    crowds = next(iter(default["crowds"].values()))["pictures"]
    return f"""# Faces

{result["date"]}, {result["machine"]}; {list_versions(result["versions"])}. Made by

```
OMP_NUM_THREADS=1 python -m benchmarks.faces.measure --photos DIR
```

DIR held {default["photos"]["pictures"]:,} press portraits and film stills of one face each, most of them 100 to
350 pixels wide. They are not part of featfer.

## Faces found, false faces, and time

{tabulate_detectors(found)}

The seconds are the processor's, of one thread. `hog` looks for large faces first: "the default" stops there in portraits.

A second look is taken only at photos of more than 150 pixels in which `hog` finds nothing. `mmod` looks at the photo resized
to 65,536 pixels, so that it costs the same for every photo. What it finds is called `faint`. There are
{default["without"]["pictures"]} pictures without a face: parts of photographs, scans and drawings that ship with scikit-image,
scikit-learn and matplotlib (a cat among them), noise, patterns, shapes, landscapes, rooms, charts and writing.
`python -m benchmarks.faces.without sheet.png` draws them all. False faces of the default: {list_false(default)}; without a
second look: {list_false(found["hog alone"])}.

## A lower threshold instead

{tabulate_thresholds(result["thresholds"])}

`hog` alone, in pictures of more than 150 pixels. Its threshold is 0.

## Crowds

{tabulate_crowds(found)}

Portraits pasted side by side, {crowds} pictures of each kind. A box is on a face if its middle is near that of the
portrait; a second box on a face is a duplicate, and any other is false. Where `hog` finds one face there is no
second look, so faces that it misses beside others stay missed.

## Photographs that ship with packages

{tabulate_people(found)}

The number of boxes. Each photograph shows one person; the man behind the camera turns his face away.
"""


def tabulate_detectors(found):
    rows = []
    for name, result in found.items():
        photos, without = result["photos"], result["without"]
        rows.append([NAMES[name], f"{photos['with a face']:,} of {photos['pictures']:,}",
                     percent(photos["with a face"] / photos["pictures"]),
                     f"{without['with a face']} of {without['pictures']}", *(f"{part[which]:.3f}" for part in (photos, without)
                                                                             for which in ("median", "p95"))])
    return markdown_table(["detector", "photographs with a face found", "%", "pictures without a face that get one",
                           "s a photograph, median", "p95", "s without a face, median", "p95"], rows)


def list_false(result):
    return ", ".join(result["false"]) or "none"


def tabulate_thresholds(result):
    photos, empty = result["pictures"]
    return markdown_table(["threshold", f"of {photos:,} photographs, %", f"of {empty} pictures without a face"],
                          [[f"{threshold:g}", percent(right / photos), wrong] for threshold, right, wrong in result["found"]])


def tabulate_crowds(found):
    return markdown_table(
        ["crowd", "detector", "faces found", "%", "false", "duplicates"],
        [[kind, NAMES[name], f"{count['found']} of {count['true']}", percent(count["found"] / count["true"]), count["false"],
          count["duplicates"]] for kind in found["hog"]["crowds"] for name, result in found.items()
         for count in [result["crowds"][kind]]])


def tabulate_people(found):
    return markdown_table(["photograph", *(NAMES[name] for name in found)],
                          [[photo, *(len(result["people"][photo]) for result in found.values())]
                           for photo in found["hog"]["people"]])


if __name__ == "__main__":
    main()
