"""The first command, on small checkouts: real interpreters, virtual environments and pip, but nothing to download."""

import ast
import os
import subprocess
import sys

import pytest

from rollup import bootstrap
from rollup.bootstrap import BootstrapError, Checkout

BACKEND = """
import zipfile

def build_editable(directory, config_settings=None, metadata_directory=None):
    name = "optroll-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.writestr("optroll.pth", ROOT)
        wheel.writestr("optroll-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: optroll\\nVersion: 1\\n")
        wheel.writestr("optroll-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("optroll-1.dist-info/entry_points.txt", "[console_scripts]\\noptroll = rollup.cli:main\\n")
        wheel.writestr("optroll-1.dist-info/RECORD", "")
    return name
"""

PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "optroll"\nversion = "1"\n'

COMMAND = 'import sys\n\ndef main():\n    print("ran", sys.argv[1:])\n'


@pytest.fixture
def checkout(root, tmp_path):
    """A project that installs by itself: an empty lock, our bootstrap, and a command that prints its arguments."""
    top = tmp_path / "checkout with a space"
    for name, text in {
        "rollup/__init__.py": '"""Nothing."""',
        "rollup/__main__.py": (root / "rollup" / "__main__.py").read_text(encoding="utf-8"),
        "rollup/bootstrap.py": (root / "rollup" / "bootstrap.py").read_text(encoding="utf-8"),
        "rollup/cli.py": COMMAND,
        "configs/requirements.lock": "# nothing\n",
        "pyproject.toml": PROJECT,
        "backend.py": f"ROOT = {str(top)!r}\n{BACKEND}",
    }.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Checkout(top)


def start(checkout, *arguments):
    command = [sys.executable, "-m", "rollup", *arguments]
    return subprocess.Popen(command, cwd=checkout.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    output, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, complaints
    return output, complaints


@pytest.mark.process
def test_the_first_command_makes_the_environment_and_later_ones_find_it(checkout):
    output, complaints = finish(start(checkout, "devnet", "status"))
    assert output == "ran ['devnet', 'status']\n"
    assert "-m venv --clear .venv" in complaints
    assert "--require-hashes --requirement configs/requirements.lock" in complaints
    assert complaints.splitlines()[-1] == "$ .venv/bin/optroll devnet status"

    output, complaints = finish(start(checkout))
    assert output == "ran ['devnet', 'up']\n"
    assert complaints == "$ .venv/bin/optroll devnet up\n"

    checkout.packages_stamp.unlink()  # as after a kill in the middle
    (checkout.environment / "bin" / "pip").unlink()
    assert "venv --clear" in finish(start(checkout, "x"))[1]

    (checkout.root / "pyproject.toml").write_text(f"{PROJECT}description = 'other'\n", encoding="utf-8")
    complaints = finish(start(checkout, "x"))[1]
    assert "venv --clear" not in complaints
    assert "--editable ." in complaints


@pytest.mark.process
def test_two_at_once_install_once(checkout):
    results = [finish(each) for each in [start(checkout, "a"), start(checkout, "b")]]
    assert [output for output, _ in results] == ["ran ['a']\n", "ran ['b']\n"]
    installers = [complaints for _, complaints in results if "venv --clear" in complaints]
    waiters = [complaints for _, complaints in results if "venv --clear" not in complaints]
    assert len(installers) == len(waiters) == 1
    assert waiters[0].startswith("Another process is making the environment; waiting for it.\n") or waiters[0].startswith("$ .venv")


@pytest.mark.process
def test_a_pip_that_a_killed_parent_left_behind_is_waited_for(checkout):
    started, release = checkout.root / "started", checkout.root / "release"
    os.mkfifo(started)
    os.mkfifo(release)
    backend = checkout.root / "backend.py"
    whole = backend.read_text(encoding="utf-8")
    backend.write_text(f"open({str(started)!r}, 'w').close()\nopen({str(release)!r}).close()\n{whole}", encoding="utf-8")
    first = start(checkout, "a")
    started.open(encoding="utf-8").close()  # pip is in the middle
    first.kill()
    first.wait()
    second = start(checkout, "b")
    assert second.stderr.readline() == "Another process is making the environment; waiting for it.\n"
    backend.write_text(whole, encoding="utf-8")
    release.open("w", encoding="utf-8").close()
    first.communicate()
    assert finish(second)[0] == "ran ['b']\n"


@pytest.mark.process
def test_what_pip_says_is_shown_when_it_fails(checkout):
    checkout.lock.write_text("trio==0.35.0\n", encoding="utf-8")  # without a hash
    process = start(checkout, "x")
    output, complaints = process.communicate(timeout=120)
    assert process.returncode == 1
    assert output == ""
    assert "Hashes are required" in complaints
    assert complaints.splitlines()[-1].startswith("optroll: installing the packages of the lock file failed (status 1)")
    assert not checkout.has_packages()


@pytest.mark.process
def test_tests_and_checks_run_in_the_environment_and_every_failure_counts(checkout, monkeypatch, capfd):
    (checkout.environment / "bin").mkdir(parents=True)
    checkout.python.symlink_to(sys.executable)
    checks = {"good": "print('good ran')", "bad": "raise SystemExit(3)", "pytest": "import sys; print('pytest ran', sys.argv[1:])"}
    for name, text in checks.items():
        (checkout.root / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(bootstrap, "CHECKS", (("bad",), ("good",)))
    assert bootstrap.run_tests(checkout, []) == 1
    output, complaints = capfd.readouterr()
    assert "good ran" in output
    assert output.splitlines()[-1] == "pytest ran []"
    assert complaints.splitlines()[-1] == "failed: bad"
    assert bootstrap.run_tests(checkout, ["-k", "one"]) == 0
    assert capfd.readouterr().out == "pytest ran ['-k', 'one']\n"


def test_a_moved_checkout_is_stale(checkout, tmp_path):
    (checkout.environment / "bin").mkdir(parents=True)
    checkout.python.symlink_to(sys.executable)
    checkout.packages_stamp.write_text(checkout.packages_state(), encoding="utf-8")
    assert checkout.has_packages()
    moved = Checkout(checkout.root.rename(tmp_path / "elsewhere"))
    assert not moved.has_packages()


def test_a_removed_interpreter_is_stale(checkout):
    (checkout.environment / "bin").mkdir(parents=True)
    checkout.python.symlink_to("/nowhere/python")
    checkout.packages_stamp.write_text(checkout.packages_state(), encoding="utf-8")
    assert not checkout.has_packages()


def test_a_better_interpreter_is_found_on_the_path(tmp_path, monkeypatch):
    broken, good = tmp_path / "python3.12", tmp_path / "python3.11"
    broken.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    good.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    for each in (broken, good):
        each.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 99, 0))
    assert bootstrap.choose_interpreter() == str(good)


def test_a_python_without_venv_gets_a_sentence(monkeypatch):
    monkeypatch.setattr(bootstrap, "can_make_environments", lambda _interpreter: False)
    with pytest.raises(BootstrapError, match=r"comes without venv and pip; on Debian or Ubuntu, run: sudo apt install python3\.\d+-venv"):
        bootstrap.choose_interpreter()


def test_an_old_python_gets_a_sentence(root):
    source = (root / "rollup" / "__main__.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 4))
    old = f"import sys\nsys.version_info = (3, 10, 1)\n__name__ = '__main__'\n{source.partition('import sys')[2]}"
    result = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == f"optroll needs Python 3.11 or newer, and {sys.executable} is 3.10.\n"


def test_the_environment_of_the_user_does_not_mislead_pip(checkout, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "x")
    monkeypatch.setenv("PIP_TARGET", "x")
    code = "import os; print(sorted({'PYTHONPATH', 'PIP_TARGET'} & set(os.environ)), os.environ['PIP_USER'])"
    assert bootstrap.execute(checkout, [sys.executable, "-c", code]) == (0, "[] 0")
