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
  /// The same listing without groups and second factors where these take a request for each user.
  func outline(after position: PagePosition?, limit: Int) async throws(Failure) -> Page<User>
  func user(named name: String) async throws(Failure) -> User?
  /// Several users, in the same order; nil for whoever is not there.
  func users(named names: [String]) async throws(Failure) -> [User?]
  /// Adds a batch durably and says for each user what became of it, in the same order.
  func add(_ users: [User]) async throws(Failure) -> [UserAddition]
  /// Removes users; those who are not there are success.
  func remove(_ names: [String]) async throws(Failure)
  /// What holds the directory back right now, for the person who watches; nil for nothing.
  var slowdown: String? { get }
}

extension UserDirectory {
  package func outline(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<User> {
    try await page(after: position, limit: limit)
  }

  package func users(named names: [String]) async throws(Failure) -> [User?] {
    var found: [User?] = []
    for name in names { found.append(try await user(named: name)) }
    return found
  }

  package var slowdown: String? { nil }
}

package enum UserAddition: Sendable, Equatable {
  case added
  /// Added, but for what stands here; trying again would not help.
  case addedWithout(String)
  /// Somebody of that name is there and is the same in everything that is carried.
  case alike
  /// Somebody of that name is there and differs in these fields; left as it was.
  case differs([String])
  /// Not taken this time; try again.
  case unprocessed
}

package struct UserDirectoryDescription: Sendable, Hashable, Codable {
  /// Nil where only an estimate is to be had.
  package var userCount: Int?
  /// Whether password hashes can be carried in and out.
  package var carriesPasswordHashes: Bool
  /// The attributes that a newcomer can have; nil for any.
  package var attributes: [String]?
  /// Those of them that a newcomer must have.
  package var requiredAttributes: [String]?
  /// The attributes whose values are the users' names; nil where names stand for themselves.
  package var nameAttributes: [String]?
  /// Whether names that differ in capital letters only are the same name.
  package var ignoresCase: Bool?
  /// The second factors that users may have; nil where none are kept.
  package var factors: [SecondFactor]?
  /// The shortest password that is taken.
  package var passwordLengthMin: Int?

  package init(
    userCount: Int? = nil, carriesPasswordHashes: Bool, attributes: [String]? = nil,
    requiredAttributes: [String]? = nil, nameAttributes: [String]? = nil,
    ignoresCase: Bool? = nil, factors: [SecondFactor]? = nil, passwordLengthMin: Int? = nil
  ) {
    self.userCount = userCount
    self.carriesPasswordHashes = carriesPasswordHashes
    self.attributes = attributes
    self.requiredAttributes = requiredAttributes
    self.nameAttributes = nameAttributes
    self.ignoresCase = ignoresCase
    self.factors = factors
    self.passwordLengthMin = passwordLengthMin
  }
}
