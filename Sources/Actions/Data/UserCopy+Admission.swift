import JSON
import Resources
import Rollouts

/// The files that a copy keeps while it runs; used by one task at a time.
final class CopyFiles {
  let added: AddedUsers
  /// Nil where one side has no ids of its own.
  let ids: UserIDs?
  let passwords: TemporaryPasswords?

  init(_ copy: UserCopy) throws(Failure) {
    added = try AddedUsers(copy.addedPath)
    ids = copy.target is any UserAdmitting ? try UserIDs(copy.idsPath) : nil
    passwords = copy.passwords == .temporary ? try TemporaryPasswords(copy.passwordsPath) : nil
  }
}

extension UserCopy {
  /// Brings users in who are free, finishes those who were begun before, and says what became of
  /// each.
  func admit(
    _ wanted: [User], _ files: CopyFiles, _ pace: Pace
  ) async throws(Failure) -> [UserAdmission] {
    let strangers = wanted.indices.filter { !files.added.contains(wanted[$0].name) }
    // Whoever is free now is ours to take back; that must be known before it is taken.
    let there = try await target.users(named: strangers.map { wanted[$0].name })
    var answers = [UserAdmission?](repeating: nil, count: wanted.count)
    var free: [Int] = []
    for (index, user) in zip(strangers, there) {
      guard let user else {
        free.append(index)
        continue
      }
      let differences = user.differences(from: wanted[index])
      answers[index] = UserAdmission(
        differences.isEmpty ? .alike : .differs(differences), id: user.id)
    }
    try files.added.add(free.map { wanted[$0].name })
    guard let store = target as? any UserAdmitting, !mapping.carriesHashes else {
      return try await add(wanted, pace).map { UserAdmission($0) }
    }
    let password = try await firstPassword(of: wanted, files)
    for (index, answer) in zip(free, try await store.admit(free.map { wanted[$0] }, with: password))
    {
      answers[index] = answer
    }
    // An answer that was lost leaves a newcomer half made, as a crash does.
    let open = wanted.indices.filter { index in
      guard files.added.contains(wanted[index].name) else { return false }
      return switch answers[index]?.outcome {
      case nil, .alike, .differs: true
      case .added, .addedWithout, .unprocessed: false
      }
    }
    for (index, answer) in zip(
      open, try await store.finish(open.map { wanted[$0] }, with: password))
    {
      answers[index] = answer
    }
    return answers.compactMap(\.self)
  }

  private func firstPassword(
    of users: [User], _ files: CopyFiles
  ) async throws(Failure) -> FirstPassword {
    switch passwords {
    case .carry, .leave, .importing, .migrateTrigger: return .forgotten
    case .reset: return .reset
    case .invite: return .invitation
    case .temporary:
      let ours = users.map(\.name).filter(files.added.contains)
      let length = try await target.description()?.passwordLengthMin ?? 0
      let known = try files.passwords?.passwords(for: ours, length: length) ?? [:]
      return .temporary { known[UTF8Key($0)] }
    }
  }

  /// Adds until the directory has answered for everybody.
  private func add(_ users: [User], _ pace: Pace) async throws(Failure) -> [UserAddition] {
    var answers = [UserAddition](repeating: .unprocessed, count: users.count)
    var left = Array(users.indices)
    var patience = Patience(pace: pace)
    while !left.isEmpty {
      let result = try await target.add(left.map { users[$0] })
      guard result.count == left.count else {
        throw .permanent(
          "\(target.url) answered for \(result.count) of \(left.count) users",
          hint: "Report this bug.")
      }
      for (index, answer) in zip(left, result) { answers[index] = answer }
      let before = left.count
      left = left.filter { answers[$0] == .unprocessed }
      if left.isEmpty { break }
      try await patience.rest(
        madeProgress: left.count < before, "\(target.url) to take \(left.count) more users")
    }
    return answers
  }
}
