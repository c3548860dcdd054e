import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from featfer.superres.enlarging import Enlargement
from featfer.superres.figures import SAME, compare, compute_psnr, compute_ssim


def test_psnr_of_known_errors():
    true = np.full((2, 8, 8), 100, np.uint8)
    made = true + np.array([1, 255 - 100], np.uint8)[:, None, None]
    assert compute_psnr(made[:1], true[:1]) == pytest.approx(48.1308, abs=1e-4)  # 20 log10 255
    assert compute_psnr(made[1:], true[1:]) == pytest.approx(20 * np.log10(255 / 155))
    assert compute_psnr(true, true) == SAME
    assert compute_psnr(made, true) == pytest.approx((compute_psnr(made[:1], true[:1]) + compute_psnr(made[1:], true[1:])) / 2)


def test_psnr_and_ssim_are_those_of_scikit_image(crops):
    made, true = crops[:3], crops[3:6]
    pairs = list(zip(true, made, strict=True))
    assert compute_psnr(made, true) == pytest.approx(np.mean([peak_signal_noise_ratio(*pair) for pair in pairs]))
    assert compute_ssim(made, true) == pytest.approx(np.mean([structural_similarity(*pair) for pair in pairs]))
    assert compute_ssim(true, true) == 1


def test_a_generator_is_compared_with_resampling(crops):
    faces = crops[:4]
    bicubic = Enlargement("bicubic")
    figures = compare(lambda small: np.stack([bicubic(image) for image in small]), faces)
    assert figures["images"] == 4
    assert figures["generator"] == figures["bicubic"] != figures["lanczos"]
    assert 15 < figures["bicubic"]["psnr"] < 40 and 0.4 < figures["bicubic"]["ssim"] < 1
