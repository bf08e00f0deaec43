"""Whatever is handed in as a document is read strictly, and every fault has its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.delivery import Stream
from panel.domain.provider import Encryption, Limits, ProviderType, ServiceType
from panel.services.provider_document import Entry, Status, written
from panel.services.provider_document_reader import LARGEST, MOST, read
from tests.factories.moments import NOON
from tests.factories.provider_documents import ENTRY, a_document

TEXTS = st.text(max_size=40)
LIMITS = st.none() | st.integers(0, 10**9)
ENTRIES = st.builds(
    Entry,
    name=TEXTS,
    type=st.sampled_from(ProviderType),
    driver=TEXTS,
    host=TEXTS,
    port=st.integers(0, 70_000),
    encryption=st.sampled_from(Encryption),
    verify_certificate=st.booleans(),
    username=TEXTS,
    from_email=TEXTS,
    from_name=TEXTS,
    domains=st.lists(TEXTS, max_size=3).map(tuple),
    account_types=st.lists(st.sampled_from(Stream), max_size=4).map(tuple),
    service_type=st.sampled_from(ServiceType),
    status=st.sampled_from(Status),
    limits=st.builds(Limits, LIMITS, LIMITS, LIMITS, LIMITS),
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def document(*providers: Any, **overrides: Any) -> bytes:
    return json.dumps(a_document(*providers, **overrides)).encode()


@given(st.lists(ENTRIES, max_size=4))
def test_what_is_written_is_read_again(entries):
    for text in (written(entries), written(entries, at=NOON)):
        reading = read(text.encode())

        assert [entry for _, entry in reading.entries] == entries
        assert reading.faults == ()


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_have_a_fault(raw):
    reading = read(raw)

    assert reading.faults
    assert reading.entries == ()


@given(ANYTHING)
def test_any_value_in_place_of_the_document_has_a_fault(value):
    assert read(json.dumps(value).encode()).faults


@given(ANYTHING)
def test_any_value_in_place_of_a_provider_has_a_fault_at_its_position(value):
    reading = read(document(ENTRY, value))

    assert [position for position, _ in reading.entries] == [1]
    assert {fault.position for fault in reading.faults} == {2}


@given(st.sampled_from(sorted(ENTRY)), ANYTHING)
def test_any_value_in_place_of_a_field_is_taken_as_it_is_or_named(field, value):
    reading = read(document(ENTRY | {field: value}))

    if reading.entries:
        ((_, entry),) = reading.entries
        taken = entry.fields()[field]
        assert (list(taken) if isinstance(taken, tuple) else taken) == value
        assert type(taken) is not bool or value in (True, False)
    else:
        assert {(fault.position, fault.field) for fault in reading.faults} == {(1, field)}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "Choose a file"),
        (b" \n ", "Choose a file"),
        (b"\xff\xfe{}", "no text in UTF-8"),
        (b'{\n  "format": oops}', "line %(line)s, column %(column)s"),
        (b"[" * 100_000, "brackets are too deep"),
        (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, "brackets are too deep"),
        (b"9" * 5000, "too long to be read"),
        (b'{"format": NaN}', "is no number"),
        (b'{"format": "a", "format": "b"}', "stands there twice"),
        (b"x" * (LARGEST + 1), "larger than 256 KiB"),
        (b"[]", "no export of providers"),
        (b'{"format": "something-else"}', "no export of providers"),
        (document(version=2), "a newer Postroom"),
        (document(version=True), "“version” is missing"),
        (document(version="1"), "“version” is missing"),
        (document(providers={}), "“providers” is missing"),
        (document(extra=1), "no field “%(field)s” here"),
        (document(*[ENTRY] * (MOST + 1)), "more than 200 providers"),
    ],
)
def test_what_is_no_document_has_one_fault_that_says_so(raw, words):
    reading = read(raw)

    assert reading.entries == ()
    (fault,) = reading.faults
    assert words in fault.message
    assert fault.message % fault.values


def test_syntax_fault_has_line_and_column():
    (fault,) = read(b'{\n  "format": oops}').faults

    assert fault.values == {"line": 2, "column": 13}


def test_largest_document_is_read():
    raw = document(*[ENTRY] * MOST)

    assert len(read(raw + b" " * (LARGEST - len(raw))).entries) == MOST


@pytest.mark.parametrize("key", ["password", "Secret", "api_key", "token", "passphrase"])
def test_password_in_a_document_is_refused_and_not_repeated(key):
    (fault,) = read(document(ENTRY | {key: "hunter2-very-secret"})).faults

    assert "takes no passwords" in fault.message
    assert "hunter2" not in repr(fault)


def test_strange_and_missing_fields_are_named_all_at_once():
    entry = {name: value for name, value in ENTRY.items() if name not in ("port", "status")}

    faults = read(document(entry | {"prot": 587})).faults

    assert [(fault.field, fault.values.get("field")) for fault in faults] == [
        ("", "prot"),
        ("port", None),
        ("status", None),
    ]


def test_what_strangers_wrote_is_shown_short_and_printable():
    entry = ENTRY | {"name": "a\u202eb\ud800" + "c" * 99, "evil\x1b[2J": 1}

    (fault,) = read(document(entry)).faults

    assert fault.name.isprintable()
    assert len(fault.name) == 60
    assert str(fault.values["field"]).isprintable()


def test_setting_that_the_driver_does_not_have_is_refused():
    (fault,) = read(document(ENTRY | {"settings": {"region": "eu"}})).faults

    assert (fault.field, fault.values) == ("settings", {"setting": "region"})
