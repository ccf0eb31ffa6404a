"""Checks FORMAT and the sample columns of VCF records (VCF specification, section 1.6.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qc.formats.base import shown
from qc.formats.vcf_definitions import FIRST_STRICT, Definition, narrowed, reserved
from qc.formats.vcf_info import is_key
from qc.formats.vcf_values import INTEGERS, MANY_DIGITS, Where, explain_value, pattern_of, too_big

if TYPE_CHECKING:
    from qc.formats.base import FindingLog
    from qc.formats.vcf_declared import VcfHeader

CALL = rb"(?:\.|[0-9]+)"
GENOTYPES = {0: rb"[/|]?%b(?:[/|]%b)*+" % (CALL, CALL), 1: CALL, 2: rb"%b[/|]%b" % (CALL, CALL)}
GENOTYPE = re.compile(GENOTYPES[0])
ALLELE = re.compile(rb"[0-9]+")
ANY = Definition(b".", b"String")
FIRST_LEADING_PHASE = 4
BY_PLOIDY = (b"G", b"P")
MAX_PLANS = 512
MAX_KEYS = 128
MAX_GENOTYPE = 1 << 12


class Plan:
    """How the samples of records with one FORMAT and one number of alternate alleles must look."""

    def __init__(self, keys: list[bytes], definitions: list[Definition], alternates: int) -> None:
        self.keys = keys
        self.definitions = definitions
        self.integers = [i for i, d in enumerate(definitions) if d.kind in INTEGERS]
        self.alternates = alternates
        by_ploidy = keys[0] == b"GT" and any(d.number in BY_PLOIDY for d in definitions)
        forms = [self._form(ploidy) for ploidy in ((2, 1) if by_ploidy else (0,))]
        one = b"(?:" + b"|".join(forms) + b")"
        self.sample = re.compile(one)
        self.samples = re.compile(one + b"(?:\t" + one + b")*+")

    def _form(self, ploidy: int) -> bytes:
        """A regular expression for the samples of one ploidy; 0 for any."""
        parts = []
        for key, definition in zip(self.keys, self.definitions, strict=True):
            if key == b"GT":
                parts.append(GENOTYPES[ploidy])
                continue
            wanted = of_ploidy(definition, self.alternates, ploidy) if ploidy else definition
            parts.append(pattern_of(wanted, self.alternates).replace(rb"[^,\t]*", rb"[^,:\t]*"))
        sample = parts[-1]
        for part in reversed(parts[:-1]):
            sample = part + rb"(?::" + sample + rb")?"
        return sample


class SampleCheck:
    """Checks the columns from FORMAT on, one record after another, against one header."""

    def __init__(self, header: VcfHeader, findings: FindingLog) -> None:
        self._header = header
        self._findings = findings
        self.plans: dict[tuple[bytes, int], Plan | None] = {}
        self._genotypes: dict[tuple[bytes, int], bool] = {}

    def check(self, fields: list[bytes], alternates: int, place: dict[str, Any]) -> None:
        """Checks `fields`, the columns from FORMAT on."""
        key = (fields[0], alternates)
        if key not in self.plans:
            if len(self.plans) >= MAX_PLANS:
                self.plans.clear()
            self.plans[key] = self._plan(fields[0], alternates, place)
        plan = self.plans[key]
        if plan is None:
            if fields[0] != b".":
                self.plans.pop(key)
            return
        samples = fields[1:]
        text = b"\t".join(samples)
        if plan.samples.fullmatch(text) and not MANY_DIGITS.search(text):
            if plan.keys[0] != b"GT":
                return
            genotypes = {sample.partition(b":")[0] for sample in samples}
            if all(self._is_good(genotype, alternates) for genotype in genotypes):
                return
        self._check_singly(samples, plan, place)

    def _check_singly(self, samples: list[bytes], plan: Plan, place: dict[str, Any]) -> None:
        for column, sample in enumerate(samples):
            if not plan.sample.fullmatch(sample) or (len(sample) > 9 and self._has_big(sample, plan)):
                self._explain(sample, column, plan, place)
            elif plan.keys[0] == b"GT":
                self._check_genotype(sample.partition(b":")[0], column, plan.alternates, place)

    def _plan(self, text: bytes, alternates: int, place: dict[str, Any]) -> Plan | None:
        """The plan for a FORMAT; None, with findings, when it is broken, and None for '.', which says nothing."""
        line, findings = place["line"], self._findings
        if text == b".":
            return None
        keys = text.split(b":")
        before = findings.errors
        if len(keys) > MAX_KEYS:
            message = f"FORMAT at line {line} has {len(keys)} keys."
            findings.error("format_keys", message, found=text, expected=f"at most {MAX_KEYS}", **place)
            return None
        if len(set(keys)) < len(keys):
            message = f"FORMAT at line {line} has a key twice."
            findings.error("format_twice", message, found=text, expected="each key once", **place)
        if b"GT" in keys[1:]:
            message = f"FORMAT at line {line} does not have GT as its first key."
            findings.error("format_gt_first", message, found=text, expected="GT first", **place)
        definitions = [self._definition(key, place) for key in keys]
        return Plan(keys, definitions, alternates) if findings.errors == before else None

    def _definition(self, key: bytes, place: dict[str, Any]) -> Definition:
        """Before 4.3 keys were alphanumeric (section 1.4.2), but tools declare others, such as MIN_DP."""
        line, minor = place["line"], self._header.minor
        definition = self._header.definitions[b"FORMAT"].get(key)
        if not is_key(key) or (minor < FIRST_STRICT and definition is None and not key.isalnum()):
            message = f"FORMAT at line {line} has the key '{shown(key)}', which the specification does not allow."
            if not key or minor >= FIRST_STRICT or definition is None or re.search(rb"\s", key):
                expected = "a letter or _, then letters, digits, _ and ."
                self._findings.error("format_key", message, found=key, expected=expected, **place)
            else:
                self._findings.warn_once("format_key_odd", message, about=shown(key), found=key, **place)
        if definition is not None:
            return definition
        message = f"The FORMAT key '{shown(key)}' at line {line} is not declared by a ##FORMAT line."
        self._findings.warn_once("format_undeclared", message, about=shown(key), found=key, **place)
        wanted = reserved(b"FORMAT", minor).get(key)
        return narrowed(b"FORMAT", key, wanted, minor) if wanted else ANY

    def _is_good(self, genotype: bytes, alternates: int) -> bool:
        """Says whether the alleles of a well-formed genotype exist and its form is one of this version."""
        key = (genotype, alternates)
        if len(genotype) > MAX_GENOTYPE:
            return False
        good = self._genotypes.get(key)
        if good is None:
            found = {allele.lstrip(b"0") for allele in ALLELE.findall(genotype)}
            good = all(len(allele) < 10 and int(allele or b"0") <= alternates for allele in found)
            good = good and (genotype[:1] not in (b"/", b"|") or self._header.minor >= FIRST_LEADING_PHASE)
            if len(self._genotypes) < 65536 and len(genotype) < 64:
                self._genotypes[key] = good
        return good

    def _check_genotype(self, genotype: bytes, column: int, alternates: int, place: dict[str, Any]) -> None:
        """Alleles are 0 to the number of ALT; where ALT is '.', tools give the missing allele the number 1."""
        if self._is_good(genotype, alternates):
            return
        name = self._name(column)
        message = f"GT of sample '{name}' at line {place['line']} is '{shown(genotype)}' with {alternates} ALT alleles."
        if not alternates and self._is_good(genotype, 1):
            self._findings.warn_once("genotype_allele", message, found=genotype, **place)
            return
        self._findings.error("genotype_allele", message, found=genotype, expected=f"alleles 0 to {alternates}", **place)

    def _has_big(self, sample: bytes, plan: Plan) -> bool:
        values = sample.split(b":")
        return any(too_big(values[i]) for i in plan.integers if i < len(values))

    def _name(self, column: int) -> str:
        return shown(self._header.samples[column])

    def _explain(self, sample: bytes, column: int, plan: Plan, place: dict[str, Any]) -> None:
        """Says what is wrong with one sample, value by value."""
        line, name = place["line"], self._name(column)
        values = sample.split(b":")
        if len(values) > len(plan.keys):
            message = f"Sample '{name}' at line {line} has {len(values)} values but FORMAT has {len(plan.keys)} keys."
            self._findings.error(
                "sample_values", message, found=sample, expected=f"at most {len(plan.keys)} values", **place
            )
            return
        ploidy, called = 0, False
        for key, definition, value in zip(plan.keys, plan.definitions, values, strict=False):
            if key == b"GT":
                if len(value) > MAX_GENOTYPE or not GENOTYPE.fullmatch(value):
                    message = f"GT of sample '{name}' at line {line} is '{shown(value)}', which is not a genotype."
                    self._findings.error(
                        "genotype", message, found=value, expected="allele numbers joined by / or |", **place
                    )
                    continue
                called = ALLELE.search(value) is not None
                alleles = len(re.findall(CALL, value))
                ploidy = alleles if called or alleles > 2 else 0  # './.' stands for no call of any ploidy, '././.' not
                self._check_genotype(value, column, plan.alternates, place)
                continue
            wanted = of_ploidy(definition, plan.alternates, ploidy) if ploidy else definition
            subject = f"{shown(key)} of sample '{name}' at line {line}"
            where = Where("sample", subject, lenient=not called, exact=definition.number == b"P")
            explain_value(self._findings, where, value, wanted, plan.alternates, place)


def of_ploidy(definition: Definition, alternates: int, ploidy: int) -> Definition:
    """The definition with the number of genotypes in place of G, and of alleles in place of P; others as they are.

    Where ALT is '.', tools differ in whether they count it as an allele, so that any number of genotypes is good.
    """
    match definition.number:
        case b"G" if not alternates:
            return Definition(b".", definition.kind)
        case b"G":
            return Definition(b"%d" % genotypes(alternates + 1, ploidy), definition.kind)
        case b"P":
            return Definition(b"%d" % ploidy, definition.kind)
        case _:
            return definition


def genotypes(alleles: int, ploidy: int) -> int:
    """How many genotypes there are of so many alleles at a ploidy (VCF section 1.6.2, GL ordering)."""
    count = 1
    for step in range(1, min(ploidy, 64) + 1):
        count = count * (alleles + step - 1) // step
    return count
