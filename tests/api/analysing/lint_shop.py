"""A shop of sixteen users, so chosen that each condition of a good rule decides about somebody."""

from __future__ import annotations

from pathlib import Path

from tests.small_workspace import SmallWorkspace

#: uid: country, consent, registered, score, devices, gateway, tags; None is a missing value.
USERS = {
    "ana": ("DE", True, "2024-10-20", 10, 1, True, ["vip", "beta"]),
    "bo": ("DE", False, "2024-01-15", 20, 0, False, ["beta"]),
    "cy": ("DE", True, "2023-05-01", 30, 3, True, []),
    "di": ("AT", True, "2024-11-01", 40, 2, False, ["vip"]),
    "ed": ("AT", None, "2024-10-08", 50, 1, True, None),
    "flo": ("CH", False, "2022-03-03", 60, None, None, ["new"]),
    "gus": ("CH", True, None, None, 5, True, ["vip", "new"]),
    "hal": ("FR", True, "2024-09-09", 80, 1, False, None),
    "ivy": (None, True, "2024-06-06", 90, 2, None, ["beta"]),
    "jo": (None, None, None, None, None, None, None),
    "kim": ("DE", True, "2024-10-30", 5, 4, False, ["new"]),
    "lee": ("AT", False, "2024-02-02", 15, 0, False, ["vip"]),
    "mo": ("CH", True, "2023-12-12", 25, 2, True, ["beta", "new"]),
    "ned": ("FR", False, "2024-11-05", 35, 1, True, []),
    "oli": ("AT", True, "2024-10-09", 70, 2, False, ["vip"]),
    "pia": ("DE", True, "2024-08-08", 100, 6, True, ["vip"]),
}
CODES = ("country", "marketing_consent", "registered_at", "score", "device_count", "has_gateway", "tags")

#: Month and day of 2024 of each event; the shop looks back from 7 November.
USES = {
    "ana": ("11-06", "11-04", "10-30"), "bo": ("10-01",), "cy": ("11-02", "10-31", "10-12", "09-05", "08-01"),
    "di": ("11-05",), "ed": ("10-08",), "flo": ("01-01",), "gus": ("11-06",), "hal": ("09-15",), "kim": ("11-03",),
    "mo": ("10-20",), "pia": ("10-25", "10-24"), "oli": ("10-09",),
}  # fmt: skip
ORDERS = (
    ("ana", "11-04", 50, "camera"), ("ana", "10-15", 120, "light"), ("cy", "10-30", 200, "camera"),
    ("di", "11-02", 20, "light"), ("gus", "09-01", 300, "camera"), ("kim", "11-05", 80, "light"),
    ("mo", "06-01", 15.5, "camera"), ("pia", "11-01", 100, "light"), ("pia", "08-20", 60, "camera"),
)  # fmt: skip
FEEDBACK = (("bo", "11-01", 3), ("cy", "10-12", 1), ("hal", "09-20", 2), ("pia", "11-02", 1))
BROWSED = (("ana", "11-03"), ("di", "10-31"), ("hal", "11-01"), ("ivy", "10-28"), ("ned", "11-06"))
PAIRING = (("ana", "11-01", 4, 1), ("mo", "10-22", 3, 3), ("kim", "11-02", 2, 1))


def lint_shop(folder: Path) -> SmallWorkspace:
    """The shop, written and not yet loaded."""
    shop = SmallWorkspace(folder)
    shop.derived["orders_lately"] = {
        "type": "number",
        "derived": {"event": "order_paid", "window": {"last": 90}},
        "deprecated": "use an event condition over 90 days",
    }
    shop.derived["last_use"] = {
        "type": "date",
        "derived": {"event": "app_used", "measure": "last", "window": {"all": True}},
    }
    for uid, labels in USERS.items():
        shop.user(uid, **dict(zip(CODES, labels, strict=True)), email=f"{uid}@example.com")
    for uid, days in USES.items():
        for day in days:
            shop.event(uid, "app_used", f"2024-{day} 10:00")
    for uid, day, amount, category in ORDERS:
        shop.event(uid, "order_paid", f"2024-{day} 11:00", amount=amount, category=category)
    for uid, day, times in FEEDBACK:
        shop.event(uid, "feedback_submitted", f"2024-{day} 12:00", times=times)
    for uid, day in BROWSED:
        shop.event(uid, "product_browsed", f"2024-{day} 09:00")
    for uid, day, starts, successes in PAIRING:
        shop.event(uid, "pairing_starts", f"2024-{day} 13:00", times=starts)
        shop.event(uid, "pairing_succeeds", f"2024-{day} 13:30", times=successes)
    return shop
