package import Resources

/// The laws of `UserDirectory`, for any provider.
package struct UserDirectoryLaws: Sendable {
  /// Opens the directory anew, as another process would; it must not exist when the laws begin.
  package let open: @Sendable () throws -> any UserDirectory
  private let hash = "$scrypt$ln=14,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBs"

  package init(open: @escaping @Sendable () throws -> any UserDirectory) { self.open = open }

  /// Checks every law, one after the other; the directory is left empty.
  package func check() async throws {
    try await absenceIsTold()
    try await addingIsRepeatable()
    try await addingNeverChanges()
    try await everyUserComesOnce()
    try await positionsOutliveProcessesAndChanges()
    try await removingIsRepeatable()
  }

  private var users: [User] {
    let names = ["ada", "Ada", "ä", "a\u{308}", "bob@example.org", "c d", "z\"quote", "中"]
    let numbered = (0..<20).map { "user\($0)" }
    return (names + numbered).enumerated().map { index, name in
      User(
        name: name, attributes: index % 3 == 0 ? [:] : ["email": "\(index)@x.test", "näme": "ü\n"],
        groups: index % 4 == 0 ? [] : ["admin", "b c"], isEnabled: index % 5 != 0,
        passwordHash: index % 2 == 0 ? hash : nil)
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
    try hold(
      "a directory that is not there has no description", try await open().description() == nil)
    try await open().create()
    try await open().create()
    try hold("a new directory is there", try await open().description() != nil)
    try hold("a new directory is empty", try await all(5).isEmpty)
    try hold("a user who is not there is nobody", try await open().user(named: "ada") == nil)
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

  private func removingIsRepeatable() async throws {
    for _ in 0..<2 { try await open().remove([users[3].name, "nobody"]) }
    try hold("a removed user is gone", try await open().user(named: users[3].name) == nil)
    try hold("and nobody else", try await all(100).count == users.count - 1)
    try await open().remove(users.map(\.name))
    try hold("all can be removed", try await all(5).isEmpty)
  }
}
