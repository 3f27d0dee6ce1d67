"""Rows of certificates, checks before duty, stations in charge, lists, proposals of links. See projection.py."""

from __future__ import annotations

import json

from archive.catalogue.events import Fields, LedgerEvent
from archive.catalogue.file_projection import known, said
from archive.catalogue.projected import Row, Rows
from archive.catalogue.words import number_key


def certified(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`officer.certified`."""
    number = written.text_or_none("number")
    certificate: Row = {
        **said(event),
        "officer_id": event.subject,
        "kind": data.text("kind"),
        "number": number,
        "number_key": None if number is None else number_key(number),
        "issuer": written.text_or_none("issuer"),
        "valid_from": data.text("from"),
        "valid_until": data.text("until"),
    }
    rows.step("certificates", "add", certificate)


def certificate_withdrawn(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`officer.certificate_withdrawn`: all of this kind that the officer had."""
    withdrawn: Row = {
        "withdrawn_at": event.time,
        "withdrawn_index": event.index,
        "withdrawn_reason": written.text_or_none("reason"),
        "officer_id": event.subject,
        "kind": data.text("kind"),
    }
    rows.step("certificates", "withdrawn", withdrawn)


def checked(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`recorder.checked`."""
    at = data.text("at")
    check: Row = {
        **said(event),
        "recorder_id": event.subject,
        "officer_id": data.text_or_none("officer"),
        "ok": data.flag("ok"),
        "codes": json.dumps(data.texts("codes")),
        "battery": data.number_or_none("battery"),
        "free_bytes": data.number_or_none("free_bytes"),
        "offset_ms": data.number_or_none("offset_ms"),
        "at": at,
        "at_us": known(at),
        "note": written.text_or_none("note"),
    }
    rows.step("duty_checks", "add", check)


def charged(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`station.charged`."""
    officer = data.text_or_none("officer")
    charge: Row = {**said(event), "station": event.subject, "officer_id": officer}
    rows.step("station_charges", "add", charge)


def list_published(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`list.published`."""
    document = data.fields("list")
    version: Row = {
        "index": event.index,
        "list": event.subject,
        "kind": data.text("kind"),
        "version": data.number("version"),
        "sha256": document.text("object"),
        "size": document.number("size"),
        "in_force": data.text("in_force"),
        "title": written.text_or_none("title"),
        "actor": event.actor,
        "published_at": event.time,
    }
    rows.step("lists", "add", version)


def list_withdrawn(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`list.withdrawn`: one version."""
    withdrawn: Row = {
        "withdrawn_index": event.index,
        "withdrawn_at": event.time,
        "withdrawn_actor": event.actor,
        "withdrawn_reason": written.text_or_none("reason"),
        "list": event.subject,
        "version": data.number("version"),
    }
    rows.step("lists", "withdrawn", withdrawn)


def list_outdated(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`list.outdated`."""
    at, reason = data.text("at"), written.text_or_none("reason")
    change: Row = {**said(event), "list": event.subject, "at": at, "at_us": known(at)}
    rows.step("list_changes", "add", {**change, "reason": reason})


def imported(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`dispatch.imported`."""
    source = data.fields("import")
    brought: Row = {
        "index": event.index,
        "kind": data.text_or_none("kind"),
        "sha256": source.text("object"),
        "size": source.number("size"),
        "rows": data.number("rows"),
        "actor": event.actor,
        "imported_at": event.time,
    }
    rows.step("imports", "add", brought)


def link_proposed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`link.proposed`: the newest of a pair counts, and waits to be decided."""
    proposal: Row = {
        "clip": event.subject,
        "case_id": data.text("case"),
        "index": event.index,
        "rule": data.text_or_none("rule"),
        "score": data.number("score"),
        "terms": json.dumps(data.texts("terms")),
        "reason": written.text_or_none("reason"),
        "proposed_at": event.time,
        **dict.fromkeys(("declined_index", "declined_at", "declined_actor", "declined_reason")),
    }
    rows.step("link_proposals", "replace", proposal)


def link_declined(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`link.declined`."""
    declined: Row = {
        "declined_index": event.index,
        "declined_at": event.time,
        "declined_actor": event.actor,
        "declined_reason": written.text_or_none("reason"),
        "the_clip": event.subject,
        "the_case": data.text("case"),
    }
    rows.step("link_proposals", "declined", declined)
