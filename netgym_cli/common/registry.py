"""Names in a config map to classes here: a member is one module whose name is the name used in the config.

The exception is a `module:Class` value, which is imported. It reaches here from the user's own command line, config
directories and run folders; from another's only with trust (see docs/security.md).
"""

import importlib
import logging
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

from netgym_cli.common import contracts, user_code, user_modules
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.suggestions import did_you_mean

T = TypeVar("T")
log = logging.getLogger(__name__)


class Registry(Generic[T]):
    """The members of one kind (environment, agent, channel, simulator), imported only when they are used.

    Args:
        kind: name of the kind in messages, such as `"agent"`.
        package: dotted package whose public modules are the members.
        base: class that each member module subclasses exactly once.
    """

    def __init__(self, kind: str, package: str, base: type[T]) -> None:
        self.kind, self.package, self.base = kind, package, base
        self._announced: set[str] = set()

    def names(self) -> list[str]:
        """Member names, sorted, without importing any of them."""
        path = importlib.import_module(self.package).__path__
        return sorted(m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_"))

    def load(self, name: str) -> type[T]:
        """The class behind `name`, a member or a `module:Class`. Raises `ConfigError` for an unknown one."""
        if ":" in name:
            return self._load_user_class(name)
        if name not in self.names():
            raise ConfigError(unknown(self.kind, name, self.names()))
        module = importlib.import_module(f"{self.package}.{name}")
        own = [
            c
            for c in vars(module).values()
            if isinstance(c, type) and issubclass(c, self.base) and c.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise TypeError(f"{module.__name__} must define exactly one {self.base.__name__}, found {len(own)}")
        return own[0]

    def _load_user_class(self, name: str) -> type[T]:
        module_name, _, class_name = name.partition(":")
        user_code.mark(module_name)
        try:
            module = user_modules.import_named(module_name)
            member = getattr(module, class_name)
        except (ImportError, AttributeError) as error:
            if isinstance(error, AttributeError) and module_name in sys.modules:
                raise ConfigError(f"{self.kind} '{name}': {_no_class(sys.modules[module_name], class_name)}") from error
            if user_code.place(error) is None:
                there = Path("conf", *module_name.split(".")).with_suffix(".py").is_file()
                hint = "add --config-dir conf, where it lies" if there else "--config-dir is searched too"
                raise ConfigError(f"{self.kind} '{name}': {error}. Give importable.module:Class; {hint}.") from error
            raise ConfigError(f"{self.kind} '{name}': {user_code.told(error)}") from error
        except Exception as error:  # whatever a user's module may raise while it is imported
            raise ConfigError(f"{self.kind} '{name}': {user_code.told(error)}") from error
        if not (isinstance(member, type) and issubclass(member, self.base)):
            raise ConfigError(f"{self.kind} '{name}' is not a subclass of {self.base.__module__}.{self.base.__name__}.")
        if objection := contracts.objection(member, self.base):
            raise ConfigError(f"{self.kind} '{name}': {objection}")
        if name not in self._announced:
            self._announced.add(name)
            log.info("loaded %s %s from %s", self.kind, name, module.__file__)
        return member


def _no_class(module: ModuleType, name: str) -> str:
    """The message for a module without that class: its file and the classes that it defines."""
    own = [cls.__name__ for cls in vars(module).values() if isinstance(cls, type) and cls.__module__ == module.__name__]
    where = module.__file__ or module.__name__
    return f"{where} has no class {name}.{did_you_mean(name, own)} It defines: {', '.join(own) or 'no class'}."


def unknown(kind: str, name: str, known: list[str]) -> str:
    """The message for an unknown name: the name, the nearest known one, all known ones."""
    return f"unknown {kind} '{name}'.{did_you_mean(name, known)} Known: {', '.join(known) or 'none'}."
