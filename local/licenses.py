"""List the licenses of all installed packages, and fail on those that have not been accepted."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageMetadata, distributions

# Accepted for software that the project depends on, and does not change or ship: permissive licenses, and those whose
# conditions concern the package's own files. Names are SPDX identifiers.
ACCEPTED = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "LGPL-2.1-or-later",
    "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib",
})  # fmt: skip

# What older packages have instead of an SPDX expression: trove classifiers, or the field License in their own words.
# "BSD License" does not say which one; all of them are permissive.
_OTHER_NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
# Classifiers that do not name a license.
_NOT_LICENSES = frozenset({"OSI Approved", "DFSG approved"})

# Packages whose metadata does not say it, or offers a choice. Each with the license and where it is stated.
STATED_ELSEWHERE = {
    "docutils": "BSD-2-Clause",  # its file COPYING.rst: most is public domain; the part under the GPL is not in wheels
    "openlineage-sql": "Apache-2.0",  # LICENSE of github.com/OpenLineage/OpenLineage
    "psycopg2-binary": "LGPL-3.0-or-later",  # the package's file LICENSE
    "quickjs-ng": "MIT",  # the package's file LICENSE
    "text-unidecode": "Artistic-1.0-Perl",  # the package's file LICENSE: the Artistic License, or the GPL
}
# Accepted for one package only.
_ACCEPTED_FOR = {"text-unidecode": frozenset({"Artistic-1.0-Perl"})}

# The project's own.
_OWN = frozenset({"redshift-standin", "sparkify-warehouse"})

_OPERATORS = re.compile(r"[()]|\b(?:AND|OR|WITH)\b")


@dataclass(frozen=True, order=True)
class License:
    """The license of a package.

    :param names: SPDX identifiers, all of which apply or can be chosen; other texts if there are none.
    """

    package: str
    version: str
    names: tuple[str, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether each of the licenses is accepted, even if one could be chosen."""
        accepted = ACCEPTED | _ACCEPTED_FOR.get(self.package, frozenset())
        return bool(self.names) and accepted.issuperset(self.names)


def license_of(metadata: PackageMetadata) -> License:
    """Return the license of a package (Python packaging page "Core metadata specifications")."""
    package = re.sub(r"[-_.]+", "-", metadata["Name"]).lower()
    if package in STATED_ELSEWHERE:
        return License(package, metadata["Version"], (STATED_ELSEWHERE[package],))
    return License(package, metadata["Version"], tuple(sorted(set(_names(metadata)))))


def _names(metadata: PackageMetadata) -> Iterable[str]:
    fields = metadata.json
    if expression := str(fields.get("license_expression", "")):
        return filter(None, map(str.strip, _OPERATORS.split(expression)))
    classifiers = [text.split(" :: ")[-1] for text in fields.get("classifier", ()) if text.startswith("License ::")]
    named = [text for text in classifiers if text not in _NOT_LICENSES]
    if not named and (text := str(fields.get("license", "")).strip()):
        # Some have the whole text of the license.
        named = _OPERATORS.split(text.splitlines()[0])
    return [_OTHER_NAMES.get(text.strip(), text.strip()) for text in named]


def installed(packages: Iterable[Distribution] | None = None) -> list[License]:
    """Return the licenses of all installed packages but the project's own, by name."""
    found = map(license_of, (each.metadata for each in (distributions() if packages is None else packages)))
    return sorted(each for each in found if each.package not in _OWN)


def main() -> int:
    """Print the report, and return the exit status: 1 if a license is not accepted."""
    found = installed()
    for each in found:
        print(f"{each.package:45} {each.version:15} {', '.join(each.names) or 'unknown'}")
    refused = [each for each in found if not each.is_accepted]
    for each in refused:
        print(
            f"error: The license of {each.package} ({', '.join(each.names) or 'unknown'}) has not been accepted. Read "
            "it, then remove the package, or add the license to local/licenses.py.",
            file=sys.stderr,
        )
    print(f"{len(found)} packages, {len(refused)} with a license that has not been accepted.")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
