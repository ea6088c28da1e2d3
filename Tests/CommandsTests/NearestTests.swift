import Testing

@testable import Commands

@Suite struct NearestTests {
  private let names = ["run", "resume", "rollback", "retry", "status", "history"]

  @Test(
    "near misses find what was meant",
    arguments: [
      ("rnu", "run"), ("resum", "resume"), ("rolback", "rollback"), ("staus", "status"),
      ("hist", "history"), ("rety", "retry"),
    ])
  func near(word: String, meant: String) { #expect(Nearest.match(word, in: names) == meant) }

  @Test("far words and ambiguous beginnings find nothing", arguments: ["x", "", "deploy", "re"])
  func far(word: String) { #expect(Nearest.match(word, in: names) == nil) }

  @Test("distance counts insertions, deletions, replacements and exchanges")
  func distance() {
    #expect(Nearest.distance("", "abc") == 3)
    #expect(Nearest.distance("abc", "abc") == 0)
    #expect(Nearest.distance("abc", "acb") == 1)
    #expect(Nearest.distance("kitten", "sitting") == 3)
  }
}
