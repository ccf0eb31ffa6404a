"""Random files that the specifications allow: FASTQ, SAM and VCF text that uses what few real files use."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

IUPAC = "ACGTNRYKMSWBDHVacgtn"
NAME_CHARACTERS = string.ascii_letters + string.digits + "_.:/-#"
TEXT_CHARACTERS = string.ascii_letters + string.digits + "_.-+|!()/ "
INTEGERS = (0, 1, -1, 127, -128, 255, 32767, -32768, 65535, 2**31 - 1, -(2**31) + 8)


def fastq(rng: Random) -> str:
    """Reads of any length from 1, with any Phred+33 quality, '+' repeated or not, LF or CRLF line ends."""
    end = rng.choice(("\n", "\n", "\r\n"))
    repeated = rng.random() < 0.3
    lines = []
    for number in range(rng.randint(1, 30)):
        name = f"{_text(rng, NAME_CHARACTERS, 20)}.{number}" + rng.choice(("", f" {_text(rng, TEXT_CHARACTERS, 20)}x"))
        length = rng.choice((1, 2, rng.randint(1, 300)))
        bases = "".join(rng.choices(IUPAC, k=length))
        scores = "".join(chr(rng.randint(33, 126)) for _ in range(length))
        lines += [f"@{name}", bases, f"+{name}" if repeated else "+", scores]
    text = end.join(lines)
    return text if rng.random() < 0.1 else text + end


def sam(rng: Random) -> str:
    """Single and paired reads on up to four references, sorted as the header says, with tags of every type."""
    names = [f"{_text(rng, string.ascii_letters, 3)}{number}" for number in range(rng.randint(1, 4))]
    references = {name: rng.randint(400, 100_000) for name in names}
    order = rng.choice(("unsorted", "coordinate", "unknown"))
    header = [f"@HD\tVN:{rng.choice(('1.0', '1.4', '1.6'))}\tSO:{order}"]
    header += [f"@SQ\tSN:{name}\tLN:{length}" for name, length in references.items()]
    header += ["@RG\tID:g1\tSM:s\tPL:ILLUMINA", "@RG\tID:g2\tSM:s", "@PG\tID:a\tPN:a", "@PG\tID:b\tPP:a", "@CO\tfree"]
    records: list[tuple[tuple[int, int], str]] = []
    for number in range(rng.randint(0, 20)):
        records += _template(rng, f"{_text(rng, NAME_CHARACTERS, 10)}{number}", references)
    if order == "coordinate":
        records.sort(key=lambda record: record[0])
    return "\n".join([*header, *(line for _, line in records)]) + "\n"


def _template(rng: Random, name: str, references: dict[str, int]) -> list[tuple[tuple[int, int], str]]:
    kind = rng.choice(("unmapped", "single", "pair"))
    if kind == "unmapped":
        bases, scores = _bases(rng, rng.randint(1, 50))
        return [((len(references), 0), f"{name}\t4\t*\t0\t0\t*\t*\t0\t0\t{bases}\t{scores}{_tags(rng)}")]
    chosen = rng.choice(list(references))
    placed = [_placed(rng, references[chosen]) for _ in range(1 if kind == "single" else 2)]
    rank = list(references).index(chosen)
    if kind == "single":
        position, cigar, bases, scores, _ = placed[0]
        flag = rng.choice((0, 16)) | rng.choice((0, 0x200, 0x400))
        fields = f"{name}\t{flag}\t{chosen}\t{position}\t{rng.randint(0, 255)}\t{cigar}\t*\t0\t0\t{bases}\t{scores}"
        return [((rank, position), fields + _tags(rng))]
    records = []
    first_reverse = rng.random() < 0.5
    left, right = min(p[0] for p in placed), max(p[4] for p in placed)
    for at, (position, cigar, bases, scores, _) in enumerate(placed):
        flag = 1 | (64, 128)[at] | (16 if first_reverse == (at == 0) else 32)
        mate = placed[1 - at][0]
        leftmost = position < mate or (position == mate and at == 0)
        size = (right - left + 1) * (1 if leftmost else -1)
        fields = f"{name}\t{flag}\t{chosen}\t{position}\t{rng.randint(0, 60)}\t{cigar}\t=\t{mate}\t{size}"
        records.append(((rank, position), f"{fields}\t{bases}\t{scores}{_tags(rng)}"))
    return records


def _placed(rng: Random, reference: int) -> tuple[int, str, str, str, int]:
    """A position, CIGAR, bases, qualities and the last position of a read that fits the reference."""
    middle = [(rng.randint(1, 40), rng.choice("M=X"))]
    for _ in range(rng.randint(0, 3)):
        middle += [(rng.randint(1, 9), rng.choice("IDN")), (rng.randint(1, 40), rng.choice("M=X"))]
    left = rng.choice(([], [(5, "S")], [(3, "H")], [(3, "H"), (2, "S")]))
    right = rng.choice(([], [(4, "S")], [(6, "H")], [(1, "S"), (2, "H")]))
    operations = [*left, *middle, *right]
    bases, scores = _bases(rng, sum(length for length, kind in operations if kind in "MIS=X"))
    span = sum(length for length, kind in operations if kind in "MDN=X")
    position = rng.randint(1, reference - span + 1)
    return position, "".join(f"{n}{kind}" for n, kind in operations), bases, scores, position + span - 1


def _bases(rng: Random, length: int) -> tuple[str, str]:
    scores = "".join(chr(rng.randint(33, 126)) for _ in range(length))
    if length == 1 and scores == "*":
        scores = "I"  # a lone '*' would say that no quality is stored
    return "".join(rng.choices("ACGTNRYKMSWBDHV", k=length)), rng.choice((scores, scores, "*"))


def _tags(rng: Random) -> str:
    makers: dict[str, Callable[[], object]] = {
        "A": lambda: rng.choice("!aZ~"),
        "i": lambda: rng.choice(INTEGERS),
        "f": lambda: rng.choice(("0", "-1.5", "3e10", "+.25", "1E-3")),
        "Z": lambda: _text(rng, TEXT_CHARACTERS, 30),
        "H": lambda: "1AE301"[: 2 * rng.randint(0, 3)],
        "B": lambda: rng.choice(
            ("c,-128,127", "C,0,255", "s,-5", "S,65535,1", "i,-2147483648", "I,4294967295", "f,1.5")
        ),
    }
    tags = [
        f"X{letter}:{kind}:{makers[kind]()}" for letter, kind in zip("abcdef", rng.choices("AifZHB", k=6), strict=True)
    ]
    return "".join(
        f"\t{tag}" for tag in [*tags[: rng.randint(0, 6)], *rng.choice(([], ["RG:Z:g1"], ["RG:Z:g2", "NM:i:3"]))]
    )


def vcf(rng: Random) -> str:
    """Sites with alleles of every kind, samples of ploidy 1 to 3, typed INFO and FORMAT keys of every Number."""
    version = rng.choice(("4.1", "4.2", "4.3"))
    contigs = {f"{_text(rng, string.ascii_letters, 4)}{number}": 100_000 for number in range(rng.randint(1, 3))}
    samples = [f"s{number}" for number in range(rng.choice((0, 1, 3)))]
    lines = [f"##fileformat=VCFv{version}", *(f"##contig=<ID={name},length={size}>" for name, size in contigs.items())]
    for key, (number, kind) in {**_INFO, **_FORMAT}.items():
        section = "INFO" if key in _INFO else "FORMAT"
        lines.append(f'##{section}=<ID={key},Number={number},Type={kind},Description="A \\"{key}\\", of {kind}">')
    lines += ['##FILTER=<ID=q10,Description="Low">', '##FILTER=<ID=s50,Description="Few">']
    lines.append('##INFO=<ID=END,Number=1,Type=Integer,Description="End of the variant">')
    lines += ['##ALT=<ID=DEL,Description="Deletion">', '##ALT=<ID=DUP:TANDEM,Description="Tandem duplication">']
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", *(["FORMAT", *samples] if samples else [])]
    lines.append("\t".join(head))
    for contig in contigs:
        for position in sorted(rng.sample(range(1, 90_000), rng.randint(0, 8))):
            lines.append(_site(rng, contig, position, samples))
    return "\n".join(lines) + "\n"


_INFO = {
    "I1": ("1", "Integer"),
    "FA": ("A", "Float"),
    "SR": ("R", "String"),
    "FL": ("0", "Flag"),
    "CH": ("1", "Character"),
}
_INFO |= {"I3": ("3", "Integer"), "SU": (".", "String"), "IG": ("G", "Integer")}
_FORMAT = {"GT": ("1", "String"), "GQ": ("1", "Integer"), "AD": ("R", "Integer"), "PL": ("G", "Integer")}
_FORMAT |= {"FT": ("1", "String"), "EX": ("A", "Float"), "HQ": ("2", "Integer")}


def _site(rng: Random, contig: str, position: int, samples: list[str]) -> str:
    ref = "".join(rng.choices("ACGTNacgt", k=rng.choice((1, 1, 5))))
    alts = _alternatives(rng, ref)
    info = _info(rng, len(alts))
    if any(alt.startswith("<") for alt in alts):
        info = f"END={position + len(ref) + 9}" + ("" if info == "." else f";{info}")
    name = rng.choice((".", f"rs{position}", f"rs{position};x{position}"))
    quality = rng.choice((".", "0", "29", "3.25", "1e3", "99999.5"))
    marks = rng.choice((".", "PASS", "q10", "q10;s50"))
    fields = [contig, str(position), name, ref, ",".join(alts) or ".", quality, marks, info]
    if samples:
        keys = ["GT", *rng.sample([key for key in _FORMAT if key != "GT"], rng.randint(0, 6))]
        fields += [":".join(keys), *(_call(rng, keys, len(alts)) for _ in samples)]
    return "\t".join(fields)


def _alternatives(rng: Random, ref: str) -> list[str]:
    others = sorted({"A", "CC", "GTA", "TTTTT", "acg", "*"} - {ref, ref.upper(), ref.lower()})
    pool = [*others, "<DEL>", "<DUP:TANDEM>", f"{ref[0]}[chrZ:100[", f"]chrZ:5]{ref[0]}", f"{ref[0]}."]
    return rng.sample(pool, rng.randint(0, 3))


def _info(rng: Random, alts: int) -> str:
    items = []
    for key in rng.sample(list(_INFO), rng.randint(0, len(_INFO))):
        number, kind = _INFO[key]
        if kind == "Flag":
            items.append(key)
        elif alts or number not in "AG":
            items.append(f"{key}={_values(rng, number, kind, alts, 2)}")
    return ";".join(items) or "."


def _call(rng: Random, keys: list[str], alts: int) -> str:
    ploidy = rng.choice((1, 2, 2, 2, 3))
    alleles = [rng.choice((".", *map(str, range(alts + 1)))) for _ in range(ploidy)]
    values = [rng.choice("/|").join(alleles)]
    for key in keys[1:]:
        number, kind = _FORMAT[key]
        empty = rng.random() < 0.2 or (not alts and number == "A")
        values.append("." if empty else _values(rng, number, kind, alts, ploidy))
    return ":".join(values[: rng.randint(1, len(values))])


def _values(rng: Random, number: str, kind: str, alts: int, ploidy: int) -> str:
    """As many values as the Number says (VCFv4.3, section 1.4.2); for G, the multisets of alleles."""
    genotypes = 1
    for step in range(1, ploidy + 1):
        genotypes = genotypes * (alts + step) // step
    counts = {"A": alts, "R": alts + 1, "G": genotypes, ".": rng.randint(1, 3)}
    makers = {
        "Integer": lambda: str(rng.choice((0, 1, 7, 127, 128, 40_000, 2_000_000_000))),
        "Float": lambda: rng.choice(("0", "0.5", "1e-5", "-3.25", "17")),
        "String": lambda: _text(rng, string.ascii_letters, 5),
        "Character": lambda: rng.choice(string.ascii_letters),
    }
    return ",".join(makers[kind]() for _ in range(counts.get(number) or int(number)))


def _text(rng: Random, characters: str, longest: int) -> str:
    return "".join(rng.choices(characters, k=rng.randint(1, longest))).strip() or "x"
