import json

import numpy as np
import pytest
from helpers.fer2013 import write_csv

from benchmarks.speed import ranges
from featfer.features.dlibnet.ranges import RANGES, read_ranges


def test_a_range_leaves_out_rare_large_values():
    values = np.random.default_rng(0).exponential(size=100_000)
    assert 0.5 * values.max() < ranges.choose_range(values) < 0.95 * values.max()


def test_a_range_of_signed_values_holds_both_signs():
    assert ranges.choose_range(np.linspace(-3, 1, 1000)) == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(("network", "file"), RANGES.items())
def test_the_ranges_of_a_data_set_are_of_its_training_faces_and_mirror_images(network, file, tmp_path, crops):
    labels = ("Training", "Training", "PublicTest")
    source = write_csv(tmp_path / "fer2013.csv", [(3, crop, usage) for crop, usage in zip(crops[:3], labels, strict=True)])
    record = ranges.write_ranges(source, network, tmp_path / "ranges.json")
    assert record["faces"] == f"2 training faces of {source} and their mirror images"
    assert list(record["ranges"]) == list(read_ranges(file))
    assert json.loads((tmp_path / "ranges.json").read_text()) == record
