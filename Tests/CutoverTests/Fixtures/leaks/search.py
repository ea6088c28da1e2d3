"""Looks for parts of secrets in texts, as they are and behind what encoders do; knows none of ours.

Usage: search.py FRAGMENTS FILE...; FRAGMENTS is a JSON list. Prints a line for each find.
"""

import base64
import html
import json
import re
import sys
import urllib.parse


def decoded(text):
    """The text, and what it may have been before it was encoded."""
    yield "plain", text
    yield "percent", urllib.parse.unquote_plus(text)
    yield "html", html.unescape(text)
    yield "escapes", re.sub(
        r"\\+u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text).replace("\\/", "/")
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for start in range(4):
            cut = run[start:].replace("-", "+").replace("_", "/")
            cut = cut[:len(cut) // 4 * 4]
            yield "base64", base64.b64decode(cut).decode("latin-1")


for name in sys.argv[2:]:
    with open(name, "rb") as file:
        text = file.read().decode("utf-8", "replace")
    for how, seen in decoded(text):
        for fragment in json.loads(sys.argv[1]):
            if (place := seen.find(fragment)) >= 0:
                print(f"{name}: {how}: {fragment}: …{seen[max(0, place - 90):place + 60]!r}")
