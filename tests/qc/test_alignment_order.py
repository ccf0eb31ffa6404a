"""What is promised about records that must be in the order of names."""

from __future__ import annotations

import pytest

from qc.formats.alignment_order import OrderCheck, natural_key
from qc.formats.base import FindingLog
from qc.formats.sam_header import check_header_text


def first_wrong(names: list[bytes], header: bytes = b"@HD\tVN:1.6\tSO:queryname") -> int | None:
    """The number of the first record that is out of order, or None."""
    log = FindingLog()
    order = OrderCheck(check_header_text(header, log), log)
    for number, name in enumerate(names, 1):
        order.take(name, -1, -1, {"record": number})
    return log.kept[0].record if log.kept else None


@pytest.mark.parametrize(
    "names",
    [
        [b"r1", b"r10", b"r2"],
        [b"r1", b"r2", b"r10"],
        [b"r1", b"r1", b"r2"],
        [b"a:9:1", b"a:10:1", b"a:10:02", b"a:10:3"],
        [b"B", b"a"],
        [b"*", b"*"],
    ],
)
def test_the_orders_of_picard_and_of_samtools_are_both_good(names: list[bytes]) -> None:
    assert first_wrong(names) is None


@pytest.mark.parametrize(
    ("names", "record"), [([b"r2", b"r1"], 2), ([b"r1", b"r10", b"r2", b"r11", b"r9"], 4), ([b"b", b"a", b"c"], 2)]
)
def test_an_order_that_is_neither_is_refused_once(names: list[bytes], record: int) -> None:
    assert first_wrong(names) == record


def test_a_sub_sort_order_leaves_one_of_them() -> None:
    names = [b"r1", b"r10", b"r2"]
    assert first_wrong(names, b"@HD\tVN:1.6\tSO:queryname\tSS:queryname:natural") == 3
    assert first_wrong(names, b"@HD\tVN:1.6\tSO:queryname\tSS:queryname:lexicographical") is None
    assert first_wrong([b"b", b"a"], b"@HD\tVN:1.6\tSO:queryname\tSS:queryname:umi") is None


@pytest.mark.parametrize(
    ("less", "more"), [(b"a.1", b"a1"), (b"a1", b"a:"), (b"a9", b"a10"), (b"a", b"a1"), (b"a1b", b"a01c"), (b"1", b"a")]
)
def test_numbers_in_names_count_by_value(less: bytes, more: bytes) -> None:
    assert natural_key(less) < natural_key(more)
