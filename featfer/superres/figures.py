"""How near enlarged images come to the true ones: PSNR and SSIM."""

import numpy as np

from featfer.superres import RESAMPLED
from featfer.superres.enlarging import resampled
from featfer.superres.pairs import shrink
from featfer.utils.progress import bar

SAME = 100.0  # dB, what an image without any error counts as


def compare(enlarge, true):
    """Return the PSNR and the SSIM of a generator and of plain enlargement on faces that are shrunk first, as plain data.

    enlarge: a function from images uint8 (n, h, w) to uint8 (n, 4h, 4w); true: uint8 (n, side, side)
    """
    small = shrink(true)
    made = {"generator": enlarge(small),
            **{name: np.stack([resampled(image, name) for image in small]) for name in RESAMPLED}}
    return {"images": len(true), **{name: {"psnr": round(psnr(images, true), 3), "ssim": round(ssim(images, true), 4)}
                                    for name, images in made.items()}}


def psnr(made, true):
    """Return the peak signal-to-noise ratio in dB, the mean over images uint8 (n, h, w)."""
    squares = ((made.astype(np.float64) - true) ** 2).mean(axis=(1, 2))
    return float(np.where(squares > 0, 10 * np.log10(255**2 / np.maximum(squares, 1e-10)), SAME).mean())


def ssim(made, true):
    """Return the structural similarity (Wang et al. 2004), at most 1, the mean over images uint8 (n, h, w)."""
    from skimage.metrics import structural_similarity
    pairs = bar(zip(made, true, strict=True), total=len(true), desc="measuring", unit=" images")
    return float(np.mean([structural_similarity(one, other, data_range=255) for one, other in pairs]))
