"""Examples of records and what is known of their quality."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from app.api.archive.structs.experiments import ExperimentIn, ExperimentOut, ExperimentPatch
from app.api.archive.structs.projects import ProjectIn, ProjectOut, ProjectPatch, ReleaseIn
from app.api.archive.structs.qc import ProjectQcOut, ReportOut, RunLineOut, RunQcOut, ValidationOut
from app.api.archive.structs.runs import RunFileIn, RunIn, RunOut, RunPatch
from app.api.archive.structs.samples import SampleIn, SampleOut, SamplePatch
from app.api.archive.structs.states import NothingIn, ReasonIn, ReplaceIn
from app.api.archive.structs.subjects import SubjectIn, SubjectOut, SubjectPatch

PROJECT, SUBJECT, SAMPLE = "NFDP-PRJ-000002", "NFDP-SBJ-000001", "NFDP-SAM-000001"
EXPERIMENT, RUN, MATE = "NFDP-EXP-000001", "NFDP-RUN-000001", "NFDP-RUN-000002"
FILE_ID = UUID("01981f3a-7c5e-7d20-9c1b-5a0e6f4b2d11")
MD5 = "d41d8cd98f00b204e9800998ecf8427e"
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
FILENAME = "SAMPLE_001_R1.fastq.gz"
MADE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_SUMMARY = {"total_sequences": 25_000_000, "gc_content": 41.8}
_PAGE = f"/qc/{RUN}/fastqc_report.html"

_PROJECTS: tuple[msgspec.Struct, ...] = (
    ProjectIn(
        title="Cattle of the highlands",
        description="Whole genomes of twenty animals of three breeds.",
        project_type="WGS",
        alias="highlands-2026",
    ),
    ProjectPatch(title="Cattle of the highlands, first season"),
    ReleaseIn(),
    ProjectOut(
        accession=PROJECT,
        alias="highlands-2026",
        organisation="ana",
        title="Cattle of the highlands",
        description="Whole genomes of twenty animals of three breeds.",
        project_type="WGS",
        release_date=date(2026, 12, 1),
        license="CC-BY-4.0",
        ena_accession=None,
        ncbi_accession=None,
        created_at=MADE,
        updated_at=MADE,
        state="public",
        visibility="embargoed",
        state_reason=None,
        replaced_by=None,
    ),
)
_SUBJECTS: tuple[msgspec.Struct, ...] = (
    SubjectIn(project_accession=PROJECT, organism="Bos taurus", tax_id=9913, alias="cow-1", sex="female"),
    SubjectPatch(sex="male"),
    SubjectOut(
        accession=SUBJECT,
        alias="cow-1",
        project_accession=PROJECT,
        organism="Bos taurus",
        tax_id=9913,
        sex="female",
        date_of_birth=date(2021, 4, 9),
        external_id="tag 0417",
        properties={"herd": "north"},
        created_at=MADE,
        updated_at=MADE,
        state="public",
        visibility="public",
        state_reason=None,
        replaced_by=None,
    ),
)
_SAMPLES: tuple[msgspec.Struct, ...] = (
    SampleIn(
        project_accession=PROJECT,
        checklist_id="ERC000011",
        organism="Bos taurus",
        tax_id=9913,
        alias="cow-1-blood",
        collection_date="2026-02-14",
        geographic_location="Kenya",
        tissue="blood",
    ),
    SamplePatch(tissue="liver"),
    SampleOut(
        accession=SAMPLE,
        alias="cow-1-blood",
        project_accession=PROJECT,
        subject_accession=SUBJECT,
        checklist_id="ERC000011",
        organism="Bos taurus",
        tax_id=9913,
        collection_date="2026-02-14",
        geographic_location="Kenya",
        breed="Ankole",
        host=None,
        tissue="blood",
        developmental_stage="adult",
        sex="female",
        custom_fields={},
        ena_accession=None,
        ncbi_accession=None,
        created_at=MADE,
        state="public",
        visibility="public",
        state_reason=None,
        replaced_by=None,
    ),
)
_EXPERIMENTS: tuple[msgspec.Struct, ...] = (
    ExperimentIn(
        sample_accession=SAMPLE,
        platform="ILLUMINA",
        instrument_model="Illumina NovaSeq 6000",
        library_strategy="WGS",
        library_source="GENOMIC",
        library_layout="PAIRED",
        library_selection="RANDOM",
        insert_size=350,
    ),
    ExperimentPatch(insert_size=400),
    ExperimentOut(
        accession=EXPERIMENT,
        alias=None,
        sample_accession=SAMPLE,
        platform="ILLUMINA",
        instrument_model="Illumina NovaSeq 6000",
        library_strategy="WGS",
        library_source="GENOMIC",
        library_layout="PAIRED",
        library_selection="RANDOM",
        insert_size=350,
        library_name=None,
        ena_accession=None,
        ncbi_accession=None,
        created_at=MADE,
        state="public",
        visibility="public",
        state_reason=None,
        replaced_by=None,
    ),
)
_RUNS: tuple[msgspec.Struct, ...] = (
    RunIn(experiment_accession=EXPERIMENT, file_id=str(FILE_ID), read_number=1),
    RunPatch(read_number=1),
    RunFileIn(file_id=str(FILE_ID)),
    RunOut(
        accession=RUN,
        ena_accession=None,
        file_type="FASTQ",
        file_size=1234567890,
        checksum_md5=MD5,
        created_at=MADE,
        alias=None,
        experiment_accession=EXPERIMENT,
        ncbi_accession=None,
        filename=FILENAME,
        checksum_sha256=SHA256,
        read_number=1,
        mate_accession=MATE,
        version=1,
        qc_status="passed",
        state="public",
        visibility="public",
        state_reason=None,
        replaced_by=None,
    ),
)
_QUALITY: tuple[msgspec.Struct, ...] = (
    RunQcOut(
        status="passed",
        reports=[ReportOut("fastqc", "passed", _SUMMARY, _PAGE)],
        tool="fastqc",
        summary=_SUMMARY,
        report_url=_PAGE,
    ),
    ProjectQcOut("passed", f"/qc/{PROJECT}/multiqc_report.html", [RunLineOut(RUN, "passed", _SUMMARY)]),
    ValidationOut(
        accession=RUN,
        status="verified",
        valid=True,
        format="FASTQ",
        compression="gzip",
        file_size=1234567890,
        checksum_md5=MD5,
        checksum_sha256=SHA256,
        first_error=None,
        findings=[],
        finding_counts={},
        counts={"records": 25_000_000, "bases": 3_775_000_000},
        checked=["gzip", "records"],
        seconds=41.2,
    ),
)
_MOVES: tuple[msgspec.Struct, ...] = (
    ReasonIn(reason="The labels of two samples were swapped."),
    ReplaceIn(replaced_by="NFDP-SAM-000007", reason="Sequenced again, as the first library was contaminated."),
    NothingIn(),
)
RECORDS = (*_MOVES, *_PROJECTS, *_SUBJECTS, *_SAMPLES, *_EXPERIMENTS, *_RUNS, *_QUALITY)
