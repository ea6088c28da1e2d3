import Harness
import JSON
import Testing

@Suite("JSON values", .waiting)
struct JSONValueTests {
  private struct Sample: Codable, Equatable {
    struct Inner: Codable, Equatable {
      var names: [String]
      var flags: [Bool?]
    }
    enum Choice: String, Codable { case left, right }
    enum Payload: Codable, Equatable {
      case none
      case some(text: String, count: Int)
    }
    var id: String
    var count: UInt64
    var ratio: Double
    var missing: Int?
    var inner: Inner
    var table: [String: [Int]]
    var choice: Choice
    var payload: [Payload]
    var raw: JSONValue
    var wait: Duration
  }

  private static let sample = Sample(
    id: "x\u{0}\"\\\u{1F}é", count: .max, ratio: 0.1, missing: nil,
    inner: .init(names: ["a", "e\u{301}"], flags: [true, nil]), table: ["k": [1, -2]],
    choice: .right, payload: [.none, .some(text: "t", count: 3)],
    raw: ["n": .number("12345678901234567890.10"), "z": nil, "a": [1, "two"]],
    wait: .milliseconds(1500))

  @Test("any Codable type goes through and comes back, numbers with all their digits")
  func codableRoundTrip() throws {
    let value = try JSONValue(encoding: Self.sample)
    #expect(value["count"]?.numberText == "18446744073709551615")
    #expect(value["raw"]?.text == #"{"n":12345678901234567890.10,"z":null,"a":[1,"two"]}"#)
    let again = try JSONValue(reading: value.compact())
    #expect(again == value)
    #expect(try again.decode(as: Sample.self) == Self.sample)
  }

  @Test("scalars and lists encode at the top level")
  func topLevel() throws {
    #expect(try JSONValue(encoding: 5).text == "5")
    #expect(try JSONValue(encoding: [String]()).text == "[]")
    #expect(try JSONValue(encoding: [String: Int]()).text == "{}")
    #expect(try JSONValue(encoding: String?.none).text == "null")
    #expect(throws: JSONMismatch(path: "", message: "JSON has no number inf")) {
      try JSONValue(encoding: Double.infinity)
    }
  }

  @Test("a mismatch names the place and what was expected")
  func mismatches() throws {
    var value = try JSONValue(encoding: Self.sample)
    value["inner"]?["names"] = ["a", 5]
    #expect(
      throws: JSONMismatch(path: "inner.names[1]", message: "expected a text, found the number 5")
    ) {
      try value.decode(as: Sample.self)
    }
    value["inner"] = nil
    #expect(throws: JSONMismatch(path: "", message: "the key 'inner' is missing")) {
      try value.decode(as: Sample.self)
    }
    #expect(
      throws: JSONMismatch(
        path: "[0]", message: "expected a whole number from 0 to 255, found the number 256")
    ) {
      try JSONValue.array([256]).decode(as: [UInt8].self)
    }
    #expect(throws: JSONMismatch(path: "", message: "expected a list, found an object")) {
      try JSONValue.object([]).decode(as: [Int].self)
    }
  }

  @Test(
    "whole numbers are told from others, however they are written",
    arguments: [
      ("5", 5), ("-0", 0), ("1e3", 1000), ("1.50e1", 15), ("100e-2", 1), ("5.0", 5), ("0.000", 0),
      ("-12e1", -120), ("9223372036854775807", .max), ("9223372036854775808", nil), ("1.5", nil),
      ("1e999999999", nil), ("1e-1", nil), ("Infinity", nil), ("0e999999999999999999999", nil),
      ("0e99", 0), ("-1.0E+1", -10),
    ] as [(String, Int?)])
  func wholeNumbers(text: String, expected: Int?) {
    #expect(JSONNumber.integer(text) == expected)
    #expect(JSONValue.number(text).integer == expected)
  }

  @Test("equality and hashes go by bytes, not by what looks alike")
  func equality() {
    let composed = JSONValue.string("\u{e9}")
    let decomposed = JSONValue.string("e\u{301}")
    #expect("\u{e9}" == "e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed, "x", "x"]).count == 3)
    #expect(JSONValue.number("1") != JSONValue.number("1.0"))
    #expect(JSONValue.object([.init("\u{e9}", 1)])["e\u{301}"] == nil)
    #expect((["a": 1, "b": 2] as JSONValue) != ["b": 2, "a": 1])
    #expect(
      (["b": 2, "a": 1] as JSONValue).compact(sortedKeys: true)
        == (["a": 1, "b": 2] as JSONValue).compact())
  }

  @Test("keys are sorted by bytes, at every level")
  func sortedKeys() {
    let value: JSONValue = ["é": 1, "z": ["b": 1, "a": 2], "Z": 3, "": 4]
    let text = String(decoding: value.compact(sortedKeys: true), as: UTF8.self)
    #expect(text == #"{"":4,"Z":3,"z":{"a":2,"b":1},"é":1}"#)
  }

  @Test("control characters, quotes and backslashes are escaped, other characters stay")
  func escapes() {
    let value = JSONValue.string("\u{0}\u{1F}\u{8}\u{C}\n\r\t\"\\/\u{7F}é😀\u{2028}")
    #expect(
      value.text == "\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\u{7F}é😀\u{2028}\"")
  }

  @Test("the pretty form is indented by two")
  func pretty() {
    let value: JSONValue = ["a": [1, ["b": nil]], "e": [], "o": [:]]
    #expect(
      value.pretty() == """
        {
          "a": [
            1,
            {
              "b": null
            }
          ],
          "e": [],
          "o": {}
        }
        """)
  }

  @Test("a number that JSON does not know is written as null")
  func notFinite() {
    #expect(
      JSONValue.array([.number("Infinity"), .number("NaN"), .number("x")]).text
        == "[null,null,null]")
  }

  @Test("members are replaced in place, appended, and taken out")
  func members() {
    var value: JSONValue = ["a": 1, "b": 2]
    value["a"] = 5
    value["c"] = "x"
    value["b"] = nil
    #expect(value.text == #"{"a":5,"c":"x"}"#)
    value["d"] = .some(.null)
    #expect(value.text == #"{"a":5,"c":"x","d":null}"#)
  }
}

@Suite("The nearest known name", .waiting)
struct NearestTests {
  @Test(
    "a mistyped name is recognised",
    arguments: [
      ("tables.cpoy", "tables.copy"), ("table.copy", "tables.copy"), ("Tables.Copy", "tables.copy"),
      ("stack.deploi", "stack.deploy"), ("stack.dep", nil), ("", nil), ("x", nil), ("ttl", "ttl"),
      ("tll", "ttl"), ("abc", nil), (String(repeating: "a", count: 100_000), nil),
    ] as [(String, String?)])
  func nearestName(word: String, expected: String?) {
    #expect(nearest(to: word, in: ["tables.copy", "stack.deploy", "ttl", ""]) == expected)
  }

  @Test("the fewest edits win, and the first among equals")
  func order() {
    #expect(nearest(to: "steps", in: ["stops", "step", "steps"]) == "steps")
    #expect(nearest(to: "stips", in: ["stops", "steps"]) == "stops")
  }
}
