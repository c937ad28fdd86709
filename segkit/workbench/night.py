"""What a night's notebooks show beside its tables: pictures of counts."""

from __future__ import annotations

from dataclasses import dataclass

from segkit.api.night import Refreshed
from segkit.workbench.charts import Chart, SizeRow, segment_sizes


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
