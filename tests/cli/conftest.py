"""Runs the command line in this process, with an environment of its own."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

from app.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What a command answered."""

    code: int
    out: str
    err: str

    def sentence(self) -> str:
        """The one sentence of a refusal; nothing else was said, and no traceback."""
        assert (self.code, self.out) == (1, ""), self
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("Error: "), self.err
        return lines[0].removeprefix("Error: ")


class Seqark(Protocol):
    """The command line as a function of its arguments and of settings in lower case."""

    def __call__(self, *arguments: object, **settings: object) -> Outcome: ...


@pytest.fixture
def seqark(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seqark:
    """The command line, by default on `tmp_path`; a setting of None is left out."""

    def run(*arguments: object, **settings: object) -> Outcome:
        with monkeypatch.context() as changed:
            for name in [name for name in os.environ if name.startswith(("SEQARK_", "_SEQARK_"))]:
                changed.delenv(name)
            for name, value in ({"data_dir": tmp_path} | settings).items():
                if value is not None:
                    changed.setenv(f"SEQARK_{name.upper()}", str(value))
            changed.setattr(sys, "argv", ["seqark", *map(str, arguments)])
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, said.out, said.err)

    return run
