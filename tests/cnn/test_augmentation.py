"""Images changed at random."""

import pytest
import torch

from featfer.cnn.augmentation import make_augmentation


@pytest.fixture
def images():
    """32 images whose left half is dark and whose right half is bright."""
    images = torch.full((32, 1, 48, 48), 0.25)
    images[..., 24:] = 0.75
    return images


def changed(augment, images, seed=0):
    torch.manual_seed(seed)
    return make_augmentation(augment)(images)


def test_without_augmentation_nothing_changes(images):
    assert changed({}, images) is images


def test_half_of_the_images_are_mirrored_each_at_random(images):
    mirrored = changed({"flip": 0.5}, images)[:, 0, 0, 0] == 0.75
    assert 6 < mirrored.sum() < 26
    assert bool((changed({"flip": 1.0}, images) == images.flip(-1)).all())


def test_a_seed_gives_the_same_changes_and_another_others(images):
    augment = {"flip": 0.5, "rotation": 15, "zoom": 0.1, "shift": 0.1, "light": 0.2, "noise": 0.05, "cutout": 0.5}
    first = changed(augment, images)
    assert torch.equal(first, changed(augment, images))
    assert not torch.equal(first, changed(augment, images, seed=1))
    assert first.shape == images.shape


def test_shift_moves_the_edge_as_far_as_it_may(images):
    moved = changed({"shift": 0.1}, images)
    edges = (moved[:, 0, 24] < 0.5).sum(dim=1) - 24
    assert 2 <= edges.abs().max() <= 5
    assert len(edges.unique()) > 3
    assert moved.min() >= 0.24  # what comes in repeats the border: nothing black


def test_rotation_alone_keeps_the_middle_where_it_is(images):
    turned = changed({"rotation": 30}, images)
    assert torch.allclose(turned[:, 0, 23, 21], torch.tensor(0.25), atol=0.05)
    assert (turned[:, 0, 4] - images[:, 0, 4]).abs().max() > 0.4


def test_cutout_covers_grey_patches_within_the_limits(images):
    patched = changed({"cutout": 1.0}, images) == 0.5
    areas = patched.float().mean(dim=(1, 2, 3))
    assert areas.min() > 0.01
    assert 0.1 < areas.max() <= 0.22


def test_noise_and_light(images):
    noisy = changed({"noise": 0.05}, images) - images
    assert float(noisy.std()) == pytest.approx(0.05, rel=0.05)
    lit = changed({"light": 0.2}, images).mean(dim=(1, 2, 3))
    assert 0.05 < lit.max() - lit.min() < 0.6


def test_colours_are_changed_alike():
    images = torch.rand(4, 1, 48, 48).expand(-1, 3, -1, -1)
    changed_alike = changed({"flip": 0.5, "rotation": 15, "shift": 0.1}, images)
    assert torch.allclose(changed_alike[:, 0], changed_alike[:, 2])
