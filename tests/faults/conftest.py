"""The databases and children of the catalog's tests, for tests of faults as well."""

from tests.store.conftest import database_url, start

__all__ = ["database_url", "start"]
