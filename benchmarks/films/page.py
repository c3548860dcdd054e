"""Write the page on films from results.json.

    python -m benchmarks.films.page
"""

from pathlib import Path

from benchmarks.common import list_versions, read_results, write_page
from featfer.utils.markdown import markdown_table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
IDF1, MS, RATE, TIMES, MIB = 0.95, 1.0, 60, 3, 50  # what is asked for


def main():
    write_page(HERE, page(read_results(RESULTS)))


def page(result):
    """Return the page, of what was measured."""
    found = {name: result[name]["measured"] for name in SECTIONS if name in result}
    origins = sorted({f"{part['date']}, {part['machine']}; {list_versions(part['versions'])}" for part in result.values()})
    loads = ", ".join(f"{part['load']:.1f} ({name})" for name, part in result.items() if "load" in part)
    sections = [f"## {title}\n\n{write(found[name])}" for name, (title, write) in SECTIONS.items() if name in found]
    return f"""# Films

{"; ".join(origins)}. Made by

```
python -m benchmarks.peers.install fer --into ENVIRONMENTS
python -m benchmarks.films.measure --photos PHOTOS --films FILMS --fer ENVIRONMENTS/fer
```

where PHOTOS has `photos.csv` with the columns path, label and subject, and FILMS further films. In the films of persons,
portraits of the subjects with an odd number are moved, turned, scaled, lit and blurred over a background, at 640x480 and
25 frames/s, so that the person in each place is known in each frame. Other processes that were running or waiting for a core at
the start: {loads}. If there are more of them than cores, what takes time takes longer than on an idle machine.

{markdown_table(["asked for", "measured", ""], list_aims(found))}

""" + "\n\n".join(sections) + "\n"


def list_aims(found):
    """Return rows of what is asked for, what was measured, and whether that is met."""
    rows = []
    if "identity" in found:
        least = min(found["identity"].items(), key=lambda item: item[1]["person"]["idf1"])
        rows.append([f"IDF1 of persons at least {IDF1} in each recording",
                     f"{least[1]['person']['idf1']:.3f} in the worst ({least[0]})", least[1]["person"]["idf1"] >= IDF1])
    if "times" in found:
        worst = _find_worst_time(found["times"])
        rows.append([f"times within {MS:.0f} ms of ffprobe's", "there is no ffprobe" if worst is None else f"{worst:.3f} ms",
                     worst is not None and worst <= MS])
    if "speed" in found:
        (_, rate), *others = ((name, run["rate"]) for name, run in found["speed"].items())
        rows.append([f"{RATE} frames/s on two cores", f"{rate:.1f}", rate >= RATE])
        rows += [[f"{TIMES} times {name}", f"{rate / other:.1f} times", rate >= TIMES * other] for name, other in others]
    if "memory" in found:
        few, many = found["memory"].values()
        rows.append([f"less than {MIB} MiB more for 10,000 frames than for 500", f"{many - few:.0f} MiB", many - few < MIB])
    if "resuming" in found:
        is_same = found["resuming"]["identical"]
        rows.append(["the same table, byte by byte, after a kill", "the same" if is_same else "another", is_same])
    return [[aim, measured, "met" if is_met else "missed"] for aim, measured, is_met in rows]


def _find_worst_time(times):
    """Return the largest difference from ffprobe, in milliseconds; infinite where frames are missing; None without ffprobe."""
    if times is None:
        return None
    return max(beside if beside is not None else 0.0 if written is not None else float("inf")
               for _, beside, written in times.values())


def write_identity(found):
    rows = [[name, f"{score['person']['idf1']:.3f}", f"{score['person']['least']:.3f}", f"{score['person']['switches']}",
             f"{score['track']['idf1']:.3f}", f"{score['track']['switches']}", f"{score['track']['mota']:.3f}",
             *(f"{score['track'][name]:,}" for name in ("faces", "missed", "false"))] for name, score in found.items()]
    head = ["recording", "IDF1 of persons", "least", "switches", "IDF1 of tracks", "switches", "MOTA", "faces", "missed",
            "false"]
    return f"""{markdown_table(head, rows)}

Means over three casts of six subjects, `least` of them, and sums of the counts. A box is on a face where they overlap (IoU)
by at least 0.5. IDF1 pairs each true person with one number over all films of the recording (Ristani et al. 2016), so a face
without a number counts as missed; MOTA, missed and false faces, and switches are those of CLEAR MOT (Bernardin and Stiefelhagen
2008), here of tracks. A face of which less than 0.6 is seen counts neither as true nor as false. A right track ends at a cut,
and where its face is out of sight for longer than half a second."""


def write_joining(found):
    rows = [[what, *(f"{pairs['even'][name]:,}" for name in ("same", "different")), f"{pairs['even']['distance']:.3f}",
             *(f"{100 * pairs[parity][name]:.2f}" for parity, name in (
                 ("even", "equal"), ("even", "missed"), ("odd", "equal"), ("odd", "joined"), ("odd", "missed")))]
            for what, pairs in found.items()]
    head = ["embeddings of", "pairs of one person", "of two", "distance", "equal error, %", "missed, %",
            "odd: equal error, %", "odd: joined, %", "odd: missed, %"]
    return f"""{markdown_table(head, rows)}

Pairs of photographs of the subjects with an even number; at `distance`, 0.1 % of the pairs of two persons are nearer, and
`missed` of the pairs of one are not. The columns after it say how that distance does on the subjects with an odd number. A
track is made of one photograph whose face moves, and its embedding is the mean of eight; pairs of tracks of one person come
from different photographs. `unit length`: each embedding is divided by its norm, and so is the mean."""


def write_times(found):
    if found is None:
        return "ffprobe is not installed, so nothing was compared."
    say = lambda value, other: other if value is None else f"{value:.3f}"  # noqa: E731
    rows = [[name, frames, say(beside, "states none"), say(written, "")] for name, (frames, beside, written) in found.items()]
    return f"""{markdown_table(["film", "frames", "from ffprobe, ms", "from what was written, ms"], rows)}

The largest difference of `time_s` from ffprobe's `pts_time` minus that of the first frame."""


def write_speed(found):
    rows = [[name, f"{run['rate']:.1f}", f"{run['core']:.1f}", f"{run['whole']:.1f}", f"{run['start']:.1f}"]
            for name, run in found.items()]
    return f"""{markdown_table(["program", "frames/s", "core-ms a frame", "s, all of it", "s, of which start"], rows)}

A film of one face that moves, 640x480, 500 frames, all on two cores. `start` is the time of the same command on a film of one
frame; frames/s and the processor's time are those of the others. Medians of three runs, in which the programs took turns.
featfer writes all columns, and the page; fer 25.10.3 (`Video.analyze`) gives seven probabilities a face and writes neither
pictures nor a film. Its description analyzes films with MTCNN (here 50 frames); its default detector is the Haar cascade."""


def write_memory(found):
    rows = [[f"{int(frames):,}", f"{peak:.0f}"] for frames, peak in found.items()]
    return f"""{markdown_table(["frames", "MiB at the peak"], rows)}

The same 20 seconds again and again, 320x240; the largest resident size of the process."""


def write_resuming(found):
    more = found["killed"] + found["again"] - found["whole"]
    return f"""An undisturbed run took {found["whole"]:.1f} s. One that was killed (`kill -9`) after {found["killed"]:.1f} s
took {found["again"]:.1f} s when it was started again: {more:.1f} s more in all, the second start included.
Its tables are {"the same, byte by byte" if found["identical"] else "not the same"}."""


def write_processes(found):
    rows = [[jobs, f"{seconds:.1f}", f"{found['1'] / seconds:.2f}"] for jobs, seconds in found.items()]
    return f"""{markdown_table(["processes", "s for two films", "times as fast"], rows)}

Medians of three runs, on two cores."""


SECTIONS = {
    "identity": ("Who is who", write_identity), "joining": ("From which distance two are one person", write_joining),
    "times": ("Times", write_times), "speed": ("Speed", write_speed), "memory": ("Memory", write_memory),
    "resuming": ("A run that is killed", write_resuming), "processes": ("Two films in two processes", write_processes),
}


if __name__ == "__main__":
    main()
