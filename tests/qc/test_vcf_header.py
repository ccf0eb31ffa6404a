"""What is promised about the header of VCF text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.qc.builders import VCF_HEADER, VCF_RECORD, codes, vcf, verdict_of
from tests.qc.vcf_builders import LINE, record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'##INFO=<ID=X,Number=1,Type=Int,Description="x">', "meta_type"),
        (b'##FORMAT=<ID=X,Number=1,Type=Flag,Description="x">', "meta_type"),
        (b'##INFO=<ID=X,Number=many,Type=Integer,Description="x">', "meta_number"),
        (b"##INFO=<ID=X,Number=1,Type=Integer>", "meta_key_missing"),
        (b'##INFO=<Number=1,Type=Integer,Description="x">', "meta_key_missing"),
        (b"##INFO=<ID=X,Number=1,Type=Integer,Description=x>", "meta_description"),
        (b'##INFO=<ID=X,Number=1,Type=Integer,Description="x>', "meta_value"),
        (b'##INFO=<ID=X,Number=1,Type=Integer,Description="a"b"c">', "meta_value"),
        (b'##INFO=<ID=X,Number=1,Type=Integer,Description="x"', "meta_value"),
        (b"##INFO=DP", "meta_value"),
        (b'##INFO=<Number=1,Type=Integer,Description="x",ID=X>', "meta_order"),
        (b'##INFO=<ID=END,Number=1,Type=Float,Description="x">', "meta_reserved"),
        (b'##INFO=<ID=AA,Number=.,Type=String,Description="x">', "meta_reserved"),
        (b'##FORMAT=<ID=HQ,Number=1,Type=Integer,Description="x">', "meta_reserved"),
        (b'##INFO=<ID=a b,Number=1,Type=Integer,Description="x">', "meta_id"),
        (b'##FILTER=<ID=0,Description="x">', "meta_id"),
        (b'##ALT=<ID=A B,Description="x">', "meta_id"),
        (b'##ALT=<ID=OTHER:A,Description="x">', "meta_alt"),
        (b'##ALT=<ID=DEL,Number=1,Type=String,Description="x">', "meta_alt"),
        (b"##contig=<ID=a b>", "meta_id"),
        (b"##contig=<ID=1,length=7>", "meta_duplicate"),
        (b"##SAMPLE=<ID=S,Mixture=0.5;0.5>", "meta_sample"),
        (b"##PEDIGREE=<Name_0=a b>", "meta_pedigree"),
        (b"##assembly=ftp://8080:8080/file", "meta_url"),
        (b"##pedigreeDB=<>", "meta_url"),
        (b"##FILTER=<ID=x>", "meta_key_missing"),
        (b"##contig=<length=5>", "meta_key_missing"),
        (b"##contig=<ID=x,length=long>", "meta_length"),
        (b'##INFO=<ID=DP,Number=2,Type=Integer,Description="x">', "meta_duplicate"),
        (b'##FORMAT=<ID=GT,Number=1,Type=Integer,Description="x">', "meta_duplicate"),
        (b"##no value", "meta_line"),
        (b"##reference=", "meta_line"),
        (b"##fileformat=VCFv4.2", "fileformat_twice"),
        (b"", "blank_line"),
    ],
)
def test_a_broken_header_line_is_refused(tmp_path: Path, line: bytes, code: str) -> None:
    header = VCF_HEADER.replace(b"#CHROM", line + b"\n#CHROM")
    verdict = verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, header=header))
    assert codes(verdict)[0] == code
    assert not verdict.valid
    assert verdict.findings[0].line == LINE - 2


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"##fileformat=VCFv4.2\n", b"", "fileformat"),
        (b"VCFv4.2", b"VCF v4.2", "fileformat"),
        (b"VCFv4.2", b"VCFv3.3", "fileformat"),
        (b"#CHROM\tPOS", b"#CHROM POS", "column_line"),
        (b"#CHROM\tPOS\tID", b"#CHROM\tID\tPOS", "column_line"),
        (b"##fileformat=VCFv4.2", b"##format=VCFv4.2", "fileformat"),
        (b"FORMAT\tA\tB", b"FORMAT\tA\tA", "sample_twice"),
        (b"FORMAT\tA\tB", b"FORMAT", "no_samples"),
        (b"FORMAT\tA\tB", b"FORMAT\tA", "column_count"),
        (b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\n", b"", "column_line_missing"),
    ],
)
def test_a_broken_frame_is_refused(tmp_path: Path, old: bytes, new: bytes, code: str) -> None:
    verdict = verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD).replace(old, new, 1))
    assert not verdict.valid
    assert code in codes(verdict)


@pytest.mark.parametrize(
    "line",
    [
        b'##INFO=<ID=AF2,Number=A,Type=Float,Description="a \\"quoted\\" word",Source="x",Version="1",IDX=9>',
        b'##INFO=<ID=END,Number=1,Type=Integer,Description="">',
        b'##ALT=<ID=INS:ME:ALU,Description="x">',
        b'##ALT=<ID=odd!"#$%,Description="x">',
        b"##SAMPLE=<ID=S,Genomes=A;B,Mixture=0.5;0.5>",
        b"##PEDIGREE=<Child=a,Mother=b>",
        b"##assembly=http://10.0.0.1:80/x.fa",
        b"##pedigreeDB=<ftp://host/x>",
        b'##title=<"words, in brackets">',
        b"##source=a,b=<c>",
    ],
)
def test_a_legal_header_line_is_accepted_without_a_word(tmp_path: Path, line: bytes) -> None:
    header = VCF_HEADER.replace(b"#CHROM", line + b"\n#CHROM")
    assert verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, header=header)).findings == []


@pytest.mark.parametrize(
    "line",
    [
        b'##INFO=<ID=AF,Number=.,Type=Float,Description="x">',
        b'##INFO=<ID=MQ,Number=1,Type=Integer,Description="x">',
        b'##FORMAT=<ID=GQ,Number=1,Type=Float,Description="x">',
        b'##FORMAT=<ID=GL,Number=3,Type=Float,Description="x">',
    ],
)
def test_a_reserved_key_as_well_known_tools_declare_it_is_told_until_4_2(tmp_path: Path, line: bytes) -> None:
    header = VCF_HEADER.replace(b"##INFO=<ID=AF,Number=A", b"##INFO=<ID=AF0,Number=A")
    header = header.replace(b"#CHROM", line + b"\n#CHROM")
    verdict = verdict_of(tmp_path, "a.vcf", vcf(record(info=b"DP=1"), header=header))
    assert verdict.valid
    assert codes(verdict) == ["meta_reserved"]


def test_a_contig_may_be_declared_again_with_its_length(tmp_path: Path) -> None:
    header = VCF_HEADER.replace(b"##contig=<ID=1,", b"##contig=<ID=1>\n##contig=<ID=1,")
    verdict = verdict_of(tmp_path, "a.vcf", vcf(record(pos=b"5000"), header=header))
    assert codes(verdict) == ["meta_repeated", "pos_past_end"]


def test_a_file_of_only_a_header_is_good(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.vcf", VCF_HEADER)
    assert verdict.valid
    assert (verdict.counts["variants"], verdict.counts["ti_tv"]) == (0, None)


def test_blanks_after_a_header_line_are_told(tmp_path: Path) -> None:
    header = VCF_HEADER.replace(b'"Depth">', b'"Depth">   ')
    assert codes(verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, header=header))) == ["meta_blank"]
