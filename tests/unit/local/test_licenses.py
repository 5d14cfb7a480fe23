"""The license report: what it reads in the metadata of packages, and what it refuses."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import Path

import pytest

from local import licenses
from local.licenses import License, installed, license_of
from tests.support.shell import run_in_shell
from tests.support.snippets import command

MIT = "License :: OSI Approved :: MIT License"


def package(folder: Path, *lines: str, name: str = "Some.Package") -> Distribution:
    folder = folder / f"{name}-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1", *lines, ""]))
    return Distribution.at(folder)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["License-Expression: MPL-2.0 AND (Apache-2.0 OR MIT)"], ("Apache-2.0", "MIT", "MPL-2.0")),
        (["License-Expression: MIT", "License: GPL"], ("MIT",)),
        ([f"Classifier: {MIT}", "Classifier: License :: OSI Approved"], ("MIT",)),
        (["License: Apache 2.0"], ("Apache-2.0",)),
        (["License: MIT", "        ", "        Copyright somebody"], ("MIT",)),
    ],
)
def test_accepted_license_in_any_form(tmp_path, lines, names):
    found = license_of(package(tmp_path, *lines).metadata)
    assert found == License("some-package", "1", names)
    assert found.is_accepted


@pytest.mark.parametrize(
    "lines",
    [
        ["License-Expression: GPL-3.0-only"],
        ["License-Expression: MIT AND AGPL-3.0-or-later"],
        ["License-Expression: GPL-2.0-only WITH Classpath-exception-2.0"],
        ["Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)"],
        ["Classifier: License :: Other/Proprietary License"],
        ["License: see the contract"],
        [],
    ],
)
def test_other_license_and_none_are_refused(tmp_path, lines):
    assert not license_of(package(tmp_path, *lines).metadata).is_accepted


def test_report_fails_and_names_the_package(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(licenses, "distributions", lambda: [package(tmp_path, "License-Expression: SSPL-1.0")])
    assert licenses.main() == 1
    assert "The license of some-package (SSPL-1.0) has not been accepted." in capsys.readouterr().err


def test_licenses_of_all_installed_packages_are_accepted():
    *lines, last = run_in_shell(command("make licenses"), {}).splitlines()
    listed = {line.split()[0] for line in lines}
    assert {"apache-airflow", "boto3", "psycopg2-binary", "pytest", "redshift-connector"} <= listed
    assert last == f"{len(listed)} packages, 0 with a license that has not been accepted."


def test_each_exception_is_needed():
    assert set(licenses.STATED_ELSEWHERE) <= {each.package for each in installed()}
