/// Turns items of a source table into changes of a target table.
///
/// Equal items must give equal changes, whatever else stands in the batch: a batch is repeated
/// after a crash, and may then be cut in another place.
package protocol ItemTransform: Sendable {
  /// What becomes of each item, in the order of the items; one bad item does not spoil the others.
  func apply(_ items: [Item]) async throws(Failure) -> [TransformOutcome]
}

/// What a transform makes of one source item.
package enum TransformOutcome: Sendable, Hashable {
  case changes([ItemChange])
  /// Left out on purpose; the ledger counts the reason.
  case skip(String)
  /// The transform cannot say, and the copy must stop; the text says why.
  case failed(String)
}

/// Makes transforms from what a playbook says.
package protocol TransformMaker: Sendable {
  /// Compiles a statement and says what is wrong with it; reads no data.
  func make(sql: String) throws(Failure) -> any ItemTransform
  /// Compiles a statement with targets and lookups of its own; reads no data.
  func make(_ statement: TransformStatement) throws(Failure) -> any TableTransform
  /// A program that is asked instead; starts nothing before it is first asked.
  func make(_ filter: FilterProgram) throws(Failure) -> any TableTransform
  /// How the machine would go about a statement, a line each, as `EXPLAIN QUERY PLAN` says it.
  func explain(_ statement: TransformStatement) throws(Failure) -> [String]
  /// Opens or makes the file that holds the lookups.
  func lookups(at path: String, _ tables: [LookupTable]) throws(Failure) -> any LookupFile
}

/// The maker of a program that was built without transforms.
package struct NoTransforms: TransformMaker {
  package init() {}

  package func make(sql: String) throws(Failure) -> any ItemTransform { throw Self.none }

  package func make(
    _ statement: TransformStatement
  ) throws(Failure) -> any TableTransform { throw Self.none }

  package func make(_ filter: FilterProgram) throws(Failure) -> any TableTransform {
    throw Self.none
  }

  package func explain(_ statement: TransformStatement) throws(Failure) -> [String] {
    throw Self.none
  }

  package func lookups(
    at path: String, _ tables: [LookupTable]
  ) throws(Failure) -> any LookupFile { throw Self.none }

  private static let none = Failure.refused(
    "this program was built without transforms",
    hint: "Leave 'transform' out, or use a build that has them.")
}
