"""Generated data in the formats of the real data: event logs, song files and the JSONPaths file of the logs.

The same options give the same bytes on every platform. Every name is invented.
"""

from local.datagen.generate import generate
from local.datagen.options import Options

__all__ = ["Options", "generate"]
