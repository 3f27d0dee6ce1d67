"""The clips: each original and rendition is what its entry names, each history is whole, package.json says the same."""

from __future__ import annotations

from typing import Any

from archive.package.verifier.contents import ENTRIES, PACKAGE, WITNESS_KEYS, Contents
from archive.package.verifier.entries import EntryError, PackedEntry, named_rows, parse_json
from archive.package.verifier.found import sentence
from archive.package.verifier.places import is_in_folder

INGESTED = "clip.ingested"
_FORMAT = "muniment-package 1"
_OBJECT = frozenset({"object", "size"})


def read_package(contents: Contents) -> None:
    """package.json: its form, and what it says about the package as a whole."""
    if (data := contents.read(PACKAGE)) is None:
        return
    try:
        contents.package = parse_json(data)
    except EntryError as e:
        contents.found("package_differs", PACKAGE, e)
        return
    package, seal = contents.package, contents.seal
    clips, subject = package.get("clips"), package.get("subject")
    if (
        package.get("format") != _FORMAT
        or not isinstance(clips, list)
        or not isinstance(subject, dict)
        or subject.get("kind") not in ("case", "clip")
    ):
        contents.found("package_differs", PACKAGE, sentence("package.form"))
        return
    names = [c["clip"] for c in contents.clips()]
    if len(names) != len(clips) or len(set(names)) != len(names):
        contents.found("package_differs", PACKAGE, sentence("package.form"))
    if contents.checkpoint is not None and package.get("origin") != contents.checkpoint.origin:
        contents.found("package_differs", PACKAGE, sentence("package.says", what="origin"))
    left = package.get("left_out")
    if isinstance(left, list) and all(map(_is_left_out, left)):
        contents.left_out = left
    else:
        contents.found("package_differs", PACKAGE, sentence("package.says", what="left_out"))
    contents.not_checked.append(
        sentence("not.clip_words" if subject["kind"] == "clip" else "not.case_words")
    )
    if seal is None or seal.type != "package.made":
        return
    for what, said, true in (
        ("subject", subject.get("id"), seal.subject),
        ("clips", len(clips), seal.data.get("clips")),
        ("cites", package.get("cites"), seal.data.get("cites")),
    ):
        if said != true:
            contents.found("package_differs", PACKAGE, sentence("package.says", what=what))
    # A package of one clip is sealed in that clip's own history.
    if (subject["kind"] == "clip") != (seal.subject in names) or (
        subject["kind"] == "clip" and len(clips) != 1
    ):
        contents.found("package_differs", PACKAGE, sentence("package.says", what="subject"))


def _is_left_out(row: Any) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(n), str) for n in ("clip", "why"))


def check_witness_list(contents: Contents) -> None:
    """The witnesses of package.json are those of witnesses.vkeys."""
    data = contents.read(WITNESS_KEYS)
    if data is None or not contents.package:
        return
    said = contents.package.get("witnesses")
    policy = said if isinstance(said, dict) else {}
    quorum, vkeys = policy.get("quorum"), policy.get("vkeys")
    if type(quorum) is not int or quorum < 0:
        contents.found("package_differs", PACKAGE, sentence("package.says", what="quorum"))
    if vkeys != data.decode("utf-8", "replace").split("\n")[:-1]:
        contents.found("package_differs", PACKAGE, sentence("package.says", what="witnesses"))


def check_clip(contents: Contents, clip: dict[str, Any]) -> dict[str, Any]:
    """One clip; the answer's line about it, without the time it existed by."""
    name = str(clip["clip"])
    before = contents.findings.noted
    history = contents.about(name)
    _check_history(contents, clip, history)
    ingested = next((e for e in history if e.type == INGESTED), None)
    path = clip.get("original")
    if ingested is None:
        contents.found("package_differs", PACKAGE, sentence("package.no_clip", clip=name), name)
    else:
        _check_original(contents, clip, ingested)
    renditions = clip.get("renditions")
    if not isinstance(renditions, list):
        contents.found(
            "package_differs", PACKAGE, sentence("package.says", what="renditions"), name
        )
    made = [e for e in history if e.type == "rendition.made"]
    for rendition in renditions if isinstance(renditions, list) else ():
        _check_rendition(contents, name, rendition if isinstance(rendition, dict) else {}, made)
    paths = {path, *(r.get("path") for r in _rows(renditions) if isinstance(r.get("path"), str))}
    wrong = [f for f in contents.findings.all if f.where in paths or f.subject == name]
    return {
        "clip": name,
        "path": path if isinstance(path, str) else "",
        "sha256": contents.digests.get(path, "") if isinstance(path, str) else "",
        "ok": contents.findings.noted == before and not wrong,
    }


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _check_history(contents: Contents, clip: dict[str, Any], history: list[PackedEntry]) -> None:
    name = str(clip["clip"])
    counts = [entry.count for entry in history]
    whole = counts == list(range(1, len(history) + 1))
    links = zip(history, history[1:])
    if not whole or any(later.before != earlier.index for earlier, later in links):
        contents.found("subject_chain_broken", ENTRIES, sentence("clip.gap", clip=name), name)
    if [e.count for e in history if e.type == INGESTED] not in ([], [1]):
        contents.found("subject_chain_broken", ENTRIES, sentence("clip.again", clip=name), name)
    head = history[-1].leaf.hex() if history else None
    if (clip.get("events"), clip.get("head")) != (len(history), head) or clip["events"] is True:
        said = sentence("clip.head", clip=name, said=clip.get("events"), found=len(history))
        contents.found("subject_chain_broken", ENTRIES, said, name)
    seal = contents.seal
    mine = seal if seal is not None and seal.subject == name else None
    if mine and (mine.count, mine.before_leaf) != (len(history) + 1, head):
        contents.found("subject_chain_broken", PACKAGE, sentence("clip.end", clip=name), name)


def _check_original(contents: Contents, clip: dict[str, Any], ingested: PackedEntry) -> None:
    name, path, data = str(clip["clip"]), clip.get("original"), ingested.data
    original = data.get("original")
    if not isinstance(original, dict) or not original.keys() >= _OBJECT:
        contents.found("entry_malformed", ENTRIES, sentence("entry.form"), name)
        return
    if not isinstance(path, str) or not is_in_folder(path, f"data/clips/{name}/original"):
        contents.found("package_differs", PACKAGE, sentence("package.says", what="original"), name)
    elif contents.has(path):
        contents.counted.objects += 1
        if contents.digests.get(path) != original["object"]:
            said = sentence("clip.original", digest=original["object"])
            contents.found("original_differs", path, said, name)
    for what, true in (
        ("ingested", ingested.index),
        ("sha256", original["object"]),
        ("size", original["size"]),
        ("start", data.get("start")),
        ("start_source", data.get("start_source")),
        ("recorder", data.get("recorder")),
        ("officer", data.get("officer")),
    ):
        if clip.get(what) != true or type(clip.get(what)) is not type(true):
            contents.found("package_differs", PACKAGE, sentence("package.says", what=what), name)
    if (path_said := _text_path(contents, ingested)) is not None and clip.get("path") != path_said:
        contents.found("package_differs", PACKAGE, sentence("package.says", what="path"), name)


def _text_path(contents: Contents, ingested: PackedEntry) -> str | None:
    """The clip's path on the recorder, from its text row."""
    for row in named_rows(ingested.data):
        try:
            path = parse_json(contents.rows[row]).get("path")
        except (KeyError, EntryError):
            continue  # said where the rows are read
        if isinstance(path, str):
            return path
    return None


def _check_rendition(
    contents: Contents, name: str, rendition: dict[str, Any], made: list[PackedEntry]
) -> None:
    path, kind = rendition.get("path"), rendition.get("kind")
    of_kind = [e for e in made if e.data.get("kind") == kind and _object(e)]
    if (
        not isinstance(path, str)
        or not is_in_folder(path, f"data/clips/{name}/renditions")
        or not of_kind
    ):
        contents.found(
            "package_differs", PACKAGE, sentence("package.says", what="renditions"), name
        )
        return
    entry = of_kind[-1]
    true = _object(entry)
    if contents.has(path):
        contents.counted.objects += 1
        if contents.digests.get(path) != true.get("object"):
            said = sentence("clip.rendition", digest=true.get("object"))
            contents.found("original_differs", path, said, name)
    for what, value in (
        ("sha256", true.get("object")),
        ("size", true.get("size")),
        *((what, entry.data.get(what)) for what in ("tool", "version", "parameters")),
    ):
        if rendition.get(what) != value or type(rendition.get(what)) is not type(value):
            contents.found("package_differs", PACKAGE, sentence("package.says", what=what), name)


def _object(entry: PackedEntry) -> dict[str, Any]:
    value = entry.data.get("rendition")
    return value if isinstance(value, dict) else {}
