package import JSON

/// Every mistake that was found in a playbook, in the order of its lines.
package struct PlaybookProblems: Error, Sendable, CustomStringConvertible {
  /// One mistake: where, what was expected, and the nearest known name.
  package struct Problem: Sendable, Hashable, CustomStringConvertible {
    /// The file's name, or the option that a value was given with.
    package let file: String
    /// Nil for what was not read from a file.
    package let position: JSONPosition?
    package let message: String

    package init(file: String, position: JSONPosition?, message: String) {
      self.file = file
      self.position = position
      self.message = message
    }

    package var description: String {
      position.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
    }
  }

  /// After this many, a person starts by mending these.
  package static let problemsMax = 100

  package let problems: [Problem]
  /// How many more there are than are listed.
  package let unlisted: Int

  package init(_ problems: [Problem], unlisted: Int = 0) {
    self.problems = problems
    self.unlisted = unlisted
  }

  package var description: String {
    var lines = problems.map(\.description)
    if unlisted > 0 { lines.append("… and \(unlisted) more mistakes") }
    return lines.joined(separator: "\n")
  }
}

/// Collects mistakes while a playbook is checked.
struct ProblemList {
  private var problems: [PlaybookProblems.Problem] = []
  private var known: Set<PlaybookProblems.Problem> = []
  private var unlisted = 0

  var isEmpty: Bool { problems.isEmpty }

  mutating func add(_ problem: PlaybookProblems.Problem) {
    guard problems.count < PlaybookProblems.problemsMax else {
      unlisted += 1
      return
    }
    if known.insert(problem).inserted { problems.append(problem) }
  }

  /// The mistakes in reading order, those without a place last.
  func sorted() -> PlaybookProblems {
    let ordered = problems.enumerated().sorted { left, right in
      let places = (left.element.position?.offset ?? .max, right.element.position?.offset ?? .max)
      return places.0 == places.1 ? left.offset < right.offset : places.0 < places.1
    }
    return PlaybookProblems(ordered.map(\.element), unlisted: unlisted)
  }
}
