"""Views and functions of the retail industry, and the views built on those views."""

from __future__ import annotations

from clonexs.operations.cloning.demo_data.layers import BASE, GOLD, SILVER, Derived

_B = f"{{c}}.{BASE}"
# name: (comment, sources, query)
_VIEWS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "v_order_summary": (
        "Orders with their number of lines",
        ("orders", "order_items"),
        f"SELECT o.order_id, o.customer_id, o.order_date, o.total_amount, count(i.item_id) AS items FROM {_B}.orders o"
        f" JOIN {_B}.order_items i ON o.order_id = i.order_id GROUP BY o.order_id, o.customer_id, o.order_date, o.total_amount",
    ),
    "v_product_performance": (
        "Units, revenue and rating by product",
        ("products", "order_items", "reviews"),
        "SELECT p.product_id, p.name, p.category, s.units_sold, s.revenue, r.avg_rating"
        f" FROM {_B}.products p LEFT JOIN (SELECT product_id, count(item_id) AS units_sold, sum(total) AS revenue"
        f" FROM {_B}.order_items GROUP BY product_id) s ON p.product_id = s.product_id"
        f" LEFT JOIN (SELECT product_id, avg(rating) AS avg_rating FROM {_B}.reviews GROUP BY product_id) r"
        " ON p.product_id = r.product_id",
    ),
    "v_customer_ltv": (
        "Lifetime value of customers",
        ("customers", "orders"),
        "SELECT c.customer_id, c.first_name, c.last_name, c.loyalty_tier, count(DISTINCT o.order_id) AS orders,"
        f" sum(o.total_amount) AS lifetime_value FROM {_B}.customers c JOIN {_B}.orders o ON c.customer_id = o.customer_id"
        " GROUP BY c.customer_id, c.first_name, c.last_name, c.loyalty_tier",
    ),
    "v_monthly_revenue": (
        "Revenue by month",
        ("orders",),
        "SELECT trunc(order_date, 'MM') AS month, count(*) AS orders, sum(total_amount) AS revenue,"
        f" avg(total_amount) AS aov FROM {_B}.orders GROUP BY trunc(order_date, 'MM')",
    ),
    "v_inventory_alerts": (
        "Stock below its reorder point",
        ("inventory", "products"),
        f"SELECT i.*, p.name, p.category FROM {_B}.inventory i JOIN {_B}.products p ON i.product_id = p.product_id"
        " WHERE i.quantity_on_hand < i.reorder_point",
    ),
    "v_top_reviewers": (
        "Customers with more than five verified reviews",
        ("reviews",),
        f"SELECT customer_id, count(*) AS review_count, avg(rating) AS avg_rating FROM {_B}.reviews"
        " WHERE verified_purchase = true GROUP BY customer_id HAVING count(*) > 5",
    ),
    "v_conversion_funnel": (
        "Events by kind",
        ("clickstream",),
        f"SELECT event_type, count(*) AS events FROM {_B}.clickstream GROUP BY event_type",
    ),
    "v_return_rate": (
        "Share of goods sent back by category",
        ("products", "order_items", "returns"),
        "SELECT p.category, sum(r.returns) AS returns, sum(s.sold) AS sold, round(sum(r.returns) * 100.0 / sum(s.sold), 2) AS return_pct"
        f" FROM {_B}.products p JOIN (SELECT product_id, count(DISTINCT item_id) AS sold FROM {_B}.order_items GROUP BY product_id) s"
        f" ON p.product_id = s.product_id LEFT JOIN (SELECT product_id, count(DISTINCT return_id) AS returns FROM {_B}.returns"
        " GROUP BY product_id) r ON p.product_id = r.product_id GROUP BY p.category",
    ),
    "v_shipping_performance": (
        "Days to delivery by carrier",
        ("shipping",),
        f"SELECT carrier, avg(datediff(delivered_date, shipped_date)) AS avg_delivery_days, count(*) AS shipments FROM {_B}.shipping"
        " WHERE status = 'delivered' GROUP BY carrier",
    ),
    "v_promo_effectiveness": (
        "Orders by promotion",
        ("promotions", "orders"),
        "SELECT p.code, p.discount_type, p.used_count, count(o.order_id) AS orders_with_promo"
        f" FROM {_B}.promotions p LEFT JOIN {_B}.orders o ON o.promo_code = p.code GROUP BY p.code, p.discount_type, p.used_count",
    ),
    "v_store_performance": (
        "Revenue by shop",
        ("stores", "orders"),
        "SELECT s.name, s.city, s.store_type, s.sqft, count(o.order_id) AS orders, sum(o.total_amount) AS revenue,"
        " round(sum(o.total_amount) / greatest(max(s.sqft), 1), 2) AS revenue_per_sqft"
        f" FROM {_B}.stores s LEFT JOIN {_B}.orders o ON o.store_id = s.store_id GROUP BY s.name, s.city, s.store_type, s.sqft",
    ),
    "v_category_trends": (
        "Revenue by category and month",
        ("order_items", "products"),
        "SELECT p.category, trunc(i.shipped_date, 'MM') AS month, sum(i.total) AS revenue"
        f" FROM {_B}.order_items i JOIN {_B}.products p ON i.product_id = p.product_id"
        " GROUP BY p.category, trunc(i.shipped_date, 'MM')",
    ),
    "v_supplier_lead_times": (
        "Suppliers by lead time",
        ("suppliers",),
        f"SELECT name, country, lead_time_days, rating FROM {_B}.suppliers ORDER BY lead_time_days",
    ),
    "v_warehouse_utilization": (
        "Use of warehouses",
        ("warehouses", "inventory"),
        "SELECT w.name, w.city, w.capacity_sqft, w.current_utilization, count(i.inventory_id) AS products_stored"
        f" FROM {_B}.warehouses w LEFT JOIN {_B}.inventory i ON w.warehouse_id = i.warehouse_id"
        " GROUP BY w.name, w.city, w.capacity_sqft, w.current_utilization",
    ),
    "v_loyalty_balance": (
        "Points by customer",
        ("loyalty_points",),
        "SELECT customer_id, sum(CASE WHEN txn_type IN ('earned', 'bonus') THEN points ELSE 0 END) AS earned,"
        f" sum(CASE WHEN txn_type = 'redeemed' THEN abs(points) ELSE 0 END) AS redeemed FROM {_B}.loyalty_points GROUP BY customer_id",
    ),
    "v_price_volatility": (
        "How much prices move",
        ("price_history",),
        "SELECT product_id, count(*) AS changes, avg(abs(new_price - old_price)) AS avg_change,"
        f" max(abs(new_price - old_price)) AS max_change FROM {_B}.price_history GROUP BY product_id",
    ),
    "v_gift_card_liability": (
        "Money owed on gift cards",
        ("gift_cards",),
        f"SELECT status, count(*) AS cards, sum(current_balance) AS total_liability FROM {_B}.gift_cards GROUP BY status",
    ),
    "v_wishlist_demand": (
        "Products wished for",
        ("wishlists",),
        f"SELECT product_id, count(*) AS wishlist_count FROM {_B}.wishlists GROUP BY product_id ORDER BY wishlist_count DESC",
    ),
    "v_device_analytics": (
        "Events and sessions by device",
        ("clickstream",),
        f"SELECT device_type, count(*) AS events, count(DISTINCT session_id) AS sessions FROM {_B}.clickstream GROUP BY device_type",
    ),
    "v_customer_segments": (
        "Customers by tier",
        ("customers",),
        f"SELECT loyalty_tier, count(*) AS customers FROM {_B}.customers GROUP BY loyalty_tier",
    ),
}


def base_views() -> list[Derived]:
    """The twenty views of the industry."""
    return [
        Derived(
            schema=BASE,
            name=name,
            comment=comment,
            query=query,
            sources=tuple(f"{BASE}.{source}" for source in sources),
        )
        for name, (comment, sources, query) in _VIEWS.items()
    ]


def views_on_views() -> list[Derived]:
    """Views that read other views, two levels deep."""
    return [
        Derived(
            schema=GOLD,
            name="v_best_customers",
            comment="Customers above the average lifetime value",
            query=f"SELECT customer_id, loyalty_tier, orders, lifetime_value FROM {_B}.v_customer_ltv WHERE orders >= 2",
            sources=(f"{BASE}.v_customer_ltv",),
        ),
        Derived(
            schema=GOLD,
            name="v_best_customers_by_tier",
            comment="Best customers counted by tier",
            query=(
                "SELECT loyalty_tier, count(*) AS customers, sum(lifetime_value) AS value"
                f" FROM {{c}}.{GOLD}.v_best_customers GROUP BY loyalty_tier"
            ),
            sources=(f"{GOLD}.v_best_customers",),
        ),
        Derived(
            schema=GOLD,
            name="v_revenue_growth",
            comment="Revenue by month beside the month before",
            query=(
                "SELECT month, revenue, lag(revenue) OVER (ORDER BY month) AS revenue_before"
                f" FROM {_B}.v_monthly_revenue"
            ),
            sources=(f"{BASE}.v_monthly_revenue",),
        ),
        Derived(
            schema=GOLD,
            name="v_recent_reviews",
            comment="Cleaned reviews with their product",
            query=(
                f"SELECT r.review_id, r.rating, r.review_date, p.name FROM {{c}}.{SILVER}.reviews r"
                f" JOIN {_B}.products p ON r.product_id = p.product_id"
            ),
            sources=(f"{SILVER}.reviews", f"{BASE}.products"),
        ),
    ]


# name: (parameters, return type, comment, body)
FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    "mask_email_retail": (
        "email STRING",
        "STRING",
        "First two characters and the domain of an address",
        "concat(substr(email, 1, 2), '***@', substring_index(email, '@', -1))",
    ),
    "mask_phone_retail": (
        "phone STRING",
        "STRING",
        "Last four digits of a telephone number",
        "concat('***-***-', substr(phone, -4))",
    ),
    "format_price": (
        "price DECIMAL(10,2)",
        "STRING",
        "A price with its currency sign",
        "concat('$', format_number(price, 2))",
    ),
    "calculate_discount_pct": (
        "original DECIMAL(10,2), discounted DECIMAL(10,2)",
        "STRING",
        "Discount in per cent, as text",
        "concat(CAST(round((1 - discounted / original) * 100, 0) AS STRING), '% off')",
    ),
    "loyalty_tier_level": (
        "tier STRING",
        "INT",
        "Rank of a tier, 1 to 5",
        "CASE tier WHEN 'diamond' THEN 5 WHEN 'platinum' THEN 4 WHEN 'gold' THEN 3 WHEN 'silver' THEN 2 ELSE 1 END",
    ),
    "shipping_eta": (
        "method STRING",
        "STRING",
        "Delivery time of a shipping method",
        "CASE method WHEN 'same_day' THEN 'Today' WHEN 'next_day' THEN '1 business day' WHEN 'express' THEN"
        " '2-3 business days' WHEN 'standard' THEN '5-7 business days' ELSE '7-14 business days' END",
    ),
}
# Protection: a column mask and a row filter, both open for groups that may see everything.
COUPON_MASK = (
    "mask_coupon_code",
    "code STRING",
    "STRING",
    "Codes in clear for marketing, hidden from everybody else",
    "CASE WHEN is_account_group_member('demo_pii_readers') THEN code ELSE 'CPN-********' END",
)
STORE_FILTER = (
    "sees_state",
    "state STRING",
    "BOOLEAN",
    "Which states a person may see",
    "is_account_group_member('demo_all_regions') OR state NOT IN ('CA', 'NY', 'TX')",
)
