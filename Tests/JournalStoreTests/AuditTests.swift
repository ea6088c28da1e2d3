import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import Testing

@Suite(.waiting) struct AuditTests {
  @Test("a journal with ended and open rollouts is sound")
  func sound() async throws {
    let stage = try await Stage()
    try await stage.complete("r1")
    _ = try await stage.begin("r2", from: .green)
    let audit = try await stage.journal.verify()
    #expect(audit.damages == [])
    #expect(audit.factCount == 7)
    #expect(audit.heads.map(\.rollout) == ["r1", "r2"])
    #expect(audit.heads.map(\.factCount) == [6, 1])
  }

  private static let tail = "DELETE FROM fact WHERE rollout = 'r1' AND sequence"

  @Test(
    "whatever is edited, removed, added or reordered is found and named",
    arguments: [
      ("UPDATE fact SET detail = '{\"text\":\"lie\"}' WHERE kind = 'noted'", "r1, fact 5:"),
      ("UPDATE fact SET at = '2026-11-22T00:00:00.000Z' WHERE sequence = 3", "r1, fact 3:"),
      ("UPDATE fact SET kind = 'rolled-back' WHERE kind = 'completed'", "r1, fact 6:"),
      ("UPDATE fact SET step = 'other' WHERE sequence = 2 AND rollout = 'r1'", "r1, fact 2:"),
      ("UPDATE fact SET live = NULL WHERE live IS NOT NULL", "r1, fact 4:"),
      ("UPDATE fact SET hash = replace(hash, '1', '2') WHERE sequence = 3", "r1, fact 4:"),
      ("\(tail) = 3", "r1, fact 4: fact 3 was removed before it"),
      ("\(tail) IN (2, 3)", "r1, fact 4: facts 2 to 3 were removed before it"),
      ("\(tail) = 6", "r1: fact 6 was removed from the end"),
      ("\(tail) > 3", "r1: facts 4 to 6 were removed from the end"),
      ("\(tail) > 0", "r1: facts 1 to 6 were removed from the end"),
      (
        "UPDATE fact SET sequence = -sequence WHERE rollout = 'r1' AND sequence IN (2, 3); "
          + "UPDATE fact SET sequence = 5 + sequence WHERE sequence < 0;", "r1, fact 2:"
      ),
      (
        "INSERT INTO fact SELECT rollout, 7, at, 'noted', step, detail, NULL, hash FROM fact "
          + "WHERE sequence = 6", "r1: facts were added behind fact 6"
      ),
      (
        "\(tail) = 6; UPDATE rollout SET fact_count = 5 WHERE id = 'r1'",
        "r1: the last hash is not the one that was noted"
      ),
      (
        "\(tail) = 6; UPDATE rollout SET fact_count = 5, head = (SELECT hash FROM fact WHERE "
          + "sequence = 5 AND rollout = 'r1') WHERE id = 'r1'",
        "r1: how it ended does not agree with its facts"
      ),
      ("UPDATE rollout SET outcome = 'rolled-back' WHERE id = 'r1'", "r1: how it ended"),
      ("UPDATE rollout SET playbook = 'other' WHERE id = 'r1'", "r1: what it began with"),
      ("UPDATE rollout SET parameters = '{}' WHERE id = 'r2'", "r2: what it began with"),
      ("UPDATE rollout SET from_colour = 'green', to_colour = 'blue' WHERE id = 'r1'", "r1: what"),
      ("UPDATE rollout SET id = 'rx' WHERE id = 'r1'", "rx: what it began with"),
      (
        "DELETE FROM fact WHERE rollout = 'r1'; DELETE FROM rollout WHERE id = 'r1'",
        "r2: a rollout before it was removed (number 1)"
      ),
      (
        "DELETE FROM fact WHERE rollout = 'r2'; DELETE FROM rollout WHERE id = 'r2'",
        "the last rollouts were removed (numbers 2 to 2)"
      ),
      (
        "DELETE FROM rollout WHERE id = 'r1'",
        "rows of the table fact belong to no rollout (6 of them)"
      ),
      ("UPDATE checkpoint SET value = '{\"page\":9}'", "r2: the checkpoint of a was edited"),
      ("UPDATE environment SET live = 'blue'", "the live colour of prod was edited"),
      ("UPDATE environment SET cause = 'said by me: so'", "the live colour of prod was edited"),
      ("CREATE TRIGGER t AFTER INSERT ON fact BEGIN SELECT 1; END", "trigger 't' is not this"),
      ("DROP VIEW live; CREATE VIEW live AS SELECT 'blue'", "the view 'live' is missing or was"),
    ])
  func tampering(_ sql: String, _ finding: String) async throws {
    let stage = try await Stage()
    try await stage.complete("r1")
    let lease = try await stage.begin("r2", from: .green)
    try await stage.journal.save(
      checkpoint: "{}", of: "a", in: "r2", at: Stage.moment(1), lease: lease)
    try stage.tamper(sql)
    let damages = try await stage.reopened().verify().damages
    #expect(
      damages.contains { $0.description.contains(finding) }, "found: \(damages.map(\.description))")
    // One change is named a few times at most, not again for every fact behind it.
    #expect(damages.count <= 6, "found: \(damages.map(\.description))")
  }

  @Test("the guards refuse the same through the shell, and a removed guard is noticed")
  func guards() async throws {
    let stage = try await Stage()
    try await stage.complete()
    for sql in [
      "UPDATE fact SET at = '' WHERE sequence = 1", "DELETE FROM fact", "DELETE FROM rollout",
      "DELETE FROM environment", "UPDATE rollout SET playbook = 'x'",
      "UPDATE rollout SET fact_count = 0",
      "INSERT OR REPLACE INTO fact VALUES ('r1', 3, '', 'noted', NULL, '{}', NULL, '')",
      "INSERT INTO fact VALUES ('r1', 9, '', 'noted', NULL, '{}', NULL, '')",
    ] {
      #expect(try stage.sqlite3(sql).status != 0, "the shell could: \(sql)")
    }
    #expect(try await stage.journal.verify().damages == [])
    #expect(try stage.sqlite3("DROP TRIGGER fact_stays").status == 0)
    #expect(
      try await stage.journal.verify().damages.map(\.what)
        == ["the trigger 'fact_stays' is missing or was changed"])
  }

  @Test("a few lines of Python check an export's hashes on their own")
  func export() async throws {
    let stage = try await Stage()
    try await stage.complete("r0")
    let lease = try await stage.begin("r1", from: .green)
    let request = try await stage.journal.submit(
      .pause(Stage.person), to: "r1", at: Stage.moment(1))
    try await stage.append(
      .noted(step: nil, text: "\"é\"\n\u{0}\u{1F6A2}"), answering: request, lease: lease)
    for id in ["r0", "r1"] {
      let file = stage.folder.file("\(id).jsonl")
      try Data().write(to: URL(fileURLWithPath: file))
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
      try await stage.journal.export(id) { try handle.write(contentsOf: Data($0 + [10])) }
      let output = try Tool.run(["python3", "-c", Self.checker, file])
      #expect(output.status == 0, "\(output.errorText)")
      #expect(output.text == (id == "r0" ? "6 facts, 0 requests\n" : "2 facts, 1 requests\n"))
    }
    await #expect(throws: JournalError.self) { try await stage.journal.export("r9") { _ in } }
  }

  private static let checker = """
    import hashlib, json, sys
    def hash(fields):
        text = b''.join(b'-,' if f is None else b'%d:%s,' % (len(f.encode()), f.encode())
                        for f in fields)
        return hashlib.sha256(text).hexdigest()
    lines = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
    rollout, end = lines[0], lines[-1]
    assert rollout['type'] == 'rollout' and end['type'] == 'end', 'frame'
    facts = [l for l in lines if l['type'] == 'fact']
    head = rollout['origin']
    for number, f in enumerate(facts, 1):
        assert f['sequence'] == number
        detail = json.dumps(f['detail'], ensure_ascii=False, separators=(',', ':'), sort_keys=True)
        head = hash([head, f['rollout'], str(number), f['at'], f['kind'], f['step'], detail,
                     f['live']])
        assert head == f['hash'], (number, detail)
    assert head == end['head'] and end['facts'] == len(facts)
    print('%d facts, %d requests' % (len(facts), sum(l['type'] == 'request' for l in lines)))
    """
}
