"""Sweeps: what an axis does to a game, a file of results that survives everything, and a map that shows what came of it."""

import json
import os
import signal
import subprocess
import sys
from fractions import Fraction

import pytest
from click.testing import CliRunner

from rollup.cli import optroll
from rollup.commands.drill_sweep import AXIS_NAMES, LANES
from rollup.devnet.drills.scenario import Lane
from rollup.devnet.sweep.axes import AXES, AxisInvalid, is_promised, points_of, read_axes, read_axis, shown
from rollup.devnet.sweep.map import Heading, page_of, sheets_of, table_of
from rollup.devnet.sweep.play import End, Played, Task, play
from rollup.devnet.sweep.results import Results, ResultsUnusable, code_digest, key_of, line_of, played_of, read_results
from rollup.devnet.sweep.run import sweep, tasks_of
from tests.unit.sweep.offline import read_page


def end_at(drill="censorship-budget", lane=Lane.BISECTION, seed=1, **point):
    return play(Task(drill, lane, tuple((name, Fraction(value)) for name, value in point.items()), seed))


@pytest.mark.parametrize(
    ("point", "end"),
    [
        ({"window": "1"}, End.SAFE),
        ({"window": "0.8"}, End.STOLEN),
        ({"window": "0.8", "censorship": "0.5"}, End.SAFE),
        ({"censorship": "1.1"}, End.STOLEN),
        ({"censorship": "1.1", "window": "1.2"}, End.STALLED),
        ({"honest_share": "0"}, End.STOLEN),
        ({"honest_share": "0.5"}, End.STOLEN),
        ({"honest_share": "0.5", "censorship": "0.25"}, End.SAFE),
        ({"depth": "6", "censorship": "0"}, End.SAFE),
    ],
)
def test_what_a_point_comes_to(point, end):
    """The frontier is where absence and censorship together reach the window."""
    assert end_at(**point).end == end


@pytest.mark.parametrize(("window", "end"), [("1", End.SAFE), ("0.8", End.STOLEN)])
def test_the_direct_lane_breaks_below_its_window_too(window, end):
    assert end_at(lane=Lane.DIRECT, window=window).end == end


def test_axes_do_to_a_game_what_they_say():
    whole, tall, crowd = end_at("last-second"), end_at("last-second", depth="5"), end_at("last-second", sybils="8")
    assert end_at("last-second", window="0.5").window_blocks == whole.window_blocks // 2
    assert tall.window_blocks == whole.window_blocks + 26 * 2 * 2
    assert crowd.end == End.SAFE
    assert end_at("silence", sybils="1").delay_blocks <= end_at("silence").delay_blocks
    away = end_at("last-second", honest_share="0.9")
    assert 0 < away.delay_blocks - whole.delay_blocks <= whole.window_blocks // 10


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("window=0.8", ["0.8"]),
        ("window=0.8,1,1.25", ["0.8", "1", "1.25"]),
        ("window=0.5:1.5:3", ["0.5", "1", "1.5"]),
        ("honest_share=0:1:4", ["0", "0.3333", "0.6667", "1"]),
        ("depth=1:8:8", [str(value) for value in range(1, 9)]),
        ("sybils=1,100", ["1", "100"]),
    ],
)
def test_axes_are_read_and_shown(text, values):
    name, found = read_axis(text)
    assert name == text.partition("=")[0]
    assert list(map(shown, found)) == values
    assert [Fraction(shown(value)) for value in found] == list(found)


@pytest.mark.parametrize(
    ("texts", "part"),
    [
        ([], "received none, expected at least one of honest_share, window"),
        (["window"], "expected NAME=V,V,…"),
        (["speed=1"], "name of an axis: received speed, expected one of honest_share, window, censorship, sybils, depth"),
        (["window="], "expected a number with at most four decimals"),
        (["window=fast"], "received fast, expected a number"),
        (["window=1e3"], "received 1e3"),
        (["window=٣"], "expected a number"),
        (["window=1.00001"], "at most four decimals"),
        (["window=-1"], "received -1"),
        (["window=0"], "received 0, expected a number from 1/10 to 4"),
        (["honest_share=1.1"], "from 0 to 1"),
        (["sybils=1.5"], "expected a whole number from 1 to 1000"),
        (["depth=9"], "from 1 to 8"),
        (["window=1,1.0"], "each once"),
        (["window=0.5:1"], "FIRST:LAST:COUNT"),
        (["window=0.5:1:0"], "count from 2 to 101"),
        (["window=0.5:1:999999999999999"], "count from 2 to 101"),
        (["window=1", "window=0.8"], "received window twice"),
        (["window=0.1:4:101", "censorship=0:4:101"], "points of a sweep: received 10201, expected at most 10000"),
        ([f"{name}=1:2:101" for name in ("window", "censorship")] + ["honest_share=0:1:101"], "expected at most 10000"),
    ],
)
def test_a_wrong_axis_is_one_clear_sentence(texts, part):
    with pytest.raises(AxisInvalid) as caught:
        read_axes(texts)
    assert part in str(caught.value)
    result = CliRunner().invoke(optroll, ["drill", "sweep", "last-second", *(f"--axis={text}" for text in texts)], standalone_mode=False)
    assert part in str(result.exception)


def test_what_is_promised_is_where_all_is_as_assumed():
    promised = {"honest_share": "1", "window": "1.2", "censorship": "0.9", "sybils": "1000", "depth": "8"}
    assert is_promised({name: Fraction(value) for name, value in promised.items()})
    assert is_promised({name: axis.default for name, axis in AXES.items()})
    for name, value in (("honest_share", "0.99"), ("window", "0.99"), ("censorship", "1.01")):
        assert not is_promised({name: Fraction(value)})
    assert ", ".join(AXES) == AXIS_NAMES
    assert tuple(lane.value for lane in Lane) == LANES


def made(end=End.SAFE, seed=1, **point):
    return Played(Task("silence", Lane.BISECTION, tuple((k, Fraction(v)) for k, v in point.items()), seed), end, 5, 10, 7, ("L1",))


def test_a_result_is_read_as_it_was_written(tmp_path):
    played = made(End.STALLED, window="0.8", censorship="1")
    assert played_of(json.loads(json.dumps(line_of(played)))) == played
    path = tmp_path / "results"
    results = Results(path)
    results.add(played)
    results.close()
    assert read_results(path) == {key_of(played.task): played}
    turned = made(End.STALLED, censorship="1", window="0.8")
    assert key_of(turned.task) in read_results(path)


def test_a_torn_line_does_not_count_and_is_cut_off(tmp_path):
    path = tmp_path / "results"
    for end in (1, 30, 100):
        whole = json.dumps(line_of(made(window="1"))) + "\n"
        path.write_text(whole + whole[:end], encoding="utf-8")
        assert len(read_results(path)) == 1
        results = Results(path)
        results.add(made(window="0.5"))
        results.close()
        assert len(read_results(path)) == 2
        assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def test_results_of_other_code_do_not_count(tmp_path):
    path = tmp_path / "results"
    path.write_text(json.dumps({**line_of(made(window="1")), "code": "0" * 16}) + "\n", encoding="utf-8")
    assert read_results(path) == {}
    assert len(code_digest()) == 16


@pytest.mark.parametrize("line", ["hello", "[]", "{}", '{"drill": 1, "point": []}', "\x00"])
def test_a_file_of_something_else_is_left_alone(tmp_path, line):
    path = tmp_path / "results"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ResultsUnusable, match="line 1 of"):
        read_results(path)
    options = ["drill", "sweep", "last-second", "--axis", "window=1", "--results", str(path)]
    result = CliRunner().invoke(optroll, options, standalone_mode=False)
    assert isinstance(result.exception, ResultsUnusable)
    assert path.read_text(encoding="utf-8") == line + "\n"


def test_a_sweep_goes_on_where_it_was(tmp_path):
    path, axes = tmp_path / "results", read_axes(["window=0.8,1", "censorship=0,1"])
    tasks = tasks_of("last-second", Lane.BISECTION, points_of(axes), range(1, 3))
    told = []
    first = sweep(tasks[:3], path, 1, lambda done, count: told.append((done, count)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    told.clear()
    path.write_bytes(path.read_bytes()[:-10])
    again = sweep(tasks, path, 1, lambda done, count: told.append((done, count)))
    assert told[0] == (2, 8)
    assert told[-1] == (8, 8)
    assert again[:3] == first
    assert [each.task for each in again] == tasks
    told.clear()
    assert sweep(tasks, path, 1, lambda done, count: told.append((done, count))) == again
    assert told == [(8, 8)]


def test_processes_change_nothing(tmp_path):
    tasks = tasks_of("last-second", Lane.DIRECT, points_of(read_axes(["window=0.8,1"])), range(1, 3))
    alone, beside = (sweep(tasks, tmp_path / str(count), count, lambda _done, _count: None) for count in (1, 2))
    assert alone == beside


def test_kill_9_loses_nothing_and_leaves_nobody(tmp_path, root):
    """The processes of a sweep die with it; what it had noted is there."""
    path = tmp_path / "results"
    options = ["drill", "sweep", "last-second", "--axis", "window=0.5:1.5:60", "--axis", "depth=2,3", "--results", str(path)]
    run = "import sys; from rollup.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", run, *options, "--processes", "2"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True) as process:
        while not (path.exists() and path.read_bytes().count(b"\n") >= 2):
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # The pipe ends when nobody has it any more: the children are gone too.
        process.stderr.read()
    known = read_results(path)
    assert 2 <= len(known) < 120


def test_a_map_shows_the_worst_of_each_point_and_how_many():
    axes = read_axes(["censorship=0,1", "window=0.8,1"])
    ends = {("0.8", 1): End.STOLEN, ("0.8", 2): End.SAFE, ("1", 1): End.STALLED, ("1", 2): End.STALLED}
    played = [
        made(ends[window, seed] if censored == "1" else End.SAFE, seed, censorship=censored, window=window)
        for censored in ("0", "1")
        for window in ("0.8", "1")
        for seed in (1, 2)
    ]
    (sheet,) = sheets_of(axes, played)
    assert table_of(sheet) == (["censorship ↓  window →", "0.8", "1"], [["0", "✓", "✓"], ["1", "✗ 1/2", "…"]])
    kept = {(shown(site.point["censorship"]), shown(site.point["window"])): site.is_kept for _, row in sheet.rows for site in row}
    assert kept == {("0", "0.8"): True, ("0", "1"): True, ("1", "0.8"): True, ("1", "1"): False}


def test_one_axis_is_a_row_and_three_are_several_maps():
    axes = read_axes(["window=0.8,1"])
    (sheet,) = sheets_of(axes, [made(window="0.8"), made(End.STOLEN, window="1")])
    assert table_of(sheet) == (["window →", "0.8", "1"], [["", "✓", "✗"]])
    axes = read_axes(["depth=3,4", "censorship=1", "window=0.8,1"])
    played = [made(depth=depth, censorship="1", window=window) for depth in ("3", "4") for window in ("0.8", "1")]
    assert [sheet.title for sheet in sheets_of(axes, played)] == ["censorship × window at depth 3", "censorship × window at depth 4"]


def test_the_page_stands_alone_and_escapes_everything():
    axes = read_axes(["censorship=0,1", "window=0.8,1"])
    played = [
        made(End.STOLEN if window == "0.8" else End.SAFE, censorship=censored, window=window)
        for censored in ("0", "1")
        for window in ("0.8", "1")
    ]
    page = read_page(page_of(Heading("<b>&evil", "it's <script>alert(1)</script>", "direct", 1, 'optroll "x"'), axes, played))
    assert "<script>alert(1)</script>" in page.text
    assert "holds where it must" in page.text
    marks = [attributes.get("fill") for tag, attributes in page.attributes if tag == "rect" and "fill" in attributes]
    assert (marks.count("var(--safe)"), marks.count("var(--stolen)")) == (2, 2)
    held = [attributes for _, attributes in page.attributes if attributes.get("class") == "held"]
    assert len(held) == 6, "a column of two points has six sides on its outside"
    assert len({attributes["x1"] for attributes in held}) == 2
    assert page.texts.count("stolen") == page.texts.count("safe") == 2


def test_the_command_draws_a_map_and_says_whether_the_promise_is_kept(tmp_path):
    output, results = tmp_path / "map.html", tmp_path / "r"
    options = ["drill", "sweep", "censorship-budget", "--axis", "window=0.8,1", "--processes", "1", "--results", str(results)]
    result = CliRunner().invoke(optroll, [*options, "--report", str(output)])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("KEPT: safe wherever it is promised  replay: optroll drill sweep censorship-budget")
    assert "2 of 2 games" in result.stderr
    assert "censorship-budget" in read_page(output.read_text(encoding="utf-8")).text
    found = CliRunner().invoke(optroll, [*options, "--format", "json"])
    report = json.loads(found.stdout)
    assert (report["kept"], [game["outcome"] for game in report["games"]]) == (True, ["stolen", "safe"])


def test_a_promise_that_is_broken_is_failure(tmp_path, monkeypatch):
    monkeypatch.setattr("rollup.devnet.arena.match.Match.look", lambda _match: None)
    options = ["drill", "sweep", "last-second", "--axis", "window=1", "--processes", "1", "--results", str(tmp_path / "r")]
    result = CliRunner().invoke(optroll, options)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("BROKEN at 1 points")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("no-such-game", "there is no game no-such-game; optroll drill list names them all."),
        ("silense", "there is no game silense; did you mean silence?"),
        ("honest-day", "honest-day is played by whole nodes; games to sweep are slander,"),
    ],
)
def test_what_cannot_be_swept_is_a_wrong_command_line(name, part):
    result = CliRunner().invoke(optroll, ["drill", "sweep", name, "--axis", "window=1"], standalone_mode=False)
    assert part in str(result.exception)
