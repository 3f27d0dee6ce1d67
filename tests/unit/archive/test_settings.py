"""muniment.toml: every wrong one is said, none is guessed at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archive.errors import NewerFormatError, NotAnArchiveError, SettingsError
from archive.ids import new_id
from archive.settings import NAME, check_origin, load, write_text

STATION = new_id("station")


def text(*, unit: str | None = None, url: str | None = None, sm3: bool = False) -> str:
    return write_text(origin="o.invalid/a", station=STATION, unit=unit, sm3=sm3, catalogue_url=url)


def put(root: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    (root / NAME).write_bytes(data)
    return root


def test_what_init_writes_is_read(tmp_path: Path) -> None:
    found = load(put(tmp_path, text()))
    assert (found.origin, found.station, found.unit, found.sm3) == (
        "o.invalid/a",
        STATION,
        None,
        False,
    )
    assert (found.unregistered_recorder, found.unregistered_officer) == ("accept", "accept")
    assert found.zone.key == "Asia/Shanghai"
    unit = new_id("unit")
    found = load(put(tmp_path, text(unit=unit, url='postgresql://"数据"', sm3=True)))
    assert (found.unit, found.sm3, found.catalogue_url) == (unit, True, 'postgresql://"数据"')


BASE = text()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"\x00",
        "not toml",
        BASE + "\n[unit]\n",
        BASE.replace("format = 1", "format = '1'"),
        BASE.replace("format = 1", "format = true"),
        BASE.replace("format = 1", "format = 0"),
        BASE.replace("format = 1", "[format]"),
        BASE.replace("format = 1", "format = " + "9" * 5000),
        "x = " + "[" * 50_000,
        BASE.replace("accept", "maybe"),
        BASE.replace('recorder = "accept"', "recorder = 1"),
        BASE.replace("recorder =", "recoder ="),
        BASE.replace("[register]", "[registers]"),
        BASE.replace("[unit]", "[[unit]]"),
        BASE.replace("sm3 = false", "sm3 = 0"),
        BASE.replace("Asia/Shanghai", "Asia/Atlantis"),
        BASE.replace("Asia/Shanghai", "America"),
        BASE.replace("Asia/Shanghai", "../../etc/passwd"),
        BASE.replace("Asia/Shanghai", ""),
        BASE.replace("o.invalid/a", ""),
        BASE.replace("o.invalid/a", "two words"),
        BASE.replace("o.invalid/a", "a+b"),
        BASE.replace(STATION, "somewhere"),
        BASE.replace(f'station = "{STATION}"', ""),
        BASE.replace("# id of the unit this station belongs to", 'id = "unit"'),
        BASE.replace("hosts = []", 'hosts = "a"'),
        BASE.replace("hosts = []", "hosts = [1]"),
        BASE + '[store]\nurl = "s3://b"\n',
        BASE + '[store]\nkind = "tape"\n',
        BASE + '[store]\nkind = "s3"\n',
        BASE + '[store]\nkind = "s3"\n[store.s3]\nbucket = "UPPER"\n',
        BASE + '[store]\nkind = "s3"\n[store.s3]\nbucket = "abc"\nretain = "soon"\n',
        BASE + '[store]\nkind = "s3"\n[store.s3]\nbucket = "abc"\nendpoint = "ftp://x"\n',
        BASE + '[store]\nkind = "s3"\n[store.s3]\nbucket = "abc"\nprefix = "a"\n',
        BASE + "[timestamps]\nevery_minutes = 0\n",
        BASE + '[[timestamps.authority]]\nname = "a"\nurl = "http://u:p@h"\nca = "a.pem"\n',
        BASE + '[[timestamps.authority]]\nname = "../a"\nurl = "http://h"\nca = "a.pem"\n',
        BASE + '[[timestamps.authority]]\nname = "Embedded"\nurl = "http://h"\nca = "a.pem"\n',
        BASE
        + '[[timestamps.authority]]\nname = "Court"\nurl = "http://h"\nca = "a.pem"\n'
        + '[[timestamps.authority]]\nname = "court"\nurl = "http://h"\nca = "a.pem"\n',
        BASE + '[[witnesses.witness]]\nurl = "http://h"\nvkey = "w"\n',
        BASE + "[witnesses]\nquorum = 1\n",
        BASE + '[keys.pkcs11]\nmodule = "p11.so"\ntoken = "t"\nlabel = "l"\n',
        BASE + '[store]\nimmutable = "yes"\n',
        BASE.replace("set = true", "set = 1"),
        BASE.replace("set = true", "sets = true"),
        BASE.replace('policy = "never"', 'policy = "always"'),
        BASE.replace('policy = "never"', "policy = true"),
        BASE + '[gat947]\nlibrary = "libzfy.so"\n',
        BASE + '[gat947]\nlibrary = "/a\\u0000b"\n',
        BASE + "[gat947]\nlibrary = 1\n",
        BASE + '[""]\na = 1\n',
        BASE + "extra = 1\n",
    ],
)
def test_a_wrong_one_is_a_settings_error(tmp_path: Path, content: str | bytes) -> None:
    assert content != BASE
    with pytest.raises(SettingsError):
        load(put(tmp_path, content))


def test_what_stations_do_with_recorders_is_harmless_where_nothing_is_said(tmp_path: Path) -> None:
    old = BASE[: BASE.index("[clock]")] + BASE[BASE.index("[catalogue]") :]
    for content in (BASE, old):
        found = load(put(tmp_path, content))
        assert (found.clock_set, found.release_policy) == (True, "never")
        assert (found.immutable, found.gat947_library) == (False, None)


def test_what_stations_do_with_recorders_can_be_set(tmp_path: Path) -> None:
    changed = BASE.replace("set = true", "set = false").replace('"never"', '"after-verify"')
    changed += '[store]\nimmutable = true\n[gat947]\nlibrary = "/opt/maker/libzfy.so"\n'
    found = load(put(tmp_path, changed))
    assert (found.clock_set, found.release_policy) == (False, "after-verify")
    assert (found.immutable, found.gat947_library) == (True, Path("/opt/maker/libzfy.so"))


def test_a_promise_of_replicas_is_refused_until_there_are_any(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="until replication exists"):
        load(put(tmp_path, BASE.replace('"never"', '"after-replica"')))


def test_a_folder_without_one_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(NotAnArchiveError, match="muniment init"):
        load(tmp_path)
    with pytest.raises(NotAnArchiveError):
        load(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotAnArchiveError):
        load(tmp_path / "file")


def test_one_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path)


def test_one_of_a_newer_version_is_refused_before_its_names_are_looked_at(tmp_path: Path) -> None:
    with pytest.raises(NewerFormatError, match="newer"):
        load(put(tmp_path, "format = 2\nnever_heard_of = 1\n"))


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\n", "a\u3000b", "a" * 201, "a\x7f"])
def test_an_origin_that_cannot_be_signed_is_refused(origin: str) -> None:
    with pytest.raises(SettingsError):
        check_origin(origin)


def test_an_origin_may_be_chinese() -> None:
    assert check_origin("档案.example/一大队") == "档案.example/一大队"


def test_no_environment_variable_changes_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load(put(tmp_path, BASE))
    for name in ("MUNIMENT_STATION", "STATION", "TZ"):
        monkeypatch.setitem(os.environ, name, "other")
    assert load(tmp_path) == before


def test_how_people_sign_in_can_be_set_and_a_misspelt_role_is_refused(tmp_path: Path) -> None:
    content = (
        '[identity]\nsecond_factor = ["administrator"]\nbind_network = true\nidle_minutes = 5\n'
    )
    found = load(put(tmp_path, BASE + content)).identity
    assert found.second_factor == {"administrator"}
    assert (found.bind_network, found.idle_minutes, found.session_minutes) == (True, 5, 720)
    for wrong in ('second_factor = ["admin"]', "second_factor = [1]", "idle_minutes = 0"):
        with pytest.raises(SettingsError, match="identity"):
            load(put(tmp_path, f"{BASE}[identity]\n{wrong}\n"))
