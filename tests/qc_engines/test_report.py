"""The MultiQC page over what the tools wrote."""

import gzip
import html.parser
import re
from pathlib import Path
from typing import Any

import pytest

from qc.engines.bcftools import Bcftools
from qc.engines.fastqc import FastQC
from qc.engines.samtools import Samtools
from qc.engines.sequali import Sequali
from qc.report import build_report, parse_found
from qc.results import QcStatus
from qc.run_table import TableRow, custom_content


class Loaded(html.parser.HTMLParser):
    """Collects what a browser would fetch to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        wanted = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
        given = dict(attrs).get(wanted.get(tag, ""))
        if given and not given.startswith(("data:", "#")):
            self.addresses.append(given)

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self.addresses += re.findall(r"(?:@import\s+|url\()['\"]?((?:https?:)?//[^'\")]+)", data)


def _loaded(page: str) -> list[str]:
    parser = Loaded()
    parser.feed(Path(page).read_text())
    return parser.addresses


def test_one_page_shows_all_tools_and_loads_nothing(
    fastqc_required: FastQC, fastq: Path, bam: Path, vcf: Path, tmp_path: Path
) -> None:
    reports = [
        fastqc_required.run(fastq, tmp_path / "a", filename="reads_one.fastq.gz"),
        Sequali().run(fastq, tmp_path / "b", filename="reads_two.fastq.gz"),
        Samtools().run(bam, tmp_path / "c", filename="aligned.bam"),
        Bcftools().run(vcf, tmp_path / "d", filename="called.vcf"),
    ]
    data = [Path(file) for report in reports for file in report.data]
    made = build_report(data, tmp_path / "work", title="A & B <script>alert(1)</script>")
    assert (made.tool, made.status, made.reason) == ("MultiQC", QcStatus.PASSED, None)
    assert made.summary == {"reports": 5, "tools": ["FastQC", "Sequali", "bcftools", "samtools"]}
    page = Path(made.pages[0]).read_text()
    assert all(name in page for name in ("reads_one", "reads_two", "aligned", "called"))
    assert "A &amp; B &lt;script&gt;" in page
    assert "<script>alert(1)" not in page
    assert str(tmp_path) not in page
    for shown in (page_path for report in (*reports, made) for page_path in report.pages):
        assert _loaded(shown) == []


def test_files_of_one_name_are_told_apart_by_their_folders(vcf: Path, tmp_path: Path) -> None:
    data = []
    for run in ("RUN-000001", "RUN-000002"):
        made = Bcftools().run(vcf, tmp_path / "made", filename="calls.vcf")
        place = tmp_path / run / "calls.vcf.bcftools_stats.txt"
        place.parent.mkdir()
        Path(made.data[0]).rename(place)
        data.append(place)
    report = build_report(data, tmp_path / "work", title="Two runs")
    assert report.summary["reports"] == 2
    page = Path(report.pages[0]).read_text()
    assert "RUN-000001 | calls" in page
    assert "RUN-000002 | calls" in page


def test_settings_of_the_user_and_the_environment_do_not_change_the_page(
    vcf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".multiqc_config.yaml").write_text("intro_text: from the home folder\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MULTIQC_INTRO_TEXT", "from the environment")
    made = Bcftools().run(vcf, tmp_path / "made", filename="calls.vcf")
    report = build_report([Path(file) for file in made.data], tmp_path / "work", title="Mine")
    assert not re.search("from the (home|environment)", Path(report.pages[0]).read_text())


def test_data_that_no_tool_wrote_makes_a_failed_report(tmp_path: Path) -> None:
    stray = tmp_path / "stray.txt"
    stray.write_text("nothing\n")
    report = build_report([stray], tmp_path / "work", title="None")
    assert report.status is QcStatus.FAILED
    assert report.reason == "MultiQC found nothing to report."
    assert report.pages == []


def test_a_multiqc_that_takes_too_long_makes_a_failed_report(vcf: Path, tmp_path: Path) -> None:
    made = Bcftools().run(vcf, tmp_path / "made", filename="calls.vcf")
    report = build_report([Path(file) for file in made.data], tmp_path / "work", title="Slow", seconds=0.05)
    assert report.status is QcStatus.FAILED
    assert report.reason == "MultiQC took longer than 0.05 s and was stopped."


def test_reports_are_counted_by_tool() -> None:
    said = "   samtools | Found 2 stats reports\n   samtools | Found 2 flagstat reports\n   fastqc | Found 1 reports\n"
    assert parse_found(said) == {"samtools": 4, "FastQC": 1}


HOSTILE = '"><script>alert(1)</script>.fastq.gz'


def row(number: int, **other: Any) -> TableRow:
    told = {"filename": "reads.fastq.gz", "verdict": "valid", "status": "warned", "format": "FASTQ", "md5": "1e5" * 10}
    told |= {
        "marks": {"Basic Statistics": "pass", "Adapter Content": "fail"},
        "numbers": {"q30": 91.25, "reads": 12345},
    }
    return TableRow(**{"run": f"NFDP-RUN-{number:06}", **told, **other})


def test_the_page_begins_with_a_row_for_each_run(vcf: Path, tmp_path: Path) -> None:
    made = Bcftools().run(vcf, tmp_path / "made", filename="calls.vcf")
    data = [Path(file) for file in made.data]
    rows = [row(1), row(2, verdict="invalid", status="failed", marks={}, numbers={"size": 7})]
    report = build_report(data, tmp_path / "work", title="Runs", table=rows)
    assert report.summary == {"reports": 3, "tools": ["SeqArk", "bcftools"]}
    page = Path(report.pages[0]).read_text()
    for shown in ("NFDP-RUN-000001", "NFDP-RUN-000002", "1e5" * 10, "Adapter Content (fail)", "91.2", "12,345"):
        assert shown in page
    assert page.index('id="mqc-module-section-seqark"') < page.index('id="mqc-module-section-bcftools"')


def test_the_table_alone_makes_a_page(tmp_path: Path) -> None:
    report = build_report([], tmp_path / "work", title="Runs", table=[row(1)])
    assert (report.status, report.summary) == (QcStatus.PASSED, {"reports": 1, "tools": ["SeqArk"]})


def test_hostile_names_do_no_harm_in_the_table(tmp_path: Path) -> None:
    rows = [row(1, filename=HOSTILE), row(2, run=HOSTILE, marks={HOSTILE: "warn"}, format=HOSTILE)]
    page = Path(build_report([], tmp_path / "work", title="Runs", table=rows).pages[0]).read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_a_file_whose_name_says_custom_content_is_none(fastq: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(gzip.decompress(fastq.read_bytes()))
    made = Sequali().run(plain, tmp_path / "made", filename="evil_mqc")
    assert Path(made.data[0]).name == "evil_mqc.json"
    report = build_report([Path(made.data[0])], tmp_path / "work", title="Names", table=[row(1)])
    assert report.summary == {"reports": 2, "tools": ["SeqArk", "Sequali"]}


def test_a_table_has_five_thousand_rows_at_most_and_only_columns_that_are_filled() -> None:
    content = custom_content([row(number) for number in range(5_001)])
    assert len(content["data"]) == 5_000
    assert list(content["headers"]) == [
        "filename",
        "verdict",
        "format",
        "status",
        "grades",
        "noted",
        "md5",
        "reads",
        "q30",
    ]
