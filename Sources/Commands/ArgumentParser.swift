/// Reads the words of one command line into a command.
///
/// Accepts `--name value`, `--name=value`, `-n value`, `-nvalue` and, after `--`, places only.
struct ArgumentParser<C: Command> {
  /// The words that led here, program first, for messages.
  private let path: String
  private let fields = C.fields
  private var command = C()
  private var words: ArraySlice<String>
  private var given: Set<String> = []

  /// Parses `words`, all that follows the command's name.
  static func parse(_ words: ArraySlice<String>, path: String) throws(UsageError) -> C {
    var parser = Self(path: path, words: words)
    try parser.read()
    try parser.finish()
    return parser.command
  }

  private init(path: String, words: ArraySlice<String>) {
    self.path = path
    self.words = words
  }

  private mutating func read() throws(UsageError) {
    var places = fields.filter { $0.info.kind == .positional }[...]
    let rest = fields.first { $0.info.kind == .rest }
    var optionsEnded = false
    while let word = words.popFirst() {
      if word == "--", !optionsEnded {
        optionsEnded = true
      } else if word.hasPrefix("--"), !optionsEnded {
        try read(option: String(word.dropFirst(2)))
      } else if word.hasPrefix("-"), word != "-", !optionsEnded, !isNumber(word) {
        try read(letters: word.dropFirst())
      } else if let field = places.popFirst() ?? rest {
        try assign(word, to: field)
      } else {
        throw usage("unexpected argument '\(word)'")
      }
    }
  }

  private func finish() throws(UsageError) {
    let missing = fields.map(\.info).first { $0.isRequired && !given.contains($0.spelling) }
    if let missing {
      let value = missing.kind == .option ? " <\(missing.placeholder)>" : ""
      throw usage("missing \(missing.spelling)\(value)")
    }
    if let problem = command.problem() { throw usage(problem) }
  }

  private mutating func read(option text: String) throws(UsageError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let wanted = parts.first.map(String.init) ?? ""
    guard let field = fields.first(where: { $0.info.isNamed && $0.info.name == wanted }) else {
      let known = fields.map(\.info).filter(\.isNamed).map(\.name) + [CommandInfo.help.name]
      let hint = Nearest.match(wanted, in: known).map { "; did you mean --\($0)?" } ?? ""
      throw usage("unknown option --\(wanted)\(hint)")
    }
    try take(field, attached: parts.count == 2 ? String(parts[1]) : nil)
  }

  private mutating func read(letters: Substring) throws(UsageError) {
    guard let letter = letters.first else { return }
    let isLetter = { (field: Field<C>) in field.info.isNamed && field.info.letter == letter }
    guard let field = fields.first(where: isLetter) else {
      throw usage("unknown option -\(letter)")
    }
    let following = String(letters.dropFirst())
    if field.info.kind == .flag, !following.isEmpty {
      throw usage("write -\(letter) and -\(following) apart")
    }
    try take(field, attached: following.isEmpty ? nil : following)
  }

  private mutating func take(_ field: Field<C>, attached: String?) throws(UsageError) {
    let info = field.info
    if info.kind == .flag {
      guard attached == nil else { throw usage("\(info.spelling) takes no value") }
      return try assign("", to: field)
    }
    if let attached { return try assign(attached, to: field) }
    // An option in the place of a value is nearly always a forgotten value.
    if let next = words.first, next.hasPrefix("--") {
      let meant = next == "--" ? "" : "; write \(info.spelling)=\(next) if that is the value"
      throw usage("\(info.spelling) needs <\(info.placeholder)>\(meant)")
    }
    guard let value = words.popFirst() else {
      throw usage("\(info.spelling) needs <\(info.placeholder)>")
    }
    try assign(value, to: field)
  }

  private mutating func assign(_ word: String, to field: Field<C>) throws(UsageError) {
    let info = field.info
    if given.contains(info.spelling), !info.isRepeatable, info.kind != .flag {
      throw usage("\(info.spelling) is given twice")
    }
    guard field.assign(&command, word) else {
      var wanted = "expected \(info.expectation)"
      if !info.choices.isEmpty {
        wanted = "choose from \(info.choices.joined(separator: ", "))"
        if let near = Nearest.match(word, in: info.choices) {
          wanted += "; did you mean '\(near)'?"
        }
      }
      throw usage("bad value '\(word)' for \(info.spelling): \(wanted)")
    }
    given.insert(info.spelling)
  }

  private func isNumber(_ word: String) -> Bool {
    word.dropFirst().first?.isNumber == true && Double(word) != nil
  }

  private func usage(_ problem: String) -> UsageError {
    UsageError(problem: problem, help: "\(path) --help")
  }
}
