"""The columns of made messages, deliveries and attempts, each as an expression of SQL."""

from __future__ import annotations

from panel.domain.delivery import FLOWS_PER_PARTNER
from tools.history.spread import (
    DAY,
    END,
    FIRST_AT,
    IS_TWICE,
    IS_WAITING,
    LANES,
    OLD_PROVIDER,
    RECIPIENT,
    RULE,
    SAID,
    SECOND,
    SECOND_AT,
    STATE,
    STREAM,
    SUBJECTS,
    Cast,
    Dialect,
    carriers,
    partners_of,
    pick,
)


def deliveries(dialect: Dialect, cast: Cast) -> str:
    """Rows of deliveries with what several columns need: state, partner, time, message."""
    message = dialect.message_id.format("d - CASE WHEN d % 10 = 9 THEN 1 ELSE 0 END")
    return (
        f"(SELECT d, {STATE} AS st, {pick('d / 10', partners_of(cast))} AS partner, "
        f"{FIRST_AT} AS first_at, {message} AS message "
        f"FROM (SELECT n AS d FROM {dialect.series}) numbers) f"
    )


def message_columns(dialect: Dialect) -> dict[str, str]:
    """The mails; every tenth delivery shares the one of its neighbour."""
    subject = f"{pick('d', SUBJECTS)} || (100000 + d)"
    return {
        "id": "message",
        "partner_id": "partner",
        "application_id": "NULL",
        "source": "'api'",
        "stream": STREAM,
        "rfc_message_id": "'<' || message || '@mail.house.test>'",
        "subject": subject,
        "from_email": "'post@house.test'",
        "header": dialect.header.format(
            f"'Date: Mon, 2 Mar 2026 12:00:00 +0000' || {END} || 'Message-ID: <' || message || "
            f"'@mail.house.test>' || {END} || 'Subject: ' || {subject} || {END} || "
            f"'MIME-Version: 1.0' || {END}"
        ),
        "content_digest": "NULL",
        "size": "1500 + d % 30000",
        "details": dialect.empty_map,
        "down_provider_id": "NULL",
        "created_at": f"first_at - {SECOND}",
    }


def delivery_columns(dialect: Dialect, cast: Cast) -> dict[str, str]:
    """The deliveries, most of them sent."""
    is_due = "st IN ('queued', 'deferred')"
    return {
        "id": "d",
        "message_id": "message",
        "partner_id": "partner",
        "stream": STREAM,
        "flow": f"COALESCE(partner, 0) * {FLOWS_PER_PARTNER} + {pick('d / 30', LANES)}",
        "recipient": RECIPIENT,
        "state": "st",
        "attempts": f"CASE WHEN d > :tried THEN 0 WHEN {IS_TWICE} THEN 2 ELSE 1 END",
        "retries": "CASE WHEN st = 'deferred' THEN 1 ELSE 0 END",
        "created_at": f"first_at - {SECOND}",
        "last_attempt_at": f"CASE WHEN d > :tried THEN NULL WHEN {IS_TWICE} THEN {SECOND_AT} "
        "ELSE first_at END",
        "next_attempt_at": f"CASE WHEN {is_due} THEN :now + d % 3600 * {SECOND} END",
        "expires_at": f"CASE WHEN {IS_WAITING} THEN :now ELSE first_at END + 5 * {DAY}",
        "ended_at": f"CASE WHEN {IS_WAITING} THEN NULL ELSE first_at + 90000 END",
        "rule": f"CASE WHEN st IN ('queued', 'sending') THEN '' WHEN st = 'sent' THEN 'accepted' "
        f"WHEN st = 'unconfirmed' THEN 'lost_after_handover' ELSE {RULE} END",
        "said": f"CASE WHEN st IN ('queued', 'sending', 'unconfirmed') THEN '' "
        f"WHEN st = 'sent' THEN '250 2.0.0 Ok' ELSE {SAID} END",
        "provider_id": f"CASE WHEN d <= :tried THEN {pick('d', carriers(cast))} END",
        "sticky_provider_id": "NULL",
        "phase": "CASE WHEN st = 'sending' THEN 'handing_over' END",
        "worker_id": "CASE WHEN st = 'sending' THEN 'made' END",
        "claim_token": "CASE WHEN st = 'sending' THEN 'made' END",
        "rescues": "0",
        "copies": "0",
        "route": dialect.empty_list,
    }


def attempts(dialect: Dialect, cast: Cast) -> str:
    """Rows of attempts with their deliveries; the places that stay empty are left out."""
    return (
        f"(SELECT j, d, number, {STATE} AS st, {pick('d / 10', partners_of(cast))} AS partner, "
        f"CASE WHEN j <= :places / {OLD_PROVIDER} THEN {cast.providers[3]} "
        f"ELSE {pick('d + number - 1', carriers(cast))} END AS provider, "
        ":began + :step * j AS started FROM ("
        "SELECT n AS j, CASE WHEN (n - 1) % 5 < 4 THEN 4 * ((n - 1) / 5) + (n - 1) % 5 + 1 "
        "ELSE 4 * ((n - 1) / 5 - :delay) + 1 END AS d, "
        f"CASE WHEN (n - 1) % 5 < 4 THEN 1 ELSE 2 END AS number FROM {dialect.series} "
        "WHERE (n - 1) % 5 < 4 OR (n - 1) / 5 >= :delay) numbers) f"
    )


def attempt_columns() -> dict[str, str]:
    """The attempts: of a delivery that has two the first failed."""
    is_under_way = "st = 'sending'"
    is_taken = "(number = 2 OR st = 'sent' AND (d - 1) % 4 <> 0)"
    return {
        "id": "j",
        "delivery_id": "d",
        "number": "number",
        "partner_id": "partner",
        "provider_id": "provider",
        "provider_name": "(SELECT name FROM providers WHERE providers.id = provider)",
        "status": f"CASE WHEN {is_under_way} THEN 'IN PROGRESS' WHEN {is_taken} THEN 'SUCCESS' "
        "ELSE 'FAIL' END",
        "phase": f"CASE WHEN {is_under_way} THEN 'handing_over' ELSE 'done' END",
        "stage": f"CASE WHEN {is_under_way} THEN '' ELSE 'final' END",
        "rule": f"CASE WHEN {is_under_way} THEN '' WHEN {is_taken} THEN 'accepted' ELSE {RULE} END",
        "reply_code": f"CASE WHEN {is_under_way} THEN NULL WHEN {is_taken} THEN 250 ELSE 451 END",
        "enhanced_code": "''",
        "said": f"CASE WHEN {is_under_way} THEN '' WHEN {is_taken} THEN '250 2.0.0 Ok' "
        f"ELSE {SAID} END",
        "provider_reference": f"CASE WHEN {is_taken} THEN 'ref-' || j ELSE '' END",
        "is_copy": "FALSE",
        "started_at": "started",
        "handed_over_at": f"CASE WHEN {is_taken} THEN started + 40000 END",
        "finished_at": f"CASE WHEN {is_under_way} THEN NULL ELSE started + 60000 + d % 90000 END",
    }
