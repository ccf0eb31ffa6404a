"""The face of the domain: importing it makes every row known to the metadata."""

from accession import limits, numbers, outbox, repeats
from accession.audit import models as audit
from accession.base import metadata
from accession.catalog import models as catalog
from accession.files import models as files
from accession.lims import models as lims
from accession.people import credentials
from accession.people import models as people
from accession.projects import models as projects
from accession.search import models as search

ROWS = (numbers, repeats, limits, outbox, people, credentials, audit, projects, catalog, files, lims, search)

__all__ = ["ROWS", "metadata"]
