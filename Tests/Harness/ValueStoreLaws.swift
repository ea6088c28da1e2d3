package import Resources

/// The laws of `ValueStore`, for any provider.
package struct ValueStoreLaws: Sendable {
  /// Opens the store anew, as another process would.
  package let open: @Sendable () throws -> any ValueStore
  /// Puts something under the key that is no flag, behind the store's back.
  private let spoil: @Sendable (_ key: String) async throws -> Void

  /// The store holds nothing under the keys `law-…` when the laws begin.
  package init(
    spoil: @escaping @Sendable (String) async throws -> Void,
    open: @escaping @Sendable () throws -> any ValueStore
  ) {
    self.spoil = spoil
    self.open = open
  }

  /// Checks every law, one after the other; the store is left as it was, but for the spoilt key.
  package func check() async throws {
    try await absenceIsTold()
    try await comparingDecides()
    try await typesKeepApart()
    try await nonsenseIsItsOwnAnswer()
    try await onlyOneWins()
    try await removingCompares()
  }

  private func word(_ text: String) throws -> StoredValue {
    guard let word = StoredValue(text, as: .word) else { throw BrokenLaw("'\(text)' is a word") }
    return word
  }

  private func replace(
    _ key: String, _ former: StoredValue?, _ value: StoredValue?, _ type: ValueType = .word,
    again: Bool = false
  ) async throws -> ValueReplacement {
    try await open().replace(key, type, former: former, with: value, again: again)
  }

  private func now(_ key: String, _ type: ValueType = .word) async throws -> ValueAnswer {
    try await open().value(of: key, as: type)
  }

  private func absenceIsTold() async throws {
    for type in ValueType.allCases {
      let found = try await now("law-none", type)
      try hold("no \(type.rawValue) is there", found == .absent, found)
    }
  }

  private func comparingDecides() async throws {
    let (blue, green, red) = (try word("blue"), try word("gr\u{FC}n"), try word("gru\u{308}n"))
    for again in [false, true] {
      let first = try await replace("law-a", nil, blue, again: again)
      try hold("a new value is written, and once more is success", first == .done, first)
    }
    let same = try await replace("law-a", nil, blue)
    try hold("the same from somebody else is none", same == .conflict(.value(blue)), same)
    let second = try await replace("law-a", nil, green)
    try hold("what is there is not taken for absent", second == .conflict(.value(blue)), second)
    let wrong = try await replace("law-a", red, green)
    try hold("another former value is told", wrong == .conflict(.value(blue)), wrong)
    let none = try await replace("law-b", blue, green)
    try hold("absence is told", none == .conflict(.absent), none)
    let untouched = try await now("law-a")
    try hold("a conflict changes nothing", untouched == .value(blue), untouched)
    let absent = try await now("law-b")
    try hold("nor makes anything", absent == .absent, absent)
    for again in [false, true] {
      let right = try await replace("law-a", blue, green, again: again)
      try hold("the right former value lets it through, twice", right == .done, right)
    }
    let bytes = try await replace("law-a", red, blue)
    try hold("words are compared by their bytes", bytes == .conflict(.value(green)), bytes)
  }

  private func typesKeepApart() async throws {
    let done = try await replace("law-flag", nil, .flag(false), .flag)
    try hold("a flag is written", done == .done, done)
    let found = try await now("law-flag", .flag)
    try hold("false is not absent", found == .value(.flag(false)), found)
    guard let number = StoredValue("012.50", as: .number),
      let same = StoredValue("12.5", as: .number)
    else { throw BrokenLaw("012.50 is a number") }
    let written = try await replace("law-number", nil, number, .number)
    try hold("a number is written", written == .done, written)
    let next = try await replace("law-number", same, StoredValue("-3", as: .number), .number)
    try hold("numbers are compared by value", next == .done, next)
  }

  private func nonsenseIsItsOwnAnswer() async throws {
    try await spoil("law-odd")
    guard case .malformed(let what) = try await now("law-odd", .flag) else {
      throw BrokenLaw("what is no flag is malformed; found \(try await now("law-odd", .flag))")
    }
    try hold("it is said what is there", !what.isEmpty)
    for former in [StoredValue.flag(true), .flag(false), nil] {
      guard case .conflict(.malformed) = try await replace("law-odd", former, .flag(true), .flag)
      else { throw BrokenLaw("what is malformed is not overwritten") }
    }
    guard case .malformed = try await now("law-odd", .flag) else {
      throw BrokenLaw("what is malformed stays as it is")
    }
  }

  /// Of many who compare with the same value, one writes; only where both are one.
  private func onlyOneWins() async throws {
    guard try open().isAtomic else { return }
    let start = try word("start")
    _ = try await replace("law-race", nil, start)
    let done = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<6 {
        // Some of them even write the same.
        let mine = try word("racer \(number / 2)")
        group.addTask { try await replace("law-race", start, mine) == .done }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    try hold("one of many wins", done == 1, done)
    guard case .value(let winner) = try await now("law-race") else {
      throw BrokenLaw("the winner's value is there")
    }
    _ = try await replace("law-race", winner, nil)
  }

  private func removingCompares() async throws {
    let (green, blue) = (try word("gr\u{FC}n"), try word("blue"))
    let wrong = try await replace("law-a", blue, nil)
    try hold("another value is not removed", wrong == .conflict(.value(green)), wrong)
    for again in [false, true] {
      let right = try await replace("law-a", green, nil, again: again)
      try hold("the right one is, and once more is success", right == .done, right)
    }
    let late = try await replace("law-a", green, nil)
    try hold("what somebody else removed is told", late == .conflict(.absent), late)
    let gone = try await now("law-a")
    try hold("and is gone", gone == .absent, gone)
    _ = try await replace("law-flag", .flag(false), nil, .flag)
    let last = try await replace("law-number", StoredValue("-3", as: .number), nil, .number)
    try hold("a number is removed", last == .done, last)
  }
}

extension ValueStore {
  /// A first try.
  package func replace(
    _ key: String, _ type: ValueType, former: StoredValue?, with value: StoredValue?
  ) async throws(Failure) -> ValueReplacement {
    try await replace(key, type, former: former, with: value, again: false)
  }
}
