"""Datasets of episodes on disk, in Minari's layout: `ROOT/ID/data/N/part-0.parquet` and readable metadata beside it.

ROOT is `$MINARI_DATASETS_PATH`, or `~/.minari/datasets`; `minari.load_dataset(ID)` opens the same folders. Opening one
reads arrays and JSON and imports nothing that its metadata names. What netgym adds to Minari's metadata is under
the key `netgym`: config, seeds, versions, and the layout of the measurements in `infos`.
"""

from netgym_cli.datasets.episode import Episode
from netgym_cli.datasets.paths import folder_of, ids, root
from netgym_cli.datasets.reader import Dataset, open_dataset
from netgym_cli.datasets.writer import DatasetWriter, write_dataset

__all__ = ["Dataset", "DatasetWriter", "Episode", "folder_of", "ids", "open_dataset", "root", "write_dataset"]
