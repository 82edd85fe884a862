"""No folder of a machine in what is shown or sent, and nothing else lost."""

from __future__ import annotations

import pytest

from tasrih.evaluation.places import command_without_places, line_without_places, without_place, without_places


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/home/someone/posts.csv", "posts.csv"), ("/posts.csv", "posts.csv"), ("~/data/posts.csv", "posts.csv"),
        ("../../home/me/posts.csv", "posts.csv"), ("file:///home/me/posts.csv", "posts.csv"),
        (r"C:\Users\me\posts.csv", "posts.csv"), ("C:/Users/me/posts.csv", "posts.csv"),
        (r"\\server\share\me\posts.csv", "posts.csv"), ("//server/share/me/posts.csv", "posts.csv"),
        ("/home/some one/أخبار.csv", "أخبار.csv"),
    ],
)  # fmt: skip
def test_of_a_path_the_last_part_is_left(name, told):
    assert without_place(name) == told
    if " " not in name:
        assert line_without_places(f"see {name}, or ({name})") == f"see {told}, or ({told})"


@pytest.mark.parametrize(
    "name",
    ["stance/ans", "owner/model", "https://huggingface.co/a/b", "1/2", "2024/05/01", "m/s", "", "/", "..", "</b>", "قال/ت",
     "C:", "x.csv", "runs/topic"],
)  # fmt: skip
def test_what_is_no_place_is_left_alone(name):
    assert without_place(name) == name or name == "</b>"
    assert line_without_places(f"a {name} b") == f"a {name} b"


def test_a_command_is_quoted_as_a_shell_needs_it():
    given = "tasrih evaluate '/home/some one/my model' 'C:/x y/a.csv' --map 'in favour=favor' --more=/home/x,y"
    assert command_without_places(given) == "tasrih evaluate 'my model' a.csv --map 'in favour=favor' --more=x,y"
    assert command_without_places("tasrih 'open /home/x") == "tasrih 'open x"


def test_no_count_is_lost_where_names_become_alike():
    removed = {"/data/a/train.jsonl/train": 5, "/data/b/train.jsonl/train": 7, r"C:\me\x.csv": 1, "stance/ans/train": 2}
    assert without_places(removed) == {
        "train.jsonl/train": 5, "train.jsonl/train (2)": 7, "x.csv": 1, "stance/ans/train": 2,
    }  # fmt: skip
