"""verify.html with a real package of two clips: what a stranger sees when all is well, and when one byte is not."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from archive.keys.rotation import rotate
from archive.opening import open_archive
from archive.package.page import verifier_page
from tests.integrity.package.making import CLIPS, Made, dock_clips, new_archive, pack
from tests.verifier.altering import PAYLOAD, TAGS, Members, flipped, read, with_manifests, write
from tests.verifier.viewers import Chromium, Seen, Viewer, in_chromium

ZH, EN = "zh-CN", "en-GB"


def altered(page: Viewer, folder: Path, top: str, members: Members) -> Seen:
    """What the page says of other files under the same names."""
    return page.check(write(folder / "altered.zip", top, members))


def test_a_whole_package_is_whole_in_either_browser(each: Viewer, made: Made) -> None:
    seen = each.check(made.out)
    assert (seen.verdict, seen.findings) == ("ok", ())
    assert set(seen.steps.values()) == {"ok"}
    assert "未发现问题" in seen.headline
    assert "签名者未经核对" in seen.headline
    assert len(seen.clips) == 2
    assert all("本机关自签" in clip for clip in seen.clips)
    assert "存证日志公钥" in seen.unchecked


@pytest.mark.parametrize("path", ["data/report/report.html", "proofs/checkpoint"])
def test_a_flipped_byte_is_found_in_either_browser(
    each: Viewer, whole: tuple[str, Members], tmp_path: Path, path: str
) -> None:
    top, members = whole
    seen = altered(each, tmp_path, top, {**members, path: flipped(members[path])})
    assert seen.verdict == "bad"
    assert seen.has("file_changed", path)


def test_one_flipped_byte_in_any_file_is_found_and_named(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    for path, data in members.items():
        seen = altered(page, tmp_path, top, {**members, path: flipped(data)})
        assert seen.verdict == "bad", path
        assert seen.names(path), (path, seen.findings)


def test_a_package_with_new_manifests_does_not_pass_for_the_sealed_one(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    """What only the manifests held is held by the ledger's entry; what the entries name is named by them too."""
    top, members = whole
    for path, data in members.items():
        numbered = (
            path.startswith("proofs/") and path[7].isdigit() and path != "proofs/3.tlog-proof"
        )
        if path in {PAYLOAD, TAGS} or numbered:
            continue
        seen = altered(page, tmp_path, top, with_manifests({**members, path: flipped(data)}))
        assert seen.verdict == "bad", path
        if path.startswith("data/"):
            assert seen.has("seal_broken", PAYLOAD), path
        if path.startswith("data/clips/"):
            assert seen.has("original_differs", path)
        if not path.startswith(("data/", "proofs/")):
            assert seen.has("verifier_differs", path)
        if path.startswith("proofs/"):
            assert seen.names(path), (path, seen.findings)


def test_a_flipped_manifest_of_tag_files_does_not_put_the_blame_on_a_sound_file(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    at = members[TAGS].index(b"README.txt") - 10
    digit = b"1" if members[TAGS][at : at + 1] == b"0" else b"0"
    changed = members[TAGS][:at] + digit + members[TAGS][at + 1 :]
    seen = altered(page, tmp_path, top, {**members, TAGS: changed})
    assert seen.findings[0][:2] == ("file_changed", TAGS)


def test_a_changed_checkpoint_is_one_fault_and_not_one_of_every_proof(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    path = "proofs/checkpoint"
    changed = flipped(members[path], members[path].index(b"\n") + 2)
    seen = altered(page, tmp_path, top, {**members, path: changed})
    places = {where for _, where, _ in seen.findings}
    assert not any(where.endswith(".tlog-proof") for where in places), seen.findings
    assert seen.has("proof_wrong", path)
    proof = "proofs/package.tlog-proof"
    odd = flipped(members[proof], len(members[proof]) - 5)
    seen = altered(page, tmp_path, top, {**members, proof: odd})
    assert {where for code, where, _ in seen.findings if code == "proof_wrong"} <= {
        proof,
        "proofs/package.entry",
    }


def test_a_file_that_is_missing_added_renamed_or_swapped_is_named(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    report, clips = "data/report/report.html", [p for p in members if "/original/" in p]
    without = {p: d for p, d in members.items() if p != report}
    assert altered(page, tmp_path, top, without).has("file_missing", report)
    added = {**members, "data/clips/more.mp4": b"more"}
    assert altered(page, tmp_path, top, added).has("file_extra", "data/clips/more.mp4")
    renamed = altered(page, tmp_path, top, {**without, "data/report/other.html": members[report]})
    assert renamed.has("file_missing", report)
    assert renamed.has("file_extra", "data/report/other.html")
    swapped = {**members, clips[0]: members[clips[1]], clips[1]: members[clips[0]]}
    seen = altered(page, tmp_path, top, with_manifests(swapped))
    assert seen.has("original_differs", clips[0])
    assert seen.has("original_differs", clips[1])
    proof = "proofs/3.tlog-proof"
    unproved = {p: d for p, d in members.items() if p != proof}
    assert altered(page, tmp_path, top, with_manifests(unproved)).has("file_missing", proof)


def test_a_token_over_another_checkpoint_and_another_root_are_refused(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    late = "proofs/timestamps/embedded/token.der"
    early = next(p for p in members if p.startswith("data/timestamps/") and p.endswith("token.der"))
    seen = altered(page, tmp_path, top, with_manifests({**members, late: members[early]}))
    assert seen.has("timestamp_wrong", late)
    foreign = "data/keys/embedded.pem"
    chain = members["proofs/timestamps/embedded/chain.pem"]
    seen = altered(page, tmp_path, top, with_manifests({**members, foreign: chain}))
    assert seen.has("timestamp_chain", late.replace("token.der", "chain.pem"))
    assert seen.has("timestamp_chain", early.replace("token.der", "chain.pem"))
    assert any("没有可用的时间戳" in clip for clip in seen.clips)


def test_a_zip_that_was_packed_anew_is_the_same_package(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    packed = write(tmp_path / "packed.zip", top, members, zipfile.ZIP_DEFLATED)
    assert page.check(packed).verdict == "ok"


def test_a_folder_can_be_chosen_instead_of_the_zip(
    page: Viewer, made: Made, whole: tuple[str, Members], tmp_path: Path
) -> None:
    with zipfile.ZipFile(made.out) as zipped:
        zipped.extractall(tmp_path)
    window = page.browser
    assert isinstance(window, Chromium)

    def choose() -> Seen:
        page.evaluate("void document.documentElement.removeAttribute('data-verdict')")
        with window.page.expect_file_chooser() as chooser:
            window.page.click("#folder")
        chooser.value.set_files(tmp_path / whole[0])
        return page.wait()

    assert choose().verdict == "ok"
    report = tmp_path / whole[0] / "data" / "report" / "report.html"
    report.write_bytes(flipped(report.read_bytes()))
    assert choose().has("file_changed", "data/report/report.html")
    shutil.rmtree(report.parent)
    assert choose().has("file_missing", "data/report/report.html")


def test_large_files_are_read_beside_each_other_and_each_has_its_own_digest(
    each: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    large = {f"data/clips/large-{n}.bin": bytes([n]) * 17_000_000 for n in range(3)}
    more = with_manifests({**members, **large})
    more["data/clips/large-1.bin"] = flipped(large["data/clips/large-1.bin"])
    seen = altered(each, tmp_path, top, more)
    changed = [where for code, where, _ in seen.findings if code == "file_changed"]
    assert changed == ["data/clips/large-1.bin"]


def test_a_browser_without_workers_checks_in_the_page(
    chromium: Browser, made: Made, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    path = "proofs/checkpoint"
    with in_chromium(chromium, tmp_path) as page:
        page.evaluate("void delete self.Worker")
        assert page.check(made.out).verdict == "ok"
        seen = altered(page, tmp_path, top, {**members, path: flipped(members[path])})
        assert seen.has("file_changed", path)


@pytest.mark.parametrize("folder", [False, True])
def test_a_package_can_be_dropped_on_the_page(
    page: Viewer, made: Made, whole: tuple[str, Members], tmp_path: Path, folder: bool
) -> None:
    """A folder too; where the browser lets no page out of a folder read one, the page says what to do instead."""
    with zipfile.ZipFile(made.out) as zipped:
        zipped.extractall(tmp_path)
    dropped = tmp_path / whole[0] if folder else made.out
    window = page.browser
    assert isinstance(window, Chromium)
    page.evaluate("void document.documentElement.removeAttribute('data-verdict')")
    session = window.page.context.new_cdp_session(window.page)
    data = {"items": [], "files": [str(dropped)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 150, "data": data})
    if folder:
        window.page.wait_for_selector("html[data-verdict], #hint:not([hidden])")
    if page.evaluate("document.querySelector('#hint').hidden"):
        assert page.wait().verdict == "ok"
    else:
        assert "选择文件夹" in window.page.inner_text("#hint")


def test_what_the_reader_knows_from_elsewhere_is_compared(
    page: Viewer, made: Made, whole: tuple[str, Members]
) -> None:
    members = whole[1]
    window = page.browser
    assert isinstance(window, Chromium)
    vkey = members["data/keys/ledger.vkeys"].decode()
    other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

    def fill(vkeys: str, roots: str, witnesses: str) -> None:
        if not page.evaluate("document.querySelector('#pins').open"):
            window.page.click("#pins summary")
        for name, text in (("vkeys", vkeys), ("roots", roots), ("witnesses", witnesses)):
            window.page.fill(f"#pin-{name}", text)

    fill(vkey, members["data/keys/embedded.pem"].decode(), made.witness)
    seen = page.check(made.out)
    assert seen.verdict == "ok"
    assert "由您指定的密钥签名" in seen.headline
    assert "公钥" not in seen.unchecked
    assert "报告的文字、案号与名称、制作时间" in seen.unchecked
    assert "是否为案件的全部原始文件" in seen.unchecked
    fill(other, "", "")
    assert page.check(made.out).has("signer_not_pinned_key", "data/keys/ledger.vkeys")
    fill("", "", other)
    assert page.check(made.out).has("witness_missing", "proofs/checkpoint")
    fill("no key", "", "")
    window.choose("#zip", made.out)
    assert "不能使用" in window.page.inner_text("#pins-wrong")
    assert page.evaluate("document.documentElement.dataset.verdict === undefined")
    fill("", "", "")


def test_a_package_of_a_ledger_whose_key_was_changed_is_vouched_for_by_the_old_key(
    page: Viewer, tmp_path: Path
) -> None:
    root = new_archive(tmp_path / "archive", stamps=False)
    old = (root / "keys" / "ledger.vkey").read_text()
    with open_archive(root, write=True) as archive:
        clips = dock_clips(archive, tmp_path / "recorder", CLIPS)
        rotate(archive, actor="local-0")
        pack(archive, clips[0], tmp_path / "clip.zip", kinds=())
    top, members = read(tmp_path / "clip.zip")
    assert len(members["data/keys/ledger.vkeys"].splitlines()) == 2
    window = page.browser
    assert isinstance(window, Chromium)
    page.evaluate("document.querySelector('#pins').open = true")
    window.page.fill("#pin-vkeys", old)
    seen = page.check(tmp_path / "clip.zip")
    window.page.fill("#pin-vkeys", "")
    assert (seen.verdict, seen.findings) == ("ok", ())
    assert "签名密钥由您指定的密钥逐级签署启用" in seen.headline
    assert "是否为案件的全部原始文件" not in seen.unchecked
    assert (seen.steps["timestamps"], seen.steps["witnesses"]) == ("none", "none")
    assert "没有可用的时间戳" in seen.unchecked
    keys = "data/keys/ledger.vkeys"
    turned = b"".join(reversed(members[keys].splitlines(keepends=True)))
    seen = altered(page, tmp_path, top, with_manifests({**members, keys: turned}))
    assert seen.has("key_history", keys)


def test_both_languages_say_the_same(
    chromium: Browser, made: Made, tmp_path: Path, whole: tuple[str, Members]
) -> None:
    top, members = whole
    path = "data/report/report.html"
    bad = write(tmp_path / "bad.zip", top, {**members, path: flipped(members[path])})
    with in_chromium(chromium, tmp_path, locale=EN) as page:
        window = page.browser
        assert isinstance(window, Chromium)
        assert page.evaluate("document.documentElement.lang") == "en"
        good = page.check(made.out)
        assert "consistent with itself; signer not pinned" in good.headline
        assert all("issued by this agency itself" in clip for clip in good.clips)
        english = page.check(bad)
        window.page.click("#language")
        chinese = page.wait()
        assert [f[:2] for f in english.findings] == [f[:2] for f in chinese.findings]
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        assert "不可采信" in chinese.headline
        assert "Not to be relied on" in english.headline
        missing = page.evaluate(
            "Object.entries({...muniment.WORDS, ...muniment.MEANINGS})"
            ".filter(([, pair]) => pair.length !== 2 || !pair[0] || !pair[1]).map(([key]) => key)"
        )
        assert missing == []


def test_the_page_is_one_file_that_asks_for_nothing() -> None:
    """The same bytes each time, no address but those of name spaces, and no way to turn text into markup or code."""
    text = verifier_page().decode()
    assert verifier_page().decode() == text
    assert "default-src 'none'" in text
    assert text.count('type="file"') == 1
    assert "http:" not in text
    assert "https:" not in text
    for danger in (
        "innerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "import(",
    ):
        assert danger not in text
