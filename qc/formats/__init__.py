"""One file a format; FORMATS lists every format that is known, in the order in which content is matched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.formats.bam import BamCheck
from qc.formats.bcf import BcfCheck
from qc.formats.cram import CramCheck
from qc.formats.fastq import FastqCheck
from qc.formats.sam_text import SamCheck
from qc.formats.vcf import VcfCheck

if TYPE_CHECKING:
    from qc.formats.base import FormatCheck

FORMATS: tuple[FormatCheck, ...] = (BamCheck(), BcfCheck(), CramCheck(), VcfCheck(), SamCheck(), FastqCheck())
