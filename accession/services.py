"""The face of the domain: importing it makes every row known to the metadata."""

from accession import numbers
from accession.audit import models as audit
from accession.base import metadata
from accession.catalog import models as catalog
from accession.files import models as files
from accession.people import models as people
from accession.projects import models as projects

ROWS = (numbers, people, audit, projects, catalog, files)

__all__ = ["ROWS", "metadata"]
