"""Tests; a package, so that two files of one name in two rooms are two modules for mypy as well."""
