#!/usr/bin/env python3
"""Which tests of a run did not pass, from the event stream that swift-testing wrote of it.

usage: failed_tests.py EVENTS [FILTER]

Prints a line or two for each test that failed or never ended, and writes to FILTER a pattern for
`swift test --filter` that chooses exactly these. FILTER is not written where a failure belongs to
no test, or where there are more than a busy machine explains. Exits with 0 where all passed.

The stream is JSON lines (swift-testing's ABI, version 6.3): records of kind "test" list the tests,
those of kind "event" tell what became of them. A run that was killed may end in half a line.
"""

import json
import os
import re
import sys

MOST = 5


def records(path):
    """The stream's whole lines; none where the run did not come as far as to make the file."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            try:
                yield json.loads(line)
            except ValueError:
                return


def failures(path):
    """The issues of every test that did not pass, by the test's id; of no test under None."""
    open_tests, issues = {}, {}
    for record in records(path):
        payload = record["payload"]
        if record["kind"] == "test" and payload["kind"] == "function":
            open_tests[payload["id"]] = "not begun"
            continue
        if record["kind"] != "event":
            continue
        kind, test = payload["kind"], payload.get("testID")
        if kind == "issueRecorded" and payload["issue"]["isFailure"]:
            place = payload["issue"].get("sourceLocation")
            where = f"{place['fileID'].split('/')[-1]}:{place['line']}: " if place else ""
            what = "; ".join(message["text"] for message in payload["messages"])
            issues.setdefault(test, []).append(where + what)
        elif kind == "testStarted" and test in open_tests:
            open_tests[test] = "begun, never ended"
        elif kind in ("testEnded", "testSkipped"):
            open_tests.pop(test, None)
    for test, state in open_tests.items():
        issues.setdefault(test, []).append(state)
    return issues


def name(test):
    """The id without the place that follows it: `Target.Suite/test()`."""
    return re.sub(r"/[^/]*\.swift:\d+:\d+$", "", test)


def main():
    found = failures(sys.argv[1])
    for test, what in found.items():
        print("  " + (name(test) if test else "a failure of no test"))
        for issue in what[:3]:
            print("    " + issue.replace("\n", " ")[:200])
    if len(sys.argv) > 2 and None not in found and len(found) <= MOST:
        with open(sys.argv[2], "w", encoding="utf-8") as filter_file:
            # A suite can have an issue of its own; its id, an opening of its tests', runs them all.
            filter_file.write("|".join(f"^{re.escape(name(test))}(/|$)" for test in found))
    sys.exit(1 if found else 0)


main()
