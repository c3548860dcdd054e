"""The quality of enlarged images: PSNR and SSIM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.superres import RESAMPLED
from featfer.superres.enlarging import resample
from featfer.superres.pairs import shrink
from featfer.utils.progress import bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from featfer.typing import Pixels

SAME = 100.0  # dB, for an image without any error


def compare(enlarge: Callable[[Pixels], Pixels], true: Pixels) -> dict[str, Any]:
    """Compare a generator with bicubic and Lanczos enlargement on faces that are shrunk first.

    Parameters
    ----------
    enlarge : function
        From images uint8 (n, h, w) to images uint8 (n, 4h, 4w).
    true : uint8 array (n, side, side)
        The original faces.

    Returns
    -------
    dict
        {"images": n, method: {"psnr": dB, "ssim": value}}
    """
    small = shrink(true)
    made = {"generator": enlarge(small),
            **{name: np.stack([resample(image, name) for image in small]) for name in RESAMPLED}}
    return {"images": len(true), **{name: _compute_figures(images, true) for name, images in made.items()}}


def _compute_figures(made: Pixels, true: Pixels) -> dict[str, float]:
    return {"psnr": round(compute_psnr(made, true), 3), "ssim": round(compute_ssim(made, true), 4)}


def compute_psnr(made: Pixels, true: Pixels) -> float:
    """Compute the mean peak signal-to-noise ratio of images.

    Parameters
    ----------
    made, true : uint8 array (n, h, w)

    Returns
    -------
    float
        In dB.
    """
    squares = ((made.astype(np.float64) - true) ** 2).mean(axis=(1, 2))
    return float(np.where(squares > 0, 10 * np.log10(255**2 / np.maximum(squares, 1e-10)), SAME).mean())


def compute_ssim(made: Pixels, true: Pixels) -> float:
    """Compute the mean structural similarity of images.

    Parameters
    ----------
    made, true : uint8 array (n, h, w)

    Returns
    -------
    float
        At most 1.

    References
    ----------
    Wang et al. 2004.
    """
    from skimage.metrics import structural_similarity
    pairs = bar(zip(made, true, strict=True), total=len(true), desc="measuring", unit=" images")
    return float(np.mean([structural_similarity(one, other, data_range=255) for one, other in pairs]))
