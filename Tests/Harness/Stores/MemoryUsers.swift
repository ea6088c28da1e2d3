package import Resources
import Synchronization

/// A user directory in memory with the laws of ``UserDirectory`` and faults on demand.
package final class MemoryUsers: UserDirectory {
  private struct State {
    var exists: Bool
    var users: [[UInt8]: User] = [:]
    var unprocessedOfEach = 0
  }

  package let url: ResourceURL
  package let faults: Faults
  private let carriesPasswordHashes: Bool
  private let state: Mutex<State>

  package init(
    _ url: ResourceURL, exists: Bool = true, carriesPasswordHashes: Bool = true,
    faults: Faults = Faults()
  ) {
    self.url = url
    self.faults = faults
    self.carriesPasswordHashes = carriesPasswordHashes
    state = Mutex(State(exists: exists))
  }

  // MARK: For tests

  package var contents: [User] {
    state.withLock { state in
      state.users.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }
  }

  /// Puts users there without a fault, as somebody else would.
  package func fill(_ users: [User]) {
    state.withLock { state in for user in users { state.users[Array(user.name.utf8)] = user } }
  }

  package func giveBack(_ count: Int) { state.withLock { $0.unprocessedOfEach = count } }

  // MARK: UserDirectory

  package func description() async throws(Failure) -> UserDirectoryDescription? {
    try faults.call("description of \(url)") {
      state.withLock {
        $0.exists
          ? UserDirectoryDescription(
            userCount: $0.users.count, carriesPasswordHashes: carriesPasswordHashes) : nil
      }
    }
  }

  package func create() async throws(Failure) {
    try faults.call("create \(url)") { state.withLock { $0.exists = true } }
  }

  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<User> {
    try faults.call("page of \(url)") {
      let after = position.map { Array($0.text.utf8) }
      let rest = contents.filter { user in
        after.map { $0.lexicographicallyPrecedes(Array(user.name.utf8)) } ?? true
      }
      let taken = Array(rest.prefix(limit))
      return Page(
        taken, next: taken.count < rest.count ? taken.last.map { PagePosition($0.name) } : nil)
    }
  }

  package func user(named name: String) async throws(Failure) -> User? {
    try faults.call("user of \(url)") { state.withLock { $0.users[Array(name.utf8)] } }
  }

  package func add(_ users: [User]) async throws(Failure) -> [UserAddition] {
    try faults.call("add to \(url)") {
      state.withLock { state in
        let taken = max(1, users.count - state.unprocessedOfEach)
        return users.enumerated().map { index, user in
          guard index < taken else { return .unprocessed }
          guard let other = state.users[Array(user.name.utf8)] else {
            state.users[Array(user.name.utf8)] = user
            return .added
          }
          return other == user ? .alike : .differs(["attributes"])
        }
      }
    }
  }

  package func remove(_ names: [String]) async throws(Failure) {
    try faults.call("remove from \(url)") {
      state.withLock { state in for name in names { state.users[Array(name.utf8)] = nil } }
    }
  }
}
