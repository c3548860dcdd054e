import numpy as np
import pandas as pd
import pytest

from featfer.errors import ParameterError
from featfer.extraction.chunks import WHOLE, JobShard, cut_chunks, find_incomplete, parse_shard

KEYS = pd.Series(list("abcadefbgh"))  # rows 3 and 7 are copies


def test_each_key_is_in_one_chunk_by_its_first_row():
    assert [rows.tolist() for rows in cut_chunks(KEYS, 3)] == [[0, 1, 2], [4, 5, 6], [8, 9]]


def test_shards_take_turns():
    assert [rows.tolist() for rows in cut_chunks(KEYS, 3, JobShard(1, 2))] == [[0, 1, 2], [8, 9]]
    assert [rows.tolist() for rows in cut_chunks(KEYS, 3, JobShard(2, 2))] == [[4, 5, 6]]
    assert cut_chunks(KEYS, 3, JobShard(4, 4)) == []


@pytest.mark.parametrize("of", [1, 2, 3, 7, 50])
def test_shards_cover_all_and_none_is_much_larger(of):
    keys = pd.Series([f"{i * 7919 % 1000}" for i in range(1500)])
    shares = [cut_chunks(keys, 16, JobShard(number, of)) for number in range(1, of + 1)]
    rows = np.concatenate([rows for share in shares for rows in share])
    assert sorted(keys[rows]) == sorted(set(keys))
    sizes = [sum(map(len, share)) for share in shares]
    assert max(sizes) - min(sizes) <= 16


def test_what_a_store_lacks():
    rows, lacks = find_incomplete(KEYS, np.array([0, 1, 4]), [{"a", "b"}, {"a", "d", "x"}])
    assert rows.tolist() == [1, 4]
    assert lacks.tolist() == [[False, True], [True, False]]


def test_a_store_with_everything_lacks_nothing():
    rows, lacks = find_incomplete(KEYS, np.array([0, 1]), [{"a", "b"}])
    assert (len(rows), lacks.shape) == (0, (0, 1))


def test_a_shard_is_parsed_and_printed():
    assert parse_shard("2/4") == JobShard(2, 4)
    assert str(parse_shard("12/12")) == "12/12"
    assert parse_shard("1/1") == WHOLE


@pytest.mark.parametrize("text", ["0/4", "5/4", "4", "/4", "2/", "a/b", "-1/4", "1/0", "1.5/4", "1/4/2", "²/4", ""])
def test_what_is_no_shard_is_named(text):
    with pytest.raises(ParameterError, match=r"shard '.*': give which of how many, from 1/4 to 4/4"):
        parse_shard(text)
