"""Promises of the simulated project: the same bytes for the same seed, and files that agree with one another."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pysam
import pytest
from pysam import bcftools
from simulate import Dataset, main, md5_of, simulate_dataset

SMALL = {"genome_length": 10_000, "pairs": 500}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return simulate_dataset(tmp_path_factory.mktemp("project"), seed=7, cram=True, **SMALL)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fastq_records(path: Path) -> list[tuple[str, str, str]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [(lines[at][1:], lines[at + 1], lines[at + 3]) for at in range(0, len(lines), 4)]


def test_the_same_seed_writes_the_same_bytes_wherever_it_writes(
    project: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    again = simulate_dataset(Path("elsewhere"), seed=7, cram=True, **SMALL)
    assert bytes_of(again.folder) == bytes_of(project.folder)


def test_another_seed_writes_other_reads_alignments_and_variants(project: Dataset, tmp_path: Path) -> None:
    other = simulate_dataset(tmp_path, seed=8, **SMALL)
    for mine, theirs in zip(project.submitted, other.submitted, strict=True):
        assert md5_of(mine) != md5_of(theirs)


def test_a_sample_is_the_same_however_many_others_there_are(project: Dataset, tmp_path: Path) -> None:
    alone = simulate_dataset(tmp_path, seed=7, samples=1, **SMALL)
    assert [md5_of(path) for path in alone.submitted] == [md5_of(path) for path in project.samples[0].submitted]


def test_no_file_holds_the_folder_it_was_written_into(project: Dataset) -> None:
    for path in project.folder.iterdir():
        held = gzip.decompress(path.read_bytes()) if path.suffix in {".gz", ".bam", ".tbi"} else path.read_bytes()
        assert str(project.folder).encode()[:12] not in held, path.name


def test_mates_have_the_same_names_in_the_same_order(project: Dataset) -> None:
    for sample in project.samples:
        forward, reverse = fastq_records(sample.forward), fastq_records(sample.reverse)
        assert len(forward) == SMALL["pairs"]
        assert [name.split()[0] for name, _, _ in forward] == [name.split()[0] for name, _, _ in reverse]
        assert {name.split()[1][0] for name, _, _ in forward} == {"1"}
        assert {name.split()[1][0] for name, _, _ in reverse} == {"2"}
        assert len({name for name, _, _ in forward}) == SMALL["pairs"]


def test_every_read_has_as_many_qualities_as_bases_and_only_binned_ones(project: Dataset) -> None:
    for path in (project.samples[0].forward, project.samples[0].reverse):
        for name, bases, qualities in fastq_records(path):
            assert len(bases) == len(qualities) == 150, name
            assert set(bases) <= set("ACGTN")
            assert {ord(letter) - 33 for letter in qualities} <= {2, 12, 23, 37}


def test_the_bam_holds_the_reads_of_the_fastq_files(project: Dataset) -> None:
    sample = project.samples[0]
    expected = {(name.split()[0], mate): (bases, qualities)
                for mate, path in ((1, sample.forward), (2, sample.reverse))
                for name, bases, qualities in fastq_records(path)}  # fmt: skip
    with pysam.AlignmentFile(str(sample.bam)) as bam:
        found = {
            (read.query_name, 1 if read.is_read1 else 2): (
                read.get_forward_sequence(),
                "".join(chr(value + 33) for value in read.get_forward_qualities()),
            )
            for read in bam
        }
    assert found == expected


def test_the_bam_is_sorted_and_its_index_finds_every_mapped_read(project: Dataset) -> None:
    with pysam.AlignmentFile(str(project.samples[0].bam)) as bam:
        places = [(read.reference_id % 2**32, read.reference_start) for read in bam]
        assert places == sorted(places)
        assert sum(bam.count(contig) for contig in bam.references) == bam.mapped
        assert bam.nocoordinate > 0
        assert bam.header["HD"]["SO"] == "coordinate"


def test_nm_and_md_are_what_samtools_computes_against_the_reference(project: Dataset) -> None:
    def tags(lines: list[str]) -> Counter[tuple[str, ...]]:
        records = (line.split("\t") for line in lines if not line.startswith("@"))
        return Counter((*cells[:9], *sorted(tag for tag in cells[11:] if tag[:2] in {"NM", "MD"})) for cells in records)

    sample = project.samples[0]
    with pysam.AlignmentFile(str(sample.bam)) as bam:
        mine = tags([read.to_string() for read in bam])
    assert mine == tags(pysam.calmd(str(sample.bam), str(project.reference)).splitlines())
    assert any("I" in key[5] for key in mine)
    assert any("D" in key[5] for key in mine)


def test_mates_point_at_each_other(project: Dataset) -> None:
    with pysam.AlignmentFile(str(project.samples[0].bam)) as bam:
        pairs: dict[str, list[pysam.AlignedSegment]] = {}
        for read in bam:
            pairs.setdefault(read.query_name, []).append(read)
    for name, (one, other) in pairs.items():
        assert {one.is_read1, other.is_read1} == {True, False}, name
        assert one.template_length == -other.template_length, name
        if one.is_unmapped:
            continue
        assert (one.next_reference_start, one.mate_is_reverse) == (other.reference_start, other.is_reverse), name
        assert one.get_tag("MC") == other.cigarstring, name
        assert abs(one.template_length) == max(one.reference_end, other.reference_end) - min(
            one.reference_start, other.reference_start
        ), name


def test_the_cram_gives_back_the_records_of_the_bam(project: Dataset) -> None:
    def records(path: Path) -> list[tuple[object, ...]]:
        with pysam.AlignmentFile(str(path), reference_filename=str(project.reference)) as stream:
            return [
                (read.query_name, read.flag, read.cigarstring, read.query_sequence, read.qual, read.get_tag("RG"))
                for read in stream
            ]

    sample = project.samples[0]
    assert sample.cram is not None
    assert records(sample.cram) == records(sample.bam)


def test_variants_agree_with_the_reference_and_with_what_the_reads_show(project: Dataset) -> None:
    sample = project.samples[0]
    bcftools.norm("-c", "e", "-f", str(project.reference), str(sample.vcf), catch_stdout=True)
    shown = 0
    with pysam.VariantFile(str(sample.vcf)) as calls, pysam.AlignmentFile(str(sample.bam)) as bam:
        assert calls.header.version == "VCFv4.3"
        for record in calls:
            call = record.samples[sample.name]
            assert sum(call["AD"]) == call["DP"] == record.info["DP"]
            if len(record.ref) == len(record.alts[0]) == 1 and call["GT"] == (1, 1):
                counts = bam.count_coverage(record.contig, record.pos - 1, record.pos, quality_threshold=30)
                seen = {base: int(count[0]) for base, count in zip("ACGT", counts, strict=True)}
                assert max(seen, key=seen.__getitem__) == record.alts[0]
                shown += 1
        assert [record.pos for record in calls.fetch("chr2")]
    assert shown


def test_indels_are_written_as_far_left_as_they_go(project: Dataset) -> None:
    def places(text: str) -> list[list[str]]:
        return [line.split("\t")[:5] for line in text.splitlines() if not line.startswith("#")]

    for sample in project.samples:
        normal = bcftools.norm("-f", str(project.reference), str(sample.vcf))
        assert places(normal) == places(gzip.decompress(sample.vcf.read_bytes()).decode())


def test_the_sheet_names_every_file_once_with_its_md5(project: Dataset) -> None:
    with project.sheet.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert len(rows) == 3 * len(project.samples)
    named = {row[f"filename_{side}"]: row[f"md5_{side}"] for row in rows for side in ("forward", "reverse")}
    named.pop("")
    assert named == {path.name: md5_of(path) for path in project.submitted}
    required = {"sample_alias", "organism", "tax_id", "collection_date", "geographic_location"}
    assert all(row[column] for row in rows for column in required)


def test_the_command_line_writes_the_project_and_refuses_sizes_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path / "made"), "--pairs", "50", "--genome-length", "3000", "--samples", "1"]) == 0
    assert "SIM001_R1.fastq.gz" in capsys.readouterr().out
    assert main(["--out", str(tmp_path / "refused"), "--genome-length", "10"]) == 2
    assert capsys.readouterr().err == "The genome must have at least 2000 bases, not 10.\n"
    assert not (tmp_path / "refused").exists()
