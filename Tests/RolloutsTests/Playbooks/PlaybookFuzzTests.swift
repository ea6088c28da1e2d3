import Harness
import JSON
import Resources
import Testing

@testable import Rollouts

@Suite("Random and hostile playbooks", .waiting)
struct PlaybookFuzzTests {
  @Test(
    "a damaged playbook is read or refused with a place, never worse",
    arguments: 0..<20 as Range<UInt64>)
  func mutations(seed: UInt64) {
    var random = SplitMix(state: seed)
    let sound = Array(soundPlaybook.utf8)
    var refused = 0
    for _ in 0..<150 {
      let bytes = damaged(sound, &random)
      do {
        let playbook = try ToyCatalog.reader.read(bytes, file: "p")
        use(playbook)
      } catch {
        refused += 1
        check(error, bytes)
      }
    }
    #expect(refused > 50)
  }

  @Test(
    "a playbook with its pieces shuffled is read or refused with a place",
    arguments: 0..<20 as Range<UInt64>)
  func shuffles(seed: UInt64) {
    var random = SplitMix(state: seed &+ 500)
    let words = soundPlaybook.split(
      omittingEmptySubsequences: false, whereSeparator: { " \n".contains($0) })
    for _ in 0..<60 {
      var pieces = words
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let from = Int.random(in: 0..<pieces.count, using: &random)
        let to = Int.random(in: 0..<pieces.count, using: &random)
        if Bool.random(using: &random) { pieces.swapAt(from, to) } else { pieces[from] = words[to] }
      }
      let bytes = Array(pieces.joined(separator: " ").utf8)
      do {
        use(try ToyCatalog.reader.read(bytes, file: "p"))
      } catch {
        check(error, bytes)
      }
    }
  }

  @Test("values of a wrong kind anywhere are refused with a place")
  func wrongKinds() throws {
    let root = try JSONValue(reading: Array(soundPlaybook.utf8), dialect: .json5)
    let values: [JSONValue] = [
      nil, true, 0, -1, .number("1e999"), "", "${", "${}", "${to}", "${steps.x.outputs.y}",
      "${secret:env:X}", [], [[]], [:], ["": nil],
      .string(String(repeating: "${root}", count: 999)),
    ]
    for path in paths(of: root) {
      for value in values {
        let bytes = replacing(path[...], in: root, with: value).compact()
        do {
          use(try ToyCatalog.reader.read(bytes, file: "p"))
        } catch {
          check(error, bytes)
        }
      }
    }
  }

  /// What is accepted can be used, whichever colour is live.
  private func use(_ playbook: Playbook) {
    for colour in Colour.allCases {
      _ = try? playbook.definitions(in: ToyCatalog.actions, from: colour)
      for step in playbook.steps {
        #expect(throws: Never.self) {
          try playbook.input(of: step.id, from: colour) { _, _ in "1" }
        }
      }
    }
    #expect(throws: Never.self) { try playbook.liveIndicator() }
  }

  private func check(_ error: PlaybookProblems, _ bytes: [UInt8]) {
    #expect(!error.problems.isEmpty)
    for problem in error.problems {
      guard let place = problem.position else {
        Issue.record("no place: \(problem)")
        continue
      }
      #expect(place.offset <= bytes.count && place.line >= 1 && place.column >= 1)
      #expect(!problem.message.isEmpty)
    }
  }

  private func damaged(_ sound: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    var bytes = sound
    for _ in 0...Int.random(in: 0..<3, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: place)
      case 2:
        bytes.insert(Array("{}[]:,'\"$.\\0a".utf8).randomElement(using: &random) ?? 0, at: place)
      case 3: bytes = Array(bytes.prefix(max(1, place)))
      case 4: bytes[place] = UInt8.random(in: 32...126, using: &random)
      default:
        let end = min(bytes.count, place + Int.random(in: 1..<40, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...place, using: &random))
      }
    }
    return bytes
  }

  // MARK: Places in a tree

  private enum Key {
    case name(String)
    case index(Int)
  }

  private func paths(of value: JSONValue) -> [[Key]] {
    var result: [[Key]] = [[]]
    for member in value.members ?? [] {
      result += paths(of: member.value).map { [.name(member.name)] + $0 }
    }
    for (index, element) in (value.elements ?? []).enumerated() {
      result += paths(of: element).map { [.index(index)] + $0 }
    }
    return result
  }

  private func replacing(
    _ path: ArraySlice<Key>, in value: JSONValue, with new: JSONValue
  ) -> JSONValue {
    switch path.first {
    case nil: return new
    case .name(let name):
      var value = value
      value[name] = replacing(path.dropFirst(), in: value[name] ?? nil, with: new)
      return value
    case .index(let index):
      var elements = value.elements ?? []
      elements[index] = replacing(path.dropFirst(), in: elements[index], with: new)
      return .array(elements)
    }
  }
}
