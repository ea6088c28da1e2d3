/// The candidate that the word was most likely meant to be, or nil if none is near.
///
/// Near means at most two edits (a letter put in, left out, changed, or two neighbours swapped),
/// one for words of up to three letters. The first of several equally near ones wins.
package func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
  let letters = Array(word.lowercased().unicodeScalars.prefix(nearestLettersMax + 1))
  guard letters.count <= nearestLettersMax else { return nil }
  let editsMax = letters.count <= 3 ? 1 : 2
  var best: (name: String, edits: Int)?
  for candidate in candidates where !candidate.isEmpty {
    let other = Array(candidate.lowercased().unicodeScalars.prefix(nearestLettersMax + 1))
    guard abs(other.count - letters.count) <= editsMax, other.count <= nearestLettersMax else {
      continue
    }
    let edits = edits(from: letters, to: other)
    guard edits <= editsMax, edits < max(letters.count, other.count) else { continue }
    if edits < best?.edits ?? .max { best = (candidate, edits) }
  }
  return best?.name
}

/// Longer words are not mistyped names.
private let nearestLettersMax = 64

/// The restricted Damerau-Levenshtein distance.
private func edits(from left: [Unicode.Scalar], to right: [Unicode.Scalar]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in 0..<left.count {
    var current = [row + 1]
    for column in 0..<right.count {
      let change = last[column] + (left[row] == right[column] ? 0 : 1)
      var least = min(change, last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        least = min(least, beforeLast[column - 1] + 1)
      }
      current.append(least)
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}
