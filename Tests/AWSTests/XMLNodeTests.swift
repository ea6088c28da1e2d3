import Harness
import Testing

@testable import AWS

@Suite("XML answers", .waiting)
struct XMLNodeTests {
  @Test("elements, text and lists are found by name")
  func readsElements() throws {
    let text = "<A xmlns='x'><B>1 &amp; 2</B><L><member>a</member><member>b</member></L></A>"
    let root = try #require(XMLNode(reading: Array(text.utf8)))
    #expect(root.name == "A")
    #expect(root.text("B") == "1 & 2")
    #expect(root.members("L").map(\.text) == ["a", "b"])
  }

  @Test("a truncated answer is none")
  func refusesTruncated() {
    #expect(XMLNode(reading: Array("<A><B>1</B>".utf8)) == nil)
  }
}
