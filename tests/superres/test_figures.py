import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from featfer.superres.enlarging import Enlargement
from featfer.superres.figures import SAME, compare, psnr, ssim


def test_psnr_of_known_errors():
    true = np.full((2, 8, 8), 100, np.uint8)
    made = true + np.array([1, 255 - 100], np.uint8)[:, None, None]
    assert psnr(made[:1], true[:1]) == pytest.approx(48.1308, abs=1e-4)  # 20 log10 255
    assert psnr(made[1:], true[1:]) == pytest.approx(20 * np.log10(255 / 155))
    assert psnr(true, true) == SAME
    assert psnr(made, true) == pytest.approx((psnr(made[:1], true[:1]) + psnr(made[1:], true[1:])) / 2)


def test_both_are_scikit_images(crops):
    made, true = crops[:3], crops[3:6]
    assert psnr(made, true) == pytest.approx(np.mean([peak_signal_noise_ratio(*pair) for pair in zip(true, made, strict=True)]))
    assert ssim(made, true) == pytest.approx(np.mean([structural_similarity(*pair) for pair in zip(true, made, strict=True)]))
    assert ssim(true, true) == 1


def test_a_generator_stands_beside_plain_enlargement(crops):
    faces = crops[:4]
    bicubic = Enlargement("bicubic")
    figures = compare(lambda small: np.stack([bicubic(image) for image in small]), faces)
    assert figures["images"] == 4
    assert figures["generator"] == figures["bicubic"] != figures["lanczos"]
    assert 15 < figures["bicubic"]["psnr"] < 40 and 0.4 < figures["bicubic"]["ssim"] < 1
