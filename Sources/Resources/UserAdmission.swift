/// How a newcomer comes to a first password where no hash can be carried.
package enum FirstPassword: Sendable {
  /// A random one that nobody knows: the user asks for another with "forgot password".
  case forgotten
  /// As above, and the directory tells the user at once to choose another.
  case reset
  /// The directory makes a temporary one and sends it to the user.
  case invitation
  /// Temporary ones, by the user's name.
  case temporary(@Sendable (String) -> String?)
}

/// What became of a newcomer.
package struct UserAdmission: Sendable, Equatable {
  package var outcome: UserAddition
  /// What the directory calls the user from now on; nil for somebody who was there before.
  package var id: String?

  package init(_ outcome: UserAddition, id: String? = nil) {
    self.outcome = outcome
    self.id = id
  }
}

/// A directory that makes passwords itself, and in which a user comes about in several requests.
///
/// - `admit` keeps the law of `add`: it never changes a user who is there.
/// - `finish` is for users whom the caller itself has begun to admit: it does what a cut-off
///   `admit` has left undone, and leaves everybody whom somebody else has changed since.
/// - `isJustMade` says of a user as the directory tells it that nobody has given it a lasting
///   password yet, nor been told to.
package protocol UserAdmitting: UserDirectory {
  func admit(_ users: [User], with password: FirstPassword) async throws(Failure)
    -> [UserAdmission]
  func finish(_ users: [User], with password: FirstPassword) async throws(Failure)
    -> [UserAdmission]
  func isJustMade(_ user: User) -> Bool
}

/// A group of users, which must be there before a user can be in it.
package struct UserGroup: Sendable, Hashable, Codable {
  package var name: String
  package var description: String?
  package var precedence: Int?
  /// A role that members may take on; it belongs to the directory's own stack.
  package var role: String?

  package init(
    name: String, description: String? = nil, precedence: Int? = nil, role: String? = nil
  ) {
    self.name = name
    self.description = description
    self.precedence = precedence
    self.role = role
  }
}

/// A directory that keeps groups by themselves.
package protocol UserGrouping: UserDirectory {
  func groups() async throws(Failure) -> [UserGroup]
  /// Adds a group without its role; one of that name is success, whatever it is like.
  func addGroup(_ group: UserGroup) async throws(Failure)
  /// Removes a group that nobody is in; true when it is gone or was not there.
  func removeGroup(_ name: String) async throws(Failure) -> Bool
}

/// A directory that takes many users at once, by a job of its own.
package protocol UserImporting: UserDirectory {
  /// Why a job would not take this user; nil if it would.
  func importObstacle(to user: User) async throws(Failure) -> String?
  /// Makes a job, hands the users over and gives the job's id; nothing is imported yet.
  ///
  /// `role` is what the job may do, such as writing its log. A job that never begins does nothing.
  func prepareImport(of users: [User], name: String, role: String) async throws(Failure) -> String
  /// Begins the job; one that has begun already is success.
  func beginImport(_ id: String) async throws(Failure)
  func importState(_ id: String) async throws(Failure) -> UserImportState
}

package struct UserImportState: Sendable, Hashable, Codable {
  package enum Phase: String, Sendable, Hashable, Codable {
    /// Not begun, or under way.
    case open
    case succeeded
    case failed
  }

  package var phase: Phase
  package var imported: Int
  package var skipped: Int
  package var failed: Int
  package var message: String

  package init(phase: Phase, imported: Int, skipped: Int, failed: Int, message: String) {
    self.phase = phase
    self.imported = imported
    self.skipped = skipped
    self.failed = failed
    self.message = message
  }
}

/// A directory that can ask another one about a user who signs in for the first time.
package protocol UserMigrating: UserDirectory {
  /// The function that is asked now; nil for none.
  func migrationFunction() async throws(Failure) -> String?
  /// Sets the function, if `former` is still the one; every other setting stays.
  func setMigrationFunction(_ function: String?, former: String?) async throws(Failure)
  /// The files of a function that asks `source`, by name; `attributes` maps its names to ours.
  func migrationFiles(
    from source: ResourceURL, attributes: [String: String]
  ) throws(Failure) -> [String: String]
}
