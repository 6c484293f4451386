"""Which episodes of a dataset are on the disk, whatever its metadata counts."""

from __future__ import annotations

from itertools import islice

from netgym_cli.datasets import Dataset

NAMED = 2  # missing episodes that a message lists


def list_episode_numbers(dataset: Dataset) -> list[int]:
    """Numbers of the episodes on the disk, ascending."""
    if dataset.metadata["data_format"] == "hdf5":
        names = [name.removeprefix("episode_") for name in _groups(dataset)]
    else:
        names = [path.name for path in (dataset.path / "data").iterdir() if path.is_dir()]
    return sorted(int(name) for name in names if name.isdecimal() and name == str(int(name)))


def missing_episodes(dataset: Dataset, numbers: list[int]) -> str:
    """A message if the metadata counts episodes that are not among `numbers`; else empty."""
    total, held = dataset.total_episodes, set(numbers)
    counted = sum(number < total for number in held)
    if counted == total:
        return ""
    first = list(islice((number for number in range(total) if number not in held), NAMED))
    more = total - counted - len(first)
    are = f"and {more} more are" if more else "are" if len(first) > 1 else "is"
    named = f"episode{'s' if len(first) > 1 else ''} {', '.join(map(str, first))}"
    return f"the metadata says {total}, {counted} {'is' if counted == 1 else 'are'} there: {named} {are} missing"


def _groups(dataset: Dataset) -> list[str]:
    import h5py

    try:
        with h5py.File(dataset.path / "data/main_data.hdf5", "r") as file:
            return list(file)
    except OSError:
        return []
