"""Holding a data directory: one sentence for whatever is in the way."""

import pytest

from rollup.devnet.data_directory import DirectoryRefused, held, is_held


def test_it_is_held_by_one_at_a_time_and_let_go(tmp_path):
    with held(tmp_path / "a" / "b", "me"):
        assert is_held(tmp_path / "a" / "b")
        with pytest.raises(DirectoryRefused, match="one that a running process uses"), held(tmp_path / "a" / "b", "me"):
            pass
    assert not is_held(tmp_path / "a" / "b")
    with (
        pytest.raises(DirectoryRefused, match="received the data of me, expected the data of somebody else"),
        held(tmp_path / "a" / "b", "somebody else"),
    ):
        pass


def test_a_file_or_a_folder_of_others_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DirectoryRefused, match="expected a folder that this user may make and write to"), held(place, "me"):
            pass
    with pytest.raises(DirectoryRefused, match="a folder with something else in it"), held(tmp_path, "me"):
        pass
