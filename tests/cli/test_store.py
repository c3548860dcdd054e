import json

from helpers.commands import refused, run, succeeded


def extract_part(csv, folder, shard, *options):
    return succeeded("extract", csv, "--store", folder, "--jobs", 1, "--features", "crop", "--shard", shard, *options)


def test_merge_prints_what_was_joined_and_what_is_missing(tmp_path, fer_csv, monkeypatch):
    monkeypatch.setattr("featfer.extraction.run.SHARD_IMAGES", 8)
    parts = [tmp_path / f"part{number}" for number in (1, 2)]
    for number, part in enumerate(parts, start=1):
        extract_part(fer_csv, part, f"{number}/2")
    whole = tmp_path / "whole"
    first, second = succeeded("store", "merge", whole, parts[0]).splitlines()
    assert first == f"{whole}: 3 shards and 1 source added, 0 shards were there."
    assert second.startswith("fer2013.csv (") and ": 18 images have no crop-" in second
    first, second = succeeded("store", "merge", whole, *parts).splitlines()
    assert first == f"{whole}: 3 shards and 0 sources added, 3 shards were there."
    assert ": all images have crop-" in second
    assert "Nothing to do" in succeeded("extract", fer_csv, "--store", whole, "--features", "crop")


def test_json_has_the_result_of_merge(tmp_path, fer_csv):
    extract_part(fer_csv, tmp_path / "part", "1/1")
    merged = json.loads(succeeded("store", "merge", tmp_path / "whole", tmp_path / "part", "--json"))
    (source, features), = merged.pop("missing").items()
    assert merged == {"added": 1, "kept": 0, "sources": 1}
    assert source.startswith("fer2013.csv (")
    assert list(features.values()) == [0]


def test_a_folder_that_is_not_a_store_is_named(tmp_path):
    assert f"{tmp_path / 'none'}: no feature store" in refused("store", "merge", tmp_path / "whole", tmp_path / "none")
    assert not (tmp_path / "whole").exists()


def test_stores_are_required(tmp_path):
    result = run("store", "merge", tmp_path / "whole")
    assert result.exit_code == 2
    assert "STORE..." in result.stderr
