"""Addresses, hosts and origins: who is at home here."""

import pytest

from rollup.environment import AddressRefused
from rollup.net.addresses import Endpoint, endpoint_of_url, is_loopback, parse_address
from rollup.net.callers import CallerPolicy

POLICY = CallerPolicy(frozenset({"node.example"}), is_read=lambda name: name.startswith("get"))


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:80", "localhost:65535", "l1:8545"])
def test_addresses_read_back_as_written(address):
    assert str(parse_address(address)) == address


@pytest.mark.parametrize(
    "address", ["", "host", ":80", "host:", "host:x", "host:-1", "host:65536", "host:1_0", "host:١", "::1:80", "a:b:80"]
)
def test_malformed_addresses_are_refused(address):
    with pytest.raises(AddressRefused, match="host:port"):
        parse_address(address)


def test_urls_give_endpoints():
    assert endpoint_of_url("http://localhost:8545/path") == Endpoint("localhost", 8545)
    assert endpoint_of_url("wss://[::1]") == Endpoint("::1", 443)


@pytest.mark.parametrize("url", ["", "localhost:80", "ftp://x", "http://", "http://x:y", "http://[::1", "http://x:99999"])
def test_malformed_urls_are_refused(url):
    with pytest.raises(AddressRefused, match="http://host:port"):
        endpoint_of_url(url)


@pytest.mark.parametrize(
    ("host", "expected"), [("localhost", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("node.example", False)]
)
def test_loopback_is_what_evidently_is(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize("header", ["localhost", "LOCALHOST:1", "127.0.0.1:8545", "[::1]:8545", "node.example:9"])
def test_our_own_names_are_known(header):
    assert POLICY.knows_host(header)


@pytest.mark.parametrize(
    "header", [None, "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil@localhost", "localhost/x", "a:b", "["]
)
def test_other_names_are_not(header):
    assert not POLICY.knows_host(header)


@pytest.mark.parametrize("origin", [None, "http://localhost:3000", "http://127.0.0.1", "https://node.example"])
def test_local_pages_and_programs_may_write(origin):
    assert POLICY.refusal(origin)("send") is None


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://localhost.evil.example", "http://["])
def test_foreign_pages_may_read_and_not_write(origin):
    refusal = POLICY.refusal(origin)
    assert refusal("get_block") is None
    assert "foreign web page" in refusal("send").message
