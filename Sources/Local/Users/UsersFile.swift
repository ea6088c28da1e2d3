import Glibc
import JSON
package import Resources

/// A directory of users in a file, `users:///path`: one line of JSON for each.
///
/// Lines are in byte order of the names. Each change writes the file anew beside the old one, makes
/// it durable and puts it in its place, so that a reader never sees half of it; lines that do not
/// change keep their bytes. Writers take turns by a lock on `path.lock`, which stays. Passwords are
/// known only as hashes in PHC form, and these are copied as they are.
package actor UsersFile: UserDirectory {
  private static let positionPrefix = "1:"

  nonisolated package let url: ResourceURL
  private let path: String
  private let executor = BlockingExecutor(label: "cutover.users")
  nonisolated package var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// What was read, and from which state of the file.
  private var known: (version: FileVersion, index: UserIndex)?

  package init(_ url: ResourceURL) throws(Failure) {
    self.url = url
    path = try LocalPath.path(of: url)
  }

  package func description() async throws(Failure) -> UserDirectoryDescription? {
    guard let index = try index() else { return nil }
    return UserDirectoryDescription(
      userCount: index.lines.count, carriesPasswordHashes: true, factors: SecondFactor.allCases)
  }

  package func create() async throws(Failure) {
    if try FileIdentity.of(path, url) != nil { return }
    let lock = try FileLock(path + ".lock", url)
    defer { lock.release() }
    if try FileIdentity.of(path, url) == nil { try store([]) }
  }

  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<User> {
    precondition(limit > 0, "a page has room for a user")
    let index = try existing()
    var start = 0
    if let position {
      let name = try name(at: position)
      start = index.firstIndex(notBefore: name)
      if start < index.lines.count, index.lines[start].name == name { start += 1 }
    }
    let lines = index.lines[start...].prefix(limit)
    var users: [User] = []
    for line in lines { users.append(try index.user(line, url)) }
    guard let last = lines.last, start + users.count < index.lines.count else {
      return Page(users, next: nil)
    }
    return Page(users, next: PagePosition(Self.positionPrefix + ObjectKey(bytes: last.name).text))
  }

  package func user(named name: String) async throws(Failure) -> User? {
    let index = try existing()
    guard let line = index.line(named: Array(name.utf8)) else { return nil }
    return try index.user(line, url)
  }

  package func add(_ users: [User]) async throws(Failure) -> [UserAddition] {
    for user in users { try check(user) }
    let lock = try FileLock(path + ".lock", url)
    defer { lock.release() }
    let index = try existing()
    var added: [UTF8Key: User] = [:]
    var outcomes: [UserAddition] = []
    for user in users {
      let earlier = added[UTF8Key(user.name)]
      guard let there = try earlier == nil ? userNow(user.name, index) : earlier else {
        added[UTF8Key(user.name)] = user
        outcomes.append(.added)
        continue
      }
      let differences = there.differences(from: user)
      outcomes.append(differences.isEmpty ? .alike : .differs(differences))
    }
    if !added.isEmpty {
      let new = added.values.map { (name: Array($0.name.utf8), line: UserLine.text($0)) }
      try store(merged(index, new))
    }
    return outcomes
  }

  package func remove(_ names: [String]) async throws(Failure) {
    guard try index() != nil else { return }
    let lock = try FileLock(path + ".lock", url)
    defer { lock.release() }
    let index = try existing()
    let gone = Set(names.map { UTF8Key($0) })
    let left = index.lines.filter {
      !gone.contains(UTF8Key(String(decoding: $0.name, as: UTF8.self)))
    }
    guard left.count < index.lines.count else { return }
    try store(left.map { Array(index.bytes[$0.range]) })
  }

  // MARK: Parts

  private func userNow(_ name: String, _ index: UserIndex) throws(Failure) -> User? {
    try index.line(named: Array(name.utf8)).map { line throws(Failure) in
      try index.user(line, url)
    }
  }

  private func check(_ user: User) throws(Failure) {
    guard !user.name.isEmpty else {
      throw .permanent("\(url): a user without a name", hint: "Give the user a name at the source.")
    }
    if let hash = user.passwordHash, !PasswordHash.isWellFormed(hash) {
      throw .refused(
        "\(url): the password hash of '\(user.name)' is not in PHC form",
        hint: "Only hashes are kept here, such as $scrypt$…; the user must set a new password.")
    }
    guard UserLine.text(user).count <= UserLine.bytesMax else {
      throw .permanent("\(url): the user '\(user.name)' is too large", hint: "Shorten attributes.")
    }
  }

  /// All lines in byte order of the names.
  private func merged(
    _ index: UserIndex, _ new: [(name: [UInt8], line: [UInt8])]
  ) -> [[UInt8]] {
    let added = new.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    var lines: [[UInt8]] = []
    lines.reserveCapacity(index.lines.count + added.count)
    var next = added[...]
    for line in index.lines {
      while let first = next.first, first.name.lexicographicallyPrecedes(line.name) {
        lines.append(first.line)
        next = next.dropFirst()
      }
      lines.append(Array(index.bytes[line.range]))
    }
    return lines + next.map(\.line)
  }

  private func name(at position: PagePosition) throws(Failure) -> [UInt8] {
    guard position.text.hasPrefix(Self.positionPrefix),
      let key = ObjectKey(escaped: String(position.text.dropFirst(Self.positionPrefix.count)))
    else {
      throw .permanent(
        "'\(position.text)' is no position in \(url)",
        hint: "The checkpoint is of another version; start the step anew.")
    }
    return key.bytes
  }

  private func existing() throws(Failure) -> UserIndex {
    if let index = try index() { return index }
    throw .permanent("\(url): the file is not there", hint: "Check the path, or create it.")
  }

  /// The file as it is now; nil when there surely is none.
  private func index() throws(Failure) -> UserIndex? {
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system(errno, "\(url) cannot be read")
    }
    let file = OpenFile(taking: number)
    let status = file.status()
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .permanent("\(url) is not a file", hint: "Check the path.")
    }
    let version = FileVersion(status)
    if let known, known.version == version { return known.index }
    guard version.size <= UserIndex.bytesMax else {
      throw .refused(
        "\(url) has more than \(UserIndex.bytesMax >> 20) MiB", hint: "Use a database for so many.")
    }
    let bytes = try file.read(Int(version.size), "\(url) cannot be read")
    let index = try UserIndex(bytes, url)
    known = (version, index)
    return index
  }

  /// Writes the whole file anew; the lock is held.
  private func store(_ lines: [[UInt8]]) throws(Failure) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lines.reduce(0) { $0 + $1.count + 1 })
    for line in lines { bytes += line + [10] }
    try FileReplacement.replace(path, with: bytes, url)
    known = nil
  }
}

extension Provider {
  /// Users in files.
  package static let users = Provider(
    scheme: "users", summary: "Users in a file, one line of JSON for each.",
    example: "users:///srv/app/users.jsonl",
    open: .users { url, _ throws(Failure) in try UsersFile(url) })
}
