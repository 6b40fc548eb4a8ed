"""Playing a sweep: whatever the file of results does not hold yet, in as many processes as there are cores.

One rule: only this process writes; the others play, share nothing, and die with it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread

from rollup.devnet.drills.scenario import Lane
from rollup.devnet.sweep.axes import Point
from rollup.devnet.sweep.play import Played, Task, play
from rollup.devnet.sweep.results import Results, key_of, read_results

Heard = Callable[[int, int], None]
"""Is told how many games are there, and how many there will be."""


def tasks_of(drill: str, lane: Lane, points: Sequence[Point], seeds: range) -> list[Task]:
    """Return every game of a sweep: a seed at all points, then the next, so that the whole map is there early."""
    return [Task(drill, lane, tuple(point.items()), seed) for seed in seeds for point in points]


def sweep(tasks: Sequence[Task], path: Path, processes: int, heard: Heard) -> list[Played]:
    """Play what is missing, note it in the file as it comes, and return all results in the order of the tasks.

    Raises ResultsUnusable, OSError.
    """
    known = read_results(path)
    missing = [task for task in tasks if key_of(task) not in known]
    heard(len(tasks) - len(missing), len(tasks))
    if missing:
        results = Results(path)
        try:
            for done, played in enumerate(played_all(missing, processes), len(tasks) - len(missing) + 1):
                results.add(played)
                known[key_of(played.task)] = played
                heard(done, len(tasks))
        finally:
            results.close()
    return [known[key_of(task)] for task in tasks]


def played_all(tasks: Sequence[Task], processes: int) -> Iterator[Played]:
    """Yield every result as it comes."""
    if processes <= 1 or len(tasks) == 1:
        yield from map(play, tasks)
        return
    with ProcessPoolExecutor(min(processes, len(tasks)), mp_context=get_context("spawn"), initializer=die_with_parent) as pool:
        try:
            for future in as_completed([pool.submit(play, task) for task in tasks]):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def die_with_parent() -> None:
    """End this process when its parent ends, however it does: else a kill -9 would leave it waiting for ever."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()
