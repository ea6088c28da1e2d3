internal import Resources

/// Reads the events of one operation on a stack and its nested stacks as they come.
///
/// Used by one task at a time. What was there before the operation is known by the newest event
/// at its beginning, or, when another process began it, by the token that its events carry.
struct StackEvents {
  private struct Follow {
    var stack: String
    /// The newest event seen; nil before the first look.
    var newest: String?
    var isOver: Bool
  }

  private let api: CloudFormationAPI
  private let root: String
  private let token: String?
  private var follows: [Follow]
  private var beginning: String?
  private(set) var failures: [StackEvent] = []
  /// The newest event about the outermost stack itself since the operation began.
  private(set) var latest: StackEvent?

  /// For an operation that begins after `mark`.
  init(_ api: CloudFormationAPI, stack: String, after mark: String?, token: String?) {
    self.api = api
    root = stack
    self.token = token
    follows = [Follow(stack: stack, newest: mark, isOver: false)]
  }

  /// The newest event at present.
  static func mark(_ api: CloudFormationAPI, stack: String) async throws(Failure) -> String? {
    let page = try await api.ask("DescribeStackEvents", [("StackName", stack)])
    return page.members("StackEvents").first.flatMap { $0.text("EventId") }
  }

  /// The newest event of a stack about itself at present.
  static func present(
    _ api: CloudFormationAPI, stack: String
  ) async throws(Failure) -> StackEvent? {
    var found: StackEvent?
    try await api.pages("DescribeStackEvents", of: "StackEvents", [("StackName", stack)]) {
      (page) throws(Failure) in
      found = page.members("StackEvents").compactMap(StackEvent.init).first { $0.isOfStack }
      return found == nil
    }
    return found
  }

  /// What has come since the last look, oldest first, nested stacks included.
  mutating func read() async throws(Failure) -> [StackEvent] {
    var fresh: [StackEvent] = []
    var index = 0
    while index < follows.count {
      defer { index += 1 }
      if follows[index].isOver { continue }
      let isRoot = index == 0
      let events = try await newer(than: follows[index].newest, of: follows[index].stack, isRoot)
      if let newest = events.last { follows[index].newest = newest.id }
      for event in events { note(event, isRoot: isRoot) }
      if !isRoot, let last = events.last(where: \.isOfStack), !last.isInProgress {
        follows[index].isOver = true
      }
      fresh += events
    }
    return fresh.enumerated()
      .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
  }

  private mutating func note(_ event: StackEvent, isRoot: Bool) {
    if isRoot, beginning == nil { beginning = event.time }
    if isRoot, event.isOfStack { latest = event }
    // What failed in an operation before this one is not what went wrong in it.
    if isRoot, event.isOfStack, event.isInProgress, event.reason == "User Initiated" {
      failures = []
    }
    if event.isFailure { failures.append(event) }
    guard event.isNestedStack, event.physicalID.hasPrefix("arn:") else { return }
    if let index = follows.firstIndex(where: { $0.stack == event.physicalID }) {
      if event.isInProgress { follows[index].isOver = false }
    } else {
      follows.append(Follow(stack: event.physicalID, newest: nil, isOver: false))
    }
  }

  /// Newest pages until something known, turned round.
  private func newer(
    than known: String?, of stack: String, _ isRoot: Bool
  ) async throws(Failure) -> [StackEvent] {
    var events: [StackEvent] = []
    try await api.pages("DescribeStackEvents", of: "StackEvents", [("StackName", stack)]) {
      (page) throws(Failure) in
      for event in page.members("StackEvents").compactMap(StackEvent.init) {
        if event.id == known { return false }
        if known == nil, isBefore(event, isRoot) { return false }
        events.append(event)
      }
      return true
    }
    return events.reversed()
  }

  private func isBefore(_ event: StackEvent, _ isRoot: Bool) -> Bool {
    if isRoot { return token.map { event.token != $0 } ?? false }
    // Whole seconds: the stacks' clocks need not agree on less.
    guard let beginning else { return false }
    return event.time.prefix(19) < beginning.prefix(19)
  }

  private static let causesMax = 5

  /// What went wrong first, without what only followed from it.
  func causes() -> [String] {
    let first = failures.filter { !$0.isConsequence }
    let chosen = first.isEmpty ? failures.filter { !$0.reason.isEmpty } : first
    return chosen.sorted { $0.time < $1.time }.prefix(Self.causesMax).map(\.line)
  }
}
