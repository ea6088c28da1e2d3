/// Splits an example's line the way a shell would, as far as examples need.
enum ShellWords {
  /// The words up to a pipe, redirection or comment; nil when a quote is left open.
  static func split(_ line: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
        continue
      }
      switch character {
      case "'", "\"":
        quote = character
        word = word ?? ""
      case " ":
        if let finished = word { words.append(finished) }
        word = nil
      case "|", ">", "#":
        guard word == nil else {
          word?.append(character)
          continue
        }
        return words
      case let other: word = (word ?? "") + String(other)
      }
    }
    guard quote == nil else { return nil }
    if let word { words.append(word) }
    return words
  }
}
