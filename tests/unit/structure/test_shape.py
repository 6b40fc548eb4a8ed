"""The walls of size: a function of at most 70 lines, a file of at most 400. The report of the run shows how far away they are."""

import ast

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400


def long_functions(modules):
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    yield f"{module.name}:{node.lineno} {node.name} has {lines} lines"


def long_files(modules):
    for module in modules.values():
        lines = len(module.text.splitlines())
        if lines > FILE_LINES_MAX:
            yield f"{module.name} has {lines} lines"


def test_functions_are_short(modules):
    found = list(long_functions(modules))
    assert not found, "\n".join(found)


def test_files_are_short(modules):
    found = list(long_files(modules))
    assert not found, "\n".join(found)


def test_the_checks_catch_what_is_long(plant):
    body = "    x = 1\n"
    assert not list(long_functions(plant({"rollup.a": "def f():\n" + body * 69})))
    assert list(long_functions(plant({"rollup.a": "def f():\n" + body * 70})))
    assert list(long_functions(plant({"rollup.a": "class A:\n  async def f():\n" + body * 70})))
    assert not list(long_files(plant({"rollup.a": "x = 1\n" * 400})))
    assert list(long_files(plant({"rollup.a": "x = 1\n" * 401})))
