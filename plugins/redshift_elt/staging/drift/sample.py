"""A sample of the objects of a run: which of them are read, and what their beginnings show."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_elt.staging import s3_content
from redshift_elt.staging.drift.beginning import beginning
from redshift_elt.staging.drift.header import Header
from redshift_elt.staging.drift.json_records import json_fields
from redshift_elt.staging.drift.parquet_fields import parquet_fields
from redshift_elt.staging.drift.text_fields import text_fields
from redshift_elt.staging.drift.text_rows import text_rows
from redshift_elt.staging.formats.columnar import Parquet
from redshift_elt.staging.formats.csv_format import Csv
from redshift_elt.staging.formats.delimited import Delimited
from redshift_elt.staging.formats.text_format import TextFormat

if TYPE_CHECKING:
    from redshift_elt.staging.drift.field_values import Fields
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)

# The objects that were written last are read, because a new field appears in them first. So the cost of a run does not
# depend on how many objects it stages, and a run without new objects knows all of its sample already.
MOST_OBJECTS = 5
# Enough for the first hundred records of common widths, and less than a tenth of a second of one request.
MOST_BYTES = 64 * 1024
# Text compresses about tenfold.
_MOST_TEXT = 16 * MOST_BYTES


@dataclass(frozen=True)
class Sample:
    """What the beginning of an object shows.

    :param fields: the fields of the first records, with the types of their values; none if their names are not known.
    :param header: the last line that COPY skips, in a text file.
    """

    fields: Fields = field(default_factory=dict)
    header: Header | None = None


def read_sample(context: StagingContext, item: S3Object) -> Sample:
    """Return what the beginning of an object shows.

    It reads one range of the object, and a second one if it is a Parquet file with a large footer. An object that
    cannot be read shows nothing: COPY has its own permissions, and reports an object that has changed or was deleted
    since it was listed.
    """
    # Importing botocore is slow, and the file of a DAG imports this module.
    from botocore.exceptions import ClientError

    source_format = context.source.format
    try:
        if isinstance(source_format, Parquet):
            return Sample(parquet_fields(lambda size: s3_content.read_end(context.s3, item, size), MOST_BYTES))
        content = s3_content.read_beginning(context.s3, item, MOST_BYTES)
    except ClientError as error:
        log.warning("The fields of %s are not compared with the table, because it cannot be read: %s", item.url, error)
        return Sample()
    compression = source_format.compression_of([item.key])
    begins = beginning(content, compression, _MOST_TEXT)
    text = begins.decode(source_format.python_encoding, "replace")
    if not isinstance(source_format, TextFormat):
        return Sample(json_fields(text))
    if item.size <= MOST_BYTES and len(begins) < _MOST_TEXT:
        # The last line is complete, with or without a line break.
        text += "\n"
    rows = text_rows(text, source_format)
    fields = text_fields(rows, source_format) if isinstance(source_format, (Csv, Delimited)) else {}
    return Sample(fields, Header.of(rows, source_format.skipped_lines))
