"""The registry against distributions written to disk, as an installer would leave them."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from impacteval import registry
from impacteval.errors import PluginError, UsageError
from impacteval.plugin import contract_breaches

GOOD = """
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

if TYPE_CHECKING:
    from impacteval.somewhere import Named  # what a ClassVar names need not exist at run time

WORDS = Text(en="A sentence.", fr="Une phrase.")


@dataclass(frozen=True)
class Good:
    name: ClassVar[str] = "{name}"
    card: ClassVar[MethodCard] = MethodCard(
        title=WORDS, description=WORDS, assumptions=(WORDS,), limits=(WORDS,),
        references=("Neyman (1923)",), designs=("rct",), scales=(Scale.DIFFERENCE,),
        plugin_api={api},
    )
    marked: ClassVar[Named] = 1
    variance: Literal["hc2", "hc3"] = "hc2"
    draws: int = 999
    level: float = 0.95
    predictors: tuple[str, ...] = ()

    def __post_init__(self):
        if self.draws < 1:
            raise ValueError("draws must be at least 1.")

    def estimate(self, sample, *, scale, rng):
        raise AssertionError("never run here")
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a distribution with one module and its entry points, and put it on the path."""

    def write(package: str, points: dict[str, str], source: str, version: str = "1.2.3") -> None:
        folder = tmp_path / package
        module = package.replace("-", "_")
        info = folder / f"{module}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
        lines = "".join(f"{name} = {target}\n" for name, target in points.items())
        (info / "entry_points.txt").write_text(f"[impacteval.estimators]\n{lines}")
        (folder / f"{module}.py").write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(folder)
        sys.modules.pop(module, None)
        importlib.invalidate_caches()

    return write


def _install_good(install, name: str = "good-one", package: str = "good-package", api: int = 1):
    install(
        package,
        {name: f"{package.replace('-', '_')}:Good"},
        GOOD.replace("{name}", name).replace("{api}", str(api)),
    )


def _problems(call) -> list[str]:
    with pytest.raises(UsageError) as caught:
        call()
    return [str(p) for p in caught.value.problems]


def test_an_installed_estimator_is_found_with_its_package_and_version(install):
    _install_good(install)
    found = registry.entry("good-one")
    assert (found.package, found.version, found.target) == (
        "good-package",
        "1.2.3",
        "good_package:Good",
    )
    assert "good-one" in registry.names()
    assert list(registry.names()) == sorted(registry.names())


def test_it_is_built_with_and_without_settings(install):
    _install_good(install)
    assert registry.estimator("good-one").draws == 999
    built = registry.estimator("good-one", variance="hc3", predictors=["a", "b"], level=1)
    assert (built.variance, built.predictors, built.level) == ("hc3", ("a", "b"), 1.0)
    assert type(built) is registry.entry("good-one").cls


def test_every_settings_problem_is_told_at_once(install):
    _install_good(install)
    told = _problems(
        lambda: registry.estimator("good-one", varience="hc2", variance="hc7", draws="many")
    )
    assert told == [
        "Setting 'varience' of estimator 'good-one' is not known. Did you mean 'variance'?",
        "Setting 'variance' of estimator 'good-one' cannot be 'hc7'. Allowed: 'hc2' or 'hc3'.",
        "Setting 'draws' of estimator 'good-one' cannot be 'many'. Input should be a valid integer.",
    ]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("draws", "10"),
        ("draws", True),
        ("draws", 10.5),
        ("draws", None),
        ("level", "0.9"),
        ("level", float("nan")),
        ("level", object()),
        ("predictors", "abc"),
        ("predictors", [1]),
        ("variance", 2),
    ],
)
def test_nothing_is_coerced(install, setting: str, value: Any):
    _install_good(install)
    (told,) = _problems(lambda: registry.estimator("good-one", **{setting: value}))
    assert told.startswith(f"Setting {setting!r} of estimator 'good-one' cannot be")


def test_a_setting_far_from_any_known_one_lists_what_is_allowed(install):
    _install_good(install)
    (told,) = _problems(lambda: registry.estimator("good-one", zzz=1))
    assert "Allowed: 'variance', 'draws', 'level', 'predictors'." in told


def test_the_estimators_own_rules_are_reported_as_usage(install):
    _install_good(install)
    (told,) = _problems(lambda: registry.estimator("good-one", draws=0))
    assert told.endswith("draws must be at least 1.")


def test_settings_problems_name_the_setting_so_that_a_plan_can_add_its_line(install):
    _install_good(install)
    found = registry.settings_problems("good-one", {"draws": "x", "nope": 1})
    assert [key for key, _ in found] == ["nope", "draws"]
    assert registry.settings_problems("good-one", {"draws": 5}) == ()


def test_an_unknown_name_gets_a_suggestion(install):
    _install_good(install)
    (told,) = _problems(lambda: registry.estimator("good-on"))
    assert told == "There is no estimator named 'good-on'. Did you mean 'good-one'?"
    (told,) = _problems(lambda: registry.estimator("zzzzzz"))
    assert "Installed: " in told
    assert "'good-one'" in told


def test_two_packages_with_one_name_are_an_error_naming_both(install):
    _install_good(install, package="first-package")
    _install_good(install, package="second-package")
    for call in (registry.names, lambda: registry.estimator("good-one")):
        with pytest.raises(
            PluginError, match=r"'good-one' is offered by first-package and by second-package"
        ):
            call()


def test_another_plugin_api_is_refused(install):
    _install_good(install, api=2)
    with pytest.raises(PluginError, match=r"plugin_api 2.*offers plugin_api 1.*good-package"):
        registry.estimator("good-one")


def test_a_module_that_cannot_be_imported_names_its_package_and_hurts_nobody_else(install):
    _install_good(install)
    install("torn-package", {"torn": "torn_package:Torn"}, "import a_library_nobody_has")
    assert registry.estimator("good-one").draws == 999
    with pytest.raises(PluginError, match=r"'torn'.*a_library_nobody_has.*torn-package") as caught:
        registry.estimator("torn")
    assert caught.value.package == "torn-package"
    assert caught.value.exit_code == 70


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("frozen=True", "frozen=False"), "is not frozen"),
        (("@dataclass(frozen=True)", ""), "is not a dataclass"),
        (("draws: int = 999", "draws: int"), "no default"),
        (('"good-one"', '"another"'), "calls itself 'another'"),
        (("card: ClassVar[MethodCard]", "other: ClassVar[MethodCard]"), "must be a MethodCard"),
        (("def estimate(self, sample, *, scale, rng)", "def estimate(self, x)"), "must take"),
        (("def estimate(", "def evaluate("), "has no estimate method"),
        (("level: float", "level: Good.__class__.__mro__"), "no JSON schema"),
    ],
)
def test_a_breach_of_the_contract_is_refused(install, change: tuple[str, str], told: str):
    source = GOOD.replace("{name}", "good-one").replace("{api}", "1")
    if change[0].startswith("draws"):
        source = source.replace('variance: Literal["hc2", "hc3"] = "hc2"', "")
    assert change[0] in source
    install("good-package", {"good-one": "good_package:Good"}, source.replace(*change))
    with pytest.raises(PluginError, match=told):
        registry.estimator("good-one")


def test_prepare_has_its_own_signature():
    class Odd:
        def prepare(self, sample, outcomes):
            return None

    assert any("prepare must take" in breach for breach in contract_breaches(Odd))
    assert contract_breaches("text")[0] == "'text' is not a class."  # type: ignore[arg-type]


def test_the_schema_forbids_unknown_settings_and_carries_defaults(install):
    _install_good(install)
    found = registry.schema("good-one")
    assert found["additionalProperties"] is False
    assert found["properties"]["variance"]["enum"] == ["hc2", "hc3"]
    assert found["properties"]["draws"]["default"] == 999
    assert "required" not in found


def test_the_catalogue_is_plain_json(install, monkeypatch: pytest.MonkeyPatch):
    _install_good(install)
    only = registry.entry("good-one")
    monkeypatch.setattr(registry, "entries", lambda: (only,))
    (told,) = json.loads(json.dumps(registry.catalogue()))
    assert told["name"] == "good-one"
    assert told["package"] == "good-package"
    assert told["version"] == "1.2.3"
    assert told["title"] == {"en": "A sentence.", "fr": "Une phrase."}
    assert told["designs"] == ["rct"]
    assert told["scales"] == ["difference"]
    assert told["settings"]["properties"]["level"]["default"] == 0.95


def test_names_load_no_estimator_and_nothing_heavy():
    heavy = ("numpy", "pandas", "scipy", "statsmodels", "pydantic", "impacteval.estimators")
    code = (
        "import sys; from impacteval import registry; registry.names();"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
