"""Tells of case files and of the systems over them: each type of entry at least once."""

from __future__ import annotations

from typing import Any

from tests.unit.catalogue.story import Story

DAY = "2026-01-17T08:00:00Z"
LATER = "2026-01-19T08:00:00Z"


def digest(n: int) -> str:
    """Of an object that no store has."""
    return f"{n + 5 * 10**8:064x}"


def named(n: int, size: int = 7) -> dict[str, Any]:
    """An object as entries name it."""
    return {"object": digest(n), "size": size}


def stage(story: Story, case: str, name: str, at: str = DAY) -> None:
    """A case enters a stage."""
    story.event("case.stage_entered", case, {"stage": name, "at": at}, {"reason": "按程序"})


def subject(story: Story, n: int, name: str, number: str | None = None) -> str:
    """Register a subject."""
    id_ = f"subject-{n:026d}"
    text = {"name": name} if number is None else {"name": name, "number": number}
    story.event("subject.registered", id_, {"kind": "organisation"}, text)
    return id_


def file_of(story: Story, case: str, *subjects: str, **more: Any) -> None:
    """Say what act a case is, and about whom."""
    data = {"act": "penalty", "matter": "m1", "list": named(1), "subjects": list(subjects)}
    story.event("case.filed_as", case, {**data, **more})


def review(story: Story, case: str, n: int, outcome: str | None = "agree") -> str:
    """A round of legal review, answered where there is an outcome."""
    id_ = f"review-{n:026d}"
    asked = {"case": case, "round": n, "documents": ["document-1"], "clips": ["clip-1"]}
    story.event("review.requested", id_, asked, {"question": "证据够吗"})
    story.event("review.taken", id_, {"reviewer": "officer-8"})
    if outcome is not None:
        points = [{"point": "subject", "ok": True, "clip": "clip-1", "at_us": 5}]
        text = {"reason": "事实清楚", "notes": {"subject": "是"}}
        story.event("review.answered", id_, {"outcome": outcome, "points": points}, text)
    return id_


def publication(story: Story, n: int, about: str, *steps: str, kind: str = "decision") -> str:
    """A publication that takes these steps."""
    id_ = f"publication-{n:026d}"
    what = about.partition("-")[0]
    data = {"kind": kind, what: about, "record": named(20 + n)}
    story.event("publication.proposed", id_, data, {"title": "处罚决定"})
    more: dict[str, dict[str, Any]] = {
        "checked": {"secret": False, "privacy": True, "redactions": 2, "record": named(40 + n)},
        "published": {"feed": n, "expires": "2029-01-17"},
        "withdrawn": {"why": "revoked"},
    }
    for step in steps:
        text = None if step in {"published", "expired"} else {"reason": step}
        story.event(f"publication.{step}", id_, more.get(step, {}), text)
    return id_


def version(story: Story, n: int, in_force: str, kind: str = "recording", at: int = 1) -> str:
    """Publish a version of a list."""
    id_ = f"list-{at:026d}"
    data = {"kind": kind, "version": n, "list": named(60 + n, 70), "in_force": in_force}
    story.event("list.published", id_, data, {"title": "清单"})
    return id_


def hold(story: Story, n: int, **about: str) -> str:
    """Place a hold on a case or a clip."""
    id_ = f"hold-{n:026d}"
    story.event("hold.placed", id_, about, {"reason": "诉讼"})
    return id_


def disposal(story: Story, n: int, *steps: str) -> str:
    """A disposal that takes these steps."""
    id_ = f"disposal-{n:026d}"
    data = {"list": named(80 + n), "items": 1, "bytes": 100, "rules": named(90)}
    story.event("disposal.proposed", id_, data, {"reason": "到期"})
    for step in steps:
        said = {"done": 1, "kept": 0, "codes": {"held": 0}} if step == "ended" else {}
        story.event(f"disposal.{step}", id_, said, {"reason": step})
    return id_


def disposed(story: Story, disposal_id: str, clip: str, *removed: str, **more: Any) -> None:
    """A clip is gone."""
    data = {"disposal": disposal_id, "removed": list(removed), "bytes": 100}
    story.event("disposal.done", clip, {**data, **more})


def _tell_of_duty(story: Story) -> None:
    officer, recorder = story.officer("8"), story.recorder("SN8")
    valid = {"kind": "enforcement", "from": "2026-01-01", "until": "2026-12-31"}
    story.event("officer.certified", officer, valid, {"number": "粤A001", "issuer": "司法局"})
    gone = {"kind": "enforcement"}
    story.event("officer.certificate_withdrawn", officer, gone, {"reason": "调离"})
    check = {"officer": officer, "ok": False, "codes": ["battery"], "battery": 9, "at": DAY}
    story.event("recorder.checked", recorder, check, {"note": "换电池"})
    handed = {"officer": officer, "unit": None, "from": DAY, "by": "officer-9"}
    story.event("recorder.assigned", recorder, handed)
    story.event("station.charged", "station-1", {"officer": officer})


def tell_of_oversight(story: Story) -> None:
    """Every type once, and what comes after it."""
    case, clip = story.case("2026-8", title="罚"), story.clip("8.mp4")
    story.link(clip, case)
    one, other = subject(story, 1, "甲公司", "9133"), subject(story, 2, "甲有限公司")
    file_of(story, case, one, other, officers=["officer-8"])
    for name in ("initiation", "investigation", "decision"):
        stage(story, case, name)
    story.event("case.decision_intended", case, {"measure": "fine", "amount": 5_000_000})
    story.event("case.action_ended", case, {"at": LATER})
    catalogue = {"catalogue": named(2), "signature": named(3), "signer": digest(4)}
    story.event("case.catalogued", case, catalogue, {"number": "A1-8"})
    story.event("case.decision_revoked", case, {"how": "revoked", "at": LATER}, {"reason": "错"})
    story.event("subject.merged", other, {"into": one}, {"reason": "同一家"})
    story.event("subject.split", other, {"out_of": one, "cases": [case]}, {"reason": "两家"})
    timed = {"document": "document-1", "part": "inquiry", "from": DAY, "to": LATER}
    story.event("document.timed", case, timed, {"place": "办公室"})
    story.event("stop.explained", clip, {"from": DAY, "to": LATER, "code": "card"}, {"reason": "x"})
    story.event("deadline.excused", clip, {"rule": "upload", "excuse": 1}, {"reason": "远"})
    _tell_of_duty(story)
    listed = version(story, 1, "2026-01-01")
    story.event("list.outdated", listed, {"at": DAY}, {"reason": "法律修改"})
    version(story, 2, "2026-02-01")
    story.event("list.withdrawn", listed, {"version": 1}, {"reason": "废止"})
    brought = {"kind": "dispatch", "import": named(5), "rows": 3}
    story.event("dispatch.imported", "station-1", brought)
    other_clip = story.clip("9.mp4")
    proposed = {"case": case, "rule": "near", "score": 800, "terms": ["officer", "time"]}
    story.event("link.proposed", other_clip, proposed, {"reason": "同一人"})
    story.event("link.declined", other_clip, {"case": case}, {"reason": "不是"})
    round_ = review(story, case, 1, "correct")
    story.event("review.disputed", round_, {}, {"reason": "不同意"})
    story.event("review.settled", round_, {"outcome": "agree"}, {"reason": "会议"})
    publication(story, 1, case, "checked", "approved", "published", "withdrawn")
    publication(story, 2, listed, "checked", "approved", "published", "expired", kind="list")
    publication(story, 3, case, "declined")
    for type_, about in (("clip.classified", other_clip), ("case.classified", case)):
        said = {"categories": ["ordinary"], "by": "hand", "rule": None}
        story.event(type_, about, said, {"reason": "一般"})
    held = hold(story, 1, clip=clip)
    story.event("hold.lifted", held, {}, {"reason": "结束"})
    disposal(story, 1, "declined")
    going = disposal(story, 2, "approved")
    texts = [{"old": digest(7), "new": named(8)}, {"old": digest(9), "new": None}]
    disposed(story, going, other_clip, digest(6), texts=texts)
    story.event("disposal.ended", going, {"done": 1, "kept": 0, "codes": {}})
    for _ in range(2):
        story.event("case.closed", case, {}, {"reason": "办结"})
        story.event("case.reopened", case, {}, {"reason": "新证据"})
