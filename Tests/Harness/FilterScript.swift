import Foundation

/// A filter program in Python that does what its first word says.
package struct FilterScript: Sendable {
  package let path: String

  package init(in folder: String) throws {
    path = "\(folder)/filter.py"
    try Data(Self.text.utf8).write(to: URL(fileURLWithPath: path))
  }

  package func argv(_ mode: String, _ more: String...) -> [String] {
    ["python3", path, mode] + more
  }

  private static let text = #"""
    import json, os, sys, time
    mode = sys.argv[1]
    def answer(seq, **more):
        print(json.dumps(dict(more, seq=seq)), flush=True)
    def odd(name):
        """Whether it is the first process for which this is asked."""
        try:
            os.close(os.open(sys.argv[2] + name, os.O_CREAT | os.O_EXCL)); return True
        except FileExistsError:
            return False
    for line in sys.stdin:
        asked = json.loads(line)
        seq, item = asked["seq"], asked["item"]
        id = item["id"]["S"]
        if mode == "crash" and id.startswith("bad"):
            print("cannot bear", id, file=sys.stderr, flush=True); os._exit(7)
        if mode == "crash-once" and id.startswith("bad") and odd(id): os._exit(7)
        if mode == "crash-always": os._exit(8)
        if mode == "hang" and id.startswith("bad"):
            while True: time.sleep(60)
        if mode == "echo" and id.startswith("bad"): print(line, end="", flush=True); os._exit(0)
        if mode == "wrong" and id.startswith("bad"): print("hello", flush=True)
        if mode == "stranger" and id.startswith("bad"): answer(seq + 1000, skip="x")
        if mode == "odd-name" and id.startswith("bad"):
            answer(seq, putt={"id": {"S": id}}, done=True); continue
        if mode == "odd-item" and id.startswith("bad"):
            answer(seq, target="asset", put={"id": id}); answer(seq, done=True); continue
        if mode == "silent" and id.startswith("bad"): answer(seq, done=True); continue
        if mode == "reject" and id.startswith("bad"):
            answer(seq, target="asset", put={"id": {"S": id}})
            answer(seq, reject="it is bad", done=True); continue
        if mode == "environment":
            answer(seq, put={"id": {"S": id}, "names": {"SS": sorted(os.environ)},
                "folder": {"S": os.getcwd()}, "table": {"S": asked["table"]}}, done=True); continue
        if mode == "notes": print("at", id, file=sys.stderr, flush=True)
        if mode == "lines":
            with open(sys.argv[2], "a") as f: f.write(id + "\n")
            while id == "a005" and not os.path.exists(sys.argv[2] + ".go"): time.sleep(0.02)
        if "currentVersion" not in item:
            answer(seq, skip="no version", done=True); continue
        version = item.pop("currentVersion")["M"]["Version"]
        if mode == "fickle" and odd(id): version = {"S": "first"}
        answer(seq, target="version", put={"id": {"S": id + ":" + version["S"]}})
        item.update(current=version, bucketId={"S": "B1"})
        answer(seq, target="asset", put=item)
        answer(seq, done=True)
    """#
}
