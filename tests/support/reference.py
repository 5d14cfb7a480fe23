"""Generates the reference in ``docs/operators.md`` from the docstrings of the public interface: ``make reference``."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator

from docstring_parser import DocstringStyle, parse

import redshift_elt
from local.settings import ROOT
from redshift_elt.staging.key_pattern import KeyPattern

PAGE = ROOT / "docs" / "operators.md"
BEGIN = "<!-- From here on, `make reference` writes the page from the docstrings. -->"

# The parts of the reference, and the packages whose public classes each has. docs/checks.md describes the checks.
PARTS = {
    "Operators and sensors": ("redshift_elt.operators.", "redshift_elt.sensors."),
    "Strategies": ("redshift_elt.loading.",),
    "Formats": ("redshift_elt.staging.formats.",),
}
# Classes that users need to know, but do not import.
BEHIND_ARGUMENTS = {"Keys of objects": [KeyPattern]}
WIDTH = 120
# A role of reST with its target: :class:`redshift_elt.operators.load.LoadOperator`
ROLE = re.compile(r":(?:class|func|mod|meth|data|attr):`~?([\w.]+)`")
FILE = re.compile(r"(?<![\w/`])docs/([\w-]+\.md)")


def written_page() -> str:
    """Return the page with a new reference."""
    written_by_hand, _, _ = PAGE.read_text("utf-8").partition(BEGIN)
    return f"{written_by_hand}{BEGIN}\n\n{reference()}"


def reference() -> str:
    """Return the reference as Markdown."""
    parts = {title: public_classes(packages) for title, packages in PARTS.items()} | BEHIND_ARGUMENTS
    known = {item.__name__ for classes in parts.values() for item in classes}
    lines = ["## Reference"]
    for title, classes in parts.items():
        lines.append(f"### {title}")
        for item in classes:
            lines += _section(item, known)
    return "\n\n".join(lines) + "\n"


def public_classes(packages: tuple[str, ...]) -> list[type]:
    """Return the classes of the public interface in these packages; base classes of the packages come last."""
    exported = [getattr(redshift_elt, name) for name in redshift_elt.__all__]
    found = [item for item in exported if inspect.isclass(item) and item.__module__.startswith(packages)]
    bases = [base for item in found for base in item.__mro__ if base.__module__.startswith(packages)]
    return list(dict.fromkeys([*found, *bases]))


def _section(item: type, known: set[str]) -> Iterator[str]:
    """Yield the blocks of a class: its description, then its arguments."""
    # Without roles, because the parser takes a line that begins with one for a field.
    doc = parse(_markdown(inspect.cleandoc(item.__doc__ or ""), known), DocstringStyle.REST)
    signature = inspect.signature(item.__init__)  # type: ignore[misc]
    yield f"#### {item.__name__}"
    for paragraph in (doc.description or "").split("\n\n"):
        # The line at the end says which base classes have more arguments.
        if not paragraph.startswith("Arguments besides"):
            yield "\n".join(_lines(paragraph))
    arguments = [
        f"- `{entry.arg_name}`{_default(signature, entry.arg_name)}: {entry.description}" for entry in doc.params
    ]
    if arguments:
        yield "Arguments:"
        yield "\n".join(_wrapped(argument, "  ") for argument in arguments)
    bases = [base.__name__ for base in item.__mro__[1:] if base.__name__ in known]
    if bases:
        names = ", ".join(f"[{name}](#{name.lower()})" for name in bases)
        yield _wrapped(f"Also the arguments of {names}.")


def _lines(paragraph: str) -> Iterator[str]:
    """Yield the wrapped lines of a paragraph, or of the entries of a list: bullets, or terms with indented text."""
    lines = paragraph.splitlines()
    is_list = lines[0].startswith("- ") or lines[-1].startswith(" ")
    if not is_list:
        yield _wrapped(paragraph)
        return
    for entry in re.split(r"\n(?! )", paragraph):
        term, _, text = entry.partition("\n")
        yield _wrapped(f"{term} {text}" if term.startswith("- ") else f"- {term}: {text}", "  ")


def _default(signature: inspect.Signature, name: str) -> str:
    parameter = signature.parameters.get(name)
    if parameter is None or parameter.default is inspect.Parameter.empty:
        return ""
    default = parameter.default
    # A factory's marker has no readable form.
    return "" if repr(default).startswith("<") else f" = `{default!r}`"


def _markdown(text: str, known: set[str]) -> str:
    """Return reST as Markdown."""

    def link(match: re.Match[str]) -> str:
        name = match[1].rpartition(".")[2]
        return f"[{name}](#{name.lower()})" if name in known else f"`{match[1]}`"

    text = ROLE.sub(link, text.replace("``", "`"))
    return FILE.sub(r"[docs/\1](\1)", text)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()), WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


if __name__ == "__main__":
    PAGE.write_text(written_page(), "utf-8")
