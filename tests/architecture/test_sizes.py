"""Every file is short, every function fits a screen, and every module begins by saying what it is for."""

from __future__ import annotations

import ast

from tests.architecture.tree import parsed, python_files, shown

MAX_FILE, MAX_FUNCTION = 299, 40
GENERATED = "alembic/versions/"


def test_every_python_file_is_under_three_hundred_lines():
    lengths = {shown(path): len(path.read_text().splitlines()) for path in python_files()}
    too_long = {name: n for name, n in lengths.items() if n > MAX_FILE and not name.startswith(GENERATED)}
    assert not too_long


def test_every_function_has_at_most_forty_lines_of_body():
    too_long = {
        f"{shown(path)}:{function.lineno} {function.name}": lines
        for path in python_files()
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := body_lines(function)) > MAX_FUNCTION
        and not shown(path).startswith(GENERATED)
    }
    assert not too_long


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines from the first statement to the last; the docstring, the decorators and the signature do not count."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1 if body else 0


def test_every_module_begins_with_a_sentence_that_says_what_it_is_for():
    silent = []
    for path in python_files():
        first = (ast.get_docstring(parsed(path)) or "").split("\n\n")[0].strip()
        if not first.endswith((".", ":", "?")):
            silent.append(f"{shown(path)}: {first!r}")
    assert not silent
