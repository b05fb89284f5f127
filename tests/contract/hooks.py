"""Read by schemathesis, in its own environment: what a document looks like, good or not."""

import re
import uuid

import schemathesis
from hypothesis import strategies as st

WHOLE = {
    "application/pdf": b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n",
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xd9",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND\xaeB`\x82",
}
anything = st.sampled_from(sorted(WHOLE.values())) | st.binary(max_size=2000)

for kind, whole in WHOLE.items():
    schemathesis.openapi.media_type(kind, st.just(whole) | anything)


@schemathesis.serializer(*WHOLE)
def as_it_is(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_call(context, case, kwargs):
    """A good id is a new one: of a document that is here already the door reads no more than its id."""
    given_id = case.path_parameters.get("id") if case.path_parameters else None
    if isinstance(given_id, str) and re.fullmatch("[A-Za-z0-9_-]{8,64}", given_id):
        case.path_parameters["id"] = uuid.uuid4().hex
