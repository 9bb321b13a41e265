"""Lock a study, and freeze its outcome-blind step."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from impacteval.errors import ImpactEvalError, PluginError
from impacteval.registry import entry as registered
from impacteval.registry import estimator
from impacteval.sample import BlindSample, Preparation
from impacteval.study.fit import groups_of, in_contract_order
from impacteval.study.lock import Lock, LockedFile, LockedTable, content_of
from impacteval.study.people import without_identifiers
from impacteval.study.preparation import Prepared, PreparedSample, PreparedStep
from impacteval.study.rows import blind_sample_of, select
from impacteval.study.seeds import step_rng

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from impacteval.plan import Analysis
    from impacteval.study.folder import Study


def software_of(study: Study) -> dict[str, str]:
    """Version of impacteval and of every package whose estimator the plan names."""
    found = {"impacteval": version("impacteval")}
    for analysis in study.plan.analyses.values():
        for spec in (analysis.estimator, *(r.estimator for r in analysis.robustness)):
            provider = registered(spec.name)
            found[provider.package] = provider.version
    return dict(sorted(found.items()))


def _kind_of(column: pd.Series) -> str:
    """The type of a column in words that do not depend on the reader's version."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column):
        return "true or false"
    if pd.api.types.is_numeric_dtype(column):
        return f"numbers ({column.dtype})"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "dates"
    return "text"


def lock_now(
    study: Study,
    *,
    date: str | None = None,
    frames: Mapping[str, pd.DataFrame] | None = None,
) -> Lock:
    """The lock of a study as it stands.

    Parameters
    ----------
    study : Study
        The study.
    date : str, optional
        The date the parties agree on; no clock is read.
    frames : mapping of table to DataFrame, optional
        The tables where they have been read already.

    Notes
    -----
    The data schema is read from the data where they already exist; not a single value of them
    enters the lock.
    """
    tables = {}
    for name, spec in study.plan.data.items():
        frame = study.read(name) if frames is None else frames[name]
        tables[name] = LockedTable(
            source=spec.file or f"{spec.package}.{spec.name}",
            columns={str(c): _kind_of(frame[c]) for c in frame.columns},
        )
    return Lock(
        study=study.id,
        date=date,
        contract=LockedFile(file=study.plan.contract, digest=study.contract_digest),
        plan=LockedFile(file="plan.yaml", digest=study.plan_digest),
        plan_content=content_of(study.plan),
        data=tables,
        software=software_of(study),
    )


def prepare_now(study: Study) -> Prepared:
    """Run the outcome-blind step of every planned analysis on data that hold no outcome.

    The columns of outcomes are not read from the files at all.
    """
    samples = []
    for name, analysis in in_contract_order(study.plan, study.contract):
        frame = without_identifiers(study, analysis, study.read(analysis.data, outcomes=False))
        groups = groups_of(analysis, study.contract)
        for group in groups:
            rows, _ = select(name, analysis, frame, group, groups)
            blind = blind_sample_of(analysis, rows)
            made = blind_step(analysis, blind, seed=study.plan.seed, group=group)
            step = None
            if made is not None:
                step = PreparedStep(
                    kind=made.kind,
                    made_by=made.made_by,
                    digest=made.digest,
                    tables=made.tables.plain(),
                )
            treatment = blind.matrix().treatment
            samples.append(
                PreparedSample(
                    analysis=name,
                    group=group,
                    rows=blind.structure.n_rows,
                    treated=None if treatment is None else int(treatment.sum()),
                    blind_digest=blind.digest,
                    step=step,
                )
            )
    return Prepared(study=study.id, plan_digest=study.plan_digest, samples=tuple(samples))


def blind_step(
    analysis: Analysis, blind: BlindSample, *, seed: int, group: str
) -> Preparation | None:
    """What the planned estimator makes before it sees outcomes; None when it makes nothing.

    Parameters
    ----------
    analysis : Analysis
        The planned analysis.
    blind : BlindSample
        Its sample without outcomes.
    seed : int
        The plan's seed.
    group : str
        The group.

    Raises
    ------
    PluginError
        When the estimator fails, or makes something that is no preparation.
    """
    maker = estimator(analysis.estimator.name, **analysis.estimator.settings)
    prepare = getattr(maker, "prepare", None)
    if prepare is None:
        return None
    package = registered(analysis.estimator.name).package
    where = f"The estimator {analysis.estimator.name!r}, preparing group {group!r},"
    try:
        made = prepare(blind, rng=step_rng(seed, analysis.outcome, group, "prepare"))
    except ImpactEvalError:
        raise
    except Exception as error:
        raise PluginError(
            f"{where} failed: {type(error).__name__}: {error}.", package=package
        ) from error
    if not isinstance(made, Preparation):
        raise PluginError(f"{where} returned {type(made).__name__}.", package=package)
    return made
