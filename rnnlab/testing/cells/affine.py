"""Rules on affine cells."""

from __future__ import annotations

from rnnlab.cells import AffineCell
from rnnlab.recurrence import tree
from rnnlab.testing.cells.comparing import difference, form
from rnnlab.testing.cells.subject import CellSubject, inputs, not_applicable
from rnnlab.testing.rule import rule


class AffineRules(CellSubject):
    """What the scan engine relies on."""

    @rule("test_rows_do_not_meet")
    def test_affine_coefficients_act_on_leading_axes_only(self) -> None:
        """coefficients(z) must work for (B, T, ...) as for (B, ...)."""
        cell = self._affine()
        z = cell.project(inputs(2, 5))
        together = cell.coefficients(z)
        for t, z_t in enumerate(tree.unbind(z, 1)):
            alone = cell.coefficients(z_t)
            for name, whole, part in zip(("a", "b"), together, alone, strict=True):
                found = (
                    difference(whole[:, t], part)
                    if whole.dim() == part.dim() + 1
                    else f"{form(whole)} and {form(part)}"
                )
                assert found is None, (
                    f"{name} of coefficients for all steps at once, and for step {t} alone, gave "
                    f"{found}: coefficients must treat every step by itself, with axes (..., *); "
                    "use dim=-1, and expand what does not depend on the input"
                )

    @rule("test_rows_do_not_meet")
    def test_affine_step_is_not_overridden(self) -> None:
        """An AffineCell must leave step as it is: a * state + b."""
        cell = self._affine()
        assert type(cell).step is AffineCell.step, (
            f"{type(cell).__name__} overrides step, so that the scan engine refuses it: write "
            "coefficients alone, or inherit from Cell"
        )

    def _affine(self) -> AffineCell:
        cell = self.cell()
        if not isinstance(cell, AffineCell):
            raise not_applicable("the cell is not affine")
        return cell
