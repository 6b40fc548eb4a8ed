"""Gas: the schedule's sums, the base fee, and the metering of storage."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1_mock import gas
from l1_mock.contracts.storage import Access, Storage, slot_values, slot_write
from l1_mock.world import World

SLOT = b"\1" * 32


@pytest.mark.parametrize(
    ("data", "cost"),
    [(b"", 21_000), (b"\0", 21_004), (b"\1", 21_016), (b"\0\1\0\2", 21_040)],
)
def test_intrinsic_cost_counts_bytes(data, cost):
    assert gas.intrinsic_cost(data, creates=False) == cost


def test_intrinsic_cost_counts_creation_and_access_lists():
    assert gas.intrinsic_cost(b"", creates=True) == 53_000
    assert gas.intrinsic_cost(b"", creates=False, addresses=2, storage_keys=3) == 21_000 + 4_800 + 5_700


@pytest.mark.parametrize(("length", "cost"), [(0, 30), (1, 36), (32, 36), (33, 42), (64, 42)])
def test_keccak_cost_counts_words(length, cost):
    assert gas.keccak_cost(length) == cost


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (10_000_000, 1_000_000_000),  # The target itself changes nothing.
        (20_000_000, 1_125_000_000),
        (0, 875_000_000),
        (15_000_000, 1_062_500_000),
        (5_000_000, 937_500_000),
    ],
)
def test_base_fee_follows_eip_1559(used, expected):
    assert gas.next_base_fee(10**9, used, 20_000_000) == expected


def test_base_fee_rises_by_at_least_one_and_stops_falling_at_seven():
    assert gas.next_base_fee(1, 10_000_001, 20_000_000) == 2
    assert gas.next_base_fee(7, 0, 20_000_000) == 7
    assert gas.next_base_fee(8, 0, 20_000_000) == 7


@given(st.integers(0, 10**12), st.integers(0, 20_000_000))
def test_base_fee_moves_by_at_most_an_eighth(fee, used):
    following = gas.next_base_fee(fee, used, 20_000_000)
    assert following >= 0
    assert abs(following - fee) <= max(fee // 8, 1)


def test_meter_stops_at_its_limit():
    meter = gas.GasMeter(100)
    meter.charge(100)
    assert meter.left == 0
    with pytest.raises(gas.OutOfGasError) as caught:
        meter.charge(1)
    assert (caught.value.needed, caught.value.limit, meter.used) == (101, 100, 100)


def test_refunds_are_capped_at_a_fifth():
    meter = gas.GasMeter(100_000, used=50_000)
    meter.refund = 4_800
    assert meter.settled() == 45_200
    meter.refund = 19_900
    assert meter.settled() == 40_000
    meter.refund = -5
    assert meter.settled() == 50_000


@pytest.mark.parametrize(
    ("original", "writes", "used", "refund"),
    [
        # EIP-3529's table of cases, without the 2,100 for the cold slot and the stack's own gas.
        (0, (0,), 0, 0),
        (0, (1,), 20_000, 0),
        (1, (0,), 2_900, 4_800),
        (1, (2,), 2_900, 0),
        (0, (1, 0), 20_100, 19_900),
        (0, (1, 2), 20_100, 0),
        (0, (1, 0, 1), 40_100, 19_900),
        (1, (0, 1), 3_000, 2_800),
        (1, (0, 2), 3_000, 0),
        (1, (2, 1), 3_000, 2_800),
        (1, (2, 0), 3_000, 4_800),
        (1, (0, 1, 0), 5_900, 7_600),
    ],
)
def test_slot_writes_are_metered_net(original, writes, used, refund):
    present, costs, refunds = original, 0, 0
    for value in writes:
        if value != present:
            cost, back = slot_write(original, present, value)
            costs, refunds, present = costs + cost, refunds + back, value
    assert (costs, refunds) == (used, refund)


def storage(limit=10**7):
    meter = gas.GasMeter(limit)
    return Storage(World(), Access(meter), b"c" * 20, static=False), meter


@pytest.mark.parametrize(("value", "slots"), [(5, 1), (SLOT, 1), (b"x" * 33, 3), ((1, 2, 3), 3), (b"", 0), (0, 0), (None, 0)])
def test_a_fresh_value_costs_22100_a_slot(value, slots):
    store, meter = storage()
    store["key"] = value
    assert meter.used == 22_100 * slots


def test_reading_costs_2100_and_then_100():
    store, meter = storage()
    assert store.get("key", 7) == 7
    assert store.get("key", 7) == 7
    assert meter.used == 2_200


def test_writing_what_was_read_is_warm():
    store, meter = storage()
    assert store.get("key", 0) == 0
    store["key"] = 1
    assert meter.used == 2_100 + 20_000


def test_another_transaction_pays_5000_for_a_change():
    world = World()
    Storage(world, Access(gas.GasMeter(10**6)), b"c" * 20, static=False)["key"] = 1
    meter = gas.GasMeter(10**6)
    Storage(world, Access(meter), b"c" * 20, static=False)["key"] = 2
    assert meter.used == 5_000


def test_only_changed_slots_of_a_tuple_are_paid():
    store, meter = storage()
    store["key"] = (1, 2, 3)
    meter.used = 0
    store["key"] = (1, 5, 3)
    assert meter.used == 100


def test_contracts_do_not_share_storage():
    world, access = World(), Access(gas.GasMeter(10**6))
    Storage(world, access, b"a" * 20, static=False)["key"] = 1
    assert Storage(world, access, b"b" * 20, static=False).get("key", 0) == 0


def test_a_value_of_another_type_is_a_mistake():
    store, _ = storage()
    store["key"] = 1
    with pytest.raises(TypeError, match="int"):
        store.get("key", b"")
    with pytest.raises(TypeError, match="list"):
        store["key"] = [1]


def test_zero_in_any_form_is_a_zero_slot():
    assert slot_values((0, False, b"", bytes(32), bytes(3))) == (0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Packed:
    """Three fields that Solidity would put into two slots."""

    storage_slots: ClassVar[int] = 2
    first: int
    second: int
    third: bytes


@dataclass(frozen=True, slots=True)
class Loose:
    """Fields in slots of their own."""

    first: int
    name: str


def test_packed_records_take_the_slots_they_declare():
    store, meter = storage()
    store["packed"] = Packed(1, 2, SLOT)
    assert meter.used == 2 * 22_100
    meter.used = 0
    store["loose"] = Loose(1, "x" * 40)
    assert meter.used == 4 * 22_100
    assert slot_values(Packed(0, 0, bytes(32))) == (0, 0)


def test_what_is_there_is_found_and_what_is_cleared_is_not():
    store, meter = storage()
    assert store.find("key", int) is None
    assert "key" not in store
    store["key"] = 5
    assert store.find("key", int) == 5
    assert "key" in store
    meter.refund = 0
    del store["key"]
    assert store.find("key", int) is None
    assert meter.refund == 19_900
    store["key"] = b"x"
    with pytest.raises(TypeError, match="bytes"):
        store.find("key", int)
