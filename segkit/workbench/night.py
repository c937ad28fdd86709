"""What a night's notebooks show beside its tables: pictures of counts."""

from __future__ import annotations

from dataclasses import dataclass

from segkit.analysis.pictures.charts import Chart, SizeRow, segment_sizes
from segkit.api.night import Night, Refreshed
from segkit.api.night_health import load_health
from segkit.workbench import night_sections


@dataclass(frozen=True, slots=True)
class Charts:
    """Charts below one another."""

    charts: tuple[Chart, ...]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {
            "text/html": "\n".join(chart._repr_mimebundle_()["text/html"] for chart in self.charts),
            "text/plain": "\n\n".join(str(chart) for chart in self.charts),
        }


def sizes(refreshed: Refreshed) -> Charts:
    """The users of every published segment, a chart for each app."""
    return Charts(
        tuple(
            segment_sizes(
                [SizeRow(s.name, s.kind, s.count, s.before) for s in report.published if s.count is not None],
                title=f"Users in each segment of {report.app}",
                as_of=report.as_of,
            )
            for report in refreshed
        )
    )


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the night's page, as a notebook shows it."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return "This part of the night is shown as HTML."


def attention(refreshed: Refreshed) -> Section:
    """What is held or failed, each with why and what is still served."""
    failed = [f"{app}: {why}" for app, why in refreshed.failed.items()]
    return Section(night_sections.attention({r.app: r.to_dict() for r in refreshed}, (), failed))


def changes(refreshed: Refreshed) -> Section:
    """Which segments have grown and shrunk, those that changed most first, app by app."""
    return Section("".join(f"<h3>{r.app}</h3>{night_sections.changes(r.to_dict())}" for r in refreshed))


def health(night: Night) -> Section:
    """Events a day and what became of the newest load's rows, app by app."""
    found = {app.name: load_health(app, night.as_of(app)) for app in night.apps}
    return Section("".join(f"<h3>{name}</h3>{night_sections.health(each)}" for name, each in found.items()))
