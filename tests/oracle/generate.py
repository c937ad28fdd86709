"""Small hostile worlds by seed, as raw source rows, and as a workspace that segkit can open."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from . import declared
from .derivations import with_random_labels
from .happenings import events_sources
from .moments import TRANSITIONS, Timeline, timeline
from .people import crowd, links_sources, users_source
from .raw import RawApp


def make_app(seed: int, users: int = 60, events: int = 1500) -> RawApp:
    """A world's raw rows. The seeds go through all zones; the same seed makes the same rows on every machine."""
    random = Random(f"world {seed}")
    zone, transitions = TRANSITIONS[seed % len(TRANSITIONS)]
    line = timeline(zone, random.choice(transitions))
    staged = random.random() < 0.5
    people = crowd(random, line, users)
    app = RawApp(
        name=declared.APP,
        zone=zone,
        as_of=line.last + timedelta(days=1),
        labels=declared.labels(),
        parameters=declared.parameters(),
        events=declared.events(),
        sources=[
            users_source(random, line, people),
            *events_sources(random, line, people, events),
            *links_sources(random, line, people, staged),
        ],
        seed=seed,
        staged=staged,
        transition=line.transition,
    )
    return with_random_labels(app)


def as_of_dates(app: RawApp, count: int) -> list[date]:
    """Dates to evaluate for: before the first load, at loads, on the day of the clock's change, between, after."""
    assert app.transition is not None
    random = Random(f"dates {app.seed}")
    line: Timeline = timeline(app.zone, app.transition)
    first, last = line.data_dates[0], line.data_dates[-1]
    between = first + timedelta(days=random.randrange(1, (last - first).days))
    chosen = [
        first - timedelta(days=random.choice((1, 9, 25))),
        between,
        line.transition + timedelta(days=random.choice((0, 1))),
        line.last + timedelta(days=random.choice((1, 20))),
        first,
        last,
    ]
    while len(chosen) < count:
        chosen.append(line.a_day(random))
    return chosen[:count]
