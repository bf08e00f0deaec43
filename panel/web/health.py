"""For probes and monitoring: alive, able to work, and the figures for Prometheus. No sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from flask import Blueprint, Response, jsonify, make_response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from werkzeug.exceptions import NotFound

from panel.services.database import current_session
from panel.services.vital_signs import Figures, Readiness, figures, readiness
from panel.web.access import public
from panel.web.clock import now
from panel.web.installed import installation

blueprint = Blueprint("health", __name__)
FAULTS = {
    "database": "The database does not answer.",
    "schema": "The schema of the database is not the one of this version: run postroom migrate.",
    "worker": "No worker is alive: start one with postroom worker.",
}


class Exposition(Collector):
    """The figures in the form that Prometheus reads."""

    def __init__(self, shown: Figures) -> None:
        self._shown = shown

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        shown = self._shown
        yield GaugeMetricFamily(
            "postroom_waiting_deliveries", "Deliveries that have not ended.", value=shown.waiting
        )
        by_state = GaugeMetricFamily(
            "postroom_deliveries",
            "Waiting deliveries by state, counted up to 10000.",
            labels=["state"],
        )
        for state, number in sorted(shown.by_state.items()):
            by_state.add_metric([state.value], number)
        yield by_state
        yield GaugeMetricFamily(
            "postroom_workers_alive", "Workers with a fresh lease.", value=shown.workers_alive
        )
        yield CounterMetricFamily(
            "postroom_attempts", "Number of the newest attempt.", value=shown.newest_attempt
        )
        yield _last_hour(shown)


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """200 as long as this process answers."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """200 when mail is taken and sent, else 503 with what is missing."""
    found = readiness(current_session(), now=now())
    body = {"ready": found.is_ready, "checks": _checks(found), "reasons": _reasons(found)}
    return make_response(jsonify(body), 200 if found.is_ready else 503)


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """The figures, for callers on this machine only."""
    if not _is_local():
        raise NotFound
    registry = CollectorRegistry()
    registry.register(Exposition(figures(current_session(), now=now())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _last_hour(shown: Figures) -> Metric:
    family = GaugeMetricFamily(
        "postroom_attempts_last_hour", "Attempts of the last hour.", labels=["provider_id"]
    )
    for provider_id, number in shown.attempts_by_provider.items():
        family.add_metric([provider_id], number)
    return family


def _checks(found: Readiness) -> dict[str, bool]:
    return {"database": found.database, "schema": found.schema, "worker": found.worker}


def _reasons(found: Readiness) -> list[str]:
    """The first fault only: the later checks cannot be made without the earlier ones."""
    return [FAULTS[name] for name, passed in _checks(found).items() if not passed][:1]


def _is_local() -> bool:
    """A proxy on this machine that is not declared would make every caller look local."""
    is_forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if is_forwarded and not installation().config.trusted_proxies:
        return False
    address = request.remote_addr
    return address is not None and ip_address(address).is_loopback
