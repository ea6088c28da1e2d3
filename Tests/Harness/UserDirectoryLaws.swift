package import Resources

/// The laws of `UserDirectory`, for any provider.
package struct UserDirectoryLaws: Sendable {
  /// Opens the directory anew, as another process would.
  package let open: @Sendable () throws -> any UserDirectory
  /// Whether the directory does not exist when the laws begin; if it does, it is empty.
  private let isMissing: Bool
  private let names: [String]
  private let note: String
  private let groups: [String]
  private let carriesHashes: Bool
  private let hash = "$scrypt$ln=14,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBs"

  /// `names`, `note` (an attribute) and `groups` are such as the directory allows.
  package init(
    isMissing: Bool = true,
    names: [String] = [
      "ada", "Ada", "ä", "a\u{308}", "bob@example.org", "c d", "z\"quote", "中",
    ], note: String = "näme", groups: [String] = ["admin", "b c"],
    carriesHashes: Bool = true, open: @escaping @Sendable () throws -> any UserDirectory
  ) {
    self.open = open
    self.isMissing = isMissing
    self.names = names
    self.note = note
    self.groups = groups
    self.carriesHashes = carriesHashes
  }

  /// Checks every law, one after the other; the directory is left empty.
  package func check() async throws {
    try await absenceIsTold()
    try await addingIsRepeatable()
    try await addingNeverChanges()
    try await everyUserComesOnce()
    try await positionsOutliveProcessesAndChanges()
    try await admissionsAreFinished()
    try await removingIsRepeatable()
  }

  private var users: [User] {
    let numbered = (0..<20).map { "user\($0)" }
    return (names + numbered).enumerated().map { index, name in
      User(
        name: name, attributes: index % 3 == 0 ? [:] : ["email": "\(index)@x.test", note: "ü\n"],
        groups: index % 4 == 0 ? [] : groups, isEnabled: index % 5 != 0,
        passwordHash: carriesHashes && index % 2 == 0 ? hash : nil)
    }
  }

  private func key(_ name: String) -> [UInt8] { Array(name.utf8) }

  private func all(_ limit: Int) async throws -> [User] {
    let store = try open()
    var found: [User] = []
    var position: PagePosition?
    repeat {
      let page = try await store.page(after: position, limit: limit)
      try hold("a page holds no more than was asked for", page.elements.count <= limit)
      found += page.elements
      position = page.next
    } while position != nil
    return found
  }

  private func absenceIsTold() async throws {
    if isMissing {
      try hold(
        "a directory that is not there has no description", try await open().description() == nil)
    }
    try await open().create()
    try await open().create()
    try hold("a new directory is there", try await open().description() != nil)
    try hold("a new directory is empty", try await all(5).isEmpty)
    try hold("a user who is not there is nobody", try await open().user(named: "ada") == nil)
    guard let store = try open() as? any UserGrouping else { return }
    for name in groups + groups { try await store.addGroup(UserGroup(name: name)) }
    let found = try await store.groups().map(\.name)
    try hold("groups are there once they are added", Set(found) == Set(groups), found)
  }

  private func addingIsRepeatable() async throws {
    let first = try await open().add(users)
    try hold("new users are added", first == users.map { _ in .added }, first)
    let second = try await open().add(users)
    try hold("the same users are alike", second == users.map { _ in .alike }, second)
    for user in users {
      let found = try await open().user(named: user.name)
      try hold("a user comes back as added", found.map { same($0, user) } == true, found as Any)
    }
    let found = try await open().users(named: [users[1].name, "nobody", users[0].name])
    try hold(
      "several users are found in the order of their names",
      found.map { $0.map { key($0.name) } } == [key(users[1].name), nil, key(users[0].name)])
    let count = try await open().description()?.userCount
    try hold("a count that is told is right", count == nil || count == users.count, count as Any)
  }

  private func same(_ left: User, _ right: User) -> Bool {
    key(left.name) == key(right.name) && left.attributes == right.attributes
      && Set(left.groups) == Set(right.groups) && left.isEnabled == right.isEnabled
      && left.externalProvider == right.externalProvider
      && (right.passwordHash == nil || left.passwordHash == right.passwordHash)
  }

  private func addingNeverChanges() async throws {
    var other = users[0]
    other.isEnabled.toggle()
    other.attributes["email"] = "other@x.test"
    let fresh = User(name: "new")
    let outcomes = try await open().add([other, fresh, fresh])
    guard case .differs(let fields) = outcomes[0] else {
      throw BrokenLaw("another user of the same name is a conflict; found \(outcomes[0])")
    }
    try hold("the differing fields are named", fields.count == 2, fields)
    try hold(
      "others are added beside a conflict, once", Array(outcomes.dropFirst()) == [.added, .alike],
      outcomes)
    let found = try await open().user(named: users[0].name)
    try hold("the user who was there is unchanged", found.map { same($0, users[0]) } == true)
    try await open().remove(["new"])
  }

  private func everyUserComesOnce() async throws {
    let order = try await all(1000).map { key($0.name) }
    try hold("every user is listed", Set(order) == Set(users.map { key($0.name) }))
    for limit in [1, 3, users.count, users.count + 1] {
      let found = try await all(limit).map { key($0.name) }
      try hold("pages of \(limit) list every user once, in the same order", found == order)
    }
  }

  private func positionsOutliveProcessesAndChanges() async throws {
    let first = try await open().page(after: nil, limit: 6)
    guard let position = first.next else { throw BrokenLaw("more users follow") }
    let gone = first.elements[5]
    try await open().remove([gone.name])
    var rest: [[UInt8]] = []
    var next: PagePosition? = PagePosition(position.text)
    while let position = next {
      let page = try await open().page(after: position, limit: 4)
      rest += page.elements.map { key($0.name) }
      next = page.next
    }
    let seen = Set(first.elements.map { key($0.name) })
    try hold(
      "from an old position every other user comes once",
      rest.count == users.count - 6 && seen.isDisjoint(with: rest))
    _ = try await open().add([gone])
  }

  private func admissionsAreFinished() async throws {
    guard let store = try open() as? any UserAdmitting else { return }
    var whole = User(name: "half", attributes: ["email": "half@x.test"])
    let begun = try await store.admit([whole], with: .forgotten)
    try hold("a newcomer is admitted and has an id", begun.first?.outcome == .added, begun)
    whole.groups = groups
    whole.isEnabled = false
    for expected in [UserAddition.added, .alike] {
      let finished = try await finish(whole)
      try hold("what was left undone is finished once", finished == [expected], finished)
      let found = try await open().user(named: "half")
      try hold("and is as wanted then", found.map { same($0, whole) } == true, found as Any)
    }
    var other = whole
    other.groups = []
    other.attributes["email"] = "other@x.test"
    guard case .differs(let fields)? = try await finish(other).first else {
      throw BrokenLaw("a user whom somebody else has changed is not finished")
    }
    try hold("what somebody else has changed is named", fields.count == 2, fields)
    let found = try await open().user(named: "half")
    try hold("and is left alone", found.map { same($0, whole) } == true, found as Any)
    try await open().remove(["half"])
  }

  private func finish(_ user: User) async throws -> [UserAddition] {
    guard let store = try open() as? any UserAdmitting else { throw BrokenLaw("it admits users") }
    return try await store.finish([user], with: .forgotten).map(\.outcome)
  }

  private func removingIsRepeatable() async throws {
    for _ in 0..<2 { try await open().remove([users[3].name, "nobody"]) }
    try hold("a removed user is gone", try await open().user(named: users[3].name) == nil)
    try hold("and nobody else", try await all(100).count == users.count - 1)
    try await open().remove(users.map(\.name))
    try hold("all can be removed", try await all(5).isEmpty)
  }
}
