import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

from featfer.classifiers import kernels
from featfer.classifiers.kernels import average_kernel


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)


@pytest.mark.parametrize("block", [7, 1024])
def test_the_kernel_of_single_rows_is_scikit_learns(rows, block, monkeypatch):
    monkeypatch.setattr(kernels, "KERNEL_ROWS", block)
    kernel = average_kernel(rows, np.arange(50), 0.2)
    np.testing.assert_allclose(np.triu(kernel), np.triu(rbf_kernel(rows, gamma=0.2)), atol=1e-6)


@pytest.mark.parametrize("block", [3, 1024])
def test_the_kernel_of_groups_is_the_mean_over_all_pairs(rows, block, monkeypatch):
    monkeypatch.setattr(kernels, "KERNEL_ROWS", block)
    starts = np.array([0, 1, 4, 6, 7, 20, 49])
    groups = np.split(rows, starts[1:])
    expected = [[rbf_kernel(one, other, gamma=0.2).mean() for other in groups] for one in groups]
    np.testing.assert_allclose(np.triu(average_kernel(rows, starts, 0.2)), np.triu(expected), atol=1e-6)


def test_progress_goes_through_the_blocks(rows, monkeypatch):
    monkeypatch.setattr(kernels, "KERNEL_ROWS", 20)
    seen = []
    average_kernel(rows, np.arange(50), 0.2, lambda firsts: (seen.append(first) or first for first in firsts))
    assert seen == [0, 20, 40]
