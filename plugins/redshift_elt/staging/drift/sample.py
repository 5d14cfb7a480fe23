"""A sample of the objects of a run: which of them are read, and the fields of their first records."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from redshift_elt.staging import s3_content
from redshift_elt.staging.drift.beginning import beginning
from redshift_elt.staging.drift.csv_fields import csv_fields
from redshift_elt.staging.drift.json_records import json_fields
from redshift_elt.staging.drift.parquet_fields import parquet_fields
from redshift_elt.staging.formats.columnar import Parquet
from redshift_elt.staging.formats.csv_format import Csv

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


def read_fields(context: StagingContext, item: S3Object) -> Fields:
    """Return the fields of the first records of an object with the types of their values.

    It reads one range of the object, and a second one if it is a Parquet file with a large footer. An object that
    cannot be read has no fields: COPY has its own permissions, and reports an object that has changed or was deleted
    since it was listed.
    """
    # Importing botocore is slow, and the file of a DAG imports this module.
    from botocore.exceptions import ClientError

    source_format = context.source.format
    try:
        if isinstance(source_format, Parquet):
            return parquet_fields(lambda size: s3_content.read_end(context.s3, item, size), MOST_BYTES)
        content = s3_content.read_beginning(context.s3, item, MOST_BYTES)
    except ClientError as error:
        log.warning("The fields of %s are not compared with the table, because it cannot be read: %s", item.url, error)
        return {}
    compression = source_format.compression_of([item.key])
    text = beginning(content, compression, _MOST_TEXT).decode(source_format.python_encoding, "replace")
    return csv_fields(text, source_format) if isinstance(source_format, Csv) else json_fields(text)
