"""Sub-protocols: which template a step uses, with which arguments, and where its steps begin and end."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labd.domain.errors import InvalidInput
from labd.protocols.binding import Bound, bound
from labd.protocols.drafts import waits
from labd.protocols.expressions import is_reserved
from labd.protocols.findings import Findings, instead
from labd.protocols.written import ProtocolWritten, StepWritten, TemplateWritten


@dataclass(slots=True)
class Uses:
    """The templates of a file, and how they are used."""

    written: ProtocolWritten
    findings: Findings
    constants: dict[str, tuple[float | int | str, str]] = field(default_factory=dict)
    """Quantities that templates were given, by a name of labd's own, with their units."""
    used: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    """Names of labd's own for arguments that are wrong."""

    def template(self, step: StepWritten, trail: tuple[str, ...]) -> TemplateWritten | None:
        """The template that a step uses, if there is one that is not within itself."""
        name = step.use or ""
        self.used.add(name)
        known = self.written.names("templates")
        if name not in known:
            remedy = instead(name, known) or "Write it into `templates:`."
            self.findings.error(step.at("use"), f"There is no template {name}.", remedy)
        elif name in trail:
            circle = " → ".join([*trail[trail.index(name) :], name])
            message = f"The templates {circle} use one another." if len(trail) > 1 else f"{name} uses itself."
            self.findings.error(step.at("use"), message, "Take one `use` out; write `repeat:` for a loop.")
            return None
        return self.written.templates.get(name)

    def arguments(
        self, step: StepWritten, template: TemplateWritten, given: Mapping[str, Any], before: str
    ) -> dict[str, Bound]:
        """What the template's arguments are here; `before` begins the names of constants that are made for them."""
        made: dict[str, Bound] = {}
        declared = template.names("with")
        for name in given:
            if name not in declared:
                message = f"{step.use} takes no argument {name}."
                self.findings.error(step.key("with", name), message, instead(name, declared))
        for name, default in template.with_.items():
            place = step.at("with", name) if name in given else template.at("with", name)
            if is_reserved(name):
                message = f"{name} means something else in expressions."
                self.findings.error(template.key("with", name), message, "Choose another name.")
                continue
            value = given.get(name, default)
            if value is None:
                place = step.key("with") if step.entry("with") is not None else step.key("use")
                self.findings.error(place, f"{step.use} needs the argument {name}.", f"Write `{name}:` in `with:`.")
                made[name] = self._unknown(before + name)
                continue
            try:
                made[name] = bound(value, before + name, self.constants)
            except InvalidInput as error:
                self.findings.error(place, error.message, error.hint)
                made[name] = self._unknown(before + name)
        return made

    def _unknown(self, name: str) -> Bound:
        """What stands for an argument that is wrong, so that what speaks of it is not told as wrong, too."""
        self.unknown.append(name)
        return Bound(f"${{{name}}}", ast.Name(name, ast.Load()))

    def ends_of(self, name: str, step: StepWritten, prefix: str, trail: tuple[str, ...]) -> list[str]:
        """The names of the last steps of what a step is: itself, or those of its template's last turn."""
        if step.use is None:
            return [f"{prefix}{name}"]
        template = self.written.templates.get(step.use)
        if template is None or step.use in trail:
            return []
        turn = f"{step.repeat.at_most}__" if step.repeat else ""
        return self.ends(template, f"{prefix}{name}__{turn}", (*trail, step.use))

    def ends(self, template: TemplateWritten, prefix: str, trail: tuple[str, ...]) -> list[str]:
        """The names of the steps of a template that none of its others waits for."""
        followed = {other for each in template.steps.values() for other, _, _ in waits(each)}
        helping = {other for each in template.steps.values() for other in (each.otherwise, *each.recover)}
        last = [name for name in template.steps if name not in followed | helping]
        ends: list[str] = []
        for name in last or template.steps:  # in a circle there is no last one
            ends += self.ends_of(name, template.steps[name], prefix, trail) or [f"{prefix}{name}"]
        return ends

    def check_all_used(self) -> None:
        """Find templates that nobody uses."""
        for name in self.written.templates:
            if name not in self.used:
                place = self.written.key("templates", name)
                self.findings.warning(place, f"No step uses the template {name}.", "Take it out, or use it.")
