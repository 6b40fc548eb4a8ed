"""Configurations: where values come from, and that every mistake is one sentence naming its place."""

import re
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.configuration import SECTIONS, DevnetConfig, KeyConfig, L1Config, SequencerConfig, VerifierConfig, load, load_genesis
from rollup.configuration_reader import ConfigurationError, read_integer, read_number
from rollup.core.development import development_genesis, development_mapping
from rollup.core.genesis_mapping import genesis_to_mapping
from rollup.toml_writer import toml_text

PLACE = {"genesis": "genesis.toml", "data_directory": "data"}
KEYS = {"receipt_key.devnet": "sequencer", "poster_key.devnet": "poster"}

VERIFIER_KEYS = {"key.devnet": "verifier-1", "bls_key.devnet": "verifier-1"}


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "node.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(write):
    path = write('[l1]\nlisten = "127.0.0.1:1"\nblock_time_s = 2\nmining = "manual"\n')
    environment = {"OPTROLL_L1_LISTEN": "127.0.0.1:2", "OPTROLL_L1_BLOCK_TIME_S": "3.5", "HOME": "x", "OPTROLL_VECTORS": "y"}
    config = load(L1Config, path, environment, {**PLACE, "listen": "127.0.0.1:3", "mining": None})
    assert config.listen == "127.0.0.1:3"
    assert config.block_time_s == 3.5
    assert config.mining == "manual"
    assert config.blocks_kept == 100_000


def test_paths_in_a_file_are_relative_to_it_and_others_to_the_command(write, tmp_path):
    path = write('[devnet]\ndata_directory = "a/../b"\n')
    assert load(DevnetConfig, path, {}).data_directory == tmp_path / "b"
    assert load(DevnetConfig, path, {"OPTROLL_DEVNET_DATA_DIRECTORY": "c"}).data_directory == Path("c")
    assert load(DevnetConfig, path, {}, {"data_directory": Path("d")}).data_directory == Path("d")


def test_inner_tables_mix_their_sources(write):
    path = write('[sequencer]\nreceipt_key.keystore = "r.json"\nposter_key = {devnet = "poster"}\n')
    environment = {"OPTROLL_SEQUENCER_RECEIPT_KEY_PASSPHRASE_DESCRIPTOR": "3"}
    config = load(SequencerConfig, path, environment, PLACE)
    assert config.receipt_key == KeyConfig(keystore=path.parent / "r.json", passphrase_descriptor=3)
    assert config.poster_key == KeyConfig(devnet="poster")


def test_types_are_what_the_class_says():
    config = load(SequencerConfig, None, {"OPTROLL_SEQUENCER_LISTEN_BEYOND_LOOPBACK": "true"}, {**PLACE, **KEYS, "fee_bump_after_s": 3})
    assert config.listen_beyond_loopback is True
    assert type(config.fee_bump_after_s) is float
    assert type(config.genesis) is type(Path())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[l1]\nlisen = 1", "node.toml: l1.lisen: received a key, expected listen, perhaps"),
        ("[nodes]\n", "node.toml: nodes: received a table or key, expected one of l1, sequencer, verifier, devnet"),
        ("l1 = 3", "node.toml: l1: received 3, expected a table"),
        ("[sequencer]\nlistn = 1", "node.toml: sequencer.listn: received a key, expected listen, perhaps"),
        ("[l1]\nblock_time_s = '1'", "node.toml: l1.block_time_s: received '1', expected a number"),
        ("[l1]\nblock_time_s = nan", "node.toml: l1.block_time_s: received nan, expected a number"),
        ("[l1]\nblock_time_s = true", "node.toml: l1.block_time_s: received True, expected a number"),
        ("[l1]\nblock_time_s = 0", "node.toml: l1.block_time_s: received 0, expected 0.001 to 86,400"),
        ("[l1]\nblocks_kept = 1.5", "node.toml: l1.blocks_kept: received 1.5, expected an integer"),
        ("[l1]\nblocks_kept = true", "node.toml: l1.blocks_kept: received True, expected an integer"),
        ("[l1]\nblocks_kept = 0", "node.toml: l1.blocks_kept: received 0, expected 1 to 2,147,483,648"),
        ("[l1]\nmining = 'often'", "node.toml: l1.mining: received 'often', expected one of interval, instant, manual"),
        ("[l1]\nlisten = 'here'", """node.toml: l1.listen: received 'here', expected "host:port", with port 0 for any free one"""),
        ("[l1]\nlisten = 8545", "node.toml: l1.listen: received 8545, expected a text in quotes"),
        ("[l1]\nlisten = '0.0.0.0:1'", r"node.toml: l1.listen: received 0.0.0.0:1, expected a loopback address, .*"),
        ("[l1]\nlisten_beyond_loopback = 1", "node.toml: l1.listen_beyond_loopback: received 1, expected true or false"),
        ("[l1]\ngenesis = ''", "node.toml: l1.genesis: received '', expected a path"),
        ("[l1", r"node.toml: received .*, expected TOML"),
    ],
)
def test_a_mistake_in_a_file_is_a_sentence(write, text, sentence):
    place = {key: value for key, value in PLACE.items() if key not in text}
    with pytest.raises(ConfigurationError) as caught:
        load(L1Config, write(text), {}, place)
    message = str(caught.value)
    assert re.fullmatch(f".*/{sentence}", message), message


@pytest.mark.parametrize(
    ("kind", "environment", "flags", "sentence"),
    [
        (L1Config, {}, {}, "l1.genesis: received nothing, expected a value, because there is no default"),
        (SequencerConfig, {}, PLACE, "sequencer.receipt_key: received nothing, expected a value, because there is no default"),
        (
            L1Config,
            {"OPTROLL_L1_LISTN": "x"},
            PLACE,
            "environment: OPTROLL_L1_LISTN: received a variable, expected OPTROLL_L1_LISTEN, perhaps",
        ),
        (L1Config, {"OPTROLL_L1_BLOCKS_KEPT": "1_0"}, PLACE, "environment: OPTROLL_L1_BLOCKS_KEPT: received '1_0', expected an integer"),
        (L1Config, {"OPTROLL_L1_BLOCKS_KEPT": "١"}, PLACE, r"environment: OPTROLL_L1_BLOCKS_KEPT: received '١', expected an integer"),
        (L1Config, {"OPTROLL_L1_BLOCK_TIME_S": "inf"}, PLACE, "environment: OPTROLL_L1_BLOCK_TIME_S: received 'inf', expected a number"),
        (L1Config, {}, {**PLACE, "listen": "x"}, r"--listen: received 'x', expected \"host:port\", .*"),
        (L1Config, {}, {**PLACE, "listen": "[::]:1"}, r"--listen: received \[::\]:1, expected a loopback address, .*"),
        (SequencerConfig, {}, {**PLACE, **KEYS, "l1_url": "ftp://x"}, r"--l1-url: received 'ftp://x', expected .*"),
        (
            SequencerConfig,
            {},
            {**PLACE, **KEYS, "ingest_listen": "1.2.3.4:1"},
            r"--ingest-listen: received 1.2.3.4:1, .*",
        ),
        (
            SequencerConfig,
            {},
            {**PLACE, **KEYS, "poster_key.keystore": "k"},
            r"--poster-key-keystore: received k, expected a keystore or a devnet name, and not both",
        ),
        (
            VerifierConfig,
            {},
            {**PLACE, "key.devnet": "verifier-1", "bls_key.keystore": "k"},
            r"verifier.bls_key.passphrase_file: received nothing, expected a file or a descriptor .*, and not both",
        ),
    ],
)
def test_a_mistake_elsewhere_is_a_sentence(kind, environment, flags, sentence):
    with pytest.raises(ConfigurationError) as caught:
        load(kind, None, environment, flags)
    assert re.fullmatch(sentence, str(caught.value)), str(caught.value)


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path, write):
    with pytest.raises(ConfigurationError, match="No such file or directory, expected a readable file"):
        load(L1Config, tmp_path / "none.toml", {})
    with pytest.raises(ConfigurationError, match="Is a directory, expected a readable file"):
        load(L1Config, tmp_path, {})
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="expected TOML"):
        load(L1Config, tmp_path / "binary.toml", {})
    with pytest.raises(ConfigurationError, match="at most 1048576 bytes"):
        load(L1Config, write("#" * (1 << 20) + "\n"), {})


def test_loopback_may_be_left_in_so_many_words():
    config = load(L1Config, None, {}, {**PLACE, "listen": "0.0.0.0:1", "listen_beyond_loopback": True})
    assert config.listen == "0.0.0.0:1"


@given(st.text("0123456789.-+_eE xnaif\u0661", max_size=8))
def test_numbers_from_text_are_plain_decimals_or_refused(text):
    from rollup.configuration_reader import Given

    value = Given(text, "here", None, is_text=True)
    if re.fullmatch(r"-?[0-9]+", text):
        assert read_integer(value) == int(text)
    else:
        with pytest.raises(ConfigurationError):
            read_integer(value)
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        assert read_number(value) == float(text)
    else:
        with pytest.raises(ConfigurationError):
            read_number(value)


def test_a_genesis_file_is_read_back(tmp_path):
    path = tmp_path / "genesis.toml"
    path.write_text(toml_text(development_mapping(verifiers=1)), encoding="utf-8")
    genesis = load_genesis(path)
    assert genesis.genesis_hash == development_genesis(verifiers=1).genesis_hash
    assert tomllib.loads(toml_text(genesis_to_mapping(genesis))) == genesis_to_mapping(genesis)
    path.write_text(path.read_text(encoding="utf-8").replace("rollup_chain_id", "rolup_chain_id"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"genesis.toml: genesis.chain.rolup_chain_id: received an entry, expected one of"):
        load_genesis(path)


def defaults(kind):
    return {member.name: member.default for member in fields(kind) if member.default is not MISSING}


def shown_values(path):
    """Yield (table, key, value, is marked) of a configuration that marks what it changes."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    lines = {}
    table = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\[(\w+)\]", line):
            table = match[1]
        elif match := re.match(r"(\w+) = ", line):
            lines[table, match[1]] = line
    for table, values in document.items():
        for key, value in values.items():
            yield table, key, value, "# [changed]" in lines[table, key]


@pytest.mark.parametrize("name", ["minimal", "bench"])
def test_a_changed_value_is_marked_and_only_it(root, name):
    values = list(shown_values(root / "configs" / f"{name}.toml"))
    assert values
    for table, key, value, is_marked in values:
        assert is_marked == (value != defaults(SECTIONS[table])[key]), f"{table}.{key}"


def test_the_devnet_file_shows_every_default(root):
    shown = {(table, key): value for table, key, value, _ in shown_values(root / "configs" / "devnet.toml")}
    expected = {(table, key): value for table, kind in SECTIONS.items() for key, value in defaults(kind).items()}
    expected["devnet", "data_directory"] = "../.optroll/devnet"
    assert shown == expected


@pytest.mark.parametrize("name", ["minimal", "devnet", "bench"])
@pytest.mark.parametrize("kind", SECTIONS.values())
def test_every_shipped_file_loads(root, name, kind):
    flags = {L1Config: PLACE, SequencerConfig: {**PLACE, **KEYS}, VerifierConfig: {**PLACE, **VERIFIER_KEYS}}.get(kind, {})
    assert isinstance(load(kind, root / "configs" / f"{name}.toml", {}, flags), kind)
