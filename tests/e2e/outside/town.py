"""The docked station of the browser's tests with somebody of each kind, and something on every page."""

from __future__ import annotations

from pathlib import Path

from api.identity.registering import add_account
from api.serving import open_accounts
from archive.opening import open_archive
from muniment.client import Muniment
from tests.e2e.station import CASE, PASSWORD, USER, make_station

ROOT, REVIEWER = "root", "reviewer"


def make_town(folder: Path) -> Path:
    """Dock, and add an administrator. Returns the archive's place."""
    root = make_station(folder)
    with open_archive(root, write=True) as archive:
        accounts = open_accounts(archive)
        for name, role in (
            (ROOT, "administrator"),
            ("second", "administrator"),
            (REVIEWER, "reviewer"),
        ):
            add_account(
                archive,
                accounts,
                actor="local-0",
                name=name,
                role=role,
                password=PASSWORD,
                unit=None,
            )
        accounts.close()
    return root


def fill(address: str) -> dict[str, str]:
    """Put something on every page, as a program does. Returns their addresses, by who may open them and a name."""
    with Muniment.sign_in(address, user=USER, password=PASSWORD) as chief:
        clips = list(chief.clips(case=CASE, kind="video"))
        clip = next(c.id for c in clips if chief.clip(c.id).raw["media"]["playable"])
        chief.mark(clip=clip, text="门口 <script>alert(1)</script>", from_us=1_000_000)
        whole = chief.clip(clip).raw.get("recording") or {}
    with Muniment.sign_in(address, user=REVIEWER, password=PASSWORD) as reviewer:
        asked = reviewer.request(purpose="legal_review", reason="法制审核 <b>", case=CASE)
    with Muniment.sign_in(address, user=ROOT, password=PASSWORD) as root:
        people = root.ask("GET", "/api/v1/accounts")["accounts"]
        chief_id = next(p["account"] for p in people if p["user"] == USER)
        body = {"user": "new<i>", "role": "archivist", "reason": "入职 <b>"}
        root.ask("POST", "/api/v1/accounts", body=body)
    number = CASE.replace("/", "%2F")
    found = {
        "- sign in": "/sign-in",
        f"{USER} find": "/",
        f"{USER} found": f"/?case={number}",
        f"{USER} nothing": "/?q=nowhere-at-all",
        f"{USER} cases": "/cases",
        f"{USER} case": f"/cases/{number}",
        f"{USER} case history": f"/cases/{number}/custody",
        f"{USER} watch": f"/clips/{clip}",
        f"{USER} custody": f"/clips/{clip}/custody",
        f"{USER} together": f"/together?case={number}",
        f"{USER} integrity": "/integrity",
        f"{USER} integrity history": "/integrity/custody",
        f"{USER} requests": "/requests",
        f"{USER} ask": f"/requests/new?clip={clip}",
        f"{USER} account": "/account",
        f"{USER} units": "/units",
        f"{USER} alarms": "/alarms",
        f"{USER} routes": "/api/v1/docs",
        f"{USER} station": "/station",
        f"{USER} error": "/nowhere",
        "archivist packages": "/packages",
        "archivist watch": f"/clips/{clip}",
        f"{ROOT} accounts": "/accounts",
        f"{ROOT} new account": "/accounts/new",
        f"{ROOT} an account": f"/accounts/{chief_id}",
        f"{ROOT} sign-ins": f"/accounts/{chief_id}/sign-ins",
        f"{ROOT} officers": "/officers",
    }
    if whole.get("recording"):
        found[f"{USER} recording"] = f"/recordings/{whole['recording']}"
    found[f"{USER} request"] = found[f"{REVIEWER} request"] = f"/requests/{asked[0].id}"
    return found
