"""Optuna's part in a search: it chooses points, hears how they did, and says which trials are behind.

What it was told lies in a journal in the sweep's folder. What it chooses follows from the search's seed, the number of
the trial and the journal, so a search that was killed goes on as if it had not been.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netgym_cli.common.errors import ConfigError
from netgym_cli.jobs.search.request import SearchRequest
from netgym_cli.jobs.search.space import Dimension

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

JOURNAL = "study.log"
MISSING = "a search needs Optuna, which is not installed here; install it by: pip install 'netgym[optuna]'"
FEWEST = 4  # complete trials from which on it is told which keys matter


def require_optuna() -> None:
    """Raises `ConfigError` where Optuna is not installed."""
    try:
        import optuna
    except ImportError as error:
        raise ConfigError(MISSING) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)


class Study:
    """The trials of a search. One process at a time may have it.

    Args:
        folder: the sweep's, in which the journal lies or is going to.
        asked: the search.
        dimensions: what it varies.
        seed: what its choices follow from.
    """

    def __init__(self, folder: Path, asked: SearchRequest, dimensions: Sequence[Dimension], seed: int) -> None:
        import optuna
        from optuna.storages import journal

        self._optuna, self._asked, self._dimensions = optuna, asked, dimensions
        path = folder / JOURNAL
        _without_half_a_line(path)
        backend = journal.JournalFileBackend(str(path), lock_obj=_Alone())  # type: ignore[arg-type]
        storage = optuna.storages.JournalStorage(backend)
        self._study = optuna.create_study(
            storage=storage,
            study_name="search",
            direction=optuna.study.StudyDirection[asked.direction.upper()],
            sampler=_seeded(asked.sampler, seed),
            load_if_exists=True,
        )

    @property
    def asked(self) -> int:
        """Number of trials that have begun."""
        return len(self._study.get_trials(deepcopy=False))

    def is_told(self, number: int) -> bool:
        """Whether it has heard how this trial ended."""
        return bool(self._frozen(number).state.is_finished())

    def ask(self, number: int) -> list[tuple[Dimension, str]]:
        """What the trial of this number tries; the same whenever it is asked again. Numbers come in their order."""
        if number == self.asked:
            self._study.ask()
        assert number < self.asked, f"trial {number} is asked before trial {self.asked}"
        trial = self._trial(number)
        for dimension in self._dimensions:
            self._suggest(trial, dimension)
        return self.tried(number) or []

    def reported(self, number: int) -> dict[int, float]:
        """What was reported of the trial: place to value."""
        return dict(self._frozen(number).intermediate_values)

    def report(self, number: int, place: int, value: float) -> None:
        """How the trial does on the way; places rise."""
        self._trial(number).report(value, place)

    def is_behind(self, number: int, warm_up: int) -> bool:
        """Whether the pruner would end the trial, which may not happen before the place `warm_up`."""
        self._study.pruner = self._pruner(warm_up)
        return bool(self._trial(number).should_prune())

    def tell(self, number: int, value: float | None, pruned: bool = False) -> None:
        """How the trial ended: with a value, pruned, or, without a value, failed."""
        states = self._optuna.trial.TrialState
        if pruned:
            self._study.tell(number, state=states.PRUNED)
        elif value is None:
            self._study.tell(number, state=states.FAIL)
        else:
            self._study.tell(number, value)

    def best(self, count: int) -> list[tuple[int, float, dict[str, Any]]]:
        """The best complete trials, the best one first: number, value, key to what was tried."""
        states = self._optuna.trial.TrialState
        trials = self._study.get_trials(deepcopy=False, states=(states.COMPLETE,))
        sign = -1 if self._asked.maximizes else 1
        found = [(t.number, t.value, dict(t.params)) for t in trials if t.value is not None]
        return sorted(found, key=lambda trial: (sign * trial[1], trial[0]))[:count]

    @property
    def pruned(self) -> int:
        """How many trials ended early."""
        states = self._optuna.trial.TrialState
        return len(self._study.get_trials(deepcopy=False, states=(states.PRUNED,)))

    def tried(self, number: int) -> list[tuple[Dimension, str]] | None:
        """What the trial tries; None if that was not decided yet."""
        params = self._frozen(number).params if number < self.asked else {}
        if any(dimension.key not in params for dimension in self._dimensions):
            return None
        return [(dimension, dimension.text(params[dimension.key])) for dimension in self._dimensions]

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """What was tried: heads, and a row for each trial."""
        keys = [dimension.key for dimension in self._dimensions]
        trials = self._study.get_trials(deepcopy=False)
        rows = [[t.number, t.state.name.lower(), t.value, *(t.params.get(key) for key in keys)] for t in trials]
        return ["number", "state", "value", *keys], rows

    def importance(self) -> dict[str, float]:
        """How much of the differences each key explains, from 1 down; empty where too few trials tell."""
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        values = {value for _, value, _ in self.best(self.asked)}
        if len(self._dimensions) < 2 or len(values) < FEWEST:
            return {}
        return dict(get_param_importances(self._study, evaluator=PedAnovaImportanceEvaluator()))

    def _frozen(self, number: int) -> Any:
        return self._study.get_trials(deepcopy=False)[number]

    def _trial(self, number: int) -> Any:
        return self._optuna.trial.Trial(self._study, self._frozen(number)._trial_id)

    def _suggest(self, trial: Any, dimension: Dimension) -> Any:
        key = dimension.key
        if dimension.choices:
            return trial.suggest_categorical(key, list(dimension.choices))
        if dimension.whole:
            low, high, step = int(dimension.low), int(dimension.high), int(dimension.step or 1)
            return trial.suggest_int(key, low, high, step=step, log=dimension.log)
        return trial.suggest_float(key, dimension.low, dimension.high, step=dimension.step, log=dimension.log)

    def _pruner(self, warm_up: int) -> Any:
        pruners = self._optuna.pruners
        return {
            "none": lambda: pruners.NopPruner(),
            "median": lambda: pruners.MedianPruner(n_warmup_steps=warm_up),
            "halving": lambda: pruners.SuccessiveHalvingPruner(min_resource=max(1, warm_up)),
        }[self._asked.pruner]()


def _seeded(name: str, seed: int) -> BaseSampler:
    """A sampler that begins anew, with a seed of its own, for every trial and key.

    So a choice depends on nothing that a process has done before.
    """
    from optuna.samplers import BaseSampler, RandomSampler, TPESampler

    kinds = {"tpe": TPESampler, "random": RandomSampler}

    class Seeded(BaseSampler):
        def _fresh(self, *place: int) -> BaseSampler:
            drawn = np.random.SeedSequence((seed, *place)).generate_state(1, np.uint32)
            sampler: BaseSampler = kinds[name](seed=int(drawn[0]))
            return sampler

        def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
            found: dict[str, Any] = self._fresh(trial.number).infer_relative_search_space(study, trial)
            return found

        def sample_relative(self, study: Any, trial: Any, search_space: dict[str, Any]) -> dict[str, Any]:
            drawn: dict[str, Any] = self._fresh(trial.number).sample_relative(study, trial, search_space)
            return drawn

        def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
            sampler = self._fresh(trial.number, *param_name.encode())
            return sampler.sample_independent(study, trial, param_name, param_distribution)

    return Seeded()


class _Alone:
    """No lock: the search has one already, and that of a process that was killed would keep the next one waiting."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def _without_half_a_line(path: Path) -> None:
    """Takes away what a process was writing when it was killed."""
    if not path.is_file():
        return
    with path.open("r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        os.fsync(file.fileno())
