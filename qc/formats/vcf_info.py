"""Checks the INFO column of VCF records (VCF specification, section 1.6.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown
from qc.formats.vcf_definitions import FIRST_STRICT, Definition, narrowed, reserved
from qc.formats.vcf_structural import REPEAT_KEYS, StructuralCheck
from qc.formats.vcf_values import INTEGERS, Where, explain_value, too_big, value_pattern

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_declared import VcfHeader

KEY = re.compile(rb"[A-Za-z_][0-9A-Za-z_.]*|1000G")
BLANK = re.compile(rb"\s")


class InfoCheck:
    """Checks INFO of one record after another against one header."""

    def __init__(self, header: VcfHeader, findings: FindingLog) -> None:
        self._header = header
        self._findings = findings
        self._structural = StructuralCheck(header, findings)
        self._reserved: dict[bytes, Definition] | None = None

    def check(self, fields: list[bytes], alternates: list[bytes], place: dict[str, Any]) -> None:
        """Checks INFO: keys, no key twice, values by the Type and Number that the header declares."""
        info, line, findings = fields[7], place["line"], self._findings
        seen: dict[bytes, bytes | None] = {}
        if info.endswith(b";") and len(info) > 1:
            message = f"INFO at line {line} ends with a semicolon."
            findings.warn_once("info_semicolon", message, found=info[-20:], **place)
            info = info[:-1]
        for item in info.split(b";") if info != b"." else ():
            key, equals, value = item.partition(b"=")
            if key in seen:
                message = f"INFO at line {line} has the key '{shown(key)}' twice."
                findings.error("info_twice", message, found=item, expected="each key once", **place)
            seen[key] = value if equals else None
            definition = self._definition(key, item, place)
            if definition is not None:
                self._check_value(key, seen[key], definition, len(alternates), place)
        if b"END" in seen:
            self._check_end(fields[1], seen[b"END"], place)
        if b"<" in fields[4] or not REPEAT_KEYS.isdisjoint(seen):
            self._structural.check(seen, alternates, fields, place)

    def _definition(self, key: bytes, item: bytes, place: dict[str, Any]) -> Definition | None:
        definition = self._header.definitions[b"INFO"].get(key)
        if definition is not None:
            return definition
        self._undeclared(key, item, place)
        if self._reserved is None:
            minor = self._header.minor
            table = reserved(b"INFO", minor)
            self._reserved = {name: narrowed(b"INFO", name, wanted, minor) for name, wanted in table.items()}
        return self._reserved.get(key)

    def _check_value(
        self, key: bytes, value: bytes | None, definition: Definition, alternates: int, place: dict[str, Any]
    ) -> None:
        if definition.kind == b"Flag":
            if value is not None:
                self._flag_with_value(key, value, definition, place)
            return
        if definition.number == b"G":
            definition = Definition(b".", definition.kind)
        fits = value is not None and value_pattern(definition, alternates).fullmatch(value)
        if fits and not (value and definition.kind in INTEGERS and too_big(value)):
            if value and self._header.minor < FIRST_STRICT and BLANK.search(value):
                message = f"INFO {shown(key)} at line {place['line']} holds a blank."
                self._findings.warn_once("info_blank", message, about=shown(key), found=value, **place)
            return
        where = Where("info", f"INFO {shown(key)} at line {place['line']}")
        explain_value(self._findings, where, value, definition, alternates, place)

    def _flag_with_value(self, key: bytes, value: bytes, definition: Definition, place: dict[str, Any]) -> None:
        """A flag stands alone; 0 and 1 pass, because tools write them, and so does what the header contradicts."""
        message = f"The flag {shown(key)} in INFO at line {place['line']} has a value."
        if value in (b"0", b"1") or definition.number != b"0":
            self._findings.warn_once("info_flag_value", message, about=shown(key), found=value, **place)
        else:
            self._findings.error("info_flag_value", message, found=value, expected="no value", **place)

    def _check_end(self, pos: bytes, value: bytes | None, place: dict[str, Any]) -> None:
        """END is not before POS; files of the specification's own examples break this, so it is only told."""
        if value and value.isdigit() and pos.isdigit() and (len(value), value) < (len(pos), pos):
            message = f"END at line {place['line']} is {shown(value)}, before POS {shown(pos)}."
            self._findings.warn_once("end_before_pos", message, found=value, expected=f"{shown(pos)} or more", **place)

    def _undeclared(self, key: bytes, item: bytes, place: dict[str, Any]) -> None:
        line = place["line"]
        if not key:
            message = f"INFO at line {line} holds an empty field."
            self._findings.error("info_key", message, found=item, expected="key=value", **place)
            return
        if not is_key(key):
            message = f"INFO at line {line} has the key '{shown(key)}', which the specification does not allow."
            if self._header.minor >= FIRST_STRICT or BLANK.search(key):
                expected = "a letter or _, then letters, digits, _ and ."
                self._findings.error("info_key", message, found=item, expected=expected, **place)
                return
            self._findings.warn_once("info_key_odd", message, about=shown(key), found=item, **place)
        message = f"The INFO key '{shown(key)}' at line {line} is not declared by an ##INFO line."
        self._findings.warn_once("info_undeclared", message, about=shown(key), found=key, **place)


@lru_cache(maxsize=1024)
def is_key(key: bytes) -> bool:
    """Says whether a key of INFO or FORMAT is well formed (sections 1.4.2 and 1.4.4 since 4.3)."""
    return KEY.fullmatch(key) is not None
