# Every job of the project in one line. Without `just`, copy the line: nothing here hides anything.

python := ".venv/bin/python"

# What there is to do.
default:
    @just --list

# Make or refresh the environment, and run the devnet.
devnet *arguments:
    python3 -m rollup devnet up {{ arguments }}

# Linter, formatter, types and the quick tests; with arguments, pytest alone.
test *arguments:
    python3 -m rollup test {{ arguments }}

# Everything that has an end, the long tests too.
test-all:
    python3 -m rollup test -m "not soak"

# Tests that take many minutes.
soak *arguments:
    python3 -m rollup test -m soak {{ arguments }}

# Branch coverage of the quick tests.
coverage:
    python3 -m rollup test --cov --cov-report=term-missing

# Put code into the house's shape.
format:
    {{ python }} -m ruff check --fix-only .
    {{ python }} -m ruff format .

# Linter and types alone.
lint:
    {{ python }} -m ruff check .
    {{ python }} -m ruff format --check .
    {{ python }} -m mypy

# One drill, or all that there are.
drill *arguments:
    python3 -m rollup drill run {{ arguments }}

# Take a measurement: throughput, or another by its name.
bench *arguments:
    python3 -m rollup bench run {{ arguments }}

# Install what the measurement of Greeks compares with.
bench-peers:
    {{ python }} -m pip install --require-hashes --requirement configs/bench.lock

# Renew the locks after a change of the dependencies in pyproject.toml (needs uv); versions that still fit are kept.
lock *arguments:
    uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --quiet --custom-compile-command "just lock" --output-file configs/requirements.lock {{ arguments }}
    uv pip compile pyproject.toml --extra bench --constraint configs/requirements.lock --universal --python-version 3.11 --generate-hashes --quiet --custom-compile-command "just lock" --output-file configs/bench.lock {{ arguments }}
