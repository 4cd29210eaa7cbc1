"""Opening pages, and the conversation between tabs and open pages.

``open_page`` and ``open_app`` are what a notebook cell calls. Both give one widget; an
:class:`App` behind it answers the messages of every tab that shows the widget.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clonexs.errors import InvalidRequest, NoSuchObject
from clonexs.widgets.instance import Instance
from clonexs.widgets.page import Call, Page
from clonexs.widgets.services import Services, open_services
from clonexs.widgets.state import Json, params_hash
from clonexs.widgets.tables import Window, cut
from clonexs.widgets.wire import (
    VERSION,
    Message,
    Packet,
    Send,
    envelope,
    error_content,
    frames,
    mapping_of,
    packed,
    text_of,
)

if TYPE_CHECKING:
    from clonexs.widgets.kit import Kit

_LOG = logging.getLogger(__name__)
ANSWERS_KEPT = 64
INSTANCES_KEPT = 24


def open_page(slug: str, *, target: object = None, **params: Json) -> Kit:
    """Open a page in a notebook cell.

    Args:
        slug: Name of the page, such as ``"clone"``.
        target: Workspace to work on: a session, ``"local"``, a profile; the current one if absent.
        **params: Inputs to fill in, by the names of the page's request (``source`` and ``dest``
            are short forms).

    Raises:
        NoSuchObject: if there is no such page; the hint names the nearest ones.
    """
    from clonexs.widgets.kit import Kit

    app = App(open_services(target))
    return Kit(app, app.boot(slug, params, shell=False))


def open_app(slug: str = "dashboard", *, target: object = None, **params: Json) -> Kit:
    """Open the whole application, with its navigation, in a notebook cell."""
    from clonexs.widgets.kit import Kit

    app = App(open_services(target))
    return Kit(app, app.boot(slug, params, shell=True))


def make_page(slug: str, params: Mapping[str, Json], services: Services) -> Page:
    """Import a page's module and make the page.

    Raises:
        NoSuchObject: if there is no such page; the hint names the nearest ones.
    """
    from clonexs.widgets.pages._index import PAGES

    for entry in PAGES:
        if entry.slug == slug:
            page_class: type[Page] = getattr(import_module(entry.module), entry.page_class)
            return page_class(services, params)
    import difflib

    near = difflib.get_close_matches(slug, [entry.slug for entry in PAGES], n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(near)}?" if near else "clonexs pages list names them all"
    raise NoSuchObject(f"there is no page {slug!r}", object=slug, hint=hint)


@cache
def _shared_pool() -> Executor:
    # Four threads for all widgets of a process: a page holds none of its own.
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="clonexs-page")


class _Client:
    """One tab: its last answers, and the calls it has under way."""

    def __init__(self) -> None:
        self.answers: OrderedDict[str, Packet] = OrderedDict()
        self.under_way: set[str] = set()
        self.binary = True


class App:
    """Answers the messages of the tabs that show one widget.

    Args:
        services: What pages may ask of the workspace and the jobs.
        pool: Threads for handlers; the process's four if absent.
    """

    def __init__(self, services: Services, *, pool: Executor | None = None) -> None:
        self.services = services
        self._pool = pool or _shared_pool()
        self._send: Send = lambda message, buffers: None
        self._lock = threading.RLock()
        self._clients: dict[str, _Client] = {}
        self._instances: OrderedDict[str, Instance] = OrderedDict()
        self._numbers = itertools.count(1)
        # Browsers keep rows by instance: another kernel must not reuse the name.
        self._salt = secrets.token_hex(3)
        self._handlers: dict[str, Callable[[Message, _Client], None]] = {
            "hello": self._hello,
            "open": self._open,
            "call": self._call,
            "cancel": self._cancel,
            "set": self._set,
            "data": self._data,
            "close": self._close,
            "ping": self._ping,
            "log": self._log,
        }

    def connect(self, send: Send) -> None:
        """Take the function that sends a message with buffers to the browser."""
        self._send = send

    def boot(self, slug: str, params: Mapping[str, Json], *, shell: bool) -> dict[str, Json]:
        """Open the first page and give what the widget carries: first tree and labels, no rows."""
        instance = self._make(slug, params)
        return {"v": VERSION, "shell": shell, **instance.opening()}

    def receive(self, message: Mapping[str, Any]) -> None:
        """Take one message from the browser; answers follow by ``connect``'s function."""
        kind, name = text_of(message, "t"), text_of(message, "client")
        handler = self._handlers.get(kind)
        if handler is None:
            _LOG.warning("message of unknown type %r is ignored", kind)
            return
        with self._lock:
            client = self._clients.setdefault(name, _Client())
            identity = text_of(message, "id")
            if identity and kind in ("call", "open"):
                if answer := client.answers.get(identity):
                    self._post(answer)
                    return
                if identity in client.under_way:
                    return
                client.under_way.add(identity)
        try:
            handler(dict(message), client)
        except Exception as error:  # noqa: BLE001 - a message must never break the channel
            self._fail(dict(message), client, error)

    def close(self) -> None:
        """Close every open page; what is worth keeping is mirrored."""
        with self._lock:
            instances, self._instances = list(self._instances.values()), OrderedDict()
        for instance in instances:
            instance.close()

    # Handlers, one per message type.

    def _hello(self, message: Message, client: _Client) -> None:
        client.binary = message.get("bin") is not False
        have = mapping_of(message, "have")
        known: list[Json] = [*sorted(have.keys() & self._instances.keys())]
        content: Message = {"version": VERSION, "known": known}
        self._post(Packet(self._reply(message, "hello", **content)))

    def _open(self, message: Message, client: _Client) -> None:
        slug, params = text_of(message, "page"), mapping_of(message, "params")
        tab = text_of(message, "client")

        def work() -> None:
            try:
                instance = self._revive(slug, params, tab, text_of(message, "inst"))
                instance.introduce(lambda page: self._answer(message, client, "page", **page))
                instance.later(lambda: self._after_open(instance))
            except Exception as error:  # noqa: BLE001 - becomes the answer
                self._fail(message, client, error)

        self._pool.submit(work)

    def _after_open(self, instance: Instance) -> None:
        instance.page.on_open()
        instance.changed()
        instance.later(instance.save)

    def _call(self, message: Message, client: _Client) -> None:
        instance = self._instance(message)
        name, arguments = text_of(message, "action"), mapping_of(message, "args")
        identity = text_of(message, "id")
        call = Call(identity, report=lambda value: self._progress(message, value))
        instance.calls[identity] = call

        def work() -> None:
            try:
                value = instance.page.perform(name, arguments, call)
                instance.changed()
                self._answer(message, client, "res", ok=True, value=value)
            except Exception as error:  # noqa: BLE001 - becomes the answer
                instance.changed()
                self._fail(message, client, error)
            finally:
                instance.calls.pop(identity, None)
            instance.later(instance.save)

        if instance.page.is_at_once(name):
            self._pool.submit(work)
        else:
            instance.later(work)

    def _cancel(self, message: Message, client: _Client) -> None:
        call = self._instance(message).calls.get(text_of(message, "call") or text_of(message, "id"))
        if call:
            call.cancel()

    def _set(self, message: Message, client: _Client) -> None:
        instance = self._instance(message)
        instance.accept(mapping_of(message, "kv"))
        instance.later(instance.save)

    def _data(self, message: Message, client: _Client) -> None:
        instance = self._instance(message)
        ref = text_of(message, "ref")

        def work() -> None:
            try:
                found = cut(
                    instance.page.table_source(ref), Window.parse(mapping_of(message, "win"))
                )
                for packet in frames(
                    found.payload,
                    ref=ref,
                    re=text_of(message, "id"),
                    client=text_of(message, "client"),
                    inst=instance.inst,
                    enc=found.enc,
                    total=found.total,
                ):
                    self._post(packet)
            except Exception as error:  # noqa: BLE001 - becomes the answer
                self._fail(message, client, error)

        self._pool.submit(work)

    def _close(self, message: Message, client: _Client) -> None:
        with self._lock:
            instance = self._instances.pop(text_of(message, "inst"), None)
        if instance:
            self._pool.submit(instance.close)

    def _ping(self, message: Message, client: _Client) -> None:
        self._post(Packet(self._reply(message, "pong")))

    def _log(self, message: Message, client: _Client) -> None:
        level = logging.WARNING if text_of(message, "level") == "error" else logging.INFO
        _LOG.log(level, "browser: %s", text_of(message, "text")[:2000])

    # What the handlers share.

    def _make(self, slug: str, params: Mapping[str, Json]) -> Instance:
        page = make_page(slug, params, self.services)
        instance = Instance(f"i{next(self._numbers)}-{self._salt}", page, self._post, self._pool)
        with self._lock:
            self._instances[instance.inst] = instance
            surplus = [
                self._instances.pop(inst)
                for inst in list(self._instances)[: len(self._instances) - INSTANCES_KEPT]
            ]
        for old in surplus:
            old.close()
        return instance

    def _revive(self, slug: str, params: Mapping[str, Json], tab: str, inst: str) -> Instance:
        """The tab's own instance, else the boot's unclaimed one, else a new one from the mirror."""
        wanted = slug, params_hash(params)
        with self._lock:
            mine = [each for each in self._instances.values() if each.client == tab]
            free = [each for each in self._instances.values() if each.client is None]
            for instance in (*mine, *free):
                if (
                    instance.inst == inst and instance.page.spec.slug == slug
                ) or instance.key == wanted:
                    is_new, instance.client = instance.client is None, tab
                    self._instances.move_to_end(instance.inst)
                    break
            else:
                instance = self._make(slug, params)
                is_new, instance.client = True, tab
        if is_new:
            instance.restore()
        return instance

    def _instance(self, message: Message) -> Instance:
        with self._lock:
            instance = self._instances.get(text_of(message, "inst"))
            if instance is None:
                raise NoSuchObject("this page is no longer open here", hint="open it again")
            if instance.client is None:
                # The first tab that talks to the boot's page owns it.
                instance.client = text_of(message, "client")
            if instance.client != text_of(message, "client"):
                raise InvalidRequest({"inst": "belongs to another tab"})
        return instance

    def _progress(self, message: Message, value: Mapping[str, Json]) -> None:
        self._post(packed(self._reply(message, "progress", value=dict(value))))

    def _reply(self, message: Message, kind: str, **content: Json) -> Message:
        re, client = text_of(message, "id") or None, text_of(message, "client") or None
        return envelope(kind, content, re=re, client=client)

    def _answer(self, message: Message, client: _Client, kind: str, **content: Json) -> None:
        packet = packed(self._reply(message, kind, **content))
        identity = text_of(message, "id")
        with self._lock:
            client.under_way.discard(identity)
            if identity:
                client.answers[identity] = packet
                while len(client.answers) > ANSWERS_KEPT:
                    client.answers.popitem(last=False)
        self._post(packet)

    def _fail(self, message: Message, client: _Client, error: Exception) -> None:
        self._answer(message, client, "res", ok=False, error=error_content(error))

    def _post(self, packet: Packet) -> None:
        reader = self._clients.get(text_of(packet.message, "client"))
        if packet.buffers and reader and not reader.binary:
            packet = packet.as_text()
        try:
            self._send(packet.message, packet.buffers)
        except Exception:  # noqa: BLE001 - a closed socket must not end a page's work
            _LOG.warning("a message of type %s could not be sent", packet.message.get("t"))
