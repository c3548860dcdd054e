"""The loop of every adapter in Python: a path a line in, a line of JSON out, {"faces": [{"box", "scores"}], "seconds"}.

Adapters run in the environments of the peers, where featfer is not installed: only the standard library is imported here.
"""

import json
import os
import sys
import time


def answer_lines(make):
    """Answer each path on the standard input.

    Parameters
    ----------
    make : function
        Loads the peer and returns its answer: a function from a path to a list of faces, each {"box": [left, top, width,
        height] in pixels, "scores": {label: score}}. What it prints goes to the standard error.
    """
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answer = make()
    print(json.dumps({"ready": True}), file=replies)
    for line in sys.stdin:
        start = time.perf_counter()
        faces = answer(line.rstrip("\n"))
        seconds = time.perf_counter() - start
        print(json.dumps({"faces": faces, "seconds": seconds}), file=replies)


def as_face(box, scores):
    """Return a face as plain data.

    Parameters
    ----------
    box : sequence of number
        Left, top, width, height.
    scores : dict
        {label: score}, in the peer's order.
    """
    return {"box": [float(side) for side in box], "scores": {name: float(score) for name, score in scores.items()}}
