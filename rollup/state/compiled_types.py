"""What a kernel's state is to numba: addresses instead of Python objects.

One rule: a state is one address, of a list of the addresses of its arrays; whatever a kernel does with it (`state.accounts`,
`table.rows[slot]`, `len(table.mark)`) becomes arithmetic on that. So a call hands over one word instead of the several hundred that
as many arrays would be, and compiling is quick. Nothing here checks a bound: `rollup.state.table` does, once, in `locate`.

    list of addresses = (rows, mark, log) of each section, in order, then of each table of `rollup.state.derived`
"""

import operator
from typing import Any

from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.core.imputils import lower_builtin, lower_getattr_generic
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.extending import intrinsic, models, register_model

from rollup.state.derived import DERIVED
from rollup.state.rows import DEPTHS, DTYPES

PARTS = ("rows", "mark", "log")
"""Arrays of a section, in the order of their addresses."""

ADDRESS = ir.IntType(8).as_pointer()
WORD = ir.IntType(64)

RECORDS = {section: from_dtype(dtype) for section, dtype in DTYPES.items()} | {name: from_dtype(dtype) for name, dtype, _ in DERIVED}
"""The rows' types, by section and by derived table: in the order of the list of addresses."""

SLOTS = {section: 1 << depth for section, depth in DEPTHS.items()} | {name: slots for name, _, slots in DERIVED}
"""How many rows each of them has."""


class StateType(types.Type):  # type: ignore[misc]
    """A whole state."""

    def __init__(self) -> None:
        super().__init__(name="State")


class TableType(types.Type):  # type: ignore[misc]
    """One section."""

    def __init__(self, section: str) -> None:
        self.section = section
        self.slots = SLOTS[section]
        super().__init__(name=f"Table({section})")


class ViewType(types.Type):  # type: ignore[misc]
    """A list of records, or of integers of some bits, of which only the address and the length are known."""

    def __init__(self, element: Any, bits: int = 64) -> None:
        self.element = element
        self.bits = bits
        super().__init__(name=f"View({element}, {bits})")

    @property
    def mangling_args(self) -> tuple[str, tuple[int, ...]]:
        """Keep the names of functions short."""
        return "View", (self._code,)


@register_model(StateType)
@register_model(TableType)
class AddressModel(models.PrimitiveModel):  # type: ignore[misc]
    """An address is all that is known."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ADDRESS)


@register_model(ViewType)
class ViewModel(models.StructModel):  # type: ignore[misc]
    """An address and a length."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [("address", types.voidptr), ("length", types.int64)])


@infer_getattr
class StateAttributes(AttributeTemplate):  # type: ignore[misc]
    """`state.accounts`."""

    key = StateType

    def generic_resolve(self, _state: StateType, name: str) -> TableType | None:
        """Return the type of an attribute."""
        return TableType(name) if name in RECORDS else None


@lower_getattr_generic(StateType)  # type: ignore[untyped-decorator]
def get_table(_context: Any, builder: Any, _kind: StateType, state: Any, name: str) -> Any:
    """Emit the address of a section's addresses."""
    return builder.gep(state, [ir.Constant(WORD, 8 * len(PARTS) * list(RECORDS).index(name))], inbounds=True)


@infer_getattr
class TableAttributes(AttributeTemplate):  # type: ignore[misc]
    """`table.rows`, `table.mark`, `table.log`, `table.keys`."""

    key = TableType

    def generic_resolve(self, table: TableType, name: str) -> ViewType | None:
        """Return the type of an attribute."""
        return view_type(table, name)


def view_type(table: TableType, name: str) -> ViewType | None:
    """Return the type of a section's array."""
    if name == "rows":
        return ViewType(RECORDS[table.section])
    if name == "mark":
        return ViewType(types.int64, 8)
    return ViewType(types.int64) if name in {"log", "keys"} else None


@lower_getattr_generic(TableType)  # type: ignore[untyped-decorator]
def get_view(context: Any, builder: Any, table: TableType, value: Any, name: str) -> Any:
    """Emit a view of one of a section's arrays. Whole sections have no keys; rows and logs are not asked for their length."""
    view = cgutils.create_struct_proxy(view_type(table, name))(context, builder)
    view.length = ir.Constant(WORD, table.slots + 1 if name == "mark" else 0)
    if name == "keys":
        view.address = ir.Constant(ADDRESS, None)
    else:
        place = builder.gep(value, [ir.Constant(WORD, 8 * PARTS.index(name))], inbounds=True)
        view.address = builder.load(builder.bitcast(place, ADDRESS.as_pointer()))
        # The arrays stay where they are, so the compiler need not load their addresses again after each store.
        view.address.set_metadata("invariant.load", builder.module.add_metadata([]))
    return view._getvalue()  # noqa: SLF001 -- numba's name for it


@infer_global(len)
class ViewLength(AbstractTemplate):  # type: ignore[misc]
    """`len(table.mark)`."""

    def generic(self, args: Any, _kws: Any) -> Any:
        """Return the type of the call."""
        return signature(types.int64, args[0]) if isinstance(args[0], ViewType) else None


@lower_builtin(len, ViewType)  # type: ignore[untyped-decorator]
def get_length(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Emit the length of a view."""
    return cgutils.create_struct_proxy(sig.args[0])(context, builder, args[0]).length


@infer_global(operator.getitem)
class ViewItem(AbstractTemplate):  # type: ignore[misc]
    """`table.rows[slot]`, `table.log[cell]`."""

    def generic(self, args: Any, _kws: Any) -> Any:
        """Return the type of the call."""
        return signature(args[0].element, args[0], types.int64) if isinstance(args[0], ViewType) else None


@lower_builtin(operator.getitem, ViewType, types.int64)  # type: ignore[untyped-decorator]
def get_item(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Emit a record's address, or an integer."""
    view = sig.args[0]
    place = place_of(context, builder, view, args)
    if isinstance(view.element, types.Record):
        return builder.bitcast(place, context.get_value_type(view.element))
    value = builder.load(builder.bitcast(place, ir.IntType(view.bits).as_pointer()))
    return value if view.bits == WORD.width else builder.zext(value, WORD)


@infer_global(operator.setitem)
class ViewSetItem(AbstractTemplate):  # type: ignore[misc]
    """`table.rows[slot] = row` copies; `table.mark[slot] = bits`."""

    def generic(self, args: Any, _kws: Any) -> Any:
        """Return the type of the call."""
        return signature(types.none, args[0], types.int64, args[0].element) if isinstance(args[0], ViewType) else None


@lower_builtin(operator.setitem, ViewType, types.int64, types.Any)  # type: ignore[untyped-decorator]
def set_item(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Emit the copy of a record, or the store of an integer."""
    view = sig.args[0]
    place = place_of(context, builder, view, args)
    if isinstance(view.element, types.Record):
        source = builder.bitcast(args[2], ADDRESS)
        cgutils.raw_memcpy(builder, place, source, ir.Constant(WORD, view.element.size), 1, align=8)
    else:
        kind = ir.IntType(view.bits)
        value = args[2] if view.bits == WORD.width else builder.trunc(args[2], kind)
        builder.store(value, builder.bitcast(place, kind.as_pointer()))
    return context.get_dummy_value()


def place_of(context: Any, builder: Any, view: ViewType, args: Any) -> Any:
    """Emit the address of an element."""
    size = view.element.size if isinstance(view.element, types.Record) else view.bits // 8
    address = cgutils.create_struct_proxy(view)(context, builder, args[0]).address
    return builder.gep(address, [builder.mul(args[1], ir.Constant(WORD, size))], inbounds=True)


@intrinsic  # type: ignore[untyped-decorator]
def as_state(_typing: Any, address: Any) -> Any:
    """Take an integer for the address of a state's list of addresses."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ADDRESS)

    return StateType()(address), generate


def view_maker(element: Any) -> Any:
    """Return an intrinsic (address, length) → view of records, or of integers."""

    @intrinsic  # type: ignore[untyped-decorator]
    def as_view(_typing: Any, address: Any, length: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            view = cgutils.create_struct_proxy(sig.return_type)(context, builder)
            view.address = builder.inttoptr(args[0], ADDRESS)
            view.length = args[1]
            return view._getvalue()  # noqa: SLF001 -- numba's name for it

        return ViewType(element)(address, length), generate

    return as_view


@intrinsic  # type: ignore[untyped-decorator]
def words_of_rows(_typing: Any, table: Any) -> Any:
    """See the rows of a section as words, one after the other."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = cgutils.create_struct_proxy(ViewType(RECORDS[sig.args[0].section]))(
            context, builder, get_view(context, builder, sig.args[0], args[0], "rows")
        )
        view = cgutils.create_struct_proxy(sig.return_type)(context, builder)
        view.address, view.length = rows.address, rows.length
        return view._getvalue()  # noqa: SLF001 -- numba's name for it

    return ViewType(types.int64)(table), generate
