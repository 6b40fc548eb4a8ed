"""The locks: exact versions with hashes, of everything that pyproject.toml asks for, and not a word about where they come from."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ENTRY = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^ ;\\]+)(?P<marker> ;[^\\]*)?(?P<hashes>( \\\n +--hash=sha256:[0-9a-f]{64})+)$"
)


def entries(text):
    """Pinned versions by name. Raises ValueError for any line that is not a pin, its hashes or a comment."""
    joined = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)
    found = {}
    for block in filter(None, re.split(r"\n(?! )", joined)):
        match = ENTRY.match(block.rstrip())
        if match is None:
            raise ValueError(block.splitlines()[0])
        found[canonicalize_name(match["name"])] = match["version"]
    return found


def wanted(root, lock):
    """Everything that is asked for: to run, to develop, to build; or to run and to compare measurements with."""
    document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    extra, build = ("dev", document["build-system"]["requires"]) if lock == "requirements" else ("bench", [])
    return [*map(Requirement, [*project["dependencies"], *project["optional-dependencies"][extra], *build])]


def unmet(requirements, versions):
    """Requirements that no pin meets."""
    pinned = {each: versions.get(canonicalize_name(each.name)) for each in requirements}
    return [str(each) for each, version in pinned.items() if version is None or not each.specifier.contains(version, prereleases=True)]


@pytest.fixture(scope="module", params=["requirements", "bench"])
def lock(request):
    return request.param


@pytest.fixture(scope="module")
def text(root, lock):
    return text_of(root, lock)


def text_of(root, lock):
    return (root / "configs" / f"{lock}.lock").read_text(encoding="utf-8")


def test_the_lock_holds_pins_with_hashes_and_nothing_else(text):
    assert len(entries(text)) > 50


def test_the_lock_meets_every_requirement(root, lock, text):
    missing = unmet(wanted(root, lock), entries(text))
    assert not missing, f"{missing}: run `just lock`"


def test_the_lock_names_no_place(text):
    assert "://" not in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("-") and "--hash=" not in line]


def test_what_measurements_are_compared_with_changes_nothing_else(root):
    one, other = (entries(text_of(root, lock)) for lock in ("requirements", "bench"))
    assert {name: (one[name], version) for name, version in other.items() if one.get(name, version) != version} == {}


def test_the_checks_catch_planted_faults():
    digest = "0" * 64
    good = f"trio==0.35.0 \\\n    --hash=sha256:{digest}\n    # via optroll\n"
    assert entries(good) == {"trio": "0.35.0"}
    another_place = "--index|-url x\n".replace("|", "")
    for bad in ("trio>=0.35\n", "trio==0.35.0\n", good.replace("sha256", "md5"), another_place + good):
        with pytest.raises(ValueError, match=r"trio|index"):
            entries(bad)
    assert unmet([Requirement("trio>=0.36")], {"trio": "0.35.0"}) == ["trio>=0.36"]
    assert unmet([Requirement("py_ecc")], {}) == ["py_ecc"]
    assert unmet([Requirement("py_ecc>=8")], {"py-ecc": "8.0.0"}) == []
