"""Counts for viewers tell nothing about one person, to whoever asks cleverly and often."""

from __future__ import annotations

import numpy as np
import pytest

from segkit.analysis.disclosure import Disclosure

TOLD = Disclosure(bytes(range(32)))


def test_the_same_question_never_gives_two_answers_and_they_are_tens() -> None:
    answers = [TOLD.about(1_234, "country is DE", "2026-06-01") for _ in range(9)]
    assert len(set(answers)) == 1
    assert answers[0] % 10 == 0


def test_the_mean_over_questions_is_the_count_and_the_spread_is_120() -> None:
    found = [TOLD.about(5_000, str(n)) for n in range(4_000)]
    assert np.mean(found) == pytest.approx(5_000, abs=4 * 120 / np.sqrt(4_000))
    assert np.std(found) == pytest.approx(120, rel=0.05)


def test_nothing_is_below_zero_and_another_secret_is_another_noise() -> None:
    assert min(TOLD.about(0, str(n)) for n in range(200)) == 0
    assert len({Disclosure(bytes([n]) * 32).about(1_000, "x") for n in range(99)}) > 15


@pytest.mark.parametrize("attack", ["sizes are known", "beside a twin", "looks for equal answers"])
def test_200_questions_a_person_guess_membership_no_better_than_55_percent(attack: str, full: bool) -> None:
    """The attacker can single out each person, and asks 200 questions whose answers count them if they are in.

    Sizes without them are known exactly, or asked for as well; or the attacker looks whether a question with and one
    without them have the very same answer. 500 people in each world; a guess by coin is right for 500 of them 5 points
    off one time in forty, so worlds are taken together.
    """
    worlds = 8 if full else 3
    guessed = [_guessed(attack, person, world) for world in range(worlds) for person in range(500)]
    assert np.mean(guessed) <= 0.55


def _guessed(attack: str, person: int, world: int) -> bool:
    """Whether the attacker is right about one person."""
    rng = np.random.default_rng([world, person])
    is_in = bool(rng.random() < 0.5)
    sizes = rng.integers(500, 5_000, 200 if attack == "sizes are known" else 100)
    asked = [f"{world} {person} {n}" for n in range(len(sizes))]
    with_them = np.array([TOLD.about(int(size) + is_in, each) for size, each in zip(sizes, asked, strict=True)])
    if attack == "sizes are known":
        return bool(np.mean(with_them - sizes) > 0.5) == is_in
    twins = np.array([TOLD.about(int(size), f"twin {each}") for size, each in zip(sizes, asked, strict=True)])
    if attack == "beside a twin":
        return bool(np.mean(with_them - twins) > 0.5) == is_in
    return bool((with_them == twins).sum() <= 2) == is_in
