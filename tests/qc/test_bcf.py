"""What is promised about BCF files."""

from __future__ import annotations

import gzip
import io
import struct
from typing import TYPE_CHECKING

import pysam
import pytest

from qc.validate import validate
from tests.qc.builders import VCF_HEADER, VCF_RECORD, bgzf, codes, vcf, verdict_of

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = [VCF_RECORD.replace(b"\t100\t", b"\t%d\t" % pos) for pos in range(100, 400)]


def content(folder: Path, *records: bytes, header: bytes = VCF_HEADER) -> bytes:
    """The uncompressed bytes of the BCF that htslib makes of these VCF records."""
    source, target = folder / "source.vcf", folder / "made.bcf"
    source.write_bytes(vcf(*records, header=header))
    with pysam.VariantFile(str(source)) as reader, pysam.VariantFile(str(target), "wb", header=reader.header) as out:
        for made in reader:
            out.write(made)
    return gzip.decompress(target.read_bytes())


def test_a_good_file_is_valid_and_counted_like_its_text(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, "a.bcf", bgzf(content(tmp_path, *RECORDS)))
    text = verdict_of(tmp_path, "a.vcf", vcf(*RECORDS))
    assert verdict.valid
    assert verdict.findings == []
    assert verdict.counts == text.counts


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"\tA\tG\t", b"\tR\tG\t", "ref"),
        (b"0/1:5,5", b"0/7:5,5", "genotype_allele"),
        (b"\t399\t", b"\t50\t", "not_sorted"),
        (b"DP=10", b"DP=10,11", "info_number"),
    ],
)
def test_the_rules_of_vcf_hold_for_its_records(tmp_path: Path, old: bytes, new: bytes, code: str) -> None:
    data = content(tmp_path, *RECORDS[:-1], RECORDS[-1].replace(old, new))
    verdict = verdict_of(tmp_path, "a.bcf", bgzf(data))
    assert codes(verdict) == [code]
    assert verdict.findings[0].record == len(RECORDS)


def test_a_file_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    data = bgzf(content(tmp_path, VCF_RECORD), size=400)
    assert verdict_of(tmp_path, "a.bcf", data).valid
    assert [size for size in range(0, len(data), 3) if verdict_of(tmp_path, "a.bcf", data[:size]).valid] == []


def test_lengths_that_lie_never_reach_the_decoder(tmp_path: Path) -> None:
    good = content(tmp_path, VCF_RECORD)
    text = 9 + struct.unpack_from("<I", good, 5)[0]
    for at, value, code in (
        (5, 2**31, "header_length"),
        (5, text + 4000, "record_truncated"),
        (text, 2**31, "record_size"),
        (text, 10, "record_size"),
        (text + 4, 2**30, "record_size"),
        (text + 8, 2**32 - 1, "record_place"),
        (text + 28, 0x03000005, "sample_count"),
    ):
        data = good[:at] + struct.pack("<I", value) + good[at + 4 :]
        assert code in codes(verdict_of(tmp_path, "a.bcf", bgzf(data)))


def test_a_bcf_outside_bgzf_is_refused(tmp_path: Path) -> None:
    good = content(tmp_path, VCF_RECORD)
    assert codes(verdict_of(tmp_path, "a.bcf", good)) == ["not_bgzf"]


def altered(folder: Path, old: bytes, new: bytes) -> bytes:
    """A BCF of one record in whose bytes after the header `old`, which is there once, gives way to `new`."""
    good = content(folder, VCF_RECORD)
    start = 9 + struct.unpack_from("<I", good, 5)[0]
    assert good.count(old, start) == 1
    shared = struct.unpack_from("<I", good, start)[0]
    at = good.index(old, start)
    changed = good[:at] + new + good[at + len(old) :]
    grown = len(new) - len(old)
    field, size = (start, shared) if at < start + 8 + shared else (start + 4, len(good) - start - 8 - shared)
    return changed[:field] + struct.pack("<I", size + grown) + changed[field + 4 :]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\x37rs1", b"\x3frs1"),  # ID of an unknown type
        (b"\x37rs1", b"\xf7\x12\xff\xff\xff\xffrs1"),  # ID with a negative length
        (b"\x37rs1", b"\xf7\x13\xff\xff\xff\x7frs1"),  # ID that is longer than the record
        (b"\x37rs1", b"\xf7" * 5000),  # lengths of lengths
        (b"\x37rs1", b"\x37r\n1"),  # a line break in ID
        (b"\x17A\x17G", b"\x17A\x07"),  # an allele without bases
        (b"\x17A\x17G", b"\x17A\x11G"),  # an allele that is a number
        (b"\x11\x00\x11\x02\x11\x0a", b"\x11\x09\x11\x02\x11\x0a"),  # a filter that is a FORMAT key
        (b"\x11\x00\x11\x02\x11\x0a", b"\x11\x00\x11\x63\x11\x0a"),  # an INFO key that is not there
        (b"\x11\x00\x11\x02\x11\x0a", b"\x11\x00\x11\x07\x11\x0a"),  # an INFO key that is one of FORMAT
        (b"\x11\x00\x11\x02\x11\x0a", b"\x11\x00\x21\x02\x03\x11\x0a"),  # two keys in place of one
        (b"\x11\x02\x11\x0a", b"\x11\x02\x17\x0a"),  # DP as text
        (b"\x11\x02\x11\x0a", b"\x11\x02\x11\x82"),  # a reserved integer
        (b"\x11\x02\x11\x0a", b"\x11\x02\x11\x81"),  # an end of vector in place of a value
        (b"\x11\x02\x11\x0a", b"\x11\x02\x21\x81\x0a"),  # a value after an end of vector
        (b"\x15\x00\x00\x00\x3f", b"\x15\x03\x00\x80\x7f"),  # a reserved float
        (b"\x15\x00\x00\x00\x3f", b"\x15\x02\x00\x80\x7f"),  # an end of vector in place of a float
        (b"\x15\x00\x00\x00\x3f", b"\x15\x00\x00\x00\x3f\x00"),  # a byte after INFO
        (b"\x21\x02\x04", b"\x25\x02\x04"),  # genotypes that are floats
        (b"\x21\x02\x04", b"\x21\xf0\x04"),  # a genotype with a negative allele
        (b"\x09\x03\x00", b"\x09\x03\x00\x00"),  # a byte after the samples
    ],
)
def test_typed_values_that_lie_never_reach_the_decoder(tmp_path: Path, old: bytes, new: bytes) -> None:
    verdict = verdict_of(tmp_path, "a.bcf", bgzf(altered(tmp_path, old, new)))
    assert codes(verdict) == ["bcf_value"]
    assert verdict.findings[0].record == 1


@pytest.mark.parametrize(
    ("old", "new"), [(b"IDX=1>", b"IDX=0>"), (b"IDX=1>", b"IDX=x>"), (b"IDX=1>", b"IDX=99999999>")]
)
def test_a_dictionary_that_lies_never_reaches_the_decoder(tmp_path: Path, old: bytes, new: bytes) -> None:
    good = content(tmp_path, VCF_RECORD)
    length = struct.unpack_from("<I", good, 5)[0]
    text = good[9 : 9 + length].replace(old, new, 1)
    data = good[:5] + struct.pack("<I", len(text)) + text + good[9 + length :]
    assert "bcf_dictionary" in codes(verdict_of(tmp_path, "a.bcf", bgzf(data)))


def test_faults_are_told_in_the_order_of_the_records(tmp_path: Path) -> None:
    good = content(tmp_path, *RECORDS[:50], RECORDS[50].replace(b"\tA\tG\t", b"\tR\tG\t"), *RECORDS[51:])
    verdict = verdict_of(tmp_path, "a.bcf", bgzf(good[:-10]))
    assert [(finding.code, finding.record) for finding in verdict.findings] == [("ref", 51), ("record_truncated", None)]
    assert verdict.counts["variants"] == len(RECORDS)


def test_it_is_checked_the_same_from_a_stream(tmp_path: Path) -> None:
    data = bgzf(content(tmp_path, *RECORDS))
    from_path = verdict_of(tmp_path, "a.bcf", data)
    from_stream = validate(io.BytesIO(data), filename="a.bcf")
    assert (from_path.counts, from_path.metrics) == (from_stream.counts, from_stream.metrics)
    assert from_stream.valid
