"""The QC tools, one file each; those that are preferred come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.engines.bcftools import Bcftools
from qc.engines.fastqc import FastQC
from qc.engines.samtools import Samtools
from qc.engines.sequali import Sequali

if TYPE_CHECKING:
    from qc.engines.base import Engine

ENGINES: tuple[Engine, ...] = (FastQC(), Sequali(), Samtools(), Bcftools())
