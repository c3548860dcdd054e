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
BLINKS = {  # frames in which the lids are down, counted by eye; one_face looks down throughout
    "woman": [[7, 11], [146, 149], [278, 281], [306, 310], [325, 329], [454, 458]],
    "one_face": []}


def main():
    write_page(HERE, "")


if __name__ == "__main__":
    main()
