import Harness
import Resources
import Testing

@testable import Program

@Suite("The difference between migrations and records", .waiting)
struct MigrationSurveyTests {
  private static func file(_ title: String, _ text: String = "{}") throws -> MigrationFile {
    let (order, name) = try #require(MigrationFile.parts(of: title + ".json5"))
    return MigrationFile(order: order, name: name, path: title, bytes: Array(text.utf8))
  }

  private static func record(
    _ order: String, _ name: String, _ text: String? = "{}", isLoose: Bool = false
  ) throws -> MigrationRecord {
    var record = MigrationRecord(
      environment: "e", order: try #require(MigrationOrder(order)), name: name,
      digest: text.map { MigrationFile.digest(of: Array($0.utf8)) },
      at: Timestamp(milliseconds: 0), by: "ann", outcome: .applied)
    record.isNamedLoosely = isLoose
    return record
  }

  private static func told(_ survey: MigrationSurvey) -> [String] {
    survey.entries.map { entry in
      ([entry.title, entry.state] + entry.oddities.map(\.rawValue)).joined(separator: " ")
    }
  }

  @Test("pending is what has no record, wherever it stands")
  func difference() throws {
    let files = try ["0001_a", "0002_b", "0003_c", "0004_d"].map { try Self.file($0) }
    let survey = MigrationSurvey(
      files, [try Self.record("1", "a"), try Self.record("0003", "c")])
    #expect(
      Self.told(survey) == [
        "0001_a applied", "0002_b pending late", "0003_c applied", "0004_d pending",
      ])
    #expect(survey.refused(allowing: []).map(\.oddity) == [.late])
    #expect(survey.refused(allowing: [.late]).isEmpty)
  }

  @Test("edited and vanished ones are told from those that another tool recorded")
  func oddities() throws {
    let survey = MigrationSurvey(
      [try Self.file("0001_a", "{ }"), try Self.file("0002_b")],
      [
        try Self.record("0001", "a"), try Self.record("0002", "b", nil),
        try Self.record("0003", "gone"), try Self.record("0004", "theirs", nil),
      ])
    #expect(
      Self.told(survey) == [
        "0001_a applied edited", "0002_b applied", "0003_gone applied vanished",
        "0004_theirs foreign",
      ])
  }

  @Test("equal orders are refused while one of them is pending, with zeros in front or not")
  func equal() throws {
    let files = try ["0004_x", "4_y"].map { try Self.file($0) }
    #expect(
      Self.told(MigrationSurvey(files, [])) == ["0004_x pending equal", "4_y pending equal"])
    let records = [try Self.record("4", "x"), try Self.record("4", "y")]
    #expect(Self.told(MigrationSurvey(files, records)) == ["0004_x applied", "4_y applied"])
    #expect(
      Self.told(MigrationSurvey(files, [records[0]])) == [
        "0004_x applied equal", "4_y pending equal",
      ])
  }

  @Test("a name that is but a label does not hide what was applied")
  func labels() throws {
    let survey = MigrationSurvey(
      [try Self.file("1700000000001_add-profile")],
      [try Self.record("1700000000001", "AddProfile_1700000000001", nil, isLoose: true)])
    #expect(Self.told(survey) == ["1700000000001_add-profile applied"])
  }

  @Test(
    "an order is digits, or a date and a time; the rest is the name",
    arguments: [
      ("0007_split.json5", "0007|split"), ("20261121_120000_a_b.json5", "20261121_120000|a_b"),
      ("0007_12_a.json5", "0007|12_a"), ("split.json5", ""), ("0007.json5", ""),
      ("0007_.json5", ""), ("7-a.json5", ""), ("0007_a b.json5", ""), ("0007_a.json", ""),
      ("20261121_120000.json5", ""),
    ])
  func names(_ file: String, _ parts: String) {
    let found = MigrationFile.parts(of: file)
    #expect(found.map { "\($0.order)|\($0.name)" } ?? "" == parts)
  }

  @Test("orders are compared as numbers")
  func orders() throws {
    let texts = ["20261121_120000", "10", "9", "0011", "000"]
    let orders = try texts.map { try #require(MigrationOrder($0)) }.sorted()
    #expect(orders.map(\.text) == ["000", "9", "10", "0011", "20261121_120000"])
  }
}
