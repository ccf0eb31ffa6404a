"""What is promised about VCF text."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from tests.qc.builders import VCF_HEADER, VCF_RECORD, bgzf, codes, vcf, verdict_of
from tests.qc.vcf_builders import LINE, record

if TYPE_CHECKING:
    from pathlib import Path


def test_a_good_file_is_valid_and_counted(tmp_path: Path) -> None:
    records = [
        VCF_RECORD,
        record(alt=b"G,T", info=b"DP=3;AF=0.1,0.2", format=b"GT", a=b"1|2"),
        record(pos=b"300", ref=b"AT", alt=b"A", info=b"DB", format=b"GT", a=b"0"),
        record(pos=b"300", alt=b"<DEL>", info=b".", format=b"GT", a=b"./1"),
        record(chrom=b"2", pos=b"5", alt=b".", info=b"DP=1", format=b"GT", a=b"0/0"),
    ]
    verdict = verdict_of(tmp_path, "a.vcf", vcf(*records))
    assert verdict.valid
    assert codes(verdict) == ["alt_undeclared"]
    assert verdict.counts == {
        "variants": 5,
        "samples": 2,
        "snps": 2,
        "indels": 1,
        "others": 1,
        "multiallelic": 1,
        "transitions": 2,
        "transversions": 1,
        "ti_tv": 2.0,
        "passed": 5,
        "missing_genotype_percent": 50.0,
        "contigs": 2,
        "version": "VCFv4.2",
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"chrom": b"chr 1"}, "chrom"),
        ({"pos": b"x"}, "pos"),
        ({"pos": b"-1"}, "pos"),
        ({"pos": b"2000"}, "pos_past_end"),
        ({"chrom": b"chr:1"}, "chrom"),
        ({"chrom": b"chr,1"}, "chrom"),
        ({"chrom": b"<1"}, "chrom"),
        ({"id": b"a b"}, "id"),
        ({"id": b";a"}, "id"),
        ({"ref": b"R"}, "ref"),
        ({"ref": b""}, "ref"),
        ({"alt": b"A T"}, "alt"),
        ({"alt": b"C,,T", "info": b"."}, "alt"),
        ({"alt": b"<A>B>"}, "alt"),
        ({"alt": b"<THIS:THAT>"}, "alt"),
        ({"alt": b"[1:100["}, "alt"),
        ({"alt": b"]1:100[A"}, "alt"),
        ({"qual": b"high"}, "qual"),
        ({"qual": b"-5"}, "qual"),
        ({"filter": b"PASS;q10"}, "filter"),
        ({"filter": b"0"}, "filter"),
        ({"filter": b"q10;q10"}, "filter_twice"),
        ({"info": b"DP=1.5"}, "info_type"),
        ({"info": b"DP=1,2"}, "info_number"),
        ({"info": b"DP"}, "info_value"),
        ({"info": b"DP="}, "info_value"),
        ({"info": b"DP=-1"}, "info_negative"),
        ({"info": b"DP=3000000000"}, "info_range"),
        ({"info": b"DP=" + b"9" * 5000}, "info_range"),
        ({"info": b"DP=1;DP=1"}, "info_twice"),
        ({"info": b"DP4=1,2,3"}, "info_number"),
        ({"info": b"AF=0.1,0.2"}, "info_number"),
        ({"alt": b"C,T,G", "info": b"AF=0.5", "format": b"GT"}, "info_number"),
        ({"info": b"AF=1.5"}, "info_type"),
        ({"info": b"AF=-0.1"}, "info_type"),
        ({"info": b"CIGAR=3MY"}, "info_type"),
        ({"info": b"AA=A,C"}, "info_number"),
        ({"info": b"DB=yes"}, "info_flag_value"),
        ({"info": b"=5"}, "info_key"),
        ({"info": b"DP=1;;DB"}, "info_key"),
        ({"info": b"AN=1.5"}, "info_type"),
        ({"format": b"AD:GT", "a": b"5,5:0/1"}, "format_gt_first"),
        ({"format": b"GT:GT", "a": b"0/1:0/1"}, "format_twice"),
        ({"a": b"0/1:5,5:10,0,10:9"}, "sample_values"),
        ({"a": b"0/1:5,5,5"}, "sample_number"),
        ({"a": b"0/1:5"}, "sample_number"),
        ({"a": b"0/1:5,-5"}, "sample_negative"),
        ({"format": b"GT:G_S", "a": b"0/1:1"}, "format_key"),
        ({"a": b"0/1:a,b"}, "sample_type"),
        ({"a": b"0/1:5,5:1,2,3,4"}, "sample_number"),
        ({"a": b"0/1:5,5:1,2"}, "sample_number"),
        ({"a": b"1:5,5:1,2,3"}, "sample_number"),
        ({"a": b"0/2:5,5"}, "genotype_allele"),
        ({"a": b"0/" + b"9" * 5000}, "genotype_allele"),
        ({"a": b"0/|1"}, "genotype"),
        ({"a": b"0-1"}, "genotype"),
        ({"a": b""}, "genotype"),
        ({"a": b"0/1:5,3000000000"}, "sample_range"),
    ],
)
def test_a_broken_value_is_refused_with_its_line(tmp_path: Path, changes: dict[str, bytes], code: str) -> None:
    verdict = verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, record(**changes)))
    error = verdict.first_error
    assert error is not None
    assert (error.code, error.line, error.record) == (code, LINE, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"alt": b"G]1:100]"},
        {"alt": b"]<ctg1>:100]G"},
        {"alt": b".G"},
        {"alt": b"*"},
        {"alt": b"<NON_REF>"},
        {"qual": b"."},
        {"qual": b"1e-5"},
        {"info": b"DP=."},
        {"info": b"AF=."},
        {"info": b"AF=1e-05"},
        {"a": b"."},
        {"a": b"./.:.:."},
        {"a": b"0/1/1:5,5:1,2,3,4"},
        {"a": b"1:5,5:1,2"},
        {"a": b".:5,5:1,2,3"},
        {"a": b"./.:5,5:1,2"},
        {"a": b"0/1:.,5"},
        {"ref": b"acgtn"},
        {"filter": b"q10"},
    ],
)
def test_every_legal_form_is_accepted_without_a_word(tmp_path: Path, changes: dict[str, bytes]) -> None:
    verdict = verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, record(**changes)))
    assert verdict.findings == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"filter": b"unknown"}, "filter_undeclared"),
        ({"chrom": b"3"}, "contig_undeclared"),
        ({"alt": b"<DUP:TANDEM>"}, "alt_undeclared"),
        ({"info": b"NEW=1"}, "info_undeclared"),
        ({"info": b"DP=1;"}, "info_semicolon"),
        ({"info": b"DB=1"}, "info_flag_value"),
        ({"info": b"GENE=a,b"}, "info_number"),
        ({"a": b"./.:5"}, "sample_number"),
        ({"alt": b"G,G", "info": b"DP=1", "format": b"GT", "a": b"0/1"}, "alt_repeated"),
        ({"alt": b".", "info": b"DP=1", "format": b"GT", "a": b"0/1"}, "genotype_allele"),
        ({"id": b"a;a"}, "id_twice"),
        ({"alt": b"a"}, "alt_is_ref"),
        ({"info": b"GENE=a b"}, "info_blank"),
        ({"format": b"GT:ZZ", "a": b"0/1:1"}, "format_undeclared"),
    ],
)
def test_what_common_tools_write_is_accepted_with_a_warning(
    tmp_path: Path, changes: dict[str, bytes], code: str
) -> None:
    verdict = verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, record(**changes)))
    assert verdict.valid
    assert codes(verdict) == [code]


def test_records_must_be_sorted_and_contigs_whole(tmp_path: Path) -> None:
    back = verdict_of(tmp_path, "a.vcf", vcf(record(pos=b"200"), record(pos=b"199")))
    assert [(finding.code, finding.line) for finding in back.findings] == [("not_sorted", LINE)]
    split = verdict_of(tmp_path, "b.vcf", vcf(record(), record(chrom=b"2"), record(pos=b"300")))
    assert [(finding.code, finding.line) for finding in split.findings] == [("not_contiguous", LINE + 1)]


def test_a_contig_may_be_longer_than_32_bits_tell(tmp_path: Path) -> None:
    header = VCF_HEADER.replace(b"<ID=1,length=1000>", b"<ID=1,length=10249250621>")
    assert verdict_of(tmp_path, "a.vcf", vcf(record(pos=b"10009999919"), header=header)).findings == []


def test_a_colon_or_an_asterisk_passes_in_a_declared_contig(tmp_path: Path) -> None:
    header = VCF_HEADER.replace(b"##contig=<ID=2", b"##contig=<ID=HLA-A*01:01").replace(b"4.2", b"4.3", 1)
    assert verdict_of(tmp_path, "a.vcf", vcf(record(chrom=b"HLA-A*01:01"), header=header)).findings == []


def test_a_contig_in_angle_brackets_stands_among_the_records_of_its_name(tmp_path: Path) -> None:
    data = vcf(record(pos=b"1"), record(chrom=b"<1>", pos=b"2"), record(pos=b"3"))
    assert verdict_of(tmp_path, "a.vcf", data).findings == []


def test_one_change_told_twice_under_one_identifier_is_refused(tmp_path: Path) -> None:
    wide = record(id=b"rs5", ref=b"TAT", alt=b"TGT,T", info=b"DP=1", format=b"GT", a=b"0/1")
    for identifier, valid in ((b"rs5", False), (b"rs6", True), (b".", True)):
        verdict = verdict_of(tmp_path, "a.vcf", vcf(wide, record(pos=b"201", id=identifier)))
        assert verdict.valid is valid
        assert codes(verdict) == ([] if valid else ["variant_repeated"])


def test_an_end_before_its_record_is_told(tmp_path: Path) -> None:
    header = VCF_HEADER.replace(b"#CHROM", b'##INFO=<ID=END,Number=1,Type=Integer,Description="x">\n#CHROM')
    assert codes(verdict_of(tmp_path, "a.vcf", vcf(record(info=b"END=199"), header=header))) == ["end_before_pos"]


def test_symbolic_alleles_may_repeat(tmp_path: Path) -> None:
    header = VCF_HEADER.replace(b"#CHROM", b'##ALT=<ID=INS,Description="x">\n#CHROM')
    line = record(alt=b"<INS>")
    assert verdict_of(tmp_path, "a.vcf", vcf(line, line, header=header)).valid


def test_blank_lines_are_told_at_the_end_and_refused_before_a_record(tmp_path: Path) -> None:
    end = verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, b"\n\n"))
    assert end.valid
    assert [(finding.code, finding.line) for finding in end.findings] == [("blank_line", LINE)]
    middle = verdict_of(tmp_path, "b.vcf", vcf(VCF_RECORD, b"\n", record()))
    assert not middle.valid
    assert [(finding.code, finding.line) for finding in middle.findings] == [("blank_line", LINE)]


def test_a_line_of_blanks_alone_is_no_blank_line(tmp_path: Path) -> None:
    for line in (b" \n", b"\t\t\n"):
        assert codes(verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, line))) == ["column_count"]


def test_a_list_without_end_costs_no_more_memory_than_its_line(tmp_path: Path) -> None:
    header = VCF_HEADER.replace(b"#CHROM", b'##INFO=<ID=L,Number=.,Type=Float,Description="x">\n#CHROM')
    data = vcf(record(info=b"L=" + b"0.5," * (1 << 20) + b"1", a=b"0/1:" + b"1," * (1 << 20) + b"1"), header=header)
    tracemalloc.start()
    try:
        assert codes(verdict_of(tmp_path, "a.vcf", data)) == ["sample_number"]
        assert tracemalloc.get_traced_memory()[1] < 8 * len(data)
    finally:
        tracemalloc.stop()


def test_more_keys_than_any_file_has_are_refused(tmp_path: Path) -> None:
    keys = b"GT:" + b":".join(b"K%d" % number for number in range(2000))
    assert codes(verdict_of(tmp_path, "a.vcf", vcf(record(format=keys)))) == ["format_keys"]


def test_control_characters_are_refused(tmp_path: Path) -> None:
    for data in (vcf(record(id=b"a\0b")), vcf(record(info=b"GENE=\x1b[1m")), vcf(record(), record(id=b"a\rb"))):
        assert "control_character" in codes(verdict_of(tmp_path, "a.vcf", data))


def test_a_repeated_record_is_refused_and_a_repeated_variant_told(tmp_path: Path) -> None:
    assert codes(verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, VCF_RECORD))) == ["record_repeated"]
    for old, new in ((b"rs1", b"rs2"), (b"DP=10", b"DP=11")):
        other = verdict_of(tmp_path, "b.vcf", vcf(VCF_RECORD, VCF_RECORD.replace(old, new)))
        assert other.valid
        assert codes(other) == ["variant_repeated"]


def test_a_column_too_few_or_too_many_is_refused(tmp_path: Path) -> None:
    for line in (VCF_RECORD.rsplit(b"\t", 1)[0] + b"\n", VCF_RECORD[:-1] + b"\tx\n"):
        verdict = verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD, line))
        assert codes(verdict) == ["column_count"]
        assert verdict.findings[0].line == LINE


def test_newer_versions_are_held_to_their_stricter_rules(tmp_path: Path) -> None:
    newer = VCF_HEADER.replace(b"VCFv4.2", b"VCFv4.3")
    for data, code in (
        (vcf(VCF_RECORD, header=newer)[:-1], "no_newline_at_end"),
        (vcf(record(info=b"a-b=1"), header=newer), "info_key"),
        (vcf(header=newer.replace(b"ID=AF,Number=A", b"ID=AF,Number=1")), "meta_reserved"),
        (vcf(record(id=b"a;a"), header=newer), "id_twice"),
        (vcf(record(chrom=b"chr*1"), header=newer), "chrom"),
        (vcf(record(), header=newer.replace(b"##INFO", b"##META=<Values=[a]>\n##INFO", 1)), "meta_key_missing"),
        (vcf(record(id=b"\xff"), header=newer), "encoding"),
        (vcf(record(a=b"/0/1"), header=newer), "genotype_allele"),
    ):
        assert not verdict_of(tmp_path, "a.vcf", data).valid
        assert code in codes(verdict_of(tmp_path, "a.vcf", data))
        if code != "genotype_allele":
            assert verdict_of(tmp_path, "b.vcf", data.replace(b"VCFv4.3", b"VCFv4.2")).valid
    assert verdict_of(tmp_path, "c.vcf", vcf(record(a=b"/0/1"), header=newer.replace(b"4.3", b"4.4"))).valid


def test_windows_line_ends_are_accepted_with_one_warning(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.vcf", vcf(VCF_RECORD).replace(b"\n", b"\r\n"))
    assert verdict.valid
    assert codes(verdict) == ["crlf"]


@pytest.mark.parametrize("kind", [b"Float", b"Integer", b"String", b"Character"])
def test_a_long_list_with_a_bad_end_costs_no_more_than_a_good_one(tmp_path: Path, kind: bytes) -> None:
    line = b'##FORMAT=<ID=X,Number=.,Type=%b,Description="x">\n#CHROM' % kind
    header = VCF_HEADER.replace(b"#CHROM", line)
    long = b",".join([b"1234567890" if kind != b"Character" else b".", b"."] * 200)
    data = vcf(record(format=b"GT:X:PL", a=b"0/1:" + long + b":1,2,x"), header=header)
    assert codes(verdict_of(tmp_path, "a.vcf", data))[-1] == "sample_type"


def test_an_endless_line_is_refused(tmp_path: Path) -> None:
    data = bgzf(VCF_HEADER + b"1\t1\t.\t" + b"A" * 80_000_000)
    assert codes(verdict_of(tmp_path, "a.vcf.gz", data)) == ["line_too_long"]
