"""``system.billing.usage``: what was used, metered from what really ran; its price is simulated."""

from __future__ import annotations

from clonexs.local.system.build import Ask, Made, day, moment
from clonexs.local.system.identity import CLOUD, account_id, made_id, workspace_id
from clonexs.local.system.meter import Slice, slices

# On every row: these figures are no bill.
SIMULATED = ("clonexs_simulated", "true")


def usage(ask: Ask) -> Made:
    """Usage by hour, oldest first; nothing is ever corrected, so every row is an original."""
    found = slices(ask.server)
    return Made(
        len(found),
        {
            "account_id": account_id(ask.server),
            "workspace_id": workspace_id(ask.server),
            "record_id": [record_id(ask, each) for each in found],
            "sku_name": [each.sku for each in found],
            "cloud": CLOUD,
            "usage_start_time": [moment(each.start) for each in found],
            "usage_end_time": [moment(each.end) for each in found],
            "usage_date": [day(each.start) for each in found],
            "custom_tags": [[*each.tags.items(), SIMULATED] for each in found],
            "usage_unit": [each.unit for each in found],
            "usage_quantity": [each.quantity for each in found],
            "usage_metadata": [each.metadata for each in found],
            "identity_metadata": [
                {"run_as": each.run_as, "owned_by": each.owner, "run_by": each.run_as}
                for each in found
            ],
            "record_type": "ORIGINAL",
            "ingestion_date": [day(each.end) for each in found],
            "billing_origin_product": [each.product for each in found],
            "product_features": [each.features for each in found],
            "usage_type": [each.kind for each in found],
        },
    )


def record_id(ask: Ask, found: Slice) -> str:
    """Identifier of the row of a slice."""
    return made_id(ask.server, "usage", *found.key)
