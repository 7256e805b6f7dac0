"""Whatever a preview holds: no crash, no step lost, and the loss of what holds data is never called harmless."""

from __future__ import annotations

from typing import Any

from effort import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from mysql_k8s.changes import as_json, as_markdown
from mysql_k8s.changes.classify import classify
from mysql_k8s.changes.documents import differences, parse, write
from mysql_k8s.changes.effect import Effect
from mysql_k8s.changes.headline import headline

OPS = (
    "create",
    "update",
    "delete",
    "replace",
    "create-replacement",
    "delete-replaced",
    "read",
    "import",
    "discard",
    "",
)
KINDS = ("StatefulSet", "PersistentVolumeClaim", "Deployment", "Secret", "ConfigMap", "Service", "Namespace", "Odd")
WORDS = st.sampled_from(
    ("spec", "template", "replicas", "metadata", "name", "data", "my.cnf", "storage", "env", "value")
)

documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
states = st.none() | st.fixed_dictionaries({"inputs": documents, "custom": st.booleans()}) | documents
details = st.dictionaries(
    st.text(max_size=12) | st.just('spec.template["a.b"][0]'), st.fixed_dictionaries({"kind": st.sampled_from(OPS)})
)


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    kind, name = draw(st.sampled_from(KINDS)), draw(st.sampled_from("abcdef"))
    return {
        "op": draw(st.sampled_from(OPS)),
        "urn": f"urn:pulumi:test::mysql::kubernetes:apps/v1:{kind}::{name}",
        "oldState": draw(states),
        "newState": draw(states),
        "detailedDiff": draw(st.none() | details),
        "replaceReasons": draw(st.none() | st.lists(st.text(max_size=8), max_size=2)),
    }


@given(st.lists(steps(), max_size=6), documents)
@settings(max_examples=examples(50))
def test_it_never_crashes_and_loses_nothing(entries: list[dict[str, Any]], diagnostics: Any) -> None:
    for entry in entries:
        for state in ("oldState", "newState"):
            if isinstance(entry[state], dict):
                entry[state]["custom"] = True
    report = classify({"steps": entries, "diagnostics": diagnostics, "changeSummary": {"same": 1}})
    assert {step.urn for step in report.steps} == {entry["urn"] for entry in entries}
    assert {change.urn for change in report.changes} == {entry["urn"] for entry in entries}
    assert all(change.reasons for change in report.changes)
    assert headline(report).endswith(".")
    assert as_markdown.render(report, "test") == as_markdown.render(report, "test")
    assert as_json.document(report)["headline"] == headline(report)


@given(
    st.sampled_from(("StatefulSet", "PersistentVolumeClaim", "Namespace")),
    st.sampled_from(("replace", "create-replacement", "delete-replaced")),
    documents,
    documents,
)
@settings(max_examples=examples(40))
def test_a_replacement_of_what_holds_data_is_never_harmless(kind: str, op: str, old: Any, new: Any) -> None:
    urn = f"urn:pulumi:test::mysql::kubernetes:core/v1:{kind}::orders"
    states = {"oldState": {"inputs": old}, "newState": {"inputs": new}}
    (change,) = classify({"steps": [{"op": op, "urn": urn, **states}]}).changes
    assert change.effect.severity >= Effect.OUTAGE.severity
    if kind != "StatefulSet":
        assert change.effect is Effect.DATA_AT_RISK


@given(documents, documents)
def test_two_documents_differ_where_differences_says_so(old: Any, new: Any) -> None:
    found = list(differences(old, new))
    assert not found if old == new and type(old) is type(new) else True
    assert list(differences(old, old)) == []


@given(st.lists(st.integers(0, 9) | st.from_regex(r"[a-z.\"/-]{1,6}", fullmatch=True), min_size=1, max_size=4))
def test_paths_are_read_as_they_are_written(path: list[str | int]) -> None:
    steps = ("spec", *path)
    if not any(isinstance(each, str) and ('"' in each or "\\" in each) for each in steps):
        assert parse(write(steps)) == steps
