import Foundation
import Harness
import Resources
import Synchronization
import Testing
import Transforms

@Suite("Filter programs", .waiting)
struct FilterTransformTests {
  private let folder: TemporaryFolder
  private let script: FilterScript
  private let notes = Notes()

  private final class Notes: Sendable {
    let lines = Mutex<[String]>([])
  }

  init() throws {
    folder = try TemporaryFolder()
    script = try FilterScript(in: folder.path)
  }

  private func transform(
    _ mode: String, limit: Duration = .seconds(600), environment: [String: String] = [:]
  ) throws -> any TableTransform {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return try SQLTransforms().make(
      FilterProgram(
        argv: script.argv(mode, folder.file("once-")),
        environment: environment.merging(["PATH": path]) { $1 }, folder: folder.path,
        table: "memory:///assets", targets: ["version", "asset"], answerLimit: limit,
        name: { item in String(decoding: item.bytes.prefix(20), as: UTF8.self) },
        note: { [notes] (text) throws(Failure) in notes.lines.withLock { $0.append(text) } },
        redact: { $0.replacing("hidden", with: "[secret]") }))
  }

  private static func item(_ id: String, version: String? = nil) -> Item {
    let rest = version.map { #","currentVersion":{"M":{"Version":{"S":"\#($0)"}}}"# } ?? ""
    return Item(bytes: Array(#"{"id":{"S":"\#(id)"}\#(rest)}"#.utf8), isCanonical: false)
  }

  /// Each outcome in a word.
  private static func told(_ outcomes: [MigrationOutcome]) -> [String] {
    outcomes.map { outcome in
      switch outcome {
      case .skip(let reason): "skip \(reason)"
      case .failed(let reason): "failed \(reason)"
      case .writes(let writes): "writes " + writes.map(\.target).joined(separator: "+")
      }
    }
  }

  private func ask(_ mode: String, _ ids: [String], limit: Duration = .seconds(600)) async throws
    -> [String]
  {
    let transform = try transform(mode, limit: limit)
    let outcomes = try await transform.apply(ids.map { Self.item($0, version: "1") })
    try await transform.close()
    return Self.told(outcomes)
  }

  private static let good = "writes version+asset"

  @Test("each item gets any number of outcomes, batch after batch, from one process")
  func plain() async throws {
    let transform = try transform("plain")
    for batch in 0..<3 {
      let items = [Self.item("a\(batch)", version: "7"), Self.item("b\(batch)")]
      let outcomes = try await transform.apply(items)
      #expect(Self.told(outcomes) == [Self.good, "skip no version"])
      guard case .writes(let writes) = outcomes[0], case .put(let item) = writes[0].kind else {
        Issue.record("\(outcomes)")
        return
      }
      #expect(String(decoding: item.bytes, as: UTF8.self) == #"{"id": {"S": "a\#(batch):7"}}"#)
    }
    #expect(try await transform.apply([]).isEmpty)
    try await transform.close()
    #expect(notes.lines.withLock { $0 } == [])
  }

  @Test("batches that are asked for at the same time are answered each for itself")
  func together() async throws {
    let transform = try transform("plain")
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for batch in 0..<6 {
        group.addTask {
          let items = (0..<40).map { Self.item("b\(batch)-\($0)", version: "\(batch)") }
          let outcomes = try await transform.apply(items)
          return outcomes.enumerated().allSatisfy { index, outcome in
            guard case .writes(let writes) = outcome, case .put(let new) = writes[0].kind else {
              return false
            }
            return String(decoding: new.bytes, as: UTF8.self).contains("b\(batch)-\(index):")
          }
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
    try await transform.close()
  }

  @Test("an item that makes it crash is to blame alone, and the rest of its batch is not lost")
  func crash() async throws {
    let told = try await ask("crash", ["a", "bad1", "b", "bad2", "c"])
    #expect(
      told == [
        Self.good, "failed the filter ended with status 7: cannot bear bad1", Self.good,
        "failed the filter ended with status 7: cannot bear bad2", Self.good,
      ])
    // One that does it only once is carried on from.
    let once = try await ask("crash-once", ["a", "bad1", "b"])
    #expect(once == [Self.good, Self.good, Self.good])
  }

  @Test("a wrong answer is told also when the rest of it never comes")
  func half() async throws {
    let told = try await ask("echo", ["a", "bad1", "b"])
    #expect(
      told == [
        Self.good,
        "failed the filter ended with status 0, having answered with 'table', which means nothing "
          + "here", Self.good,
      ])
  }

  @Test("one that always crashes is given up, and the item is named that it was at")
  func alwaysCrashing() async throws {
    let failure = try await #require(throws: Failure.self) {
      try await ask("crash-always", ["a", "b", "c", "d", "e", "f"])
    }
    #expect(failure.summary.contains("ended with status 8, 5 times in a row"), "\(failure)")
    #expect(failure.summary.contains(#"it was at the item {"id":{"S":"#), "\(failure)")
  }

  @Test("one that falls silent is ended after its limit, and the item is named")
  func hang() async throws {
    let told = try await ask("hang", ["a", "bad1", "b"], limit: .seconds(4))
    #expect(told[0] == Self.good && told[2] == Self.good)
    #expect(told[1].hasPrefix("failed the filter gave no answer within 4.0 seconds"), "\(told)")
  }

  @Test(
    "a line that is no answer stops it, with the line and the item",
    arguments: [
      ("wrong", "wrote a line no JSON object on a line: hello"),
      ("stranger", "which is not asked about"),
    ])
  func wrongLine(_ mode: String, _ words: String) async throws {
    let failure = try await #require(throws: Failure.self) {
      try await ask(mode, ["a", "bad1", "b"])
    }
    #expect(failure.summary.contains(words), "\(failure)")
    #expect(failure.summary.contains(#"it was at the item {"id":{"S":"bad1""#), "\(failure)")
  }

  @Test(
    "an answer that is wrong for one item spoils that item only",
    arguments: [
      ("odd-name", "failed the filter answered with 'putt', which means nothing here"),
      ("odd-item", "failed the attribute 'id' of 'put' has no type"),
      ("silent", "failed the filter is done with it, but gave no outcome"),
      ("reject", "failed it is bad"),
    ])
  func spoilt(_ mode: String, _ words: String) async throws {
    let told = try await ask(mode, ["a", "bad1", "b"])
    #expect(told[0] == Self.good && told[2] == Self.good, "\(told)")
    #expect(told[1].hasPrefix(words), "\(told)")
  }

  @Test("it sees the environment that it is given and nothing else, in its folder")
  func environment() async throws {
    let transform = try transform("environment", environment: ["MINE": "x"])
    let outcomes = try await transform.apply([Self.item("a")])
    // Two targets, and it named none.
    #expect(Self.told(outcomes) == ["failed it does not say which target it writes to"])
    try await transform.close()
  }

  @Test("what it says on standard error is noted, without secrets")
  func notes() async throws {
    _ = try await ask("notes", ["a", "hidden"])
    #expect(
      notes.lines.withLock { $0 } == ["the filter says: at a", "the filter says: at [secret]"])
  }

  @Test("a program that is not there is named")
  func missing() async throws {
    var program = FilterProgram(
      argv: ["no-such-program"], environment: ["PATH": "/usr/bin"], folder: nil, table: "t",
      targets: ["a"], answerLimit: .seconds(9), name: { _ in "" },
      note: { (_) throws(Failure) in }, redact: { $0 })
    let transform = try SQLTransforms().make(program)
    let failure = try await #require(throws: Failure.self) {
      try await transform.apply([Self.item("a")])
    }
    #expect(failure.summary.contains("there is no program 'no-such-program'"), "\(failure)")
    try await transform.close()
    program.argv = []
    #expect(throws: Failure.self) { try SQLTransforms().make(program) }
  }

  @Test("cancelling ends it")
  func cancelling() async throws {
    let transform = try transform("hang")
    let task = Task { try await transform.apply([Self.item("bad1", version: "1")]) }
    task.cancel()
    await #expect(throws: Failure.cancelled) { try await task.value }
    try await transform.close()
  }
}
