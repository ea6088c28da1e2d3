/// Finds what a person probably meant.
package enum Nearest {
  /// The most edits between a word and what it is taken for.
  private static let editsMax = 2

  /// The closest of `candidates` within two edits of `word`, or the only one that begins with it.
  ///
  /// Short words must be closer, or everything would resemble everything.
  package static func match(_ word: String, in candidates: [String]) -> String? {
    let limit = min(editsMax, max(1, word.utf8.count / 2))
    let ranked = candidates.map { (name: $0, edits: distance($0, word)) }
    if let best = ranked.filter({ $0.edits <= limit }).min(by: { $0.edits < $1.edits }) {
      return best.name
    }
    let completed = candidates.filter { !word.isEmpty && $0.hasPrefix(word) }
    return completed.count == 1 ? completed.first : nil
  }

  /// Edits that turn one word into the other; two neighbours exchanged count as one.
  static func distance(_ left: String, _ right: String) -> Int {
    let a = Array(left.utf8)
    let b = Array(right.utf8)
    var earlier: [Int] = []
    var row = Array(0...b.count)
    for i in a.indices {
      var next = [i + 1]
      for j in b.indices {
        var edits = min(next[j] + 1, row[j + 1] + 1, row[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          edits = min(edits, earlier[j - 1] + 1)
        }
        next.append(edits)
      }
      earlier = row
      row = next
    }
    return row[b.count]
  }
}
