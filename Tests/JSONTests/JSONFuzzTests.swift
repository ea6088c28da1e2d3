import Foundation
import Harness
import JSON
import Testing

@Suite("Random and hostile documents", .waiting)
struct JSONFuzzTests {
  @Test("what was written is read back the same", arguments: 0..<20 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var source = DocumentSource(seed: seed)
    for _ in 0..<100 {
      let value = source.value(depth: 4)
      let bytes = value.compact()
      #expect(try JSONValue(reading: bytes) == value)
      #expect(try JSONValue(reading: Array(value.pretty().utf8)) == value)
      var scanner = JSONScanner()
      let whole = try scanner.skipValue(in: bytes.span)
      #expect(whole == 0..<bytes.count)
      let sloppy = source.json5(value)
      #expect(try JSONValue(reading: Array(sloppy.utf8), dialect: .json5) == value, "\(sloppy)")
    }
  }

  @Test(
    "mutated documents never trap, and a mistake has a place", arguments: 0..<20 as Range<UInt64>)
  func mutations(seed: UInt64) {
    var source = DocumentSource(seed: seed &+ 1000)
    for _ in 0..<500 {
      let value = source.value(depth: 3)
      let bytes = source.mutate(Array(source.json5(value).utf8))
      for dialect in [JSONDialect.json5, .strict] {
        let document = JSONDocument(bytes, dialect: dialect)
        #expect(document.root != nil || !document.problems.isEmpty)
        for problem in document.problems {
          #expect(problem.position.offset <= bytes.count)
          #expect(problem.position.line >= 1 && problem.position.column >= 1)
        }
        if let root = document.root, document.problems.isEmpty {
          #expect((try? JSONValue(reading: JSONValue(root).compact())) == JSONValue(root))
        }
      }
    }
  }

  @Test("reader and scanner accept the same documents", arguments: 0..<10 as Range<UInt64>)
  func scannerAgrees(seed: UInt64) {
    var source = DocumentSource(seed: seed &+ 2000)
    for _ in 0..<500 {
      let value = source.value(depth: 3)
      let bytes = source.mutate(value.compact())
      let document = JSONDocument(bytes, dialect: .strict)
      // The scanner leaves the encoding, byte order marks, surrogates and duplicates to others.
      let ignored = ["UTF-8", "surrogate", "twice"]
      let isLenient = document.problems.contains { problem in
        ignored.contains { problem.message.contains($0) }
      }
      if isLenient || bytes.starts(with: [0xEF, 0xBB, 0xBF]) { continue }
      var scanner = JSONScanner()
      let accepted: Bool
      do {
        _ = try scanner.skipValue(in: bytes.span)
        try scanner.finish(in: bytes.span)
        accepted = true
      } catch { accepted = false }
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(accepted == document.problems.isEmpty, "\(text)")
    }
  }

  @Test("Foundation reads the same numbers, texts and shapes", arguments: 0..<10 as Range<UInt64>)
  func foundationAgrees(seed: UInt64) throws {
    var source = DocumentSource(seed: seed &+ 3000)
    for _ in 0..<100 {
      let value = source.value(depth: 3)
      let theirs = try JSONSerialization.jsonObject(
        with: Data(value.compact()), options: [.fragmentsAllowed])
      #expect(Self.same(value, theirs), "\(value.text)")
    }
  }

  private static func same(_ ours: JSONValue, _ theirs: Any) -> Bool {
    switch ours {
    case .null: return theirs is NSNull
    case .bool(let flag): return (theirs as? Bool) == flag
    case .number(let text):
      guard let number = theirs as? NSNumber, let double = Double(text) else { return false }
      return abs(number.doubleValue - double) <= abs(double) * 1e-14
    case .string(let text):
      return (theirs as? String).map { Array($0.utf8) == Array(text.utf8) } ?? false
    case .array(let elements):
      guard let list = theirs as? [Any], list.count == elements.count else { return false }
      return zip(elements, list).allSatisfy { same($0, $1) }
    case .object(let members):
      guard let table = theirs as? [String: Any], table.count == members.count else { return false }
      return members.allSatisfy { member in
        table[member.name].map { same(member.value, $0) } ?? false
      }
    }
  }

  @Test(
    "JavaScript reads the same out of JSON5",
    .enabled(if: JavaScript.path != nil, "node is not installed"))
  func javaScriptAgrees() throws {
    var source = DocumentSource(seed: 5000)
    var ours: [String] = []
    var documents: [String] = []
    while documents.count < 500 {
      let value = source.value(depth: 3)
      // JavaScript rounds numbers and moves keys that look like them; texts are what counts here.
      guard !value.text.contains(where: \.isNumber), !value.text.contains("\\u") else { continue }
      documents.append(source.json5(value))
      ours.append(value.text)
    }
    #expect(try JavaScript.read(documents) == ours)
  }

  @Test("python's json accepts and refuses the same mutated documents")
  func pythonAgrees() throws {
    var source = DocumentSource(seed: 4000)
    var documents: [[UInt8]] = []
    for _ in 0..<4000 {
      let bytes = source.value(depth: 3).compact()
      documents.append(source.chance(1, in: 4) ? bytes : source.mutate(bytes))
    }
    let answers = try PythonJSON.read(documents)
    #expect(answers.count == documents.count)
    var accepted = 0
    for (bytes, answer) in zip(documents, answers) {
      let ours = try? JSONValue(reading: bytes)
      #expect(ours?.compact() == answer, "\(String(decoding: bytes, as: UTF8.self))")
      if ours != nil { accepted += 1 }
    }
    // Both sides must have had something to do.
    #expect(accepted > 1000 && accepted < 3500)
  }
}

/// JavaScript, of which JSON5 is a part, as an independent reader where it is installed.
private enum JavaScript {
  static let path = ["/usr/bin/node", "/usr/local/bin/node"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  private static let program = #"""
    const lines = require("fs").readFileSync(0, "utf8").split("\n");
    for (const line of lines)
      console.log(JSON.stringify(eval("(" + Buffer.from(line, "hex").toString() + "\n)")));
    """#

  static func read(_ documents: [String]) throws -> [String] {
    guard let path else { return [] }
    let lines = documents.map { $0.utf8.map { String(format: "%02x", $0) }.joined() }
    let output = try Tool.run(
      [path, "-e", program], input: Array(lines.joined(separator: "\n").utf8))
    #expect(output.status == 0, "\(output.errorText)")
    return output.text.split(separator: "\n").map(String.init)
  }
}

/// Python's reader as an independent opinion: hexadecimal documents in, compact JSON or nil out.
private enum PythonJSON {
  private static let program = #"""
    import json, sys
    class Number(str): pass
    def pairs(items):
      if len({name for name, _ in items}) != len(items): raise ValueError("twice")
      return dict(items)
    def refuse(word): raise ValueError(word)
    def text(value):
      return json.dumps(value, ensure_ascii=False)
    def write(value):
      if value is None: return "null"
      if value is True: return "true"
      if value is False: return "false"
      if isinstance(value, Number): return str(value)
      if isinstance(value, str): return text(value)
      if isinstance(value, list): return "[" + ",".join(map(write, value)) + "]"
      return "{" + ",".join(text(k) + ":" + write(v) for k, v in value.items()) + "}"
    for line in open(sys.argv[1]):
      try:
        source = bytes.fromhex(line.strip()).decode("utf-8")
        value = json.loads(source.removeprefix("\ufeff"), object_pairs_hook=pairs,
          parse_int=Number, parse_float=Number, parse_constant=refuse)
        print("+" + write(value).encode("utf-8").hex())
      except (ValueError, RecursionError):
        print("-")
    """#

  static func read(_ documents: [[UInt8]]) throws -> [[UInt8]?] {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("cutover-json-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let lines = documents.map { $0.map { String(format: "%02x", $0) }.joined() }
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program, file.path]
    let output = Pipe.make()
    process.standardOutput = output
    try process.start()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return answer.split(separator: UInt8(ascii: "\n")).map { line in
      guard line.first == UInt8(ascii: "+") else { return nil }
      let digits = Array(line.dropFirst())
      return stride(from: 0, to: digits.count, by: 2).map { index in
        UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
      }
    }
  }
}
