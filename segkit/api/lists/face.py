"""The part of an app that is about imported lists. Names may be ids, in any spelling."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import pandas as pd

    from segkit.api.app import App
    from segkit.api.lists.audience import Audience
    from segkit.api.lists.finding import Channel
    from segkit.api.lists.importing import Progress
    from segkit.api.lists.looking_at import ListLook
    from segkit.api.lists.reports import ImportReport
    from segkit.exchange.lists.kept import Mode
    from segkit.store.records import ListVersion


class AppLists:
    """Lists of e-mails, mobiles and uids. What each needs is loaded when it is used."""

    def import_list(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        into: str | None = None,
        description: str = "",
        mode: Mode = "replace",
        consented: bool = False,
        region: str | None = None,
        mapping: Mapping[str, str] | None = None,
        again: bool = False,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> ImportReport:
        """Imports an XLSX or CSV file as a new list (`name`), or into one that there is: replace, add, or remove.

        `consented` states that external addresses, those of no user, agreed to e-mail; without it they are held back.
        `region`, such as DE, is that of mobiles without a country code; `mapping` gives the heading of a field where
        headings do not say it (an empty one: no such field). All or nothing is done. Raises SegkitError with what is
        wrong with the file or which limit stopped it, ImportedBefore for a file that was imported before unless
        `again`.
        """
        from segkit.api.lists.importing import Wanted, import_list

        wanted = Wanted(
            name=name,
            into=into,
            description=description,
            mode=mode,
            consented=consented,
            region=region,
            mapping=mapping or {},
            again=again,
        )
        return import_list(self._with_lists, Path(path), wanted, progress, cancel)

    def look_at_list(self, path: str | os.PathLike[str], *, cancel: threading.Event | None = None) -> ListLook:
        """What a file holds before it is imported: rows, headings, and which column seems to be what. Keeps nothing.

        Raises SegkitError for a file that is no list, or too large.
        """
        from segkit.api.lists.looking_at import look_at_list

        return look_at_list(self._with_lists, Path(path), cancel)

    def add_to_list(
        self,
        name: str,
        *,
        email: str | None = None,
        mobile: str | None = None,
        uid: str | None = None,
        params: tuple[str | None, ...] = (),
        consented: bool = False,
        region: str | None = None,
    ) -> ListVersion:
        """Adds one person to a list, by whatever tells who it is. Raises SegkitError with the reason if nobody is."""
        from segkit.api.lists.importing import change_by_hand

        person = {"email": email, "mobile": mobile, "uid": uid}
        person |= {f"param{number}": value for number, value in enumerate(params[:3], 1)}
        return change_by_hand(self._with_lists, name, "add", person, region, consented)

    def take_off_list(
        self,
        name: str,
        *,
        email: str | None = None,
        mobile: str | None = None,
        uid: str | None = None,
        region: str | None = None,
    ) -> ListVersion:
        """Takes one person off a list. Raises SegkitError if that person is not in it."""
        from segkit.api.lists.importing import change_by_hand

        person = {"email": email, "mobile": mobile, "uid": uid}
        return change_by_hand(self._with_lists, name, "remove", person, region, False)

    def list_rows(self, name: str, status: str | None = None, *, after: int = 0, limit: int = 100) -> pd.DataFrame:
        """A page of the rows of a list's last import, masked, with what became of each and why.

        `status` is matched, external, rejected or duplicate; `after` how many rows to pass over.
        """
        from segkit.api.lists.pages import page

        return page(self._with_lists, name, status, after, limit)

    def list_failures(self, name: str, path: str | os.PathLike[str]) -> int:
        """Writes the rejected rows of a list's last import, in the template's form with a reason each; how many.

        The ending of `path` says XLSX or CSV. Mended and imported again (mode add) its rows are taken.
        """
        from segkit.api.lists.pages import failures

        return failures(self._with_lists, name, Path(path))

    def list_versions(self, name: str) -> tuple[ListVersion, ...]:
        """Every version of a list, the newest first: imports, changes by hand, matches after a load."""
        from segkit.api.lists.finding import imported

        app = self._with_lists
        return app.workspace.catalog.list_versions(app.name, imported(app, name).id)

    def audience(self, name: str, channel: Channel = "email") -> Audience:
        """Who of a list may be reached by a channel now, with address and parameters: for the plan that sends.

        Consent is checked at this moment, and who asked stands in the audit trail. Raises SegkitError where the
        settings do not say who can be reached.
        """
        from segkit.api.lists.audience import audience

        return audience(self._with_lists, name, channel)

    @property
    def _with_lists(self) -> App:
        return cast("App", self)
