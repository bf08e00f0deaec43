"""The catalogues in `translations/`: read the sources, update the languages, compile for use.

`python -m tools.translations update` brings every language to the texts of the sources;
`python -m tools.translations compile` writes the .mo files that the program reads.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("tr",)
METHODS = [
    ("panel/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("tools/demo/**.py", "python"),
    ("tools/demo/**.html", "jinja2"),
]
OPTIONS = {pattern: {"encoding": "utf-8", "silent": "false"} for pattern, _ in METHODS}
KEYWORDS = DEFAULT_KEYWORDS | {
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
    "_l": None,
}


def source_catalog(root: Path = ROOT) -> Catalog:
    """Every text that the program can show, with the files that it stands in."""
    catalog = Catalog(project="Postroom", charset="utf-8")
    for folder in ("panel", "templates", "tools/demo"):
        found = extract_from_dir(
            root / folder,
            [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in METHODS],
            {pattern.removeprefix(f"{folder}/"): options for pattern, options in OPTIONS.items()},
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        )
        for file, line, message, comments, context in found:
            catalog.add(
                message,
                locations=[(f"{folder}/{file}", line)],
                auto_comments=comments,
                context=context,
            )
    return catalog


def catalog_path(language: str, root: Path = ROOT) -> Path:
    """Where the catalogue of a language lies."""
    return root / "translations" / language / "LC_MESSAGES" / "messages.po"


def read_catalog(language: str, root: Path = ROOT) -> Catalog:
    """The catalogue of a language; an empty one when there is none yet."""
    path = catalog_path(language, root)
    if not path.exists():
        return Catalog(locale=language, project="Postroom", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def update(root: Path = ROOT) -> None:
    """Bring each language to the texts of the sources: new ones empty, vanished ones gone."""
    source = source_catalog(root)
    for language in LANGUAGES:
        catalog = read_catalog(language, root)
        catalog.update(source, no_fuzzy_matching=True, update_creation_date=False)
        path = catalog_path(language, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(
                file,
                catalog,
                width=100,
                sort_by_file=True,
                ignore_obsolete=True,
                include_lineno=False,
            )
        missing = sum(not message.string for message in catalog if message.id)
        print(f"{path.relative_to(root)}: {missing} texts to translate")


def compile_all(root: Path = ROOT) -> None:
    """Write the .mo file of each language beside its .po file."""
    for language in LANGUAGES:
        path = catalog_path(language, root)
        if path.exists():
            with path.with_suffix(".mo").open("wb") as file:
                write_mo(file, read_catalog(language, root))


COMMANDS = {"update": update, "compile": compile_all}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit("Say `update` or `compile`.")
    COMMANDS[sys.argv[1]]()
