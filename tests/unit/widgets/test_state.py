from __future__ import annotations

import stat
from pathlib import Path

from clonexs.widgets.state import PageStateStore, Signals, params_hash

ME = ("local", "admin@local")


def test_signals_hand_out_each_change_once() -> None:
    signals = Signals()
    signals["a"] = 1
    signals["b"] = [1]
    assert signals.drain() == ({"a": 1, "b": [1]}, {})
    signals["a"] = 1
    assert signals.drain() == ({}, {}), "the same value again is no change"
    signals.append("b", [2, 3])
    assert signals.drain() == ({}, {"b": [2, 3]})
    assert signals.snapshot() == {"a": 1, "b": [1, 2, 3]}


def test_appending_to_a_value_set_in_the_same_push_sends_it_whole() -> None:
    signals = Signals()
    signals["log"] = ["a"]
    signals.append("log", ["b"])
    assert signals.drain() == ({"log": ["a", "b"]}, {})


def test_setting_after_appending_wins() -> None:
    signals = Signals()
    signals.append("log", ["a"])
    signals["log"] = []
    assert signals.drain() == ({"log": []}, {})


def test_a_list_keeps_its_last_items() -> None:
    signals = Signals()
    signals.append("log", list(range(500)), keep=300)
    assert signals.get("log") == list(range(200, 500))


def test_what_the_browser_sent_is_not_sent_back() -> None:
    signals = Signals()
    signals.absorb("name", "Ana")
    assert signals.drain() == ({}, {})
    assert signals["name"] == "Ana"


def test_the_mirror_keeps_state_for_half_an_hour(tmp_path: Path) -> None:
    now = [1000.0]
    store = PageStateStore(tmp_path / "deep" / "page_state.db", now=lambda: now[0])
    assert store.load(ME, "clone", "p") is None
    store.save(ME, "clone", "p", {"inputs": {"a": "b"}})
    now[0] += 29 * 60
    assert store.load(ME, "clone", "p") == {"inputs": {"a": "b"}, "saved_at": 1000.0}
    now[0] += 2 * 60
    assert store.load(ME, "clone", "p") is None


def test_the_mirror_parts_hosts_people_pages_and_parameters(tmp_path: Path) -> None:
    store = PageStateStore(tmp_path / "s.db")
    store.save(ME, "clone", "p", {"x": 1})
    for scope, page, params in (
        (("other", ME[1]), "clone", "p"),
        ((ME[0], "ana@local"), "clone", "p"),
        (ME, "sync", "p"),
        (ME, "clone", "q"),
    ):
        assert store.load(scope, page, params) is None


def test_the_mirror_is_private_and_forgets(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = PageStateStore(path)
    store.save(ME, "clone", "p", {"x": 1})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.forget(ME, "clone", "p")
    assert store.load(ME, "clone", "p") is None


def test_a_broken_mirror_is_no_reason_to_fail(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(b"this is no database, whatever it may look like" * 10)
    store = PageStateStore(path)
    store.save(ME, "clone", "p", {"x": 1})
    assert store.load(ME, "clone", "p") is None


def test_parameters_are_named_whatever_their_order() -> None:
    assert params_hash({"a": 1, "b": 2}) == params_hash({"b": 2, "a": 1})
    assert params_hash({"a": 1}) != params_hash({"a": "1"})
