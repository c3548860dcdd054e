import os
import shutil

import numpy as np
import pytest
from helpers.fer2013 import write_csv
from helpers.runs import assert_same, shards

from featfer.datasets.splitting import make_split_plan
from featfer.errors import ParameterError, StoreError
from featfer.extraction import run
from featfer.extraction.chunks import JobShard
from featfer.extraction.run import extract
from featfer.features import Landmarks
from featfer.features.crop import Crop
from featfer.store import merging
from featfer.store.merging import merge
from featfer.store.opening import open_table
from featfer.store.store import Store

SOURCE = "fer2013.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory, fer_rows):
    """A folder with the store of crops of the 42 rows in shards of 8, and with those of its three shards."""
    folder = tmp_path_factory.mktemp("made")
    csv = write_csv(folder / SOURCE, fer_rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "SHARD_IMAGES", 8)
        extract(csv, folder / "one", [Crop()], jobs=1)
        for number in (1, 2, 3):
            extract(csv, folder / f"part{number}", [Crop()], jobs=1, shard=JobShard(number, 3))
    return folder


@pytest.fixture
def parts(tmp_path, made):
    """Copies of the shards' stores, to be damaged."""
    return [shutil.copytree(made / f"part{number}", tmp_path / f"part{number}") for number in (1, 2, 3)]


def missing(merged):
    (_, features), = merged.missing.items()
    return list(features.values())


def test_shards_merge_to_the_store_of_one_run(parts, made, tmp_path):
    merged = merge(tmp_path / "whole", parts)
    assert (merged.added, merged.kept, merged.sources) == (6, 0, 1)
    assert list(merged.missing) == [f"{SOURCE} ({Store(made / 'one').find_source()[:8]})"]
    assert missing(merged) == [0]
    assert [path.name for path in shards(tmp_path / "whole")] == [path.name for path in shards(made / "one")]
    assert_same(open_table(tmp_path / "whole", [Crop()]), open_table(made / "one", [Crop()]))
    assert Store(tmp_path / "whole").fingerprints() == Store(made / "one").fingerprints()


def test_files_are_linked_and_the_stores_stay(parts, tmp_path):
    before = {path: path.read_bytes() for part in parts for path in part.rglob("*.npz")}
    merge(tmp_path / "whole", parts)
    assert {path: path.read_bytes() for part in parts for path in part.rglob("*.npz")} == before
    assert all(path.stat().st_nlink == 2 for path in shards(tmp_path / "whole"))
    for part in parts:
        shutil.rmtree(part)
    assert len(open_table(tmp_path / "whole", [Crop()])) == 42


def test_files_are_copied_where_links_cannot_be(parts, tmp_path, monkeypatch):
    def refused(*paths):
        raise OSError("Invalid cross-device link")
    monkeypatch.setattr(merging.os, "link", refused)
    assert merge(tmp_path / "whole", parts).added == 6
    assert all(path.stat().st_nlink == 1 for path in shards(tmp_path / "whole"))
    assert len(open_table(tmp_path / "whole", [Crop()])) == 42


def test_a_second_merge_changes_nothing_and_adds_what_came(parts, tmp_path):
    first = merge(tmp_path / "whole", parts[:2])
    assert (first.added, first.kept, first.sources, missing(first)) == (4, 0, 1, [10])
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "whole").rglob("*")}
    assert merge(tmp_path / "whole", parts[:2]).kept == 4
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "whole").rglob("*")} == files
    last = merge(tmp_path / "whole", parts)
    assert (last.added, last.kept, last.sources, missing(last)) == (2, 4, 0, [0])


def test_stores_of_other_features_and_sources_join(parts, tmp_path, fer_rows):
    other = write_csv(tmp_path / "other.csv", fer_rows[:5])
    extract(other, tmp_path / "other", [Landmarks()], jobs=1)
    merged = merge(tmp_path / "whole", [*parts, tmp_path / "other"])
    assert (merged.added, merged.sources) == (7, 2)
    counts = {name.partition(" ")[0]: features for name, features in merged.missing.items()}
    assert counts == {SOURCE: {Crop().key: 0, Landmarks().key: 37}, "other.csv": {Crop().key: 0, Landmarks().key: 0}}


@pytest.mark.parametrize("pattern", ["features/*/*.npz", "sources/*.npz", "features/*/fingerprint.json"])
def test_a_damaged_file_is_named_and_not_merged(parts, tmp_path, pattern):
    file = sorted(parts[1].glob(pattern))[0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(StoreError, match=f"{file}: damaged"):
        merge(tmp_path / "whole", parts)
    assert not list((tmp_path / "whole").glob(f"features/*/{file.name}")) or file.suffix == ".json"
    shutil.copytree(parts[0].parent / "part1", tmp_path / "again")
    file.write_bytes(bytes([*content[:len(content) // 2], content[len(content) // 2] ^ 1, *content[len(content) // 2 + 1:]]))
    assert missing(merge(tmp_path / "whole", parts)) == [0]


def test_a_damaged_file_of_the_whole_is_named(parts, tmp_path):
    merge(tmp_path / "whole", [shutil.copytree(part, tmp_path / f"copy{part.name}") for part in parts])
    file = shards(tmp_path / "whole")[2]
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:-9])
    with pytest.raises(StoreError, match=f"{file}: damaged"):
        merge(tmp_path / "whole", parts)


def test_a_store_of_another_version_or_none_is_named_before_anything_is_joined(parts, tmp_path):
    with pytest.raises(StoreError, match=f"{tmp_path / 'none'}: no feature store"):
        merge(tmp_path / "whole", [*parts, tmp_path / "none"])
    (parts[2] / "store.json").write_text('{"format": 99}')
    with pytest.raises(StoreError, match=f"{parts[2]}: a store of another version"):
        merge(tmp_path / "whole", parts)
    assert not (tmp_path / "whole").exists()


def test_records_of_a_source_that_differ_are_named(tmp_path, crops):
    from PIL import Image
    for i, crop in enumerate(crops[:40]):
        path = tmp_path / "faces" / ("happy", "sad")[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(crop).save(path)
    for seed in (0, 1):
        plan = make_split_plan("60/20/20", "image", seed)
        extract(tmp_path / "faces", tmp_path / f"seed{seed}", [Crop()], jobs=1, split_plan=plan)
    with pytest.raises(StoreError, match=r"seed1/sources/.*: records of the same source with other splits; run `featfer"):
        merge(tmp_path / "whole", [tmp_path / "seed0", tmp_path / "seed1"])


def test_a_store_is_not_joined_with_itself(parts):
    with pytest.raises(ParameterError, match="is one of the stores to be joined"):
        merge(parts[0], parts)
    link = parts[0].parent / "link"
    os.symlink(parts[0], link)
    with pytest.raises(ParameterError, match="is one of the stores to be joined"):
        merge(link, parts)


def test_an_interrupted_merge_goes_on(parts, tmp_path, monkeypatch):
    left, link = iter(range(3)), os.link

    def interrupted(*paths):
        if next(left, None) is None:
            raise KeyboardInterrupt
        link(*paths)
    monkeypatch.setattr(merging.os, "link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        merge(tmp_path / "whole", parts)
    monkeypatch.undo()
    assert missing(merge(tmp_path / "whole", parts)) == [0]
    assert np.isfinite(open_table(tmp_path / "whole", [Crop()]).features).all()
