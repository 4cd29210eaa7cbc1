"""Two workspaces side by side, and what one shares with the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from clonexs.local import lifecycle
from tests.local.rest import fresh, sdk
from tests.local.running import Sql

if TYPE_CHECKING:
    from databricks.sdk.service.sharing import ShareInfo

    from clonexs.local.lifecycle import Endpoint


class Side:
    """One workspace: its SQL as the administrator, and its API."""

    def __init__(self, endpoint: Endpoint) -> None:
        from tests.local.conftest import spark_session

        self.endpoint = endpoint
        self.name = endpoint.name
        self.session = spark_session(endpoint.grpc_port, endpoint.token)
        self.sql = Sql(self.session)
        self.api = sdk(endpoint.http_url, endpoint.token)
        self._others: list[Any] = []

    @property
    def sharing_id(self) -> str:
        """What a recipient is made with."""
        return str(self.api.metastores.summary().global_metastore_id)

    def user(self, name: str) -> Sql:
        """Statements as another user."""
        from tests.local.conftest import spark_session

        token = lifecycle.mint_token(self.name, name)
        self._others.append(spark_session(self.endpoint.grpc_port, token))
        return Sql(self._others[-1])

    def client(self, name: str) -> Any:
        """The API as another user."""
        return sdk(self.endpoint.http_url, lifecycle.mint_token(self.name, name))

    def close(self) -> None:
        """End its sessions."""
        from tests.local.conftest import stop_quietly

        for each in (self.session, *self._others):
            stop_quietly(each)


class Pair:
    """A provider and a recipient that knows it, with a catalog to share."""

    def __init__(self, provider: Side, recipient: Side) -> None:
        self.provider, self.recipient = provider, recipient
        self.catalog = fresh("shop")
        self.named = fresh("recipient")
        self._shares: list[str] = []
        provider.sql(f"CREATE CATALOG {self.catalog}")
        provider.sql(f"CREATE SCHEMA {self.catalog}.s")
        provider.sql(f"CREATE RECIPIENT {self.named} USING ID '{recipient.sharing_id}'")

    def share(self, *added: str) -> str:
        """A share that is granted to the recipient: ``ALTER SHARE … ADD`` with each of these."""
        name = fresh("share")
        self._shares.append(name)
        self.provider.sql(f"CREATE SHARE {name}")
        for each in added:
            self.provider.sql(
                f"ALTER SHARE {name} ADD {each.replace('{c}', self.catalog)}",
            )
        self.provider.sql(f"GRANT SELECT ON SHARE {name} TO RECIPIENT {self.named}")
        return name

    def mounted(self, *added: str) -> tuple[str, str]:
        """A share and the catalog that the recipient made of it."""
        share, catalog = self.share(*added), fresh("got")
        self.recipient.sql(f"CREATE CATALOG {catalog} USING SHARE `{self.provider.name}`.{share}")
        return share, catalog

    def close(self) -> None:
        """Take everything away."""
        for name in self._shares:
            self.provider.sql(f"DROP SHARE IF EXISTS {name}")
        self.provider.sql(f"DROP RECIPIENT {self.named}")
        self.provider.sql(f"DROP CATALOG {self.catalog} CASCADE")


@pytest.fixture(scope="module")
def provider(local_workspace: Endpoint) -> Iterator[Side]:
    """The workspace that all tests of a worker share, as one that shares."""
    made = Side(local_workspace)
    yield made
    made.close()


@pytest.fixture(scope="module")
def recipient(local_home: Any) -> Iterator[Side]:
    """Another workspace beside it."""
    made = Side(lifecycle.ensure_started("west"))
    yield made
    made.close()
    lifecycle.reset("west")


@pytest.fixture(scope="module")
def pair(provider: Side, recipient: Side) -> Iterator[Pair]:
    """Both, with a catalog to share."""
    made = Pair(provider, recipient)
    yield made
    made.close()


def add_object(api: Any, share: str, name: str, kind: str = "TABLE", **facts: Any) -> ShareInfo:
    """Add something to a share through the SDK."""
    return change_object(api, share, "ADD", name, kind, **facts)


def change_object(
    api: Any, share: str, action: str, name: str, kind: str = "TABLE", **facts: Any
) -> ShareInfo:
    """Add, change or remove something in a share through the SDK."""
    from databricks.sdk.service.sharing import (
        SharedDataObject,
        SharedDataObjectDataObjectType,
        SharedDataObjectUpdate,
        SharedDataObjectUpdateAction,
    )

    shared = SharedDataObject(
        name=name, data_object_type=SharedDataObjectDataObjectType(kind), **facts
    )
    update = SharedDataObjectUpdate(SharedDataObjectUpdateAction(action), shared)
    made: ShareInfo = api.shares.update(share, updates=[update])
    return made


def grant_share(api: Any, share: str, recipient: str, *, revoke: bool = False) -> Any:
    """Grant a share to a recipient, or revoke it, through the SDK."""
    from databricks.sdk.service.sharing import PermissionsChange

    privileges = ["SELECT"]
    change = PermissionsChange(
        principal=recipient,
        add=None if revoke else privileges,
        remove=privileges if revoke else None,
    )
    return api.shares.update_permissions(share, changes=[change])
