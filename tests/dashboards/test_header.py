"""What stands above every page: whose numbers, of which date, how old the data is."""

from __future__ import annotations

import segkit
from segkit.dashboards.header.model import HeaderModel
from segkit.workbench.panels.model import Asked
from tests.small_workspace import SmallWorkspace


def test_the_header_says_how_old_the_data_is_and_notices_what_is_newer(small: SmallWorkspace) -> None:
    small.event("ana", "app_used", at="2024-11-04 10:00")
    header = HeaderModel(small.app, "overview", "bo")
    shown = header.opening()
    assert (shown["app"], shown["as_of"], shown["page"], shown["who"]) == ("shop", "2024-11-07", "overview", "bo")
    assert (shown["data_date"], shown["behind"], shown["generation"]) == ("2024-11-05", 2, 1)
    small.event("ana", "app_used", at="2024-11-06 10:00")
    small.write()
    small.workspace.load(rebuild=True)
    now = header.answers["now"](Asked({}))
    assert isinstance(now, dict)
    assert (now["data_date"], now["behind"], now["generation"]) == ("2024-11-07", 0, 2)
    header.close()


def test_an_app_without_data_says_so(small: SmallWorkspace) -> None:
    small.write()
    header = HeaderModel(segkit.open(small.folder, actor="bo").app(), "runs", "")
    assert header.opening()["data_date"] == ""
    header.close()
