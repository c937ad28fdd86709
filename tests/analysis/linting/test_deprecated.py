"""What the vocabulary wants given up, wherever a condition that is not muted uses it."""

from __future__ import annotations

from segkit.analysis.linting.deprecated import deprecated
from segkit.definitions.documents import parse_rule
from segkit.definitions.vocabulary import EventDeclaration, LabelDeclaration, ParameterDeclaration, Vocabulary

OLD = "use `new`"
VOCABULARY = Vocabulary(
    labels=(LabelDeclaration(code="old", name="Old", type="bool", deprecated=OLD),),
    parameters=(ParameterDeclaration(code="gift", name="Gift", type="bool", deprecated=OLD),),
    events=(
        EventDeclaration(code="bought", name="Bought", parameters=("gift",), deprecated=OLD),
        EventDeclaration(code="paid", name="Paid", parameters=("gift",)),
    ),
)
WINDOW = {"last": 30}


def test_labels_events_and_parameters_are_named_with_what_to_use() -> None:
    gift = {"param": "gift", "op": "eq", "value": True}
    rule = parse_rule(
        {
            "all": [
                {"label": "old", "op": "eq", "value": True},
                {"event": "paid", "window": WINDOW, "where": gift},
                {"sequence": [{"event": "paid"}, {"event": "bought"}], "within": 1, "window": WINDOW},
                {"event": "paid", "window": WINDOW, "where": {**gift, "mute": True}},
                {"label": "old", "op": "eq", "value": False, "mute": True},
            ]
        }
    )
    assert [(r.path, r.words, r.advice) for r in deprecated(rule, VOCABULARY)] == [
        ("rule.all[0]", "The label ‘old’ is deprecated.", "Use `new`."),
        ("rule.all[1]", "The parameter ‘gift’ is deprecated.", "Use `new`."),
        ("rule.all[2]", "The event ‘bought’ is deprecated.", "Use `new`."),
    ]


def test_a_vocabulary_that_does_not_say_it_is_written_as_before() -> None:
    assert "deprecated" not in EventDeclaration(code="paid", name="Paid").model_dump_json()
    assert '"deprecated":"use `new`"' in VOCABULARY.labels[0].model_dump_json()
