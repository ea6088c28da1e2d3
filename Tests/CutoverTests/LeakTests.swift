import Foundation
import Harness
import JSON
import Testing

/// Secrets handed to servers and programs that tell them to everybody.
@Suite("Secrets in everything that is shown or kept", .waiting)
struct LeakTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/leaks").path
  /// With all that escaping is about; its plain parts are what is looked for.
  private static let token = "zq7Kd82mPx\"XW\\v/Rb5tLw93 &é<9KpVn4c"
  private static let word = "Tz6GhYu3Bn8Qe1"
  private static let key =
    "-----BEGIN KEY-----\nLk3jH5gF7dS9aQ1w\nMn2bV4cX6zA8sD0f\n-----END KEY-----\n"
  private static let kept = "Jy5Rt2Wm9Zx4"
  private static let fragments = [
    "zq7Kd82", "Rb5tLw93", "9KpVn4c", "Tz6Gh", "3Bn8Qe1", "Lk3jH5gF", "V4cX6zA8", "Jy5Rt2W",
    "2Wm9Zx4",
  ]

  /// Answers with what it was sent, in the words of whom it plays.
  private static let server = #"""
    import base64
    def handle(self, path, query):
        body = self.body().decode()
        target = self.headers.get("X-Amz-Target", "")
        told = " ".join([self.path, body] + [f"{k}: {v}" for k, v in self.headers.items()])
        token = self.headers.get("X-Token", "")
        json_type = [("Content-Type", "application/x-amz-json-1.1")]
        if path == "/refuse": return self.answer(401, [], told)
        if path == "/echo": return self.answer(500, [("X-Told", "no")], json.dumps({"told": told}))
        if path == "/long": return self.answer(200, [], json.dumps({"value": "x" * 110 + token}))
        if path == "/broken": return self.answer(200, [], "x" * 115 + token)
        if target.endswith("GetParameter"):
            return self.answer(200, json_type, json.dumps({"Parameter": {"Value": "KEPT"}}))
        if target.endswith("DescribeParameters"):
            return self.answer(200, json_type, json.dumps(
                {"Value": "x" * 112 + json.loads(body)["Name"]}))
        if target:
            return self.answer(400, json_type, json.dumps(
                {"__type": "ValidationException", "message": "not " + body}))
        log = [("X-Amz-Function-Error", "Unhandled"),
               ("X-Amz-Log-Result", base64.b64encode(("got " + body).encode()).decode())]
        self.answer(200, log, json.dumps(
            {"errorType": "Error", "errorMessage": "y" * 190 + json.loads(body)["t"]}))
    """#.replacing("KEPT", with: kept)

  /// Tells it as progress, as a note, and in its failure.
  private static let plugin = #"""
    #!/bin/sh
    request=$(cat)
    told=$(python3 -c 'import json, os; print(json.dumps(os.environ["TOKEN"] + os.environ["KEY"]))')
    case $request in
    *'"verb":"plan"'*)
      printf '{"protocol": 1, "result": {"reversal": "exact", "plan": %s, "changes": [%s]}}\n' \
        "$told" "$told";;
    *'"verb":"undo"'*) printf '%s\n' "$told" >&2; exit 3;;
    *)
      printf '{"progress": {"waitingFor": %s}}\n' "$told"
      printf '{"note": %s}\n' "$told"
      printf '{"checkpoint": {"a": %s}}\n' "$told"
      printf '{"protocol": 1, "failure": {"kind": "permanent", "summary": %s, "hint": %s}}\n' \
        "$told" "$told";;
    esac
    """#

  @Test("none is in a plan, on the screen, in the journal, in its export, or in a file")
  func nowhere() async throws {
    try await ScriptedServer.run(Self.server) { server in
      let binary = try Binary()
      try prepare(binary)
      let settings = ["--set", "url=\(server.base)", "--set", "folder=\(binary.folder.path)"]
      let environment = [
        "TOKEN": Self.token, "WORD": Self.word, "AWS_ENDPOINT_URL": server.base,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
      ]
      let commands = [
        ["plan", "leaks.json5", "--live", "blue"] + settings,
        ["plan", "leaks.json5", "--live", "blue", "--json"] + settings,
        ["run", "leaks.json5", "--live", "blue", "--yes", "--anyway"] + settings,
        ["status"], ["status", "--json"], ["rollback", "--reason", "no"],
        ["retry", "puts"], ["status", "--json"], ["history"], ["history", "--json"],
        ["journal", "export"], ["resume", "--json"],
      ]
      var outputs: [String] = []
      for (index, words) in commands.enumerated() {
        let output = try binary.run(words, environment: environment)
        try binary.write("output-\(index)", output.all)
        outputs.append(output.all)
      }
      #expect(outputs[2].contains("✗ fails") && outputs[2].contains("[secret]"), "\(outputs[2])")
      for step in [
        "fails", "checks", "calls", "expects", "ends", "puts", "asks", "invokes", "plugs",
      ] {
        #expect(outputs[2].contains("✗ \(step)"), "\(step): \(outputs[2])")
      }
      let dump = try Tool.run(["sqlite3", binary.folder.file("state/journal.db"), ".dump"])
      #expect(dump.status == 0 && dump.text.contains("ledger") || dump.text.contains("fact"))
      try binary.write("dump", dump.text)
      #expect(try search(binary) == "")
    }
  }

  private func prepare(_ binary: Binary) throws {
    for name in ["leaks.json5", "leak.sh"] {
      try binary.write(
        name, try String(contentsOfFile: "\(Self.fixtures)/\(name)", encoding: .utf8))
    }
    try binary.write("key.pem", Self.key)
    try binary.write("cutover-action-leak", Self.plugin)
    let manager = FileManager.default
    try manager.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: binary.folder.file("key.pem"))
    try manager.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: binary.folder.file("cutover-action-leak"))
  }

  /// Every file below the folder but the one that holds a secret on purpose.
  private func search(_ binary: Binary) throws -> String {
    let files = try Tool.run(["find", binary.folder.path, "-type", "f", "-not", "-name", "key.pem"])
    let names = files.text.split(separator: "\n").map(String.init)
    #expect(names.contains { $0.hasSuffix("journal.db") })
    let fragments = JSONValue.array(Self.fragments.map { .string($0) }).text
    let found = try Tool.run(["python3", "\(Self.fixtures)/search.py", fragments] + names)
    #expect(found.status == 0, "\(found.errorText)")
    return found.text
  }
}
