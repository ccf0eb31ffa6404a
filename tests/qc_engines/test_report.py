"""The MultiQC page over what the tools wrote."""

import html.parser
import re
from pathlib import Path

import pytest

from qc.engines.bcftools import Bcftools
from qc.engines.fastqc import FastQC
from qc.engines.samtools import Samtools
from qc.engines.sequali import Sequali
from qc.report import build_report, parse_found
from qc.results import QcStatus


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
