"""A bar for whatever takes `progress=`: in a notebook as a widget, in a terminal as text."""

from __future__ import annotations

from typing import Any


class Bar:
    """Hears of steps done and steps in all, or of a step's name and its share, and draws both with tqdm."""

    def __init__(self, words: str = "") -> None:
        self.words = words
        self._bar: Any = None

    def __call__(self, step: int | str, of: float) -> None:
        done, total = (step, of) if isinstance(step, int) else (of, 1.0)
        if total <= 0:
            return
        if self._bar is None or self._bar.total != total or done < self._bar.n:
            self.close()
            self._bar = _new_bar(total)
        self._bar.set_description_str(": ".join(word for word in (self.words, step) if word and isinstance(word, str)))
        self._bar.update(done - self._bar.n)
        if done >= total:
            self.close()

    def close(self) -> None:
        """Ends the bar that is shown; the next step begins another."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def progress(words: str = "") -> Bar:
    """A bar: `shop.trend("Churned", progress=segkit.progress("Days"))`. It goes away once all is done."""
    return Bar(words)


def _new_bar(total: float) -> Any:
    from tqdm.auto import tqdm

    form = "{l_bar}{bar}" if isinstance(total, float) else "{l_bar}{bar}| {n_fmt} of {total_fmt}"
    return tqdm(total=total, leave=False, bar_format=form)
