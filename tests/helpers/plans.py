"""What the tests of the benchmark share: a list of models, and the plan of one."""

from pathlib import Path

from featfer_cli.benchmark_plan import plan

THREE = """
report = false
models = [
    { name = "svm", clf = "svm", params = { pca = 64 } },
    { name = "lda", clf = "lda", features = "--features stage:128x8x8 --network {work}/backbone.npz" },
    { name = "both", blend = ["svm", "lda"] },
]
"""


def planned(text, **options):
    """Return the plan of bench.toml with this text, in the current folder."""
    Path("bench.toml").write_text(text)
    return plan("bench.toml", "faces.csv", "work", **options)
