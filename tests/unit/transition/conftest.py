from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def program(request):
    """The machine code of the rollup's transition; compiled once, then kept beside pytest's own cache."""
    from rollup.transition.machine_code import warm

    return warm(Path(request.config.cache.mkdir("machine-code")))
