"""Spark's answers from an engine that answers some things differently.

A text, or an expression of a plan, is read into nodes whose types are worked out as Spark does;
what the engine would answer differently is written in another way that gives Spark's answer, or
refused. Nothing that the engine answers rightly by itself is touched.
"""
