"""Pictures that are not ordinary faces: faces that are spoiled in some way, and pictures without a face."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import skimage

BLUR = 0.05     # of the shorter side of a picture of a face
TURNED = 50     # degrees by which a face is turned, as if it were painted on a cylinder
PATCH = 96      # pixels, of a patch of a picture without a face
PATCHES = 12    # of each picture
FACELESS = ("brick.png", "cell.png", "chelsea.png", "chessboard_GRAY.png", "clock_motion.png", "coffee.png", "coins.png",
            "color.png", "grass.png", "gravel.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "logo.png",
            "microaneurysms.png", "moon.png", "motorcycle_left.png", "page.png", "phantom.png", "retina.jpg", "rocket.jpg",
            "text.png")  # of scikit-image
DRAWN = ("Minduka_Present_Blue_Pack.png", "logo2.png")  # of matplotlib


def blur(image, rng):
    """Blur a picture; the standard deviation is BLUR of its shorter side."""
    return cv2.GaussianBlur(image, None, BLUR * min(image.shape[:2]))


def hide_half(image, rng):
    """Paint a half of a picture, left, right, top or bottom, in its mean colour."""
    hidden, (height, width) = image.copy(), image.shape[:2]
    half = [np.s_[:, :width // 2], np.s_[:, width // 2:], np.s_[:height // 2], np.s_[height // 2:]][rng.integers(4)]
    hidden[half] = image.mean(axis=(0, 1))
    return hidden


def turn(image, rng):
    """Turn a face to the left or right by TURNED degrees, as if it were painted on a cylinder."""
    height, width = image.shape[:2]
    across = np.linspace(-1, 1, width)
    angles = np.arcsin(across) + np.deg2rad(TURNED) * rng.choice([-1, 1])
    seen = np.where(np.abs(angles) < np.pi / 2, (np.sin(angles) + 1) / 2 * (width - 1), -1)
    columns = np.tile(seen.astype(np.float32), (height, 1))
    rows = np.tile(np.arange(height, dtype=np.float32)[:, None], (1, width))
    return cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(128,) * 3)


def draw_edges(image, rng):
    """Draw the edges of a picture in black on white."""
    grey = cv2.GaussianBlur(_to_grey(image), None, max(0.5, min(image.shape[:2]) / 150))
    return 255 - cv2.Canny(grey, 40, 120)


def draw_in_pencil(image, rng):
    """Draw a picture as if in pencil: each pixel divided by its surroundings."""
    grey = _to_grey(image)
    return cv2.divide(grey, cv2.GaussianBlur(grey, None, min(image.shape[:2]) / 25), scale=256)


def posterise(image, rng):
    """Draw a picture in three greys."""
    return (np.digitize(_to_grey(image), np.quantile(_to_grey(image), [1 / 3, 2 / 3])) * 127).astype(np.uint8)


def turn_upside_down(image, rng):
    """Turn a picture by 180 degrees."""
    return image[::-1, ::-1].copy()


def add_noise(image, rng):
    """Add normal noise with a standard deviation of 60 of 255 to each pixel."""
    return np.clip(image + rng.normal(0, 60, image.shape), 0, 255).astype(np.uint8)


SPOILED = {"blurred": blur, "half hidden": hide_half, "turned by 50°": turn, "edges": draw_edges, "pencil": draw_in_pencil,
           "posterised": posterise, "upside down": turn_upside_down, "noisy": add_noise}


def read_faceless():
    """Return the pictures without a face that come with scikit-image and matplotlib (list of uint8 arrays)."""
    from featfer.images.pixels import read_image
    folders = (Path(skimage.data_dir), FACELESS), (Path(matplotlib.get_data_path(), "sample_data"), DRAWN)
    return [read_image(folder / name) for folder, names in folders for name in names]


def cut_patches(pictures, rng):
    """Return PATCHES random squares of each picture, PATCH pixels a side, from squares of a random size."""
    patches = []
    for picture in pictures:
        for _ in range(PATCHES):
            side = int(rng.uniform(0.15, 0.9) * min(picture.shape[:2]))
            top, left = (int(rng.integers(length - side + 1)) for length in picture.shape[:2])
            patches.append(cv2.resize(picture[top:top + side, left:left + side], (PATCH, PATCH), interpolation=cv2.INTER_AREA))
    return patches


def read_small_patches():
    """Return the 100 patches of photographs without a face, 25 pixels a side, of scikit-image's lfw_subset."""
    return list((np.load(Path(skimage.data_dir, "lfw_subset.npy"))[100:] * 255).astype(np.uint8))


def make_textures(rng, count=100):
    """Return pictures of noise, PATCH pixels a side: white noise, and noise of larger and larger grain."""
    noise = [cv2.GaussianBlur(rng.normal(size=(PATCH, PATCH)), None, 0.01 + 8 * at / count) for at in range(count)]
    return [np.clip(128 + 60 * grain / grain.std(), 0, 255).astype(np.uint8) for grain in noise]


def _to_grey(image):
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
