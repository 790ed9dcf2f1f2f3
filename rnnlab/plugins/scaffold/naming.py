"""One name for a plugin, and all that follows from it: package, module, class, entry point."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass

from rnnlab.errors import ConfigError, check_choice
from rnnlab.plugins import discovery
from rnnlab.plugins.conf import packaged_conf

KINDS = ("cell", "task", "dataset")
"""What a new plugin can be."""

# The lines of the templates fit the line length of the package that is written with this.
_LONGEST = 24
_PREFIX = "rnnlab-"
# As an override, cell=null is no cell.
_VALUES = {"null", "true", "false", "none", "nan", "inf"}

_TRAINING = {
    "cell": "cell.hidden_size=64",
    "task": "dataset=adding dataset.steps=20 dataset.train_size=5000",
    "dataset": "task=many_to_one",
}


@dataclass(frozen=True)
class Naming:
    """The names of a plugin with one component.

    Args:
        kind: ``cell``, ``task`` or ``dataset``.
        component: What ``cell=`` calls it: ``leaky_unit``.
    """

    kind: str
    component: str

    @property
    def distribution(self) -> str:
        """What pip calls it: ``rnnlab-leaky-unit``."""
        return _PREFIX + self.component.replace("_", "-")

    @property
    def package(self) -> str:
        """What Python imports: ``rnnlab_leaky_unit``."""
        return self.distribution.replace("-", "_")

    @property
    def class_name(self) -> str:
        """Its class: ``LeakyUnitCell``; the kind is in it, so that it never hides an import."""
        words = self.component.split("_")
        if words[-1] == self.kind and len(words) > 1:
            words = words[:-1]
        return "".join(word.capitalize() for word in (*words, self.kind))

    @property
    def training(self) -> str:
        """The overrides of a short training with it."""
        return f"{self.kind}={self.component} {_TRAINING[self.kind]}".rstrip()


def naming(name: str, kind: str) -> Naming:
    """Return the names of a new plugin.

    Args:
        name: As a person wrote it: ``mgu``, ``rnnlab-mgu``, ``Leaky unit``. Capitals, and runs of
            ``-``, ``_``, ``.`` and blanks, make no difference, as in names of packages (PEP 503).
        kind: One of :data:`KINDS`.

    Raises:
        ConfigError: There is no such kind, or no plugin of it can have that name.
    """
    check_choice("--kind", kind, KINDS)
    component = re.sub(r"[-_.\s]+", "_", name.strip().lower()).strip("_")
    component = re.sub(r"^rnnlab(_|$)", "", component)
    if (refusal := _refusal(component, kind)) is not None:
        raise ConfigError(refusal, key="NAME", value=name)
    return Naming(kind, component)


def _refusal(component: str, kind: str) -> str | None:
    if not component:
        return "nothing is left of it as the name of a package"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", component):
        return "must begin with a letter, and hold only letters a-z, digits, -, _, . and blanks"
    if len(component) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    if keyword.iskeyword(component) or keyword.issoftkeyword(component):
        return "is a keyword of Python's"
    if component in _VALUES:
        return f"is read as a value in {kind}={component}"
    core = [item for item in discovery.components(kind) if item.distribution == "rnnlab"]
    variant = packaged_conf() / kind / f"{component}.yaml"
    if component in {item.name for item in core} or variant.exists():
        return f"rnnlab has a {kind} of that name; take another"
    return None
