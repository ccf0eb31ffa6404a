"""What is promised about going through VCF block by block, in compiled code where that serves."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from qc.formats.base import FindingLog
from qc.formats.lines import LineBlocks, LineTooLong
from qc.formats.variant_walk import BlockWalk
from qc.formats.vcf_text import VcfWalk
from tests.qc.builders import VCF_HEADER, bgzf, gzipped, vcf, verdict_of
from tests.qc.vcf_builders import record

if TYPE_CHECKING:
    from pathlib import Path

NEVER, AT_ONCE = 1 << 40, 0
HEADER = VCF_HEADER.replace(b"#CHROM", b'##INFO=<ID=END,Number=1,Type=Integer,Description="x">\n#CHROM')
HEADER = HEADER.replace(b"#CHROM", b'##FORMAT=<ID=PSL,Number=P,Type=String,Description="x">\n#CHROM')
COLUMNS: dict[str, list[bytes]] = {
    "chrom": [b"1"] * 8 + [b"2", b"x y"],
    "id": [b".", b".", b"rs1", b"rs1", b"a;b", b"a b", b""],
    "ref": [b"A", b"A", b"c", b"ACG", b"N", b"R"],
    "alt": [b"G", b"G,T", b"T,ACGTA", b"*", b"<NON_REF>", b"G,<*>", b"<DEL>", b".", b"a", b"A,,G", b"G[2:5[", b"T,T"],
    "qual": [b"50", b".", b"12.5", b"1e3", b"Inf", b"-1", b"5.", b"99999999999"],
    "filter": [b"PASS", b".", b"q10", b"q9", b"PASS;q10"],
    "info": [
        *(b"DP=10;AF=0.5", b".", b"DB", b"DB=1", b"DP=10;DB", b"DP=1;DP=1", b"DP=01", b"DP=-1", b"DP=1,2", b"DP="),
        *(b"AF=1.0,0", b"AF=1.01", b"AF=2e-3", b"AF=2e3", b"AF=.", b"AF=nan", b"END=5", b"END=9999", b"NEW=1", b";"),
        *(b"GENE=a", b"GENE=a,b", b"GENE=a b", b"DP4=1,2,3,4", b"DP4=1,2", b"DP=9999999999", b"AF=-.", b"AF=.5"),
    ],
    "format": [b"GT:AD:PL"] * 4 + [b"GT", b"AD:PL", b"GT:PSL", b"GT:NO", b"AD:GT"],
}
VALUES = {
    b"GT": [b"0/0", b"0/1", b"1|1", b"./.", b".", b"1", b"./1", b"1/2", b"0/1/1", b"|1", b"0/9", b""],
    b"AD": [b"1,2", b".", b"1,.", b"5", b"1,2,3", b"1,-2"],
    b"PL": [b"0,1,2", b".", b"0,1", b"0,1,2,3,4,5", b"0,x,1"],
    b"PSL": [b"a,b", b"a", b"."],
}


def some_records(chooser: random.Random, count: int, oddity: float) -> bytes:
    """Records by position, of which so many have columns that were chosen anew."""
    lines, pos = [], 1
    for _ in range(count):
        pos = max(0, pos + chooser.choice([0, 1, 1, 1, 5, 5, -1] if chooser.random() < oddity else [1, 2]))
        changes = {"pos": b"%d" % pos}
        for name, choices in COLUMNS.items():
            if chooser.random() < oddity:
                changes[name] = chooser.choice(choices)
        for sample in ("a", "b"):
            if chooser.random() < oddity or "format" in changes:
                keys = changes.get("format", b"GT:AD:PL").split(b":")
                changes[sample] = b":".join(chooser.choice(VALUES.get(key, [b"1"])) for key in keys)
        lines.append(record(**changes))
    return b"".join(lines)


def outcome(data: bytes, plain_bytes: int, piece: int = 1 << 20, least: int = 1 << 18) -> tuple[Any, ...]:
    """Everything that is found and counted when the data comes in pieces of this size."""
    findings = FindingLog()
    walk = VcfWalk(findings)
    blocks = BlockWalk(walk, plain_bytes)
    for block in LineBlocks((data[at : at + piece] for at in range(0, len(data), piece)), 1 << 20, least):
        blocks.take(block)
    walk.finish()
    return walk.counts(), walk.metrics(), findings.kept, findings.counts, walk.number


@pytest.mark.parametrize("oddity", [0, 0.02, 0.3])
@pytest.mark.parametrize("version", [b"4.2", b"4.4"])
def test_compiled_code_finds_and_counts_what_the_plain_walk_does(oddity: float, version: bytes) -> None:
    chooser = random.Random(f"{oddity} {version!r}")
    for plain in (AT_ONCE, 1_500, 5_000):
        data = vcf(some_records(chooser, 200, oddity), header=HEADER.replace(b"4.2", version))
        assert outcome(data, plain) == outcome(data, NEVER)


def test_the_sizes_of_pieces_and_blocks_change_nothing() -> None:
    data = vcf(some_records(random.Random(7), 120, 0.1), header=HEADER)
    expected = outcome(data, NEVER)
    for piece, least in ((1, 1), (7, 100), (64, 1), (1000, 3000), (1 << 20, 1)):
        assert outcome(data, AT_ONCE, piece, least) == expected


def test_the_container_changes_nothing_but_what_is_told_of_it(tmp_path: Path) -> None:
    data = vcf(some_records(random.Random(8), 20_000, 0.002), header=HEADER)
    plain = verdict_of(tmp_path, "a.vcf", data)
    blocked = verdict_of(tmp_path, "b.vcf.gz", bgzf(data, size=777))
    zipped = verdict_of(tmp_path, "c.vcf.gz", gzipped(data))
    assert plain.counts == blocked.counts == zipped.counts
    assert plain.metrics == blocked.metrics == zipped.metrics
    assert plain.findings == blocked.findings == [f for f in zipped.findings if f.code != "not_bgzf"]


def test_a_fault_far_behind_usual_records_is_told_with_its_line() -> None:
    usual = [record(pos=b"%d" % (pos + 1)) for pos in range(400)]
    usual[333] = usual[333].replace(b"0/1:5,5", b"0/1:5,5,5")
    _, _, findings, _, lines = outcome(vcf(*usual), AT_ONCE)
    first = VCF_HEADER.count(b"\n") + 1
    assert [(finding.code, finding.line, finding.record) for finding in findings] == [
        ("sample_number", first + 333, 334)
    ]
    assert lines == first + 399


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    for extra, piece in ((0, 3), (0, 19), (1, 3), (1, 19)):
        data = b"a\n" + b"b" * (20 + extra) + b"\nc"
        pieces = (data[at : at + piece] for at in range(0, len(data), piece))
        if extra:
            with pytest.raises(LineTooLong, match="Line 2 "):
                list(LineBlocks(pieces, 20, 1))
        else:
            assert b"".join(LineBlocks(pieces, 20, 1)) == data


def test_what_each_sample_has_is_counted() -> None:
    records = [
        record(pos=b"1", alt=b"G,C", info=b"DP=1", format=b"GT", a=b"1/2", b=b"0|0"),
        record(pos=b"2", ref=b"AT", alt=b"A", format=b"GT", a=b"1/1", b=b"./1"),
        record(pos=b"3", alt=b"*", format=b"GT", a=b"1", b=b"0/1", qual=b"19.9", filter=b"q10"),
        record(pos=b"4", alt=b".", info=b".", format=b"GT", a=b"0/0", b=b"./.", qual=b"."),
    ]
    for plain in (NEVER, AT_ONCE):
        counts, metrics, findings, _, _ = outcome(vcf(*records), plain)
        assert findings == []
        assert metrics["per_sample"] == [["A", 1, 1, 2, 0, 1, 1, 1.0], ["B", 1, 1, 0, 2, 0, 0, None]]
        assert metrics["indel_length_histogram"] == [[-1, 1]]
        assert metrics["quality_histogram"] == [[10, 1], [50, 2]]
        assert metrics["allele_frequency_histogram"] == [[0.0, 1], [0.5, 1], [0.65, 1], [0.95, 1]]
        assert {key: count for key, count in metrics["substitutions"].items() if count} == {"A>G": 1, "A>C": 1}
        assert counts | {"snps": 1, "indels": 1, "others": 1, "multiallelic": 1, "passed": 3} == counts
        assert counts["missing_genotype_percent"] == 25.0
