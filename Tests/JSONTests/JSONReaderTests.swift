import Harness
import JSON
import Testing

private func json5(_ text: String) -> JSONDocument {
  JSONDocument(Array(text.utf8), dialect: .json5)
}

private func strict(_ text: String) -> JSONDocument {
  JSONDocument(Array(text.utf8), dialect: .strict)
}

private func compact(_ document: JSONDocument) -> String? {
  document.root.map { JSONValue($0).text }
}

@Suite("Reading JSON and JSON5", .waiting)
struct JSONReaderTests {
  @Test(
    "JSON5 is read into plain values",
    arguments: [
      (
        "{a: 1, 'b': 'two', \"c\": [null, true, false,],}",
        #"{"a":1,"b":"two","c":[null,true,false]}"#
      ),
      ("// note\n{/* x */ $k_1: +5, ünï: .5, k: 5.}", #"{"$k_1":5,"ünï":0.5,"k":5}"#),
      ("[0x1F, -0XfF, 5.e3, -.5E-2, 1e+2, 0x0]", "[31,-255,5e3,-0.5E-2,1e+2,0]"),
      ("0xFFFFFFFFFFFFFFFFFFFFFFFF", "79228162514264337593543950335"),
      ("'it''s'".replacing("''", with: "\\'"), #""it's""#),
      (
        #"'\x41\v\0\q\"\u00e9\uD83D\uDE00\/'"#,
        "\"A\\u000b\\u0000q\\\"é😀/\""
      ),
      ("'one\\\ntwo\\\r\nthree\\\u{2028}four'", #""onetwothreefour""#),
      ("\u{FEFF}\u{A0}\u{0B}\u{0C}\u{2003}1\u{2029}", "1"),
      (#"{\u0061b: 1}"#, #"{"ab":1}"#),
      ("\"tab\there\"", #""tab\there""#),
      ("12345678901234567890123456789012345678.90", "12345678901234567890123456789012345678.90"),
      ("{true: null, if: 1}", #"{"true":null,"if":1}"#),
    ])
  func readsJSON5(text: String, expected: String) {
    let document = json5(text)
    #expect(document.problems == [])
    #expect(compact(document) == expected)
  }

  @Test(
    "a mistake is told with its line, its column and what was expected",
    arguments: [
      ("", "1:1: expected a value, found the end of the document"),
      ("{a: 1\n b: 2}", "2:2: expected ',' or '}' in the object opened at 1:1, found the word 'b'"),
      ("[1, 2", "1:6: expected ']' for the array opened at 1:1, found the end of the document"),
      ("[1, 2}", "1:6: expected ',' or ']' in the array opened at 1:1, found '}'"),
      ("{a 1}", "1:4: expected ':' after the key 'a', found '1'"),
      (
        "{deploy-b: 1}",
        "1:8: expected ':' after the key 'deploy', found '-'; a key with '-' in it needs quotes"
      ),
      ("{1a: 1}", "1:2: expected a key, found '1'; a key that begins with a digit needs quotes"),
      ("[True]", "1:2: expected a value, found the word 'True'; did you mean true?"),
      ("{a: green}", "1:5: expected a value, found the word 'green'; a text needs quotes"),
      ("{a: 5s}", "1:6: expected the end of the number, found the word 's'; a text needs quotes"),
      ("[01]", "1:2: expected a number without a leading 0"),
      ("[1.2.3]", "1:5: expected the end of the number, found '.'; a text needs quotes"),
      ("[1e]", "1:4: expected a digit in the exponent, found ']'"),
      ("[0x]", "1:4: expected a hexadecimal digit after 0x, found ']'"),
      ("[é, 'a\nb']", "1:2: expected a value, found the word 'é'; a text needs quotes"),
      (
        "  'abc\n",
        "1:3: expected the double quote".replacing("double", with: "single")
          + " that closes this string on its own line"
      ),
      ("'abc", "1:1: expected the quote that closes the string which begins here"),
      ("/* abc", "1:1: expected '*/', which ends the comment that begins here"),
      ("'\\ud800'", "1:2: expected both halves of a surrogate pair, found one"),
      ("'\\udc00\\ud800'", "1:2: expected both halves of a surrogate pair, found one"),
      ("'\\u12'", "1:3: expected four hexadecimal digits after \\u"),
      ("'\\x4'", "1:3: expected two hexadecimal digits after \\x"),
      ("'\\1'", "1:3: expected a letter or a sign after \\, found '1'"),
      ("1 2", "1:3: expected the end of the document, found '2'"),
      ("[1,,2]", "1:4: expected a value, found ','"),
      ("\r\n\r\u{FEFF}@", "3:2: expected a value, found '@'"),
      ("\u{FEFF}@", "1:1: expected a value, found '@'"),
      ("[\u{1}]", "1:2: expected a value, found the control character U+0001"),
      ("\"ä😀\" x", "1:6: expected the end of the document, found the word 'x'"),
      ("+true", "1:2: expected a digit, found the word 'true'"),
    ])
  func tellsMistakes(text: String, expected: String) {
    let document = json5(text)
    #expect(document.root == nil)
    #expect(document.problems.first?.description == expected)
  }

  @Test("several mistakes are told at once")
  func severalMistakes() {
    let document = json5("{\n a: @,\n b 2,\n c: [1 2, True],\n d: 'open\n}")
    #expect(document.root == nil)
    #expect(
      document.problems.map(\.description) == [
        "2:5: expected a value, found '@'",
        "3:4: expected ':' after the key 'b', found '2'",
        "4:8: expected ',' or ']' in the array opened at 4:5, found '2'",
        "4:11: expected a value, found the word 'True'; did you mean true?",
        "5:5: expected the single quote that closes this string on its own line",
      ])
  }

  @Test(
    "strict JSON refuses what only JSON5 allows",
    arguments: [
      "{a: 1}", "{'a': 1}", "[1,]", "{\"a\": 1,}", "[+1]", "[.5]", "[5.]", "[0x10]", "// c\n1",
      "1 /* c */", "Infinity", "NaN", "-Infinity", "'a'", "\"\\x41\"", "\"\\v\"", "\"a\tb\"",
      "\"a\\\nb\"", "\u{A0}1", "\u{0B}1", "01", "-", "1.", "\"\\0\"", "{\"a\":1,\"a\":2}",
    ])
  func strictRefuses(text: String) {
    let document = strict(text)
    #expect(document.problems.count >= 1, "\(text)")
    #expect(throws: JSONError.self) { try JSONValue(reading: Array(text.utf8)) }
  }

  @Test("numbers that are none are flagged, but the tree is there")
  func flagsInfinity() {
    let document = json5("{a: Infinity, b: -Infinity, c: NaN, d: +NaN}")
    #expect(document.root != nil)
    #expect(
      document.problems.map(\.description) == [
        "1:5: expected a finite number, found Infinity",
        "1:19: expected a finite number, found Infinity",
        "1:32: expected a finite number, found NaN",
        "1:41: expected a finite number, found NaN",
      ])
    #expect(document.root?["b"]?.numberText == "-Infinity")
  }

  @Test("a key given twice is told with both places, and names are compared as bytes")
  func flagsDuplicates() {
    let document = json5("{a: 1,\n 'a': 2, \u{e9}: 3, e\u{301}: 4}")
    #expect(document.problems.count == 1)
    let problem = document.problems.first
    #expect(problem?.description == "2:2: the key 'a' is given twice; the first one is at 1:2")
    #expect(problem?.related == JSONPosition(offset: 1, line: 1, column: 2))
    #expect(document.root?.members?.count == 4)
  }

  @Test("values and keys know where they stand")
  func ranges() throws {
    let text = "{\n  steps: [ {id: 'x'},\n  0x1F ]}"
    let root = try JSONNode(reading: Array(text.utf8), dialect: .json5)
    let member = try #require(root.member("steps"))
    #expect(member.nameRange.start == JSONPosition(offset: 4, line: 2, column: 3))
    #expect(member.nameRange.end.offset == 9)
    let elements = try #require(member.value.elements)
    #expect(elements[0].range.offsets == 13..<22)
    #expect(elements[1].range.start == JSONPosition(offset: 26, line: 3, column: 3))
    #expect(elements[1].range.end == JSONPosition(offset: 30, line: 3, column: 7))
    #expect(root.range.offsets == 0..<text.utf8.count)
  }

  @Test(
    "bytes that are not UTF-8 are refused where they stand",
    arguments: [
      (
        [0x22, 0xC0, 0x80, 0x22],
        "1:2: expected UTF-8 text, found the byte 0xC0 (a longer form than needed)"
      ),
      (
        [0x22, 0xED, 0xA0, 0x80, 0x22],
        "1:2: expected UTF-8 text, found the byte 0xED (half of a surrogate pair)"
      ),
      (
        [0x0A, 0x22, 0xE2, 0x82],
        "2:2: expected UTF-8 text, found the byte 0xE2 (a character that is cut short)"
      ),
      (
        [0x22, 0x80, 0x22],
        "1:2: expected UTF-8 text, found the byte 0x80 (a continuation without its beginning)"
      ),
      (
        [0x22, 0xF5, 0x80, 0x80, 0x80],
        "1:2: expected UTF-8 text, found the byte 0xF5 (beyond the last code point)"
      ),
      ([0x7F, 0x45, 0x4C, 0x46, 0xFF], "1:5: expected UTF-8 text, found the byte 0xFF"),
    ] as [([UInt8], String)])
  func refusesOtherEncodings(bytes: [UInt8], expected: String) {
    let document = JSONDocument(bytes, dialect: .json5)
    #expect(document.root == nil)
    #expect(document.problems.count == 1)
    #expect(
      document.problems.first?.description.hasPrefix(expected) == true, "\(document.problems)")
  }

  @Test(
    "a million brackets, braces or signs are refused without harm",
    arguments: [
      "[", "{a:", "[[1],", "-", "'", "/*", "/*a", "\"a\" /* ", "\\", "{", "\"", "[{'", "0x", "1",
      "a", "/", ",",
      "\u{2028}",
    ])
  func survivesHostileRepeats(piece: String) {
    let bytes = Array(String(repeating: piece, count: 1_000_000).utf8)
    for dialect in [JSONDialect.json5, .strict] {
      let document = JSONDocument(bytes, dialect: dialect)
      if piece != "1" { #expect(document.problems.count >= 1) }
      #expect(document.problems.count <= JSONLimit.problemsMax)
    }
  }

  @Test("nesting is read to its bound and refused beyond it")
  func depthBound() {
    func nested(_ depth: Int) -> JSONDocument {
      strict(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
    }
    #expect(nested(JSONLimit.depthMax).problems == [])
    #expect(
      nested(JSONLimit.depthMax + 1).problems.map(\.description)
        == ["1:129: values are nested more than 128 deep"])
  }

  @Test("a document that is too large is refused before it is read")
  func sizeBound() {
    let document = JSONDocument(Array("[1, 2]".utf8), dialect: .json5, bytesMax: 5)
    #expect(document.root == nil)
    #expect(
      document.problems.map(\.description)
        == ["1:1: the document has 6 bytes; at most 5 are read"])
  }

  @Test("one long line is positioned in one pass")
  func longLine() {
    let bytes = Array(("[" + String(repeating: "{a:1},", count: 200_000) + "]").utf8)
    let clock = ContinuousClock()
    var count = 0
    let time = clock.measure {
      count = JSONDocument(bytes, dialect: .json5).root?.elements?.count ?? 0
    }
    #expect(count == 200_000)
    // A quadratic walk would take hours.
    #expect(time < .seconds(60))
  }
}
