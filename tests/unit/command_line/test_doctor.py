"""`optroll doctor`: it finds what is there and what is wrong, and never falls ill itself."""

import json
import socket

import pytest
from click.testing import CliRunner

from rollup.commands import doctor
from rollup.commands.doctor import Ailment, command, examine


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_every_check_gives_a_finding(tmp_path):
    result = CliRunner().invoke(command, ["--format", "json"], catch_exceptions=False)
    findings = json.loads(result.stdout)
    assert list(findings) == list(doctor.CHECKS)
    assert findings["signatures"]["ok"]
    assert findings["store"]["ok"]
    assert result.exit_code == (0 if all(each["ok"] for each in findings.values()) else 1)
    assert not list(tmp_path.iterdir())


def test_an_ailment_is_shown_and_sets_the_exit_status(monkeypatch):
    def ill():
        raise Ailment("wrong thing")

    monkeypatch.setattr(doctor, "CHECKS", {"one": lambda: "fine", "two": ill})
    result = CliRunner().invoke(command, [], catch_exceptions=False)
    assert result.exit_code == 1
    assert "fine" in result.stdout
    assert "wrong thing" in result.stdout


def test_a_broken_library_is_a_finding():
    assert examine(lambda: 1 // 0) == (False, "ZeroDivisionError: integer division or modulo by zero")


def test_a_taken_port_is_found():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not doctor.can_listen(listener.getsockname())
    assert doctor.can_listen(("127.0.0.1", 0))


def test_a_package_that_differs_is_named(tmp_path, monkeypatch):
    lock = tmp_path / "requirements.lock"
    monkeypatch.setattr(doctor, "LOCK", lock)
    assert doctor.check_packages() == "no lock file here to compare with"
    lock.write_text("trio==0.0.1 \\\n    --hash=sha256:00\npytest==9.2.0\nwin==1 ; sys_platform == 'win32'\n", encoding="utf-8")
    with pytest.raises(Ailment, match=r"^trio [\d.]+ \(lock: 0\.0\.1\)"):
        doctor.check_packages()
