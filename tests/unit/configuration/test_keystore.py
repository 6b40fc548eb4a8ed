"""Keystores: what is written opens again, elsewhere too; and whatever is wrong with a file is said with its cure."""

import json
import os
import shlex
import stat
import subprocess

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from rollup.configuration import KeyConfig
from rollup.core import bls
from rollup.core.development import TRADER_SECRETS, development_bls_secret, development_secret
from rollup.core.genesis import DEVNET_CHAIN_ID
from rollup.core.signing import address_of
from rollup.keystore import (
    KeystoreError,
    Kind,
    load_bls_secret,
    load_secret,
    new_secret,
    parse_keystore,
    public_identity,
    read_keystore,
    read_passphrase,
    write_keystore,
)

WORK = 1 << 4
"""A cheap key derivation: what is tested is the file, not the strength of scrypt."""

SECRET = bytes(range(1, 33))
PASSPHRASE = b"correct horse"


@pytest.fixture
def keystore(tmp_path):
    path = tmp_path / "key.json"
    write_keystore(path, SECRET, PASSPHRASE, Kind.ETHEREUM, work=WORK)
    return path


def write_private(path, content):
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_what_is_written_opens_again(keystore):
    assert read_keystore(keystore, PASSPHRASE, Kind.ETHEREUM) == SECRET


def test_the_file_is_web3_secret_storage_that_others_open(keystore):
    document = json.loads(keystore.read_text(encoding="utf-8"))
    assert document["version"] == 3
    assert document["crypto"]["kdf"] == "scrypt"
    assert document["crypto"]["cipher"] == "aes-128-ctr"
    assert bytes(Account.decrypt(document, PASSPHRASE.decode())) == SECRET


def test_a_file_that_others_wrote_opens(tmp_path):
    document = Account.encrypt(SECRET, PASSPHRASE.decode(), kdf="pbkdf2", iterations=10)
    document["Crypto"] = document.pop("crypto")  # as early versions of geth wrote it
    path = write_private(tmp_path / "geth.json", json.dumps(document).encode())
    assert read_keystore(path, PASSPHRASE, Kind.ETHEREUM) == SECRET


def test_a_bls_key_has_its_own_format(tmp_path):
    secret = new_secret(Kind.BLS)
    path = tmp_path / "bls.json"
    write_keystore(path, secret, PASSPHRASE, Kind.BLS, work=WORK)
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == 4
    assert read_keystore(path, PASSPHRASE, Kind.BLS) == secret
    with pytest.raises(KeystoreError, match=r"version: received 4, expected 3 \(ethereum\)"):
        read_keystore(path, PASSPHRASE, Kind.ETHEREUM)


def test_the_secret_is_on_no_byte_of_the_disk_and_nobody_else_may_read(keystore):
    content = keystore.read_bytes()
    assert SECRET not in content
    assert SECRET.hex().encode() not in content
    assert stat.S_IMODE(keystore.stat().st_mode) == 0o600


def test_the_mode_does_not_depend_on_the_umask(tmp_path):
    before = os.umask(0)
    try:
        write_keystore(tmp_path / "k", SECRET, PASSPHRASE, Kind.ETHEREUM, work=WORK)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600


def test_keys_are_never_overwritten_nor_written_through_a_link(keystore, tmp_path):
    before = keystore.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (keystore, tmp_path / "link"):
        with pytest.raises(KeystoreError, match="never overwritten"):
            write_keystore(path, SECRET, PASSPHRASE, Kind.ETHEREUM, work=WORK)
    assert keystore.read_bytes() == before
    assert not (tmp_path / "elsewhere").exists()


def test_a_wrong_passphrase_is_a_sentence_without_secrets(keystore):
    with pytest.raises(KeystoreError, match="a passphrase that does not open it, expected the right one") as caught:
        read_keystore(keystore, b"battery staple", Kind.ETHEREUM)
    assert "battery" not in str(caught.value)


def test_a_file_that_others_can_read_is_refused_with_the_cure(keystore):
    for mode in (0o640, 0o604, 0o620):
        keystore.chmod(mode)
        with pytest.raises(KeystoreError) as caught:
            read_keystore(keystore, PASSPHRASE, Kind.ETHEREUM)
        assert str(caught.value) == f"keystore {keystore}: received mode 0{mode:o}, expected 0600; mend it with: chmod 600 {keystore}"
    subprocess.run(shlex.split(caught.value.cure), check=True)
    assert read_keystore(keystore, PASSPHRASE, Kind.ETHEREUM) == SECRET


def test_a_link_is_refused_with_the_cure(keystore, tmp_path):
    link = tmp_path / "a link"
    link.symlink_to(keystore)
    with pytest.raises(KeystoreError, match="a symbolic link, expected the file itself; mend it with: cp --remove-destination") as caught:
        read_keystore(link, PASSPHRASE, Kind.ETHEREUM)
    subprocess.run(shlex.split(caught.value.cure), check=True)
    assert read_keystore(link, PASSPHRASE, Kind.ETHEREUM) == SECRET


def test_somebody_elses_file_is_refused_with_the_cure(keystore, monkeypatch):
    monkeypatch.setattr("rollup.keystore.os.geteuid", lambda: keystore.stat().st_uid + 1)
    with pytest.raises(KeystoreError, match=rf"received owner \d+, expected your own; mend it with: sudo chown \d+ {keystore}"):
        read_keystore(keystore, PASSPHRASE, Kind.ETHEREUM)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path, received in ((tmp_path, "no regular file"), (tmp_path / "pipe", "no regular file"), (tmp_path / "none", "No such file")):
        with pytest.raises(KeystoreError, match=received):
            read_keystore(path, PASSPHRASE, Kind.ETHEREUM)


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.floats() | st.text(max_size=3), st.lists, max_leaves=3).map(json.dumps).map(str.encode)
)
def test_bytes_that_are_no_keystore_are_refused(tmp_path_factory, content):
    path = write_private(tmp_path_factory.mktemp("k") / "k", content)
    with pytest.raises(KeystoreError):
        read_keystore(path, PASSPHRASE, Kind.ETHEREUM)


@pytest.mark.parametrize(
    "change",
    [
        {"n": 1 << 24},
        {"r": 1 << 24},
        {"p": 1 << 24},
        {"n": -1},
        {"n": 1e400},
        {"n": None},
        {"n": "many"},
        {"c": 1 << 30},
        {"dklen": -1},
        {"salt": "zz"},
    ],
)
def test_a_planted_key_derivation_is_refused_before_it_runs(keystore, change):
    document = json.loads(keystore.read_text(encoding="utf-8"))
    document["crypto"]["kdfparams"] |= change
    write_private(keystore, json.dumps(document).encode())
    with pytest.raises(KeystoreError):
        read_keystore(keystore, PASSPHRASE, Kind.ETHEREUM)


def test_a_key_that_is_there_twice_in_two_cases_is_refused(tmp_path):
    with pytest.raises(KeystoreError, match="a repeated key"):
        parse_keystore(tmp_path, b'{"crypto": 1, "Crypto": 2}')


def test_a_passphrase_comes_from_a_private_file_or_a_descriptor(tmp_path):
    path = write_private(tmp_path / "passphrase", b"  two words \r\n")
    assert read_passphrase(path, None) == b"  two words "
    reading, writing = os.pipe()
    os.write(writing, b"piped\n")
    os.close(writing)
    assert read_passphrase(None, reading) == b"piped"
    os.close(reading)


def test_a_passphrase_that_is_missing_open_or_empty_is_refused(tmp_path):
    path = write_private(tmp_path / "passphrase", b"\n")
    with pytest.raises(KeystoreError, match="received nothing, expected at least one character"):
        read_passphrase(path, None)
    path.chmod(0o644)
    with pytest.raises(KeystoreError, match="chmod 600"):
        read_passphrase(path, None)
    with pytest.raises(KeystoreError, match="no source, or two"):
        read_passphrase(None, None)
    with pytest.raises(KeystoreError, match="no source, or two"):
        read_passphrase(path, 0)
    with pytest.raises(KeystoreError, match="passphrase descriptor 999: received Bad file descriptor"):
        read_passphrase(None, 999)


def test_new_keys_differ_and_have_a_public_side():
    secrets = {new_secret(kind) for kind in Kind for _ in range(3)}
    assert len(secrets) == 6
    assert public_identity(SECRET, Kind.ETHEREUM) == {"kind": "ethereum", "address": "0x" + address_of(SECRET).hex()}
    secret = new_secret(Kind.BLS)
    shown = public_identity(secret, Kind.BLS)
    assert shown["public_key"] == "0x" + bls.public_key_of(int.from_bytes(secret, "big")).hex()


def test_devnet_keys_work_on_a_devnet_alone():
    assert load_secret(KeyConfig(devnet="sequencer"), l1_chain_id=DEVNET_CHAIN_ID) == development_secret("sequencer")
    assert load_bls_secret(KeyConfig(devnet="verifier-2"), l1_chain_id=DEVNET_CHAIN_ID) == development_bls_secret("verifier-2")
    for load in (load_secret, load_bls_secret):
        with pytest.raises(KeystoreError, match="L1 chain id: received 1, expected 31337, because anyone can sign"):
            load(KeyConfig(devnet="verifier-1"), l1_chain_id=1)
        with pytest.raises(KeystoreError, match="devnet key: received burglar, expected one of sequencer"):
            load(KeyConfig(devnet="burglar"), l1_chain_id=DEVNET_CHAIN_ID)


@pytest.mark.parametrize("secret", [bytes.fromhex(TRADER_SECRETS[3]), development_secret("poster"), development_secret("verifier-7")])
def test_a_well_known_key_in_a_keystore_is_still_refused_elsewhere(tmp_path, secret):
    path, passphrase = tmp_path / "k", write_private(tmp_path / "p", PASSPHRASE)
    write_keystore(path, secret, PASSPHRASE, Kind.ETHEREUM, work=WORK)
    key = KeyConfig(keystore=path, passphrase_file=passphrase)
    assert load_secret(key, l1_chain_id=DEVNET_CHAIN_ID) == secret
    with pytest.raises(KeystoreError, match="anyone can sign with this well-known key"):
        load_secret(key, l1_chain_id=1)


def test_a_key_of_ones_own_works_everywhere(tmp_path):
    passphrase = write_private(tmp_path / "p", PASSPHRASE)
    write_keystore(tmp_path / "e", SECRET, PASSPHRASE, Kind.ETHEREUM, work=WORK)
    write_keystore(tmp_path / "b", SECRET, PASSPHRASE, Kind.BLS, work=WORK)
    assert load_secret(KeyConfig(keystore=tmp_path / "e", passphrase_file=passphrase), l1_chain_id=1) == SECRET
    assert load_bls_secret(KeyConfig(keystore=tmp_path / "b", passphrase_file=passphrase), l1_chain_id=1) == int.from_bytes(SECRET, "big")


def test_no_key_is_a_sentence():
    with pytest.raises(KeystoreError, match="key: received nothing, expected a keystore file or a devnet name"):
        load_secret(KeyConfig(), l1_chain_id=1)
