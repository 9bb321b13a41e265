"""The report's own sentences, one file a language; a new language is a new file."""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from impacteval.render.format import count, plural, typography
from impacteval.values import Language


@lru_cache(maxsize=4)
def texts(language: Language) -> dict[str, str]:
    """Every text of one language by its key."""
    import yaml

    source = resources.files(__package__).joinpath(f"{Language(language).value}.yaml")
    loaded: dict[str, str] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return loaded


def places(text: str) -> frozenset[str]:
    """The names of the values a text needs."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue of one language: ``words("section.contract")``."""

    language: Language

    def __call__(self, key: str, **values: str | int) -> str:
        """The text of that key with its values, which are formatted already.

        Whole numbers are written as counts; ``{n:plural:one|other}`` picks the word that agrees.

        Raises
        ------
        KeyError
            The key or a value is missing.

        Examples
        --------
        >>> Words(Language.FR)("verdict.met")
        'Remplie'
        """
        parts: list[str] = []
        for literal, name, spec, _ in string.Formatter().parse(texts(self.language)[key]):
            parts.append(literal)
            if name is None:
                continue
            value = values[name]
            if spec and spec.startswith("plural:"):
                one, _, other = spec.removeprefix("plural:").partition("|")
                parts.append(plural(value, self.language, one, other))
            else:
                parts.append(count(value, self.language) if isinstance(value, int) else value)
        return typography("".join(parts), self.language)
