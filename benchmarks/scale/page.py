"""Write the page on how extraction scales from results.json.

    python -m benchmarks.scale.page
"""

from pathlib import Path

from benchmarks.common import list_versions, read_results, write_page
from benchmarks.scale.growing import MANY, START
from featfer.utils.markdown import markdown_table
from featfer.utils.words import count

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
FEW, MORE = 256, 1536             # images; the difference of two runs is free of their start
MADE = 100_000                    # images of the memory's run
IMAGES_A_SHARD, IMAGES_A_TASK = 16, 256
PLANNED = "embedding", "stage:128x8x8, plain and flip", "embedding, photos of 224x224", "embedding, photos of 425x425"
PLANS = {"1 million": (1_000_000, 16), "1 billion": (1_000_000_000, 1000)}  # images, cores
PRICE = 0.04  # of a core-hour, assumed


def main():
    write_page(HERE, page(read_results(RESULTS)))


def page(result):
    """Return the page, of what was measured."""
    found = {name: result[name]["measured"] for name in TABLES if name in result}
    tables = {name: TABLES[name](measured) for name, measured in found.items()}
    dates = "; ".join(sorted({f"{result[name]['date']}, {result[name]['machine']}" for name in found}))
    return f"""# How extraction scales

{dates}; {list_versions(result["versions"])}. Made by

```
python -m benchmarks.scale.measure fer2013.csv
```

[docs/scale.md](../../docs/scale.md) uses these figures for planning.

""" + "\n\n".join(tables.values()) + "\n"


def rates_table(found):
    return f"{costs_table(found)}\n\n{plan_table(found)}"


def costs_table(found):
    rows = [[name, f"{1000 * cost['core_seconds']:.1f}", f"{1 / cost['core_seconds']:.0f}", f"{cost['start']:.1f}",
             f"{cost['bytes']:,.0f}"] for name, cost in found.items()]
    head = ["with detection", "core-ms an image", "images/s a core", "core-s to start", "bytes an image"]
    return markdown_table(head, rows) + f"""

User and system time of `featfer extract --jobs 1` for {MORE:,} rows of FER2013 minus that for {FEW} (photos: 144 minus
16), so that the start of the process counts little. Bytes are those of the shards."""


def plan_table(found):
    rows = []
    for name, (images, cores) in PLANS.items():
        for what in PLANNED:
            hours = images * found[what]["core_seconds"] / 3600
            rows.append([f"{name}, {what}", f"{hours:,.1f}", f"{hours / cores:,.1f} with {cores:,}",
                         f"{images * found[what]['bytes'] / 1e9:,.1f}", f"{PRICE * hours:,.2f}"])
    return markdown_table(["images", "core-hours", "hours", "GB", "price"], rows) + f"""

Computed from the previous table. The price of {PRICE} per core-hour is an assumption: use your own."""


def memory_table(found):
    rows = [["none yet" if images == "0" else f"{int(images):,}", f"{total:.0f}", f"{first:.0f}"]
            for images, (total, first) in found.items()]
    return markdown_table(["images stored, at most", "MiB, all processes", "MiB, the first alone"], rows) + f"""

The highest resident memory of `featfer extract made.csv --features crop`, read every second, on {MADE:,} distinct images of
random pixels (`python -m benchmarks.scale.measure made.csv --make {MADE}`). Pages that processes share are counted in each of
them. The last row includes the summary."""


def speeds_table(found):
    growth = markdown_table(["embeddings of so many images, two processes", "images/s"],
                            [[f"{int(images):,}", f"{rate:.0f}"] for images, rate in found["growth"].items()])
    names, one = {"processes": ("process", "processes"), "workers": ("worker",)}, found["processes"]["1"]
    rows = [[count(int(number), *names[way]), f"{rate:.0f}", f"{rate / one:.2f}"]
            for way in names for number, rate in found[way].items()]
    return f"""{growth}

{markdown_table([f"embeddings of {MANY:,} images", "images/s", "times one process"], rows)}

Without the seconds that a run on {START} images takes, which is nearly all start-up. Workers are those of a Dask cluster on
the same two cores. A single process computes the network on both cores, a worker on one."""


def rows_table(found):
    table = [[f"{int(count):,}", *(f"{part['seconds']:.2f} s, {part['mib']:,.0f} MiB" for part in (
        cost["table_read"], cost["files_checked"], cost["resumed"]))] for count, cost in found.items()]
    head = ["rows of embeddings in a store", "read into memory", "each file checked", "resumed, nothing left to do"]
    return markdown_table(head, table)


def stores_table(found):
    rows = [[f"{int(count):,}", *(f"{part['seconds']:.1f} s, {part['mib']:.0f} MiB" for part in (
        cost["listed"], cost["keys_read"], cost["checked"]))] for count, cost in found.items()]
    return markdown_table(["shards in a store", "its files listed", "its keys read", "checked, as at each start"], rows) + f"""

Shards of {IMAGES_A_SHARD} images, in the system's cache; memory in addition to that of the libraries. Seconds in this table
and the next are wall-clock time, on a machine that was busy with other work too."""


def records_table(found):
    rows = [[f"{int(count):,}", f"{cost['record_written']['seconds']:.1f} s, {cost['record_written']['mib']:,.0f} MiB",
             f"{cost['record_cut']['seconds']:.1f} s, {cost['record_cut']['mib']:,.0f} MiB", f"{cost['bytes']:.0f}"]
            for count, cost in found.items()]
    head = ["rows of a data set", "record made and written", "read, split into shards", "bytes a row on disk"]
    return markdown_table(head, rows)


def tasks_table(found):
    ours, theirs = 1000 * found["client"], 1000 * found["scheduler"]
    most = 1000 / max(ours, theirs)
    return (f"A task of {IMAGES_A_TASK} images is {found['bytes']:,} bytes. It takes {ours:.1f} core-ms of the command and "
            f"{theirs:.1f} of the scheduler.\nWith a core for each, that is {most:.0f} tasks/s, "
            f"{IMAGES_A_TASK * most:,.0f} images/s. {found['tasks_a_second']:.0f} tasks/s were measured here, "
            "next to two idle workers\nand the other work of the machine.")


TABLES = {"rates": rates_table, "speeds": speeds_table, "memory": memory_table, "rows": rows_table, "stores": stores_table,
          "records": records_table, "tasks": tasks_table}

if __name__ == "__main__":
    main()
