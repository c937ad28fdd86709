"""Who asks for a page: whom a proxy vouches for that holds the shared secret, or a browser that nobody knows.

Any client can send a header with a name in it; it counts only beside the secret.
"""

from __future__ import annotations

import hmac
from typing import Any

from jupyter_server.auth import User
from traitlets import Unicode
from voila.voila_identity_provider import VoilaIdentityProvider

from segkit.dashboards.passes import NOBODY, Visitor

SECRET_HEADER = "X-Segkit-Secret"
_LONGEST = 200


class Vouched(User):
    """Somebody whom the proxy names."""


class Identity(VoilaIdentityProvider):
    """Tells visitors from one another. Those whom nobody vouches for are told by a signed cookie."""

    proxy_secret = Unicode("").tag(config=True)
    user_header = Unicode("X-Forwarded-User").tag(config=True)

    def get_user(self, handler: Any) -> Any:
        name = self._vouched_name(handler.request.headers)
        return Vouched(username=f"@{name}", name=name) if name else super().get_user(handler)

    def _vouched_name(self, headers: Any) -> str:
        """The name that the proxy gives; empty where its secret is missing or wrong, or came more than once."""
        shown, names = headers.get_list(SECRET_HEADER), headers.get_list(self.user_header)
        if not self.proxy_secret or len(shown) != 1 or len(names) != 1:
            return ""
        is_proxy = hmac.compare_digest(shown[0].encode("utf-8", "replace"), self.proxy_secret.encode())
        name = names[0].strip()
        return name if is_proxy and len(name) <= _LONGEST and name.isprintable() else ""


def visitor_of(user: User) -> Visitor:
    """The visitor that the evaluator is told of."""
    return Visitor(str(user.name), is_known=True) if isinstance(user, Vouched) else NOBODY
