"""NetworkGym's configuration files as variants of netgym's environments, with a line on the outcome of every key."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import write
from netgym_cli.compat.networkgym import variant
from netgym_cli.compat.networkgym.client import COMMON, NETGYM_NAMES, renamed
from netgym_cli.compat.networkgym.detection import ENVS, Source, examine
from netgym_cli.compat.networkgym.multi_access import Entries, convert, flat
from netgym_cli.compat.networkgym.tolerant_json import read_json
from netgym_cli.config import conf_dirs
from netgym_cli.config.compose import compose

MULTI_ACCESS = ("nqos_split", "qos_steer", "network_slicing")
TRACE_COLUMNS = ("time_ms", "bw_kbps", "delay_ms", "loss")
RENAMED = {"upd_flow_start_time_diff_ms": "udp_flow_start_time_diff_ms"}
SEEDS = ("random_seed", "random_run")
NO_MEANING = {
    "type": "a message type of NetworkGym's protocol",
    "env": "the environment's name",
    "use_case": "the environment's name",
    "env_end_time_ms": "follows from the steps",
    "simulation_time_s": "follows from the steps",
    "subscribed_network_stats": "netgym keeps every measurement unless configured otherwise",
    **dict.fromkeys([*COMMON, "session_id", "algorithm_client_port", "env_port"], "netgym has no server to reach"),
    **dict.fromkeys(
        ["rl_config_option_list", "rl_agent_config_option_list", "action_template", "gmasim_action_template"],
        "documentation inside the file",
    ),
}


@dataclass(frozen=True)
class Line:
    """The outcome of one key; docs/import.md says what each `outcome` means."""

    old: str
    value: Any
    outcome: str
    new: str = ""
    new_value: Any = None
    note: str = ""


@dataclass
class Imported:
    """A configuration, translated but not written.

    Attributes:
        source: the parts of the original file.
        files: text of every file to write, the YAML first.
        lines: the outcome of every key.
        options: overrides for the command line of what is not in the YAML (`seed=30`).
        checked: whether it was composed and validated, which needs the environment in this netgym.
    """

    source: Source
    files: dict[Path, str]
    lines: list[Line]
    options: list[str] = field(default_factory=list)
    checked: bool = True

    def write(self) -> None:
        """Writes the files. Raises `ConfigError` if one exists; then none is written."""
        write(self.files, "choose another by -o DIR/env/NAME.yaml")


def import_file(file: Path, env: str | None = None, output: Path | None = None) -> Imported:
    """Translates `file`.

    Args:
        file: a configuration of any generation; comments and trailing commas are allowed.
        env: name of its environment; None: detected.
        output: the YAML to write, DIR/env/NAME.yaml; None: conf/env/ and the name of `file`.

    Raises:
        ConfigError: not JSON, not a configuration, or a value that was wrong in NetworkGym, too.
    """
    source = examine(read_json(file), file, env)
    output = _output(file, source, output)
    try:
        return _translated(source, file, output)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error


def _translated(source: Source, file: Path, output: Path) -> Imported:
    result = Imported(source, {output: ""}, [])
    base = _base(source.env)
    known = base if base else _base("nqos_split" if source.env in MULTI_ACCESS else source.env)
    values: dict[str, Any] = {}
    olds: dict[str, str] = {}
    notes: dict[str, str] = {}
    for old, value, new, new_value, note in _entries(source, file, output, result):
        new = new and ".".join(NETGYM_NAMES.get(part, part) for part in new.split("."))
        if new is None:
            result.lines.append(Line(old, value, "ignored", note=note))
        elif known and any(key.startswith(f"{new}.") for key in dict(flat(known))):
            raise ConfigError(f"'{old}' is {value!r}; allowed: a mapping, with the keys of env.{new}.")
        elif known and new not in dict(flat(known)):
            result.lines.append(Line(old, value, "ignored", note=f"netgym's {source.env} has no such key"))
        else:
            values[new], olds[new], notes[new] = renamed(new_value, NETGYM_NAMES), old, note
    added = variant.fill_slices(values, known)
    refused = _refused(result, values, base, olds) if base else {}
    result.checked = bool(base)
    differing = variant.changed(values, base)
    for new, old in olds.items():
        if new in refused:
            result.lines.append(Line(old, "", "refused", new, note=refused[new]))
        else:
            outcome = "mapped" if new in differing else "as the base"
            result.lines.append(Line(old, "", outcome, new, values[new], notes[new]))
    result.lines += [Line("", "", "filled", key, values[key], why) for key, why in added.items() if key in differing]
    comments = {key: f"was {old}" for key, old in olds.items() if old and old != key} | added
    title = f"Imported from {file.name} (NetworkGym {source.generation}, {source.env})"
    result.files[output] = variant.yaml_text(title, source.env, differing, comments)
    return result


def _refused(
    result: Imported, values: dict[str, Any], base: Mapping[str, Any], olds: Mapping[str, str]
) -> dict[str, str]:
    """As `variant.remove_unsupported`, with the other files in a scratch folder, where they exist."""
    with tempfile.TemporaryDirectory() as scratch:
        candidate = dict(values)
        for path, text in list(result.files.items())[1:]:
            draft = Path(scratch) / path.name
            draft.write_text(text, encoding="utf-8")
            candidate |= {key: str(draft) for key, value in values.items() if value == str(path)}
        refused = variant.remove_unsupported(candidate, base, olds)
    for key in refused:
        del values[key]
    return refused


def _entries(source: Source, file: Path, output: Path, result: Imported) -> Entries:
    """Every key of the file: old key, value, new key or None, new value, remark."""
    config = {key: value for key, value in source.env_config.items() if key not in (*NO_MEANING, *SEEDS)}
    for key in [*(key for key in source.env_config if key not in config), *source.other_keys]:
        value = source.env_config.get(key, source.other_keys.get(key))
        if key in SEEDS:
            result.options.append(f"seed={value}")
            yield key, value, None, None, f"say seed={value} on the command line"
        else:
            yield key, value, None, None, NO_MEANING.get(key, "unknown; NetworkGym ignores it, too")
    for key, value in source.rl_config.items():
        if key == "reward_type" and value:
            remark = "netgym's own formula; utility_networkgym is the original's" if value == "utility" else ""
            yield f"rl_config.{key}", value, "reward", value, remark
        else:
            note = (
                "choose by agent=NAME; `netgym list agent`" if key == "agent" else "a matter of NetworkGym's own agents"
            )
            yield f"rl_config.{key}", value, None, None, note
    if source.env in MULTI_ACCESS:
        yield from convert(config)
        return
    trace = config.pop("bw_trace", None)
    for key, value in config.items():
        if key != "bw_trace_file":
            yield key, value, RENAMED.get(key, key), value, ""
    if trace is not None:
        yield "bw_trace_file", config.get("bw_trace_file"), None, None, "bw_trace holds the file's content"
        path = output.with_name(f"{output.stem}_bw_trace.csv")
        result.files[path] = _csv(trace)
        yield (
            "bw_trace",
            f"{len(trace['time_ms'])} rows",
            "bw_trace_file",
            str(path),
            "relative to the working directory",
        )
    elif name := config.get("bw_trace_file"):
        path = file.resolve().parent / str(name)
        exists = path.is_file()
        note = "" if exists else f"{path} does not exist; give env.bw_trace_file"
        yield "bw_trace_file", name, "bw_trace_file" if exists else None, str(path), note


def _csv(trace: Any) -> str:
    columns = [trace.get(name) for name in TRACE_COLUMNS] if isinstance(trace, Mapping) else []
    lists = [column for column in columns if isinstance(column, list) and column]
    if len(lists) != len(TRACE_COLUMNS) or len({len(column) for column in lists}) != 1:
        raise ConfigError(f"bw_trace is {trace!r}; allowed: equally long lists {', '.join(TRACE_COLUMNS)}.")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TRACE_COLUMNS)
    writer.writerows(zip(*lists, strict=True))
    return text.getvalue()


def _base(env: str) -> dict[str, Any]:
    """The config of this netgym's environment; empty if it has none of that name."""
    if env not in conf_dirs.members("env"):
        return {}
    return OmegaConf.to_container(compose([f"env={env}"]), resolve=True)["env"]  # type: ignore[index,call-overload,return-value]


def _output(file: Path, source: Source, output: Path | None) -> Path:
    taken = conf_dirs.members("env")
    if output is None:
        stem = re.sub(r"\W+", "_", file.stem)
        return Path("conf") / "env" / f"{f'{source.env}_imported' if stem in (*taken, *ENVS, 'config') else stem}.yaml"
    if output.suffix != ".yaml" or output.absolute().parent.name != "env" or re.search(r"[^\w-]", output.stem):
        raise ConfigError(f"-o is '{output}'; allowed: DIR/env/NAME.yaml, so that --config-dir DIR env=NAME finds it.")
    if output.stem in (*taken, *ENVS):
        raise ConfigError(f"-o is '{output}', which is the name of one of netgym's environments; choose another.")
    return output


def table_rows(lines: Iterable[Line]) -> list[list[str]]:
    """The lines as text: old key, outcome, new key, its value, remark."""
    return [
        [
            line.old,
            line.outcome,
            line.new,
            json.dumps(line.new_value) if line.new else json.dumps(line.value),
            line.note,
        ]
        for line in lines
    ]
