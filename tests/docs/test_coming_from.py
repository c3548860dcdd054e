"""Coming from another toolkit: each counterpart is no longer than the snippet, and says what the photographs show."""

import contextlib
import shutil

import numpy as np
import pytest
import skimage
from helpers.pages import read_blocks
from helpers.videos import write_timed

import featfer

PAGE = "docs/coming-from.md"
BLOCKS = [block for block in read_blocks(PAGE) if block.language == "python"]
PAIRS = list(zip(BLOCKS[::2], BLOCKS[1::2], strict=True))


def read_code(block):
    """Return the lines of a block but imports and comments."""
    lines = map(str.strip, block.text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "import ", "from "))]


def test_there_are_ten_pairs():
    assert len(PAIRS) == 10
    assert all(theirs.reason and ours.reason is None for theirs, ours in PAIRS)


@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_a_counterpart_is_no_longer(number):
    theirs, ours = map(read_code, PAIRS[number])
    assert len(ours) <= len(theirs)
    assert sum(map(len, ours)) <= sum(map(len, theirs)), ours


@pytest.fixture(scope="module")
def found(tmp_path_factory, photo):
    """The names that each of the counterparts defines, and the value of its last line."""
    folder = tmp_path_factory.mktemp("photos")
    for name in ("photo.jpg", "a.jpg"):
        shutil.copy(skimage.data_dir + "/astronaut.png", folder / name)
    shutil.copy(photo, folder / "b.jpg")
    picture = skimage.data.astronaut()[:300, 80:380]
    write_timed(folder / "video.mp4", [np.roll(picture, number // 4, 1) for number in range(25)])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return [run(ours.text) for _, ours in PAIRS]


def run(text):
    """Return the names that a snippet defines, and as `last` the value of its last line, if it has one."""
    names, lines = {}, text.rstrip().splitlines()
    exec(text, names)
    with contextlib.suppress(SyntaxError):
        names["last"] = eval(lines[-1], names)
    return names


@pytest.mark.slow
def test_counterparts_say_what_the_photographs_show(found):
    boxes, points, same, analysed, embedded, cut, encoded, classified, photo, film = found
    assert boxes["boxes"] == [(176.5, 77.0, 266.5, 167.0)]
    assert [found.shape for found in points["points"]] == [(68, 2)]
    assert not same["is_same"] and np.linalg.norm(same["known"] - embedded["embedding"]) < 1e-4
    assert analysed["faces"][0].label == "happy"
    assert embedded["embedding"].shape == (128,)
    assert cut["pixels"].shape == (150, 150, 3)
    assert encoded["last"].shape == (2, 128 * 8 * 8)
    assert classified["last"].tolist() == ["happy", "neutral"]
    assert photo["fex"].loc[0, "happy"] > 0.9 and photo["fex"].loc[0, "AU12"] > 2
    assert film["fex"].loc[:, list(featfer.FER7.names)].mean().idxmax() == "happy" and film["last"].idxmax() in ("AU12", "AU25")
