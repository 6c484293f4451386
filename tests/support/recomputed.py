"""The numbers of a report once more, from the files of runs and evaluations, by pandas alone."""

import pandas as pd

EPISODE = ["run", "session", "env", "episode"]
LAST = 0.2


def last_episodes(runs: list[str], table: str) -> pd.DataFrame:
    """The rows of a table that belong to the last fifth of the episodes of each run."""
    parts = []
    for run in runs:
        episodes = pd.read_csv(f"{run}/metrics/episodes.csv")
        last = episodes.tail(max(1, round(LAST * len(episodes))))[EPISODE[1:]]
        parts.append(pd.read_parquet(f"{run}/metrics/{table}").merge(last).assign(run=run))
    return pd.concat(parts)


def course(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Mean and middle 80 % over episodes, step by step."""
    each = rows.groupby([*EPISODE, "step"])[column].mean().groupby("step")
    return pd.DataFrame({"mean": each.mean(), "p10": each.quantile(0.1), "p90": each.quantile(0.9)})


def distribution(values: pd.Series, shares: pd.Series) -> pd.Series:
    return values.quantile(shares.tolist())


def returns(evaluation: str, baseline: str) -> pd.DataFrame:
    """Mean return, interquartile mean, paired difference and share of pairs won, by agent."""
    rows = pd.read_csv(f"{evaluation}/seeds.csv")
    base = rows[rows["agent"] == baseline].set_index("seed")["return"]
    found = {}
    for agent, part in rows.groupby("agent"):
        ordered, cut = part["return"].sort_values(), len(part) // 4
        minus = part["return"] - part["seed"].map(base)
        middle = ordered.iloc[cut : len(ordered) - cut].mean()
        found[agent] = {"return": part["return"].mean(), "IQM": middle, "minus": minus.mean(), "P": (minus > 0).mean()}
    return pd.DataFrame(found).T


def share_above(evaluation: str, agent: str, threshold: float) -> float:
    rows = pd.read_csv(f"{evaluation}/seeds.csv")
    return (rows[rows["agent"] == agent]["return"] > threshold).mean()


def last_return(runs: list[str]) -> float:
    tables = [pd.read_csv(f"{run}/metrics/episodes.csv")["return"] for run in runs]
    return sum(table.tail(max(1, round(LAST * len(table)))).mean() for table in tables) / len(runs)


def packets(run: str, episodes: pd.DataFrame | None = None, users: tuple[int, ...] = (1, 2)) -> pd.Series:
    """Packets by bin of `delays.parquet`, of the last fifth of the episodes unless others are given."""
    rows = last_episodes([run], "delays.parquet") if episodes is None else episodes
    pairs = rows[rows["id"].isin(users)][["bins", "counts"]].explode(["bins", "counts"])
    return pairs.astype(int).groupby("bins")["counts"].sum()


def share_below(run: str, edge: int, **chosen: object) -> float:
    """The share of the packets that took less than the end of a bin."""
    counted = packets(run, **chosen)
    return counted[counted.index <= edge].sum() / counted.sum()


def bin_of_percentile(run: str, percent: float, **chosen: object) -> int:
    """The bin in which the packet is that no more than this share exceeds."""
    counted = packets(run, **chosen)
    return int((counted.cumsum() >= percent / 100 * counted.sum()).idxmax())
