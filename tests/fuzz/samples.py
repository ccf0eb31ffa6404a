"""Good files of every kind to damage: small ones made here, rich in features, and those of the labelled corpus."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import NamedTuple

import pysam
from simulate import simulate_dataset

from tests.fuzz.containers import pack_bgzf, pack_gzip

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus"
KINDS = ("fastq", "fastq.gz", "fastq.bgzf", "sam", "bam", "cram", "vcf", "vcf.gz", "bcf")

READS = b"""@M01:7:000-A1:1:1101:15589:1332 1:N:0:CAGT
ACGTNACGTTGCATTGACCA
+
II#IFFFFF:FFFF,FFFFF
@M01:7:000-A1:1:1101:15589:1333 1:Y:18:CAGT
ACGTRYKMSWBDHVNacgtn
+M01:7:000-A1:1:1101:15589:1333 1:Y:18:CAGT
!"#$%&'()*+,-./01234
@M01:7:000-A1:1:1102:2:1 1:N:0:CAGT
A
+
~
"""
SAM = b"""@HD\tVN:1.6\tSO:coordinate
@SQ\tSN:chr1\tLN:1000\tM5:0123456789abcdef0123456789abcdef
@SQ\tSN:HLA:A*01\tLN:200
@RG\tID:g1\tSM:s1\tPL:ILLUMINA\tLB:l1
@PG\tID:bwa\tPN:bwa\tVN:0.7.17\tCL:bwa mem ref.fa r.fq
@PG\tID:sort\tPN:samtools\tPP:bwa
@CO\tA comment, with a tab\there.
q1\t99\tchr1\t10\t60\t5S10M2I3M1D5M\t=\t60\t75\tACGTACGTACGTACGTACGTACGTA\tIIIIIIIIIIIIIIIIIIIIIIIII\tRG:Z:g1\tNM:i:3\tMD:Z:13^A5
q2\t0\tchr1\t30\t37\t4M3N4M2H\t*\t0\t0\tACGTNRYK\t*\tXA:A:c\tXf:f:-1.5e3\tXH:H:1AE301\tXB:B:c,-1,2,3\tXF:B:f,0.5,2
q1\t147\tchr1\t60\t60\t25M\t=\t10\t-75\tACGTACGTACGTACGTACGTACGTA\tFFFFFFFFFFFFFFFFFFFFFFFFF\tRG:Z:g1\tNM:i:0
q3\t16\tchr1\t100\t0\t3=1X4=\t*\t0\t0\tACGTACGT\tABCDEFGH\tXI:B:I,1,4294967295\tXS:B:s,-32768,32767
q3\t2064\tchr1\t200\t10\t6H4M\t*\t0\t0\tACGT\tABCD\tSA:Z:chr1,100,-,8M,0,0;
q4\t272\tHLA:A*01\t150\t3\t8M\t*\t0\t0\t*\t*
q5\t73\tHLA:A*01\t180\t30\t10M\t=\t180\t0\tACGTACGTAC\tIIIIIIIIII
q5\t133\tHLA:A*01\t180\t0\t*\t=\t180\t0\tTTTTTTTTTT\tIIIIIIIIII
q6\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\tBC:Z:ACGT-TTTT
"""
VCF = b"""##fileformat=VCFv4.3
##fileDate=20240501
##reference=file:///ref.fa
##contig=<ID=1,length=249250621>
##contig=<ID=chrM,length=16569,assembly=B36,species="Homo sapiens">
##ALT=<ID=DEL,Description="Deletion">
##INFO=<ID=NS,Number=1,Type=Integer,Description="Samples with data">
##INFO=<ID=AF,Number=A,Type=Float,Description="Allele \\"frequency\\"">
##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral, allele">
##INFO=<ID=DB,Number=0,Type=Flag,Description="dbSNP membership">
##INFO=<ID=END,Number=1,Type=Integer,Description="End">
##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type of variant">
##FILTER=<ID=q10,Description="Quality below 10">
##FILTER=<ID=s50,Description="Less than half of samples have data">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depths">
##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Likelihoods">
##FORMAT=<ID=HQ,Number=2,Type=Integer,Description="Haplotype quality">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA1\tNA2\tNA3
1\t14370\trs6054257\tG\tA\t29\tPASS\tNS=3;AF=0.5;DB\tGT:GQ:AD:PL:HQ\t0|0:48:8,0:0,20,99:51,51\t1|0:48:3,4:50,0,60:51,51\t1/1:43:0,5:90,9,0:.,.
1\t17330\t.\tT\tA\t3.1\tq10\tNS=3;AF=0.017\tGT:GQ:AD\t0|0:49:3,0\t0|1:3:5,1\t./.
1\t1110696\trs6040355;x1\tA\tG,T\t67\tPASS\tNS=2;AF=0.333,0.667;AA=T;DB\tGT:GQ:PL\t1|2:21:9,8,7,6,5,4\t2|1:2:.\t2/2:35:1,2,3,4,5,0
1\t1230237\t.\tT\t.\t47\tPASS\tNS=3;AA=T\tGT:GQ\t0|0:54\t0|0:48\t0/0:61
1\t1234567\tmicrosat1\tGTC\tG,GTCT\t50\tq10;s50\tNS=3;AA=G\tGT:GQ\t0/1:35\t0/2:17\t1/1:40
1\t2000000\t.\tN\t<DEL>\t.\t.\tEND=2000500;SVTYPE=DEL\tGT\t0/1\t.\t0/0
1\t2000010\t.\tA\tA[chrM:100[\t5\tPASS\tSVTYPE=BND\tGT\t0/1\t0\t0/0
chrM\t73\t.\tA\tG,*\t1e3\tPASS\tNS=1\tGT:AD\t1:0,9,1\t2\t0:7,0,0
"""


class Sample(NamedTuple):
    """A good file: a name that promises what it is, its bytes, and the reference that decodes it."""

    kind: str
    name: str
    data: bytes
    reference: Path | None = None
    ours: bool = True


def made_samples(folder: Path) -> list[Sample]:
    """Small files of every kind, whose bytes are the same every time."""
    folder.mkdir()
    project = simulate_dataset(folder, genome_length=2_000, pairs=24, samples=1, read_length=36, cram=True)
    simulated = project.samples[0]
    reads = gzip.decompress(simulated.forward.read_bytes())
    calls = gzip.decompress(simulated.vcf.read_bytes())
    alignments = gzip.decompress(simulated.bam.read_bytes())
    texts = [Sample("fastq", "made.fastq", READS), Sample("fastq", "simulated.fastq", reads)]
    texts += [Sample("sam", "made.sam", SAM), Sample("sam", "simulated.sam", _as_sam(simulated.bam, folder))]
    texts += [Sample("vcf", "made.vcf", VCF), Sample("vcf", "simulated.vcf", calls)]
    packed = [Sample("fastq.gz", f"{name}.fastq.gz", pack_gzip(data)) for name, data in (("m", READS), ("s", reads))]
    packed += [Sample("fastq.gz", "two.fastq.gz", pack_gzip(READS) + pack_gzip(reads))]
    packed += [Sample("fastq.bgzf", f"b{at}.fastq.gz", pack_bgzf(data)) for at, data in enumerate((READS, reads))]
    packed += [Sample("vcf.gz", f"{at}.vcf.gz", pack_bgzf(data)) for at, data in enumerate((VCF, calls))]
    packed += [Sample("bam", "simulated.bam", pack_bgzf(alignments))]
    packed += [Sample("bam", "made.bam", pack_bgzf(_converted(folder, "made.sam", SAM, "wb", [])))]
    packed += [Sample("bcf", f"{at}.bcf", _as_bcf(folder, data)) for at, data in enumerate((VCF, calls))]
    packed += [Sample("cram", "simulated.cram", simulated.cram.read_bytes(), project.reference)]
    for version in (b"3.0", b"3.1"):
        options = [b"no_ref=1", b"seqs_per_slice=4", b"level=0", b"version=" + version]
        data = _converted(folder, "made.sam", SAM, "wc", options)
        packed.append(Sample("cram", f"made{version.decode()}.cram", data))
    return [*texts, *packed]


def corpus_samples() -> list[Sample]:
    """The good files of the labelled corpus where it is there; those that only some tools accept are not taken."""
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "manifest.tsv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if row["expected"] == "good"]
    found = []
    for row in rows:
        if row["debatable"] == "no":
            reference = CORPUS / row["reference"] if row["reference"] else None
            for path in filter(None, (row["path"], row["mate"])):
                kind = row["format"].replace("fastq_pair", "fastq")
                found.append(Sample(kind, Path(path).name, (CORPUS / path).read_bytes(), reference, ours=False))
    return found


def _as_sam(bam: Path, folder: Path) -> bytes:
    path = folder / "simulated.sam"
    with pysam.AlignmentFile(str(bam)) as source, pysam.AlignmentFile(str(path), "w", template=source) as target:
        for record in source:
            target.write(record)
    return path.read_bytes()


def _converted(folder: Path, name: str, text: bytes, mode: str, options: list[bytes]) -> bytes:
    """SAM text in another format; BAM comes unpacked."""
    (folder / name).write_bytes(text)
    path = folder / f"{name}.{mode}"
    with (
        pysam.AlignmentFile(str(folder / name)) as source,
        pysam.AlignmentFile(str(path), mode, header=source.header, format_options=options) as target,
    ):
        for record in source:
            target.write(record)
    data = path.read_bytes()
    if mode == "wb":
        return gzip.decompress(data)
    return data[:6] + name.encode().ljust(20, b"\0") + data[26:]  # instead of the path, which is htslib's file id


def _as_bcf(folder: Path, text: bytes) -> bytes:
    (folder / "x.vcf").write_bytes(text)
    path = folder / "x.bcf"
    with (
        pysam.VariantFile(str(folder / "x.vcf")) as source,
        pysam.VariantFile(str(path), "wb", header=source.header) as target,
    ):
        for record in source:
            target.write(record)
    return pack_bgzf(gzip.decompress(path.read_bytes()))
