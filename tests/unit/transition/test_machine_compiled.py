import subprocess
import sys

import numpy as np
import pytest
from numba import njit

from rollup.core.fixed import isqrt, mul_div_down, mul_div_up
from rollup.core.keccak import keccak256
from rollup.state.compiled import compile_kernels
from rollup.state.compiled_tree import BASES, EVENTS, NODES, new_events, shape_of_trees
from rollup.state.keccak8 import hash_rows
from rollup.state.layout import TX
from rollup.state.linking import WholeLibrary, making
from rollup.state.rows import DEPTHS, DTYPES, WIDTHS, pack_rows
from rollup.state.tree import NUMBERS, StateTree, leaf_hash
from rollup.transition.machine import PlainMachine
from rollup.transition.machine_code import LOCK, locked
from rollup.transition.machine_compiled import CompiledMachine, change_over
from tests.unit.transition.workload import Workload


def test_eight_hashes_at_a_time():
    g = np.random.default_rng(1)
    messages = g.integers(0, 1 << 63, (100, 60)).astype(np.uint64)
    lengths = g.integers(0, 61, 500)
    order = g.integers(0, 100, 500)
    hashes = np.zeros((500, 4), np.uint64)
    count = 493

    @njit
    def run(messages, order, lengths, count, hashes):
        hash_rows(messages, order, lengths, count, hashes)

    run(messages, order, lengths, count, hashes)
    expected = [keccak256(messages[row, :length].tobytes()) for row, length in zip(order[:count], lengths[:count], strict=True)]
    assert [row.tobytes() for row in hashes[:count]] == expected
    assert not hashes[count:].any()


def test_compiled_fixed_point():
    compiled = compile_kernels([mul_div_down, mul_div_up, isqrt])
    down, up, root = (compiled[kernel] for kernel in (mul_div_down, mul_div_up, isqrt))

    @njit
    def run(numbers, results):
        for i in range(len(numbers)):
            a, b, c = numbers[i]
            results[i, 0], results[i, 1], results[i, 2] = down(a, b, c), up(a, b, c), root(a)

    g = np.random.default_rng(2)
    numbers = g.integers(-(1 << 63), (1 << 63) - 1, (20_000, 3)) >> g.integers(0, 64, (20_000, 3))
    results = np.zeros((20_000, 3), np.int64)
    with making(WholeLibrary):
        run(numbers, results)
    assert results.tolist() == [[mul_div_down(a, b, c), mul_div_up(a, b, c), isqrt(a)] for a, b, c in numbers.tolist()]


def random_events(g, events, tree, version):
    """A few leaves change, in both trees."""
    chosen = [section for section in DEPTHS if g.random() < 0.3]
    leaves = {(section, int(g.integers(0, min(1 << DEPTHS[section], g.choice([2, 50, 1 << 30]))))) for section in chosen}
    for section, index in leaves:
        words = g.integers(-(1 << 62), 1 << 62, WIDTHS[section])
        at = events.used[0]
        events.messages[at, 0] = NUMBERS[section]
        events.messages[at, 1 : 1 + len(words)] = words.view(np.uint64)
        events.nodes[at] = BASES[section] + (1 << DEPTHS[section]) + index
        events.sections[at] = NUMBERS[section] - 1
        events.versions[at] = version
        events.used[0] += 1
        tree.sections[section].update({index: leaf_hash(section, words.tolist())})
    return tree.root()


def test_many_versions_of_a_tree_at_once(program):
    g = np.random.default_rng(3)
    nodes, shape, events, tree = np.zeros((NODES, 4), np.uint64), shape_of_trees(), new_events(), StateTree()
    for versions in (1, 5, 200, 0, 1):
        roots = [random_events(g, events, tree, version) for version in range(versions)]
        assert [root.tobytes() for root in program.fold(nodes, shape, events, versions)] == roots
    for section in DEPTHS:
        for position, node in tree.sections[section].nodes.items():
            assert nodes[BASES[section] + position].tobytes() == node


def test_more_rows_than_there_is_room_for_events(program):
    count = 2 * EVENTS + 5
    words = np.zeros((count, WIDTHS["messages"]), np.int64)
    words[:, 0] = np.arange(1, count + 1)
    rows = {"messages": (np.arange(count), words)}
    plain, compiled = PlainMachine(), CompiledMachine(program)
    plain.load(rows)
    compiled.load(rows)
    assert compiled.root() == plain.root()
    compiled.load({"messages": (np.array([0, 3, count]), np.zeros((3, WIDTHS["messages"]), np.int64))})
    assert compiled.root() != plain.root()
    assert len(compiled.snapshot()["messages"][0]) == count - 2


def test_a_trace_goes_on_where_the_events_were_full(program):
    workload = Workload(7, 12)
    plain, compiled = PlainMachine(), CompiledMachine(program)
    for machine in (plain, compiled):
        machine.load(workload.rows())
    records = workload.batch(300)
    compiled.root()
    full = np.full(1, EVENTS - 20)

    def run_with_little_room(*arguments):
        room = compiled.events.used
        padding = slice(0, EVENTS - 20)
        # Events that say what is so already, of the row that every step may have changed before the trace began.
        compiled.events.messages[padding] = 0
        compiled.events.messages[padding, 0] = NUMBERS["reporters"]
        compiled.events.messages[padding, 1 : 1 + WIDTHS["reporters"]] = np.array(compiled.words("reporters", 9), np.int64).view(np.uint64)
        compiled.events.nodes[padding] = BASES["reporters"] + (1 << DEPTHS["reporters"]) + 9
        compiled.events.sections[padding] = NUMBERS["reporters"] - 1
        compiled.events.versions[padding] = 0
        room[:] = full
        return program.run(*arguments)

    compiled.program = program._replace(run=run_with_little_room)
    assert compiled.trace(records, 0, len(records), 2)[1] == plain.trace(records, 0, len(records), 2)[1]


def test_changing_over(program):
    workload = Workload(8, 10)
    plain = PlainMachine()
    plain.load(workload.rows())
    records = workload.batch(100)
    plain.execute(records, 0, len(records))
    with pytest.raises(ValueError, match="between two batches"):
        change_over(plain, program)
    plain.close_batch()
    compiled = change_over(plain, program)
    assert compiled.root() == plain.root()
    more = workload.batch(100)
    assert np.array_equal(compiled.execute(more, 0, len(more)), plain.execute(more, 0, len(more)))
    assert compiled.root() == plain.root()


def test_rows_look_the_same(program):
    workload = Workload(9, 10)
    plain, compiled = PlainMachine(), CompiledMachine(program)
    for machine in (plain, compiled):
        machine.load(workload.rows())
    for section in DTYPES:
        assert list(plain.rows(section)) == list(compiled.rows(section))
        assert plain.row(section, 0) == compiled.row(section, 0)
        assert plain.node(section, 1) == compiled.node(section, 1)
        with pytest.raises(IndexError):
            compiled.words(section, 1 << DEPTHS[section])
    for section, field, last in (("accounts", "cash_e8", 7), ("instruments", "strike_e8", 99), ("orders", "trigger_e8", 5)):
        assert plain.where(section, field, last) == compiled.where(section, field, last)
    assert plain.where("accounts", "cash_e8", 7) == list(range(1, 8))
    assert len(plain.where("instruments", "strike_e8", 99)) == len(list(plain.rows("instruments"))) - 6
    rows = pack_rows("markets", {3: [0] * WIDTHS["markets"]})
    assert rows[0].tolist() == [3]


def test_misuse_is_refused(program):
    machine = CompiledMachine(program)
    with pytest.raises(TypeError):
        machine.execute(np.zeros(3, np.int64), 0, 3)
    for one in (machine, PlainMachine()):
        for index in (-1, 1 << DEPTHS["orders"]):
            with pytest.raises(IndexError):
                one.load({"orders": (np.array([index]), np.zeros((1, WIDTHS["orders"]), np.int64))})
    for first, last in ((0, 4), (-1, 2), (2, 1)):
        with pytest.raises(IndexError):
            machine.execute(np.zeros(3, TX), first, last)


def test_a_plain_node_never_imports_numba():
    code = "import sys, rollup.transition.machine as m; m.PlainMachine(); sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_lock_is_held_by_one(tmp_path):
    code = "import sys, fcntl; fcntl.flock(open(sys.argv[1], 'a'), fcntl.LOCK_EX | fcntl.LOCK_NB)"

    def taken():
        return subprocess.run([sys.executable, "-c", code, tmp_path / LOCK], check=False, capture_output=True).returncode != 0

    with locked(tmp_path / LOCK):
        assert taken()
    assert not taken()
