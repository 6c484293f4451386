"""Tells Gymnasium the ids of the environments in conf/env: `netgym/NAME-v0`, without importing Gymnasium for it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from netgym_cli.config import conf_dirs


def register_with_gymnasium() -> None:
    """Registers now if Gymnasium is imported, or else at the moment it is. Harmless when called twice."""
    if "gymnasium" in sys.modules:
        _register()
    elif not any(isinstance(finder, _WhenImported) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WhenImported())


def _register() -> None:
    import gymnasium

    for name in conf_dirs.members("env"):
        if (env_id := f"netgym/{name}-v0") not in gymnasium.registry:
            gymnasium.register(env_id, entry_point="netgym_cli.envs.make:make_env", kwargs={"name": name})


class _WhenImported:
    """Steps aside at the first `import gymnasium` and registers when that is done."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "gymnasium":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_register(module: ModuleType) -> None:
                load(module)
                _register()

            spec.loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec
