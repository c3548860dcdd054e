import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.pose import mean_face
from benchmarks.pose.mean_face import MIRROR, reconstruct
from featfer.faces.pose import read_mean_face, rotation_matrix


def faces_of(shape, count=400):
    """Views of a shape by scaled orthographic cameras with a little noise, each with its mirror image, and their poses."""
    draw = np.random.default_rng(0)
    poses = draw.normal(0, (10, 15, 8), (count, 3))
    seen = (shape @ rotation_matrix(poses).swapaxes(1, 2))[..., :2] * draw.uniform(15, 25, (count, 1, 1))
    seen += draw.uniform(0, 40, (count, 1, 2)) + draw.normal(0, 0.1, seen.shape)
    return np.concatenate([seen, seen[:, MIRROR] * (-1, 1)])


@pytest.mark.slow
def test_a_shape_is_found_again_from_its_views():
    shape = read_mean_face()[0]
    found, weights, angles = reconstruct(faces_of(shape))
    assert np.abs(found - shape).max() < 0.05
    assert np.median(angles, axis=0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert angles.std(axis=0) == pytest.approx([10, 15, 8], rel=0.15)
    assert weights.sum() == pytest.approx(1)


def test_mirror_is_its_own_inverse_and_swaps_the_eyes():
    assert (MIRROR[MIRROR] == np.arange(68)).all()
    assert sorted(MIRROR[36:42]) == list(range(42, 48))


def test_the_script_writes_where_it_is_told_to(tmp_path, small_store, monkeypatch):
    monkeypatch.setattr(mean_face, "reconstruct", lambda points: (np.ones((68, 3)), np.ones(68) / 68, points[:, :3, 0] * 0))
    result = CliRunner().invoke(mean_face.main, ["--store", str(small_store), "--out", str(tmp_path / "face.json")])
    assert result.output.startswith(f"{tmp_path / 'face.json'}: ")
    written = json.loads((tmp_path / "face.json").read_text())
    assert np.shape(written["points"]) == (68, 3)
    assert written["faces"].endswith("training faces of fer2013.csv")
