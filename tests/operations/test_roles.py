"""Five roles, what each may do, and what somebody is told who may not."""

from __future__ import annotations

import pytest

from segkit.data.role_settings import ROLES, RoleSettings
from segkit.errors import Forbidden
from segkit.operations.roles import RIGHTS, Right, require

MAY: dict[Right, str] = {
    "look": "viewer reader exporter editor admin",
    "members": "reader exporter editor admin",
    "export": "exporter admin",
    "edit": "editor admin",
    "admin": "admin",
}


@pytest.mark.parametrize("right", MAY)
def test_each_role_has_its_rights_and_no_others(right: Right) -> None:
    assert [role for role in ROLES if right in RIGHTS[role]] == MAY[right].split()
    for role in ROLES:
        settings = RoleSettings.model_validate({role: ["bo"]})
        if role in MAY[right].split():
            require(settings, "bo", right, "it")
        else:
            with pytest.raises(Forbidden):
                require(settings, "bo", right, "it")


def test_without_roles_everybody_may_do_everything() -> None:
    for right in MAY:
        require(None, "anybody", right, "it")


def test_whoever_is_not_named_has_the_default_which_is_to_look() -> None:
    require(RoleSettings(), "bo", "look", "it")
    with pytest.raises(Forbidden):
        require(RoleSettings(), "bo", "members", "it")
    require(RoleSettings(default="editor"), "bo", "edit", "it")
    with pytest.raises(Forbidden, match="who has no role in this workspace"):
        require(RoleSettings(default="none"), "bo", "look", "it")


def test_somebody_with_several_roles_has_the_rights_of_all() -> None:
    night = RoleSettings(editor=("night",), exporter=("night",))
    require(night, "night", "edit", "it")
    require(night, "night", "export", "it")
    with pytest.raises(Forbidden, match="has the role exporter and editor"):
        require(night, "night", "admin", "it")


def test_the_refusal_says_who_is_what_which_role_it_takes_and_who_grants_it() -> None:
    with pytest.raises(Forbidden) as refused:
        require(RoleSettings(admin=("olga", "pia")), "bo", "members", "members")
    assert str(refused.value) == (
        "`members` is not for ‘bo’, who has the role viewer in this workspace: seeing who the users are takes the role "
        "reader, exporter, editor or admin. Whoever may edit segkit.toml grants it under [roles]. Ask olga or pia."
    )
