"""The benchmarks of validation run, on files of a few records."""

from __future__ import annotations

import gzip
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SCRIPTS = Path(__file__).parents[2] / "scripts" / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(SCRIPTS)
    return import_module("validate")


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(SCRIPTS)
    return import_module("corpus")


@pytest.mark.parametrize("number", range(3))
def test_every_contender_in_python_is_measured_on_every_kind_of_file(
    number: int, bench: ModuleType, tmp_path: Path
) -> None:
    kind = bench.KINDS[number]._replace(tools={})
    for label, reads in (("warm", 100), ("4", 200)):
        bench.write(kind, tmp_path / label, reads)
    rows = bench.contest(kind, tmp_path, 1)
    checks = [bench.CHECK] if number == 0 else []
    assert [row.what for row in rows] == [bench.FLOOR, bench.DIGESTS, *checks, bench.OURS, bench.PYSAM]
    assert all(row.cpu > 0 and row.wall > 0 and row.memory > 1 for row in rows)
    assert bench.table(kind, rows, 200).row_count == len(rows)
    assert f"{bench.FLOOR if number == 0 else bench.PYSAM}: " in bench.aims(kind, rows)
    assert ("without QC" in bench.aims(kind, rows)) is (number == 0)


def test_a_tool_is_measured_as_a_whole_and_a_failing_one_ends_the_benchmark(bench: ModuleType, tmp_path: Path) -> None:
    kind = bench.KINDS[0]._replace(tools={"counting": "wc -c {file}"})
    (tmp_path / "4").mkdir()
    (tmp_path / "4" / kind.name).write_bytes(b"some bytes")
    row = bench.tool("counting", "wc -c {file}", kind, tmp_path)
    assert (row.what, row.start) == ("counting", 0)
    with pytest.raises(SystemExit, match="failing failed on"):
        bench.tool("failing", "cat {file}.not", kind, tmp_path)


def test_a_process_past_its_time_or_memory_is_ended(bench: ModuleType) -> None:
    processes = import_module("processes")
    assert processes.run(["sleep", "60"], seconds=0.2).code < 0
    hungry = processes.run([bench.sys.executable, "-c", "bytes(1 << 32)"], memory=1 << 30)
    assert "MemoryError" in hungry.output


def test_the_table_of_a_labelled_folder_counts_what_each_tool_judges_rightly(
    corpus: ModuleType, tmp_path: Path
) -> None:
    packed = gzip.compress(b"@r\nAC\n+\nII\n")
    (tmp_path / "good.fastq.gz").write_bytes(packed)
    (tmp_path / "cut.fastq.gz").write_bytes(packed[:-4])
    (tmp_path / "short.fastq.gz").write_bytes(gzip.compress(b"@r\nAC\n+\nI\n"))
    rows = ["path\tformat\texpected\tmate\treference", "good.fastq.gz\tfastq.gz\tgood\t\t"]
    rows += ["cut.fastq.gz\tfastq.gz\tbad\t\t", "short.fastq.gz\tfastq.gz\tbad\t\t", ""]
    (tmp_path / "manifest.tsv").write_text("\n".join(rows))
    files = corpus.read_manifest(tmp_path)
    tools = [tool for tool in corpus.all_tools("python") if tool.name in {"SeqArk", "gzip -t"}]
    right = {(tool, file): corpus.accepts(tool, file) == file.good for tool in tools for file in files}
    assert corpus.table(files, tools, right)[2:] == [
        "| fastq.gz | 1/1 good, 2/2 bad | 1/1 good, 1/2 bad |",
        "| all that it reads | 1/1 good, 2/2 bad | 1/1 good, 1/2 bad |",
    ]
