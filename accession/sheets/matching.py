"""Find the staged file that a row means: by exact name, else by MD5, else by the sample's alias and R1 or R2."""

from __future__ import annotations

import re
from bisect import bisect_left
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from accession.issues import Issue
from accession.sheets.report import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

_READ: Final = re.compile(r"[._-](R[12])(?=[._-]|$)", re.IGNORECASE)
_READS: Final = {Direction.FORWARD: "R1", Direction.REVERSE: "R2"}
_WAITING: Final = frozenset({"pending", "receiving", "verifying"})
_LIVE: Final = _WAITING | {"verified"}
_MAX_LISTED: Final = 10

LibraryKey = tuple[str, str, str, str | None]


class StagedFact(msgspec.Struct, frozen=True, gc=False):
    """A file of the caller: its state as the archive names it, and for a rejected one the reason.

    For a linked file `linked_to` is the alias of the sample whose run it is, where that sample is in the project that
    the sheet is for; None where it belongs anywhere else. `linked_library` is the key of the run's experiment (see
    `Library.key`). `file_type` is told from the bytes; `records` and `names_digest` (FASTQ) are what their check
    found; all three are None if not known.
    """

    id: str
    filename: str
    md5: str | None
    state: str
    reason: str | None = None
    file_type: str | None = None
    linked_to: str | None = None
    linked_library: LibraryKey | None = None
    records: int | None = None
    names_digest: str | None = None


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """What a row says of one of its files; `name` and `md5` (lower case) are empty where it says nothing."""

    row: int
    alias: str
    direction: Direction
    name: str = ""
    md5: str = ""

    @property
    def field(self) -> str:
        """The column that names the file."""
        return f"filename_{self.direction}"


class Match(msgspec.Struct, frozen=True, gc=False):
    """The file found, if any, and what to say about it."""

    file: StagedFact | None = None
    errors: tuple[Issue, ...] = ()
    warnings: tuple[Issue, ...] = ()
    waiting: bool = False


class _Group:
    """Files that one key stands for, apart by what can be done with them."""

    __slots__ = ("linked", "live", "live_by_md5", "unusable")

    def __init__(self) -> None:
        self.live: list[StagedFact] = []
        self.live_by_md5: dict[str | None, list[StagedFact]] = {}
        self.linked: dict[str | None, list[StagedFact]] = {}
        self.unusable: list[StagedFact] = []

    def add(self, file: StagedFact) -> None:
        if file.state in _LIVE:
            self.live.append(file)
            self.live_by_md5.setdefault(file.md5, []).append(file)
        elif file.state == "linked" and file.linked_to is not None:
            self.linked.setdefault(file.linked_to, []).append(file)
        else:
            self.unusable.append(file)

    def pick(self, wanted: Wanted) -> list[StagedFact]:
        """The files that come first: a run of this sample already made of the same bytes, then live ones, then any."""
        mine = self.linked.get(wanted.alias, [])
        if mine and set(self.live_by_md5) <= {mine[-1].md5}:
            return [file for file in mine if file.md5 == wanted.md5] or mine
        if self.live:
            return self.live_by_md5.get(wanted.md5, self.live) if wanted.md5 else self.live
        return self.unusable[-1:] or [files[-1] for files in self.linked.values()][-1:]


class StagedFiles:
    """The caller's staged files, indexed once, by what is asked for, so that each look-up is of constant cost."""

    def __init__(self, files: Sequence[StagedFact]) -> None:
        self._files = files

    @cached_property
    def _by_name(self) -> dict[str, _Group]:
        return _grouped(self._files, lambda file: [file.filename])

    @cached_property
    def _by_md5(self) -> dict[str, _Group]:
        return _grouped(self._files, lambda file: [file.md5.lower()] if file.md5 else [])

    @cached_property
    def _by_read(self) -> dict[str, _Group]:
        return _grouped(self._files, _read_keys)

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self._by_name)

    def match(self, wanted: Wanted) -> Match:
        """The file that a row names. With neither name nor MD5 given the answer is no file and no fault."""
        if not wanted.name and not wanted.md5:
            return Match()
        group = self._by_name.get(wanted.name)
        if group is not None:
            return _settled(group.pick(wanted), wanted)
        group = self._by_md5.get(wanted.md5)
        if group is not None:
            return _settled(group.pick(wanted), wanted, how="by its MD5" if wanted.name else None)
        group = self._by_read.get(_read_key(wanted.alias, wanted.direction)) if wanted.name else None
        if group is not None:
            return _settled(group.pick(wanted), wanted, how="by the sample's alias")
        return Match(errors=(self._not_found(wanted),))

    def guess(self, wanted: Wanted, library: LibraryKey | None, taken: Container[str]) -> Match:
        """A file named after the alias, for a row that names none; files that are `taken` (ids) are left alone.

        Where the sample has such a run of the row's library already, the row means that one.
        """
        group = self._by_read.get(_read_key(wanted.alias, wanted.direction))
        if group is None:
            return Match()
        mine = [file for file in group.linked.get(wanted.alias, []) if file.linked_library in {None, library}]
        free = [file for file in mine or group.live if file.id not in taken]
        if len(free) > 1:
            message = (
                f"Several staged files look like {wanted.field} of {wanted.alias!r}: {_listed(free)}; none is taken."
            )
            return Match(warnings=(_issue("ambiguous_guess", message, wanted),))
        return _settled(free, wanted, how="by the sample's alias") if free else Match()

    def _not_found(self, wanted: Wanted) -> Issue:
        what = repr(wanted.name) if wanted.name else f"MD5 {wanted.md5}"
        near = self._near(wanted.name) if wanted.name else []
        hint = f"; perhaps {' or '.join(map(repr, near))}" if near else ""
        return _issue("file_not_found", f"You have no staged file {what}{hint}.", wanted)

    def _near(self, name: str) -> list[str]:
        """Names like this one, sought among its neighbours in the alphabet only."""
        place = bisect_left(self._names, name)
        return get_close_matches(name, self._names[max(0, place - 4) : place + 4], n=2, cutoff=0.8)


def _grouped(files: Sequence[StagedFact], keys_of: Callable[[StagedFact], list[str]]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for file in files:
        for key in keys_of(file):
            group = groups.get(key)
            if group is None:
                group = groups[key] = _Group()
            group.add(file)
    return groups


def _read_keys(file: StagedFact) -> list[str]:
    """`S1_R1_001.fastq.gz` → the key of forward reads of S1."""
    return [f"{file.filename[: found.start()]}\t{found.group(1).upper()}" for found in _READ.finditer(file.filename)]


def _read_key(alias: str, direction: Direction) -> str:
    return f"{alias}\t{_READS[direction]}"


def _settled(found: Sequence[StagedFact], wanted: Wanted, *, how: str | None = None) -> Match:
    """Judge what was found: one good file, or why not."""
    if len(found) > 1:
        message = f"{wanted.name or wanted.md5 or wanted.alias!r} fits several staged files: {_listed(found)}."
        return Match(errors=(_issue("ambiguous_file", message, wanted),))
    file = found[0]
    fault = _fault(file, wanted)
    if fault is not None:
        return Match(file, errors=(fault,))
    warnings = []
    if how:
        named = f"{wanted.name!r} is not staged; " if wanted.name else ""
        message = f"{named}{file.filename!r} was taken as {wanted.field}, found {how}."
        warnings.append(_issue("guessed_file", message, wanted))
    waiting = file.state in _WAITING
    if waiting:
        warnings.append(_issue("file_verifying", f"{file.filename!r} is still being verified.", wanted))
    return Match(file, warnings=tuple(warnings), waiting=waiting)


def _fault(file: StagedFact, wanted: Wanted) -> Issue | None:
    """Why a file that was found cannot be used."""
    if file.state == "rejected":
        return _issue("rejected_file", f"{file.filename!r} was rejected: {file.reason or 'no reason kept'}", wanted)
    if file.state == "linked" and file.linked_to != wanted.alias:
        message = f"{file.filename!r} already belongs to a run of another sample; upload it again for this one."
        return _issue("file_already_linked", message, wanted)
    if file.state not in _LIVE and file.state != "linked":
        return _issue("file_expired", f"{file.filename!r} is {file.state}; upload it again.", wanted)
    if wanted.md5 and file.md5 and file.md5.lower() != wanted.md5:
        message = f"{file.filename!r} has the MD5 {file.md5}, the sheet says {wanted.md5}."
        return Issue("md5_mismatch", message, field=f"md5_{wanted.direction}", row=wanted.row)
    return None


def _listed(files: Sequence[StagedFact]) -> str:
    shown = ", ".join(f"{file.filename} (id {file.id}, MD5 {file.md5 or 'not known'})" for file in files[:_MAX_LISTED])
    return shown + (f" and {len(files) - _MAX_LISTED} more" if len(files) > _MAX_LISTED else "")


def _issue(code: str, message: str, wanted: Wanted) -> Issue:
    return Issue(code, message, field=wanted.field, row=wanted.row)
