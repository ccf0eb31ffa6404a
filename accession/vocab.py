"""The controlled terms of the archive: platforms and instruments, library terms, sexes, file types, licences.

The terms are data in `accession/vocabularies/`, read once when first asked for. Platforms, instruments and library
terms are those of SRA and ENA, with the platforms SNP_CHIP and HI_C and the strategies GENOTYPING and TARGETED added.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

import msgspec

UNSPECIFIED: Final = "unspecified"
DEFAULT_LICENCE: Final = "CC-BY-4.0"


class Vocabulary(StrEnum):
    """A named list of terms; `terms` gives the list, `canonical` finds a term in it."""

    PLATFORM = "platform"
    INSTRUMENT = "instrument_model"
    LIBRARY_STRATEGY = "library_strategy"
    LIBRARY_SOURCE = "library_source"
    LIBRARY_SELECTION = "library_selection"
    LIBRARY_LAYOUT = "library_layout"
    PROJECT_TYPE = "project_type"
    SUBJECT_SEX = "subject_sex"
    SAMPLE_SEX = "sample_sex"
    FILE_TYPE = "file_type"
    LICENCE = "license"
    MISSING_VALUE = "missing_value"


class ProjectType(StrEnum):
    """What a project is about."""

    WGS = "WGS"
    METAGENOMICS = "Metagenomics"
    GENOTYPING = "Genotyping"
    TRANSCRIPTOMICS = "Transcriptomics"
    AMPLICON = "Amplicon"
    OTHER = "Other"


class LibraryLayout(StrEnum):
    """Whether each fragment was read from one end or from both."""

    SINGLE = "SINGLE"
    PAIRED = "PAIRED"


class FileType(StrEnum):
    """The formats that a run's file may have."""

    FASTQ = "FASTQ"
    BAM = "BAM"
    CRAM = "CRAM"
    VCF = "VCF"
    BCF = "BCF"
    SAM = "SAM"


class _Platform(msgspec.Struct, frozen=True):
    """A platform's own instruments, and the platforms whose instruments serve it too."""

    instruments: tuple[str, ...]
    instruments_of: tuple[str, ...] = ()


class _Libraries(msgspec.Struct, frozen=True):
    """Library terms; `library_strategy` gives each strategy the source that it usually has."""

    library_strategy: dict[str, str]
    library_source: tuple[str, ...]
    library_selection: tuple[str, ...]
    library_layout: tuple[str, ...]


def _read(name: str) -> bytes:
    return (resources.files("accession") / "vocabularies" / name).read_bytes()


@cache
def _platforms() -> dict[str, _Platform]:
    return msgspec.json.decode(_read("platforms.json"), type=dict[str, _Platform])


@cache
def _libraries() -> _Libraries:
    return msgspec.json.decode(_read("libraries.json"), type=_Libraries)


@cache
def _licences() -> dict[str, tuple[str, ...]]:
    return msgspec.json.decode(_read("licences.json"), type=dict[str, tuple[str, ...]])


@cache
def _record_terms() -> dict[str, tuple[str, ...]]:
    return msgspec.json.decode(_read("records.json"), type=dict[str, tuple[str, ...]])


@cache
def instruments_of(platform: str) -> tuple[str, ...]:
    """All instruments that belong to a canonical platform term, `unspecified` last; empty for an unknown platform."""
    found = _platforms().get(platform)
    if found is None:
        return ()
    names = [*found.instruments]
    for other in found.instruments_of:
        names.extend(_platforms()[other].instruments)
    return (*dict.fromkeys(names), UNSPECIFIED)


@cache
def terms(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Every canonical term of a vocabulary, in the order in which it is offered to people."""
    match vocabulary:
        case Vocabulary.PLATFORM:
            return tuple(_platforms())
        case Vocabulary.INSTRUMENT:
            named = [name for platform in _platforms().values() for name in platform.instruments]
            return (*dict.fromkeys(named), UNSPECIFIED)
        case Vocabulary.LIBRARY_STRATEGY:
            return tuple(_libraries().library_strategy)
        case Vocabulary.LIBRARY_SOURCE:
            return _libraries().library_source
        case Vocabulary.LIBRARY_SELECTION:
            return _libraries().library_selection
        case Vocabulary.LIBRARY_LAYOUT:
            return _libraries().library_layout
        case Vocabulary.LICENCE:
            return tuple(_licences())
        case _:
            return _record_terms()[vocabulary.value]


def _licence_key(text: str) -> str:
    """Fold a licence's spelling: "CC BY 4.0", "cc-by-4.0" and "CC-BY 4.0" are one."""
    folded = re.sub(r"^https?://|/(deed|legalcode)\b.*$", "", text.strip().lower()).replace("license", "licence")
    return re.sub(r"[^a-z0-9]", "", folded)


@cache
def _index(vocabulary: Vocabulary) -> dict[str, str]:
    """Folded spelling → canonical term."""
    if vocabulary is not Vocabulary.LICENCE:
        return {term.casefold(): term for term in reversed(terms(vocabulary))}
    names = {_licence_key(alias): term for term, aliases in _licences().items() for alias in aliases}
    return names | {_licence_key(term): term for term in _licences()}


def canonical(vocabulary: Vocabulary | str, value: str) -> str | None:
    """The term that `value` means, whatever its case and outer spaces, or None where the vocabulary has no such term.

    Licences are matched by SPDX id, by their usual names ("CC BY 4.0", "CC0") and by Creative Commons address.
    """
    vocabulary = Vocabulary(vocabulary)
    key = _licence_key(value) if vocabulary is Vocabulary.LICENCE else value.strip().casefold()
    return _index(vocabulary).get(key)


def canonical_instrument(platform: str, value: str) -> str | None:
    """The platform's own spelling of an instrument, or None where it does not belong to the platform."""
    wanted = value.strip().casefold()
    return next((name for name in instruments_of(platform) if name.casefold() == wanted), None)


def instrument_belongs(platform: str, instrument: str) -> bool:
    """Whether the instrument is one of the platform's, both in any case; `unspecified` belongs to every platform."""
    term = canonical(Vocabulary.PLATFORM, platform)
    return term is not None and canonical_instrument(term, instrument) is not None


@cache
def platform_of(instrument: str) -> str | None:
    """The one platform whose own instrument this is (any case), or None where there is none or more than one."""
    wanted = instrument.strip().casefold()
    owners = [
        platform
        for platform, found in _platforms().items()
        if wanted in {name.casefold() for name in found.instruments}
    ]
    return owners[0] if len(owners) == 1 else None


def source_for(strategy: str) -> str | None:
    """The library source that a strategy usually has (`RNA-Seq` → `TRANSCRIPTOMIC`), None for an unknown strategy."""
    term = canonical(Vocabulary.LIBRARY_STRATEGY, strategy)
    return _libraries().library_strategy[term] if term is not None else None
