/// A directory of users.
///
/// Laws, run against every provider by `UserDirectoryLaws`:
/// - Paging lists every user once, in a stable order.
/// - `add` never changes a user who is there: an equal one is success, another is a conflict.
/// - A password is never read or written in the clear; a hash is carried only between stores that
///   say so.
package protocol UserDirectory: Sendable {
  var url: ResourceURL { get }
  func description() async throws(Failure) -> UserDirectoryDescription?
  /// An empty directory; one that is there already is success.
  func create() async throws(Failure)
  func page(after position: PagePosition?, limit: Int) async throws(Failure) -> Page<User>
  func user(named name: String) async throws(Failure) -> User?
  /// Adds a batch durably and says for each user what became of it, in the same order.
  func add(_ users: [User]) async throws(Failure) -> [UserAddition]
  /// Removes users; those who are not there are success.
  func remove(_ names: [String]) async throws(Failure)
}

package enum UserAddition: Sendable, Equatable {
  case added
  /// Somebody of that name is there and is the same in everything that is carried.
  case alike
  /// Somebody of that name is there and differs in these fields; left as it was.
  case differs([String])
  /// Not taken this time; try again.
  case unprocessed
}

package struct UserDirectoryDescription: Sendable, Hashable, Codable {
  package var userCount: Int?
  /// Whether password hashes can be carried in and out.
  package var carriesPasswordHashes: Bool

  package init(userCount: Int? = nil, carriesPasswordHashes: Bool) {
    self.userCount = userCount
    self.carriesPasswordHashes = carriesPasswordHashes
  }
}

package struct User: Sendable, Hashable, Codable {
  package var name: String
  package var attributes: [String: String]
  package var groups: [String]
  package var isEnabled: Bool
  /// A PHC string such as `$scrypt$ln=14,r=8,p=1$…`; nil where the store does not give it.
  package var passwordHash: String?
  /// The identity provider of a federated user; nil for the directory's own.
  package var externalProvider: String?

  package init(
    name: String, attributes: [String: String] = [:], groups: [String] = [],
    isEnabled: Bool = true, passwordHash: String? = nil, externalProvider: String? = nil
  ) {
    self.name = name
    self.attributes = attributes
    self.groups = groups
    self.isEnabled = isEnabled
    self.passwordHash = passwordHash
    self.externalProvider = externalProvider
  }
}
