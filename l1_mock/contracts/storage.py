"""A contract's storage: keys to values, metered as Solidity's would be and undone with the call.

A key is text, or a tuple that starts with text (`("batches", 7)`). A value is an integer, bytes, text, None, or a tuple or frozen
dataclass of those. Each integer and each 32 bytes is a slot; bytes longer than a slot take one more for their length. A dataclass
whose fields Solidity would pack declares the number of slots it takes in a class variable `storage_slots`.

Gas (EIP-2200, 2929, 3529): a slot read first costs 2,100 and again 100; a slot set from zero 22,100; changed 5,000; a slot that a write
leaves alone, nothing. Reading a value reads all its slots.
"""

from dataclasses import fields, is_dataclass
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeVar, cast

from l1_mock.gas import COLD_STORAGE_READ, STORAGE_CLEAR_REFUND, STORAGE_RESET, STORAGE_SET, WARM_READ, GasMeter
from l1_mock.world import MISSING, World

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Key = str | tuple[str | int | bytes, ...]
Value = TypeVar("Value")


class StaticCallError(Exception):
    """A call that promised to change nothing tried to."""


class Access:
    """Which slots a transaction has touched, and what was in them when it began."""

    __slots__ = ("meter", "originals", "warm")

    def __init__(self, meter: GasMeter) -> None:
        """Start cold, charging `meter`."""
        self.meter = meter
        self.warm: dict[tuple[bytes, Key], None] = {}
        self.originals: dict[tuple[bytes, Key], tuple[object, ...]] = {}

    def mark(self) -> tuple[int, int]:
        """Return the present point, for `undo`."""
        return len(self.warm), self.meter.refund

    def undo(self, mark: tuple[int, int]) -> None:
        """Make slots touched since `mark` cold again and take back refunds (EIP-2929 on reverts)."""
        count, self.meter.refund = mark
        while len(self.warm) > count:
            self.warm.popitem()


class Storage:
    """The storage of one contract during one call."""

    __slots__ = ("_access", "_address", "_static", "_world")

    def __init__(self, world: World, access: Access, address: bytes, *, static: bool) -> None:
        """Open the storage of the contract at `address`; a `static` one refuses writes."""
        self._world = world
        self._access = access
        self._address = address
        self._static = static

    def get(self, key: Key, default: Value) -> Value:
        """Return the value at `key`, or `default`, which also says what type is expected."""
        value = self._read(key)
        if value is MISSING:
            return default
        if type(value) is not type(default):
            raise TypeError(f"storage holds {type(value).__name__} at {key!r}, not {type(default).__name__}")
        return value

    def find(self, key: Key, kind: type[Value]) -> Value | None:
        """Return the value at `key`, or None where there is none."""
        value = self._read(key)
        if value is MISSING:
            return None
        if not isinstance(value, kind):
            raise TypeError(f"storage holds {type(value).__name__} at {key!r}, not {kind.__name__}")
        return value

    def __contains__(self, key: Key) -> bool:
        """Whether something is at `key`. Costs a read."""
        return self._read(key) is not MISSING

    def __setitem__(self, key: Key, value: object) -> None:
        """Write `value` at `key`."""
        self._write(key, value)

    def __delitem__(self, key: Key) -> None:
        """Clear `key`."""
        self._write(key, MISSING)

    def _read(self, key: Key) -> object:
        place = (self._address, key)
        value = self._world.get("storage", place)
        slots = max(len(slot_values(value)), 1)
        if place in self._access.warm:
            self._access.meter.charge(WARM_READ * slots)
        else:
            self._access.warm[place] = None
            self._access.meter.charge(COLD_STORAGE_READ * slots)
        return value

    def _write(self, key: Key, value: object) -> None:
        if self._static:
            raise StaticCallError(f"write to {key!r} in a static call")
        place = (self._address, key)
        present = self._world.get("storage", place)
        self._charge_write(place, slot_values(present), slot_values(value))
        self._world.put("storage", place, value)

    def _charge_write(self, place: tuple[bytes, Key], present: tuple[object, ...], wanted: tuple[object, ...]) -> None:
        access = self._access
        original = access.originals.setdefault(place, present)
        surcharge = 0 if place in access.warm else COLD_STORAGE_READ
        access.warm[place] = None
        for first, now, then in zip_longest(original, present, wanted, fillvalue=0):
            if now != then:
                cost, refund = slot_write(first, now, then)
                access.meter.charge(cost + surcharge)
                access.meter.refund += refund


def slot_write(original: object, present: object, wanted: object) -> tuple[int, int]:
    """Compute the gas and the refund of changing one warm slot (EIP-3529's net metering). Zero is the integer 0."""
    if original == present:
        cost = STORAGE_SET if original == 0 else STORAGE_RESET
        return cost, STORAGE_CLEAR_REFUND if wanted == 0 else 0
    refund = 0
    if original != 0:
        refund -= STORAGE_CLEAR_REFUND if present == 0 else 0
        refund += STORAGE_CLEAR_REFUND if wanted == 0 else 0
    if wanted == original:
        refund += (STORAGE_SET if original == 0 else STORAGE_RESET) - WARM_READ
    return WARM_READ, refund


def slot_values(value: object) -> tuple[object, ...]:
    """List what a value puts in each of its slots; a zero slot is the integer 0."""
    kind = type(value)
    if kind is int:
        return (value,)
    if kind is bytes:
        return _byte_slots(cast("bytes", value))
    if kind is bool:
        return (int(cast("bool", value)),)
    if kind is tuple:
        return tuple(slot for item in cast("tuple[object, ...]", value) for slot in slot_values(item))
    if value is MISSING or value is None:
        return ()
    if kind is str:
        return _byte_slots(cast("str", value).encode())
    if is_dataclass(kind):
        return _record_slots(cast("DataclassInstance", value))
    raise TypeError(f"storage takes no {kind.__name__}")


def _byte_slots(value: bytes) -> tuple[object, ...]:
    if len(value) <= 32:
        return (value if value.strip(b"\0") else 0,)
    chunks = (value[start : start + 32] for start in range(0, len(value), 32))
    return (len(value), *(chunk if chunk.strip(b"\0") else 0 for chunk in chunks))


@cache
def _field_names(kind: "type[DataclassInstance]") -> tuple[str, ...]:
    """Name a record's fields, in order."""
    return tuple(field.name for field in fields(kind))


def _record_slots(value: "DataclassInstance") -> tuple[object, ...]:
    kind = type(value)
    parts = tuple(slot for name in _field_names(kind) for slot in slot_values(getattr(value, name)))
    packed = getattr(kind, "storage_slots", None)
    if packed is None:
        return parts
    share = -(-len(parts) // packed)
    grouped = (parts[start : start + share] for start in range(0, packed * share, share))
    return tuple(group if any(group) else 0 for group in grouped)
