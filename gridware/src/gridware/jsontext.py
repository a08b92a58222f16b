"""JSON by the C part of ``json`` alone: to load the rest takes longer than all that is said here.

It goes with a job to worker nodes, whose Python may be any.
"""


class _Decoder:
    """What the C part wants to know."""

    strict, memo = True, {}  # type: ignore[var-annotated]
    object_hook = object_pairs_hook = array_hook = None
    parse_int, parse_float, parse_constant = int, float, float


try:
    import _json

    _scan = _json.make_scanner(_Decoder)  # type: ignore[arg-type]
    _text = _json.encode_basestring_ascii
    _encode = _json.make_encoder(None, None, _text, None, ":", ",", False, False, True)  # type: ignore[arg-type]
except (ImportError, AttributeError, TypeError):  # of another Python
    from json import dumps as dumps
    from json import loads as loads
else:

    def dumps(value):  # type: ignore[no-untyped-def, misc]
        return "".join(_encode(value, 0))

    def loads(line):  # type: ignore[no-untyped-def, misc]
        text = line.decode().strip()
        try:
            value, end = _scan(text, 0)
        except StopIteration:
            end = -1
        if end != len(text):
            raise ValueError("no JSON")
        return value
