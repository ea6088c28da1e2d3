import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("Setting values", .waiting)
struct ValuesSetTests {
  private let stage: ValuesStage

  init() throws { stage = try ValuesStage() }

  private func rig(_ set: String, journal: ActionJournal = ActionJournal()) throws -> ActionRig {
    try stage.rig(
      ValuesSet.self, "{store: '\(stage.file)', set: [\(set)]}", journal: journal)
  }

  private static let switching = """
    { key: 'current-color', value: 'green', expected: ['blue', null] },
    { key: 'migrate', type: 'flag', value: 'false', expected: true },
    { key: 'count', value: 7, expected: null },
    """

  @Test("values are set in their types, read back, and put back with their absence")
  func sets() async throws {
    let before = #"{"current-color": "blue", "migrate": true, "other": "x"}"#
    try stage.put(before)
    let rig = try rig(Self.switching)
    #expect(
      try await rig.plan().changes == [
        "current-color: 'blue' → 'green'", "migrate: true → false", "count: nothing → 7",
      ])
    try await rig.apply()
    #expect(
      try stage.values()
        == #"{"count": 7, "current-color": "green", "migrate": false, "other": "x"}"#)
    #expect(try await rig.verify().isPassed)
    try await rig.apply()
    try await rig.undo()
    #expect(try stage.values() == before)
    try await rig.undo()
    #expect(try stage.values() == before && rig.journal.notes.isEmpty)
  }

  @Test("what is not as expected is refused with what is there, and nothing is set")
  func expectations() async throws {
    try stage.put(#"{"current-color": "green", "migrate": "true", "count": 3}"#)
    let failure = try await rig(
      Self.switching.replacing("'blue', null", with: "'blue'")
    ).refusal()
    #expect(failure.kind == .refused)
    for part in [
      "'current-color' is 'green', where 'blue' is expected",
      "'migrate' holds the text 'true', which is no flag",
      "'count' is 3, where nothing is expected",
    ] { #expect(failure.summary.contains(part), "\(failure.summary)") }
    #expect(
      try stage.values() == #"{"count": 3, "current-color": "green", "migrate": "true"}"#)
  }

  @Test("a value that changed since the plan is not overwritten, and undo puts the others back")
  func changedMeanwhile() async throws {
    try stage.put(#"{"a": "1st", "b": "1st"}"#)
    let rig = try rig("{ key: 'a', value: 'ours' }, { key: 'b', value: 'ours' }")
    _ = try await rig.plan()
    try stage.put(#"{"a": "1st", "b": "theirs"}"#)
    let failure = try await rig.refusal()
    #expect(failure.summary.contains("'b' is 'theirs' now, and was '1st'"))
    #expect(try stage.values() == #"{"a": "ours", "b": "theirs"}"#)
    try await rig.undo()
    #expect(try stage.values() == #"{"a": "1st", "b": "theirs"}"#)
    #expect(rig.journal.notes.isEmpty)
  }

  @Test("what others set since is left alone, and that is told")
  func changedLater() async throws {
    try stage.put(#"{"a": "1st", "b": "1st"}"#)
    let rig = try rig("{ key: 'a', value: 'ours' }, { key: 'b', value: 'ours' }")
    try await rig.apply()
    try stage.put(#"{"a": "ours", "b": "theirs"}"#)
    try await rig.undo()
    #expect(try stage.values() == #"{"a": "1st", "b": "theirs"}"#)
    #expect(rig.journal.notes.count == 1)
    #expect(rig.journal.notes.first?.contains("'b' is left alone: it is 'theirs'") == true)
  }

  @Test("a lock is taken by one of two who want it at once, and the other leaves it")
  func lock() async throws {
    try stage.put("{}")
    let lock = "{ key: 'lock', value: true, expected: [null, false] }"
    let (one, other) = (try rig(lock), try rig(lock))
    _ = try await one.plan()
    _ = try await other.plan()
    try await one.apply()
    #expect(try await other.refusal().summary.contains("'lock' is true now, and was nothing"))
    try await other.undo()
    #expect(try stage.values() == #"{"lock": true}"#)
    try await one.undo()
    #expect(try stage.values() == "{}")
  }

  @Test(
    "killed at any write, the next process finishes, and undo restores",
    arguments: [1, 2, 3, 4, 5, 6])
  func kills(_ write: Int) async throws {
    for isAfter in [false, true] {
      let before = #"{"current-color": "blue", "migrate": true}"#
      try stage.put(before)
      let journal = ActionJournal()
      let first = try rig(Self.switching, journal: journal)
      _ = try await first.plan()
      journal.kill(atWrite: write, afterWriting: isAfter)
      await #expect(throws: Failure.self) { try await first.apply() }
      journal.kill(atWrite: nil, afterWriting: false)
      let second = try rig(Self.switching, journal: journal)
      if isAfter { try await second.apply() }
      try await second.undo()
      #expect(try stage.values() == before)
    }
  }

  @Test("what cannot be meant is refused before anything is written")
  func misfits() throws {
    for set in [
      "{ key: '', value: 'a' }", "{ key: 'a', value: 'x' }, { key: 'a', value: 'y' }",
      "{ key: 'a', value: null }", "{ key: 'a', value: ' x' }", "{ key: 'a', value: [1] }",
      "{ key: 'a', type: 'flag', value: 'yes' }", "{ key: 'a', value: true, expected: 'maybe' }",
    ] {
      #expect(throws: Failure.self, "\(set)") { try rig(set) }
    }
  }

  @Test("in DynamoDB the former values come back, and what others add meanwhile stays")
  func dynamo() async throws {
    let server = try MotoServer.shared()
    let stage = try ValuesStage(server)
    _ = try server.python(
      """
      names = ['pk', 'sk']
      client('dynamodb').create_table(TableName='values-set', BillingMode='PAY_PER_REQUEST',
        KeySchema=[dict(AttributeName=n, KeyType=k) for n, k in zip(names, ['HASH', 'RANGE'])],
        AttributeDefinitions=[dict(AttributeName=n, AttributeType='S') for n in names])
      table = boto3.resource('dynamodb').Table('values-set')
      table.put_item(Item={'pk': 'current-color', 'sk': 'current-color', 'current': 'blue'})
      table.put_item(Item={'pk': 'migrate', 'sk': 'migrate', 'current': True})
      """)
    func seen() throws -> String {
      try server.python(
        """
        items = boto3.resource('dynamodb').Table('values-set').scan()['Items']
        print(sorted((i['pk'], i['sk'], str(i.get('current'))) for i in items), end='')
        """)
    }
    let before = try seen()
    let rig = try stage.rig(
      ValuesSet.self, "{store: 'dynamodb://us-east-1/values-set', set: [\(Self.switching)]}")
    try await rig.apply()
    #expect(try await rig.verify().isPassed)
    #expect(
      try seen() == "[('count', 'count', '7'), ('current-color', 'current-color', 'green'), "
        + "('migrate', 'migrate', 'False')]")
    let read = try await stage.rig(
      ValuesRead.self,
      "{store: 'dynamodb://us-east-1/values-set', read: {c: {key: 'current-color'}}}"
    ).apply()
    #expect(read.outputs == ["c": "green"])
    try await rig.undo()
    #expect(try seen() == before)
  }
}
