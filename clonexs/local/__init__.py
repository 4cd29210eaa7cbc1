"""The local workspace: a Unity Catalog that fits in a laptop.

One server process on loopback that speaks the Databricks REST API and Spark Connect over real Delta
tables. Nothing here knows the product; it is reached over the network only.
"""
