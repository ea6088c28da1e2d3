import Harness
import JSON
import Testing

@Suite("The canonical form of items", .waiting)
struct ItemFormTests {
  private func canonical(_ text: String) throws -> String {
    String(decoding: try ItemForm.canonical(Array(text.utf8)), as: UTF8.self)
  }

  @Test(
    "whatever an item was written like, its meaning has one text",
    arguments: [
      (#"{"b":{"S":"x"},"a":{"N":"1"}}"#, #"{"a":{"N":"1"},"b":{"S":"x"}}"#),
      (#" { "a" : { "N" : "1" } } "#, #"{"a":{"N":"1"}}"#),
      (#"{"a":{"S":"\u0041\/\u00e9\n\u000a\u001F"}}"#, #"{"a":{"S":"A/é\n\n\u001f"}}"#),
      (#"{"a":{"S":"\ud83d\ude00"}}"#, #"{"a":{"S":"😀"}}"#),
      (#"{"é":{"BOOL":true},"z":{"NULL":true}}"#, #"{"z":{"NULL":true},"é":{"BOOL":true}}"#),
      (#"{"a":{"SS":["b","a","é","Z"]}}"#, #"{"a":{"SS":["Z","a","b","é"]}}"#),
      (#"{"a":{"NS":["10","9","1.0"]}}"#, #"{"a":{"NS":["1","10","9"]}}"#),
      (#"{"a":{"BS":["Yg==","YQ=="]}}"#, #"{"a":{"BS":["YQ==","Yg=="]}}"#),
      (
        #"{"a":{"L":[{"M":{"y":{"N":"2e0"},"x":{"B":"AA=="}}},{"S":""}]}}"#,
        #"{"a":{"L":[{"M":{"x":{"B":"AA=="},"y":{"N":"2"}}},{"S":""}]}}"#
      ),
      (#"{"\u0062":{"S":"x"},"a":{"N":"0"}}"#, #"{"a":{"N":"0"},"b":{"S":"x"}}"#),
      ("{}", "{}"),
    ])
  func hasOneText(_ written: String, _ form: String) throws {
    #expect(try canonical(written) == form)
    #expect(ItemForm.isCanonical(Array(form.utf8)))
    #expect(try canonical(form) == form)
    if written != form { #expect(!ItemForm.isCanonical(Array(written.utf8))) }
  }

  @Test(
    "numbers are the same when their values are, to the last of 38 digits",
    arguments: [
      ("12.0", "12"), ("1.10", "1.1"), ("-0", "0"), ("0.000", "0"), ("1e2", "100"),
      ("1E+2", "100"), ("12.5e-3", "0.0125"), ("-1.50E1", "-15"), ("007", "7"), ("+5", "5"),
      ("0.1", "0.1"), ("100", "100"), (".5", "0.5"),
      ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
      (
        "9.9999999999999999999999999999999999999E+125",
        String(repeating: "9", count: 38)
          + String(repeating: "0", count: 88)
      ),
      ("1E-130", "0." + String(repeating: "0", count: 129) + "1"),
      ("1e999", "1e999"), ("no number", "no number"),
    ])
  func normalisesNumbers(_ written: String, _ form: String) {
    let text = DecimalText.canonical(Array(written.utf8))
    #expect(String(decoding: text, as: UTF8.self) == form)
  }

  @Test(
    "what is no item is refused, and is never called canonical",
    arguments: [
      "", "{", "[]", #"{"a":1}"#, #"{"a":{}}"#, #"{"a":{"S":"x","N":"1"}}"#, #"{"a":{"S":1}}"#,
      #"{"a":{"S":"x"}}x"#, #"{"a":{"SS":[1]}}"#, #"{"a":{"S":"\ud800"}}"#,
    ])
  func refusesOthers(_ text: String) {
    #expect(!ItemForm.isCanonical(Array(text.utf8)))
    #expect(throws: JSONScanner.Malformed.self) { try canonical(text) }
  }

  @Test("the fast check agrees with the writer on items made at random", arguments: 0..<200)
  func checkAgreesWithWriter(_ seed: Int) throws {
    var maker = ItemMaker(seed: UInt64(seed))
    let written = maker.item()
    let form = try ItemForm.canonical(written)
    #expect(ItemForm.isCanonical(form))
    #expect(ItemForm.isCanonical(written) == (form == written))
    // The tree-building reader sees the same members.
    let before = try JSONValue(reading: written).compact(sortedKeys: true).count
    let after = try JSONValue(reading: form).compact(sortedKeys: true).count
    #expect(before == after)
  }

  @Test("a key is cut out of an item in canonical form, whatever order it comes in")
  func cutsKeys() throws {
    let item = Array(#"{"z":{"S":"1"}, "sk":{"N":"1.0"},"pk":{"S":"\u00e9"}}"#.utf8)
    let part = try ItemForm.part([Array("pk".utf8), Array("sk".utf8)], of: item)
    #expect(part.map { String(decoding: $0, as: UTF8.self) } == #"{"pk":{"S":"é"},"sk":{"N":"1"}}"#)
    #expect(try ItemForm.part([Array("no".utf8)], of: item) == nil)
  }
}

/// Items of every type, with texts that need escapes, and members in any order.
private struct ItemMaker {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  private mutating func next(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }

  mutating func item() -> [UInt8] { object(depth: 0).compact() }

  private mutating func object(depth: Int) -> JSONValue {
    let names = ["a", "b", "é", "A", "aa", "", "a name of more than eight bytes", "z😀"]
    var members: [JSONValue.Member] = []
    for name in names where next(2) == 0 { members.append(.init(name, value(depth: depth))) }
    if next(3) == 0 { members.reverse() }
    return .object(members)
  }

  private mutating func value(depth: Int) -> JSONValue {
    let texts = ["", "plain and long enough for words of eight", "tab\t", "\\", "ü", "\u{1f}"]
    switch next(depth < 3 ? 8 : 5) {
    case 0: return ["S": .string(texts[next(texts.count)])]
    case 1: return ["N": .string("\(next(1000) - 500)")]
    case 2: return ["BOOL": .bool(next(2) == 0)]
    case 3: return ["NULL": true]
    case 4: return ["B": "AAEC"]
    case 5: return ["SS": next(2) == 0 ? ["a", "b"] : ["b", "a"]]
    case 6: return ["M": object(depth: depth + 1)]
    case _: return ["L": [value(depth: depth + 1), value(depth: depth + 1)]]
    }
  }
}
