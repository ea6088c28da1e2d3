import Resources

/// What makes an index complete, and one look at whether it is.
struct SearchPredicate: Sendable {
  struct Look: Sendable {
    private(set) var documents = 0
    private(set) var total = 0
    private(set) var difference = 0
    /// What is not as it is to be; empty when all is.
    private(set) var missing: [String] = []
    private(set) var seen: [String] = []
    private let tolerance: Int

    var isComplete: Bool { missing.isEmpty && difference <= tolerance }
    var text: String { (missing + seen).joined(separator: ", ") }

    init(tolerance: Int) { self.tolerance = tolerance }

    /// A look that saw nothing.
    init(unread reason: String) {
      tolerance = 0
      missing = [reason]
    }

    mutating func compare(_ index: String, _ own: Int?, _ truth: Int?) {
      guard let own else { return missing.append("\(index) is not there") }
      guard let truth else { return missing.append("\(index) is not where it is compared with") }
      documents += own
      total += truth
      difference += abs(own - truth)
      seen.append(own == truth ? "\(index) \(own)" : "\(index) \(own) of \(truth)")
    }

    mutating func note(_ index: String, operations: Int?) {
      guard let operations else { return missing.append("\(index) is not there") }
      if operations > 0 { missing.append("\(index) has \(operations) operations in its log") }
    }

    mutating func note(tasks: Int) {
      if tasks > 0 { missing.append("\(tasks) tasks still copy") }
    }
  }

  let own: SearchData
  let other: SearchData?
  let expected: [String: Int]
  let counted: [String]
  let tolerance: Int
  let quiet: [String]
  let noReindexing: Bool

  /// Whether both domains can be asked at all.
  var isKnown: Bool { own.endpoint.isKnown && other?.endpoint.isKnown != false }

  func look() async throws(Failure) -> Look {
    var look = Look(tolerance: tolerance)
    for index in counted {
      let truth: Int?
      if let other { truth = try await other.count(of: index) } else { truth = expected[index] }
      look.compare(index, try await own.count(of: index), truth)
    }
    for index in quiet { look.note(index, operations: try await own.operations(of: index)) }
    if noReindexing { look.note(tasks: try await own.reindexings().count) }
    return look
  }

  /// The first index that the domain to compare with does not have; nil if it has all.
  func missingTruth() async throws(Failure) -> String? {
    guard let other else { return nil }
    for index in counted where try await other.count(of: index) == nil { return index }
    return nil
  }
}
