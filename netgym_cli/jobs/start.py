"""How a child process begins: `python -P start.py JSON MODULE ARGUMENT...` runs a module as `python -m` does.

Unlike that, it does not search the working directory first. The JSON has the parent's `path` (for `sys.path`) and
`user` (folders with modules that a config may name).
"""

from __future__ import annotations

import importlib.util
import json
import runpy
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def main() -> None:
    """Runs the module that the command line names."""
    inherited, module = json.loads(sys.argv[1]), sys.argv[2]
    sys.path[:] = inherited["path"]
    _import_package()
    from netgym_cli.common import user_modules

    user_modules.search_in(inherited["user"])
    del sys.argv[1:3]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _import_package() -> None:
    """Imports the parent's netgym, wherever it lies: its place may be the working directory, which is not searched."""
    places = [str(PACKAGE)]
    spec = importlib.util.spec_from_file_location(
        PACKAGE.name, PACKAGE / "__init__.py", submodule_search_locations=places
    )
    assert spec is not None and spec.loader is not None
    sys.modules[PACKAGE.name] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)


if __name__ == "__main__":
    main()
