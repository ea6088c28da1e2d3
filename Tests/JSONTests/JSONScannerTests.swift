import Harness
import JSON
import Testing

@Suite("Item boundaries without a tree", .waiting)
struct JSONScannerTests {
  private static let reply = Array(
    #"{"Count":2, "Items":[ {"id":{"S":"a\"}"}}, {"n":[1,{"x":[]}]} ] ,"Last":{"S":"k"}}"#.utf8)

  @Test("the items of a reply are found byte for byte")
  func itemsOfReply() throws {
    let bytes = Self.reply
    var items: [String] = []
    var others: [String] = []
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes.span)
    while let name = try scanner.nextMember(in: bytes.span) {
      guard name.equals("Items", in: bytes.span) else {
        others.append(String(decoding: bytes[try scanner.skipValue(in: bytes.span)], as: UTF8.self))
        continue
      }
      try scanner.enterArray(in: bytes.span)
      while try scanner.nextElement(in: bytes.span) {
        items.append(String(decoding: bytes[try scanner.skipValue(in: bytes.span)], as: UTF8.self))
      }
    }
    try scanner.finish(in: bytes.span)
    #expect(items == [#"{"id":{"S":"a\"}"}}"#, #"{"n":[1,{"x":[]}]}"#])
    #expect(others == ["2", #"{"S":"k"}"#])
  }

  @Test("empty containers end at once")
  func emptyContainers() throws {
    let bytes = Array(" { } [ ]".utf8)
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes.span)
    let none = try scanner.nextMember(in: bytes.span)
    #expect(none == nil)
    try scanner.enterArray(in: bytes.span)
    let more = try scanner.nextElement(in: bytes.span)
    #expect(!more)
    try scanner.finish(in: bytes.span)
  }

  @Test("names with escapes are compared by what they mean")
  func escapedNames() throws {
    let bytes = Array(#"{"It\u0065ms":1,"é":2}"#.utf8)
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes.span)
    let escaped = try scanner.nextMember(in: bytes.span)
    let first = try #require(escaped)
    let isItems = first.equals("Items", in: bytes.span)
    let firstText = first.text(in: bytes.span)
    #expect(first.hasEscapes && isItems && firstText == "Items")
    _ = try scanner.skipValue(in: bytes.span)
    let plain = try scanner.nextMember(in: bytes.span)
    let second = try #require(plain)
    let isAlsoItems = second.equals("Items", in: bytes.span)
    let secondText = second.text(in: bytes.span)
    #expect(!isAlsoItems && secondText == "é")
  }

  @Test(
    "what is not JSON is refused at its byte",
    arguments: [
      ("[1,]", 3), ("{\"a\":1,}", 7), ("[1 2]", 3), ("{\"a\" 1}", 5), ("[}", 1), ("{]", 1),
      ("[01]", 3), ("\"a", 2), ("\"\\x\"", 2), ("tru", 0), ("", 0), ("[", 1), ("{\"a\":[}]", 6),
      ("\"\u{1}\"", 1), ("[1.]", 3), ("-", 1), ("\"\\u12g4\"", 5), ("[,1]", 1), ("{,}", 1),
    ])
  func refusesMalformed(text: String, offset: Int) {
    let bytes = Array(text.utf8)
    var scanner = JSONScanner()
    let error = #expect(throws: JSONScanner.Malformed.self) {
      try scanner.skipValue(in: bytes.span)
    }
    #expect(error?.offset == offset, "\(text)")
  }

  @Test("nesting is bounded as it is in the reader")
  func depthBound() {
    for (depth, isFine) in [(JSONLimit.depthMax, true), (JSONLimit.depthMax + 1, false)] {
      let text = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
      let bytes = Array(text.utf8)
      var scanner = JSONScanner()
      #expect(((try? scanner.skipValue(in: bytes.span)) != nil) == isFine)
    }
    let hostile = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    var scanner = JSONScanner()
    #expect(throws: JSONScanner.Malformed.self) { try scanner.skipValue(in: hostile.span) }
  }

  @Test("stepping into the wrong kind or past a missing comma is refused")
  func steppingMistakes() throws {
    let bytes = Array("[1 2]".utf8)
    var scanner = JSONScanner()
    #expect(throws: JSONScanner.Malformed.self) { try scanner.enterObject(in: bytes.span) }
    scanner = JSONScanner()
    try scanner.enterArray(in: bytes.span)
    let more = try scanner.nextElement(in: bytes.span)
    let kind = try scanner.kind(in: bytes.span)
    #expect(more && kind == .number)
    _ = try scanner.skipValue(in: bytes.span)
    #expect(throws: JSONScanner.Malformed.self) { try scanner.nextElement(in: bytes.span) }
  }
}
