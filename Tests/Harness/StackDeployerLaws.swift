package import Resources
import Synchronization

/// The laws of `StackDeployer`, for any provider.
package struct StackDeployerLaws: Sendable {
  /// A template in one of its two versions, with the outputs that it must have once it is up.
  package let template:
    @Sendable (_ version: Int) throws -> (
      template: StackTemplate, outputs: [String: String]
    )
  /// Opens the stack anew, as another process would; it must not exist when the laws begin.
  package let open: @Sendable () throws -> any StackDeployer

  package init(
    template:
      @escaping @Sendable (_ version: Int) throws -> (
        template: StackTemplate, outputs: [String: String]
      ),
    open: @escaping @Sendable () throws -> any StackDeployer
  ) {
    self.template = template
    self.open = open
  }

  /// Interruptions are tried at the first, the second … note, at most this often.
  private static let interruptionsMax = 50

  /// Checks every law, one after the other, and leaves no stack behind.
  package func check() async throws {
    do {
      try await absenceIsTold()
      try await deploymentIsRepeatable()
      try await changesAreToldAndMade()
      try await destructionIsRepeatable()
      try await interruptionsAreHarmless()
    } catch {
      try? await open().destroy { _ in }
      throw error
    }
  }

  private func absenceIsTold() async throws {
    try hold(
      "a stack that is not there has no description", try await open().description() == nil)
    let changes = try await open().changes(try template(0).template)
    try hold("what would be made is told", !changes.isEmpty)
    try hold("asking makes nothing", try await open().description() == nil)
    try await open().destroy { _ in }
  }

  private func deploymentIsRepeatable() async throws {
    let (template, outputs) = try template(0)
    try hold("deploy gives the outputs", try await open().deploy(template) { _ in } == outputs)
    let made = try await open().description()
    try hold("a deployed stack is healthy", made?.state == .healthy, made as Any)
    try hold("its description has its outputs", made?.outputs == outputs, made as Any)
    try hold("it says what it owns", made?.resources.isEmpty == false, made as Any)
    let changes = try await open().changes(template)
    try hold("once deployed, nothing would change", changes.isEmpty, changes)
    try hold(
      "deploy again gives the same outputs", try await open().deploy(template) { _ in } == outputs)
    let again = try await open().description()
    try hold("deploy again changes nothing", again == made, again as Any)
  }

  private func changesAreToldAndMade() async throws {
    for version in [1, 0] {
      let (template, outputs) = try template(version)
      let before = try await open().description()
      try hold(
        "another version is a change", try await !open().changes(template).isEmpty)
      try hold("asking changes nothing", try await open().description() == before)
      try hold(
        "deploy gives the new outputs", try await open().deploy(template) { _ in } == outputs)
      let after = try await open().description()
      try hold("a changed stack is healthy", after?.state == .healthy, after as Any)
      try hold("its description has the new outputs", after?.outputs == outputs, after as Any)
      let changes = try await open().changes(template)
      try hold("once changed, nothing would change", changes.isEmpty, changes)
    }
  }

  private func destructionIsRepeatable() async throws {
    for _ in 0..<2 {
      try await open().destroy { _ in }
      try hold("a destroyed stack is gone", try await open().description() == nil)
    }
  }

  /// Stops each verb at its n-th note, n = 1, 2, 3 … until it gets through, then calls it again.
  private func interruptionsAreHarmless() async throws {
    let (template, outputs) = try template(0)
    for number in 1...Self.interruptionsMax {
      let isThrough = try await interrupted(at: number) { stack, note in
        _ = try await stack.deploy(template, note: note)
      }
      let found = try await open().deploy(template) { _ in }
      try hold("deploy stopped at note \(number) may be called again", found == outputs)
      let made = try await open().description()
      try hold("and the stack is healthy", made?.state == .healthy, made as Any)
      let (other, otherOutputs) = try self.template(1)
      let isChanged = try await interrupted(at: number) { stack, note in
        _ = try await stack.deploy(other, note: note)
      }
      let changed = try await open().deploy(other) { _ in }
      try hold("a change stopped at note \(number) may be made again", changed == otherOutputs)
      let isGone = try await interrupted(at: number) { stack, note in
        try await stack.destroy(note: note)
      }
      try await open().destroy { _ in }
      try hold(
        "destroy stopped at note \(number) may be called again",
        try await open().description() == nil)
      if isThrough, isChanged, isGone { return }
    }
    throw BrokenLaw("deploy and destroy come to an end")
  }

  private struct Interruption: Error {}

  private func interrupted(
    at number: Int,
    _ verb: (any StackDeployer, @Sendable (String) async throws(Failure) -> Void) async throws ->
      Void
  ) async throws -> Bool {
    let left = Mutex(number)
    do {
      try await verb(try open()) { (_: String) async throws(Failure) in
        let isOver = left.withLock { left in
          left -= 1
          return left == 0
        }
        if isOver { throw Failure.cancelled }
      }
      return true
    } catch let failure as Failure where failure.kind == .cancelled {
      return false
    }
  }
}
