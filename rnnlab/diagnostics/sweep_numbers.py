"""The numbers behind a sweep's page, as plain values for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rnnlab.diagnostics.flows import Flows
from rnnlab.diagnostics.remedies import Remedy


def sweep_numbers(flows: Flows, found: list[Remedy]) -> dict[str, Any]:
    """Return every value of every seed, and every difference that a remedy made.

    Args:
        flows: What was read.
        found: The remedies, from :func:`rnnlab.diagnostics.remedies.remedies`.
    """
    columns = flows.settings.columns
    samples = {measure.name: flows.samples(measure).all for measure in flows.measures}
    settings = [
        {
            "keys": {column: flow.setting.shown(column) for column in columns},
            "state": None if flow.state is None else list(flow.state),
            "unfinished": len(flow.setting.unfinished),
            "measures": {
                name: {
                    "seeds": {str(seed): value for seed, value in of[index].values.items()},
                    **asdict(of[index].estimate),
                }
                for name, of in samples.items()
            },
        }
        for index, flow in enumerate(flows.all)
    ]
    remedies = [
        {
            "key": remedy.key,
            "before": remedy.before,
            "after": remedy.after,
            "places": [
                {
                    "where": dict(effect.where),
                    "plain": effect.plain,
                    "treated": effect.treated,
                    "differences": {
                        name: None
                        if pair is None
                        else {
                            "n": pair.n,
                            "mean": pair.difference,
                            "low": pair.low,
                            "high": pair.high,
                            "p": pair.p,
                            "adjusted": pair.adjusted,
                            "established": pair.established,
                        }
                        for name, pair in effect.differences.items()
                    },
                }
                for effect in remedy.effects
            ],
        }
        for remedy in found
    ]
    units = {measure.name: measure.unit for measure in flows.measures}
    return {"units": units, "settings": settings, "remedies": remedies}
