"""``python -m local.shop``: generate the files of the shop example and upload them to the local bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.datagen.shop import ShopOptions, generate_shop
from local.settings import Settings
from local.stack.aws_client import aws_client
from local.stack.environment import BUCKET
from local.stack.upload import upload


@dataclass(frozen=True)
class ShopFiles:
    """The files of the shop in a directory, with their paths as keys."""

    directory: Path

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Yield every object: its key and its content."""
        for file in sorted(file for file in self.directory.rglob("*") if file.is_file()):
            yield file.relative_to(self.directory).as_posix(), file.read_bytes()


def upload_shop(settings: Settings, options: ShopOptions, directory: Path) -> ShopFiles:
    """Generate the files in a directory, upload them to the bucket of the local stack, and return them."""
    generate_shop(directory, options)
    files = ShopFiles(directory)
    upload(files, aws_client(settings, "s3"), BUCKET, lambda _: None)
    return files


def main() -> None:
    """Upload a day."""
    settings = Settings.from_environment()
    options = ShopOptions()
    files = upload_shop(settings, options, settings.state / "shop")
    print(f"Uploaded {options.hours} hours of orders, customers and products from {files.directory} to s3://{BUCKET}.")


if __name__ == "__main__":
    main()
