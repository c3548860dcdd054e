from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from featfer.errors import ParameterError
from featfer.images.given import as_images, name_images


def test_columns_of_frames_are_several_images():
    frame = pd.DataFrame({"path": ["a.jpg", "b.jpg"], "label": ["sad", "happy"]})
    assert list(as_images(frame["path"])) == list(as_images(frame[["path"]])) == ["a.jpg", "b.jpg"]
    with pytest.raises(ParameterError, match="images in a DataFrame with the columns path, label: give the one"):
        as_images(frame)


@pytest.mark.parametrize("given", [{"a.jpg": 1}, {"a.jpg"}, frozenset(["a.jpg"])])
def test_what_has_no_order_is_refused(given):
    with pytest.raises(ParameterError, match=f"^images in a {type(given).__name__}: give a list, which has an order$"):
        as_images(given)


def test_images_are_named_by_file_or_number():
    names = []
    images = ["a.jpg", np.zeros((8, 8)), Path("b") / "c.jpg"]
    assert list(name_images(images, names)) == images
    assert names == ["a.jpg", 2, str(Path("b") / "c.jpg")]
