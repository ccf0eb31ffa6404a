"""Reading sheets: what is understood, and what is refused with its row, in bounded time and memory."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from datetime import date, datetime, time

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from accession.errors import Malformed, Rejected, TooLarge
from accession.sheets.formulas import with_guard, without_guard
from accession.sheets.limits import SheetLimits
from accession.sheets.reader import read_sheet

SMALL = SheetLimits(max_bytes=5_000_000, max_rows=100, max_columns=20, max_cells=1_000, max_unpacked=5_000_000)


@pytest.fixture
def read(tmp_path):
    def read_bytes(data, name="sheet.tsv", limits=None):
        path = tmp_path / "upload"
        path.write_bytes(data)
        return read_sheet(path, name, limits=limits)

    return read_bytes


def refusal(read, data, *arguments):
    with pytest.raises(Rejected) as caught:
        read(data, *arguments)
    return [(issue.code, issue.row) for issue in caught.value.issues]


def table(sheet):
    return [sheet.headers, *((row.number, *row.cells) for row in sheet.rows)]


def book(write):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        write(workbook, workbook.add_worksheet())
    return out.getvalue()


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return out.getvalue()


def with_sheet_xml(xml):
    """A workbook whose only sheet has this XML."""
    good = zipfile.ZipFile(io.BytesIO(book(lambda _, sheet: sheet.write(0, 0, "a"))))
    parts = {name: good.read(name) for name in good.namelist()}
    return packed(parts | {"xl/worksheets/sheet1.xml": xml})


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"a\tb\n1\t2\n", "x.tsv"),
        (b"a,b\n1,2\n", "x.csv"),
        (b"a,b\r\n1,2", "x.tsv"),
        (b"a\tb\r1\t2\r", "x.csv"),
        (b"\xef\xbb\xbfa\tb\n1\t2\n", "x.txt"),
        (b"a;b\n1;2\n", "x.csv"),
        (b' a , b \n" 1 ","2"\n', ""),
    ],
)
def test_the_delimiter_line_end_and_byte_order_mark_are_told_from_the_content(read, data, name):
    assert table(read(data, name)) == [("a", "b"), (2, "1", "2")]


def test_blank_rows_are_left_out_but_counted(read):
    assert table(read(b"a\tb\n\n1\t2\n\t\n \n3\t4\n")) == [("a", "b"), (3, "1", "2"), (6, "3", "4")]


def test_quoted_cells_keep_delimiters_and_line_ends(read):
    assert table(read(b'a,b\n"1,\n2","say ""hi"""\n3,4\n', "x.csv"))[1:] == [(2, "1,\n2", 'say "hi"'), (3, "3", "4")]


def test_short_rows_and_extra_cells_are_all_named(read):
    assert refusal(read, b"a\tb\n1\n1\t2\n1\t2\t3\n1\t2\t\n") == [
        ("short_row", 2),
        ("extra_cells", 4),
        ("extra_cells", 5),
    ]


def test_bytes_that_are_not_utf8_are_refused_with_their_rows(read):
    assert refusal(read, b"a\tb\n1\t2\n1\tM\xfcnchen\n\xe9\t3\n") == [("not_utf8", 3), ("not_utf8", 4)]
    assert refusal(read, b"a\t\xfc\n1\t2\n") == [("not_utf8", 1)]


def test_utf8_beyond_ascii_is_kept(read):
    assert table(read("a\tb\nMünchen\t東京\n".encode()))[1:] == [(2, "München", "東京")]


@pytest.mark.parametrize(
    "data",
    [b"", b"\n1\t2\n", b"\t\t\n", b"a\tb\n1\t\x002\n", "a\tb\n".encode("utf-16"), b"\x1f\x8b\x08rest", b"%PDF-1.7",
     b"\xd0\xcf\x11\xe0old", b"PK\x03\x04cut", b"PK\x05\x06" + bytes(18), packed({"word/document.xml": "<a/>"})],
)  # fmt: skip
def test_what_is_no_sheet_is_malformed(read, data):
    with pytest.raises(Malformed):
        read(data)


def test_double_and_empty_headers_are_refused(read):
    assert refusal(read, b"Sample Alias\tsample_alias\n1\t2\n") == [("duplicate_header", 1)]
    assert refusal(read, b"a\t\n1\t2\n") == [("empty_header", 1)]


def test_quotes_that_do_not_close_are_refused_with_their_row(read):
    assert refusal(read, b'a\tb\n1\t2\n"3\t4\n5\t6\n') == [("bad_quotes", 3)]


def test_rows_columns_cells_and_bytes_are_bounded(read):
    assert refusal(read, b"a\n" + b"1\n" * 101, "", SMALL) == [("too_many_rows", 102)]
    assert refusal(read, b"\t".join(b"c%d" % n for n in range(21)), "", SMALL) == [("too_many_columns", 1)]
    wide = b"\t".join(b"c%d" % n for n in range(20))
    assert refusal(read, wide + b"\n" + (b"1\t" * 19 + b"1\n") * 51, "", SMALL) == [("too_many_rows", 52)]
    assert refusal(read, b"a\tb\n1\t" + b"x" * 10_001 + b"\n") == [("cell_too_long", 2)]
    assert refusal(read, b'a\tb\n1\t"' + b"x" * 200_000 + b'"\n') == [("cell_too_long", 2)]
    with pytest.raises(TooLarge):
        read(b"a\n" * 3_000_000, "", SMALL)


@pytest.mark.parametrize(
    "data",
    [
        b"\t" * 4_900_000,
        b"a\tb\n" + b"x\t" * 2_400_000,
        b"a,b\n" + b'"\n",' * 600_000,
        b'a\tb\n"' + b"x\n" * 1_100_000,
    ],
)
def test_a_million_columns_and_endless_records_do_not_fill_the_memory(read, data):
    tracemalloc.start()
    refusal(read, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * len(data) + 20_000_000


def test_no_more_than_a_hundred_rows_are_named(read):
    assert len(refusal(read, b"a\tb\n" + b"1\n" * 5_000)) == 100


def test_a_workbook_is_known_by_its_content_and_its_cells_become_text(read):
    def write(workbook, sheet):
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["number", "decimal", "date", "moment", "formula", "truth", "time", "text"])
        sheet.write_row(1, 0, [9606, 0.1 + 0.2])
        sheet.write_datetime(1, 2, date(2026, 1, 15), day)
        sheet.write_datetime(1, 3, datetime(2026, 1, 15, 8, 30), day)  # noqa: DTZ001  # a spreadsheet has no zone
        sheet.write_formula(1, 4, "=1+1", None, 2)
        sheet.write_boolean(1, 5, True)
        sheet.write_datetime(1, 6, time(8, 30), workbook.add_format({"num_format": "hh:mm"}))
        sheet.write_string(1, 7, " 007 ")
        sheet.write_string(3, 0, "after a blank row")

    assert table(read(book(write), "misnamed.tsv"))[1:] == [
        (2, "9606", "0.3", "2026-01-15", "2026-01-15T08:30:00", "2", "true", "08:30:00", "007"),
        (4, "after a blank row", *[""] * 7),
    ]


def test_a_workbook_with_values_beside_its_columns_is_refused(read):
    assert refusal(read, book(lambda _, sheet: (sheet.write(0, 0, "a"), sheet.write(2, 3, "lost")))) == [
        ("extra_cells", 3)
    ]


def test_a_formula_in_error_is_refused_and_not_read_as_empty(read):
    def write(workbook, sheet):
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_formula(4, 1, "=1/0", None, "#DIV/0!")
        workbook.add_worksheet().write_formula(8, 0, "=NA()", None, "#N/A")

    assert refusal(read, book(write)) == [("formula_error", 5)]


@pytest.mark.parametrize(
    "rows",
    [
        '<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row></sheetData>',
        '<sheetData><row r="1"><c r="A1"/></row><row r="1048576"><c r="A1048576"/></row></sheetData>',
        '<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="A1048576"><v>1</v></c></row></sheetData>',
        '<sheetData><row><c r="&#88;FD1048576"><v>1</v></c></row></sheetData>',
        '<dimension ref="A1:XFD1048576"/><sheetData/>',
        '<sheetData><row r="1"><c r="ZZZZZ9"><v>1</v></c></row></sheetData>',
        "<sheetData><row>" + "<c><v>1</v></c>" * 3_000 + "</row></sheetData>",
        "<sheetData>" + "<row/>" * 110_000 + "</sheetData>",
        "<sheetData>" + "<x/>" * 500_000 + "</sheetData>",
    ],
)
def test_a_workbook_that_reaches_too_far_is_refused_before_it_is_opened(read, rows):
    data = with_sheet_xml(SHEET.format(rows))
    limits = SheetLimits(max_cells=100_000)
    assert refusal(read, data, "x.xlsx", limits)[0][0] in {"too_many_columns", "too_many_rows", "workbook_too_large"}


def test_bombs_in_a_workbook_are_refused_without_being_unpacked_whole(read):
    bomb = with_sheet_xml(SHEET.format(" " * 20_000_000))
    tracemalloc.start()
    assert refusal(read, bomb) == [("workbook_too_large", None)]
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    many = packed({"xl/workbook.xml": "<a/>"} | {f"part{number}": b"" for number in range(600)})
    assert refusal(read, many) == [("workbook_too_large", None)]


def with_shared_text(text, references):
    """A workbook whose one shared string stands in so many cells."""
    good = zipfile.ZipFile(io.BytesIO(book(lambda _, sheet: sheet.write(0, 0, "a"))))
    parts = {name: good.read(name) for name in good.namelist()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}"><si><t>{text}</t></si></sst>'
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, references + 1))
    parts["xl/worksheets/sheet1.xml"] = SHEET.format(f"<sheetData>{rows}</sheetData>")
    return packed(parts)


def test_a_long_text_that_many_cells_share_is_refused_before_it_is_multiplied(read):
    tracemalloc.start()
    assert refusal(read, with_shared_text("x" * 200_000, 1_500)) == [("workbook_too_large", None)]
    assert refusal(read, with_shared_text("x" * 9_000, 30_000)) == [("workbook_too_large", None)]
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert len(read(with_shared_text("x" * 200, 1_500)).rows) == 1_499


def test_a_directory_that_lies_about_sizes_is_found_out(read):
    data = bytearray(packed({"xl/workbook.xml": b"<a>" + b" " * 100_000 + b"</a>"}))
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 16, zlib.crc32(b"<a>"))
    struct.pack_into("<I", data, place + 24, 3)
    with pytest.raises(Malformed, match="directory"):
        read(bytes(data))


@pytest.mark.parametrize("xml", ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a>", "\x00"])
def test_entities_and_broken_xml_in_a_workbook_are_malformed(read, xml):
    with pytest.raises(Malformed):
        read(with_sheet_xml(xml))


def test_a_damaged_workbook_is_malformed_wherever_the_damage_is(read):
    good = book(lambda _, sheet: sheet.write_row(0, 0, ["a", "b"]))
    for place in range(0, len(good), 97):
        data = bytearray(good)
        data[place] ^= 0xFF
        try:
            read(bytes(data))
        except (Malformed, Rejected):
            continue
    with pytest.raises(Malformed):
        read(good[: len(good) // 2])


@given(st.text(alphabet=st.sampled_from("=+-@'\t\r1.5eaé "), max_size=8))
def test_a_guarded_cell_never_starts_a_formula_and_comes_back_as_it_was(text):
    guarded = with_guard(text)
    assert not guarded.startswith(("=", "@", "\t", "\r"))
    assert without_guard(guarded) == text


def test_numbers_need_no_guard():
    assert with_guard("-12.5") == "-12.5"
    assert with_guard("-cmd|' /C calc'!A0") == "'-cmd|' /C calc'!A0"
