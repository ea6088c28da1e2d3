import Foundation
import Harness

/// A small system of one colour, with a playbook that takes it to the other in a second.
enum CrashFixture {
  static let itemCount = 300
  static let batch = 50
  private static let objectCount = 40
  private static let userCount = 20

  /// Copies the system into a folder that is not there yet; `holds` puts a gate behind the switch,
  /// so that there is a moment to go back.
  static func seed(_ root: String, holds: Bool) throws {
    let model = try Self.model.get()
    try FileManager.default.copyItem(atPath: model.path, toPath: root)
    try write(playbook(holds: holds), "\(root)/playbook.json5")
  }

  /// Made once: most of the work is done by other programs.
  private static let model = Result {
    let folder = try TemporaryFolder()
    try make(folder.path)
    // It lives as long as the process, so nobody else lets go of it.
    atexit { CrashFixture.removeModel() }
    return folder
  }

  private static func removeModel() {
    if let folder = try? model.get() { try? FileManager.default.removeItem(at: folder.url) }
  }

  private static func make(_ root: String) throws {
    for name in ["data/blue/files", "data/green", "service", "stacks"] {
      try FileManager.default.createDirectory(
        atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    try write(zone, "\(root)/example.test.zone")
    try write(service, "\(root)/service/stack.json5")
    let users = (1...userCount).map { number in
      #"{"username":"user\#(number)","enabled":\#(number % 5 != 0),"groups":["staff"],"#
        + #""attributes":{"email":"user\#(number)@example.test"}}"# + "\n"
    }
    try write(users.joined(), "\(root)/data/blue/users.jsonl")
    for number in 1...objectCount {
      let folder = "\(root)/data/blue/files/d\(number % 4)"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      try write("content \(number)\n", "\(folder)/f\(number).txt")
    }
    try writeMetadata(
      root, of: stride(from: 4, through: objectCount, by: 4).map { "d0/f\($0).txt" })
    let blue = try Tool.sqlite3(
      "\(root)/data/blue/app.db",
      """
      CREATE TABLE people (id INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL) STRICT;
      WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < \(itemCount))
      INSERT INTO people SELECT i, 'first' || i, 'last' || i FROM n;
      """)
    let green = try Tool.sqlite3(
      "\(root)/data/green/app.db",
      "CREATE TABLE people (id INTEGER PRIMARY KEY, full_name TEXT NOT NULL) STRICT;")
    guard blue.status == 0, green.status == 0 else {
      throw CrashComplaint("sqlite3 cannot seed: \(blue.errorText)\(green.errorText)")
    }
  }

  /// Each of these objects gets metadata, in the file that is named for the digest of its key.
  private static func writeMetadata(_ root: String, of keys: [String]) throws {
    let folder = "\(root)/data/blue/files/.cutover/metadata"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let digests = try Tool.run(
      ["sh", "-c", #"for key; do printf %s "$key" | sha256sum | cut -c 1-64; done"#, "sh"] + keys)
    for (key, digest) in zip(keys, digests.text.split(separator: "\n")) {
      let metadata = #"{"contentType":"text/x-note","user":{"of":"\#(key)"}}"#
      try write(
        #"{"key":"\#(key)","versions":[{"metadata":\#(metadata),"#
          + #""modifiedMilliseconds":0,"size":11}]}"#,
        "\(folder)/\(digest)")
    }
  }

  private static func write(_ text: String, _ path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
  }

  private static let service = """
    { stack: 1, services: { main: {
      command: ["sleep", "infinity"], health: { command: ["true"] } } } }
    """

  // Nobody may cache what was there before, so no step waits for caches.
  private static let zone = """
    $ORIGIN example.test.
    $TTL 1
    @ IN SOA ns.example.test. admin.example.test. 1 3600 600 86400 1
    @ IN NS ns.example.test.
    ns IN A 127.0.0.1
    www 0 IN CNAME blue.example.test.
    blue IN A 127.0.0.1
    green IN A 127.0.0.1
    notice IN A 127.0.0.1

    """

  private static func playbook(holds: Bool) -> String {
    let zone = "zonefile://${root}/example.test.zone?origin=example.test"
    let gate =
      #"{ id: "hold", uses: "gate.approval", with: { role: "release", prompt: "Go?" } },"#
    return """
      {
        playbook: 1, environment: "crash", parameters: { root: null },
        colors: {
          blue: { name: "blue", host: "blue.example.test." },
          green: { name: "green", host: "green.example.test." },
        },
        live: { zone: "\(zone)", name: "www.example.test.", value: "${color.host}" },
        steps: [
          { id: "deploy-b", uses: "stack.deploy", with: {
            stack: "process://${root}/stacks/${to.name}", template: "${root}/service" } },
          { id: "redirect-dns", uses: "dns.point", with: {
            zone: "\(zone)", name: "www.example.test.", cname: "notice.example.test.", ttl: 1 } },
          { id: "copy-tables", uses: "tables.copy", after: ["redirect-dns"], with: {
            batch: \(batch),
            from: "sqlite://${root}/data/${from.name}/app.db#people",
            to: "sqlite://${root}/data/${to.name}/app.db#people",
            transform: "SELECT seq, item('id', attr(item, 'id'), 'full_name', \\
              attr(item, 'first') || ' ' || attr(item, 'last')) AS put FROM input" } },
          { id: "sync-buckets", uses: "buckets.sync", after: ["redirect-dns"], with: {
            from: "dir://${root}/data/${from.name}/files",
            to: "dir://${root}/data/${to.name}/files" } },
          { id: "copy-users", uses: "users.copy", after: ["redirect-dns"], with: {
            from: "users://${root}/data/${from.name}/users.jsonl",
            to: "users://${root}/data/${to.name}/users.jsonl" } },
          { id: "validate", uses: "validate",
            after: ["copy-tables", "sync-buckets", "copy-users"], with: { checks: [
              { title: "balance", ledgers: true },
              { title: "healthy", stack: "process://${root}/stacks/${to.name}" } ] } },
          { id: "switch-dns", uses: "dns.point", promotes: true, with: {
            zone: "\(zone)", name: "www.example.test.", cname: "${to.host}", ttl: 1 } },
          \(holds ? gate : "")
          { id: "note", uses: "command.run", with: {
            apply: { argv: ["touch", "${root}/done"] } } },
        ],
      }
      """
  }
}

/// What went wrong in a round; says enough to play it again.
struct CrashComplaint: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
