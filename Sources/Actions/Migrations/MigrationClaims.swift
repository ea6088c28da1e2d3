import Resources

/// Which segment is at work on which key of which target, so that no two pages want one at a time.
///
/// Two pages that judge and write one key side by side would each take the other's write for what
/// the target held before. A page takes all its keys at once and holds them until it is written, so
/// that nobody waits for one who waits. After a failure nobody gets a key any more: what the page
/// that failed has recorded may not be written yet.
actor MigrationClaims {
  private var owners: [MigrationConflict: Int] = [:]
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var hasFailed = false

  /// Takes keys for a page that is to be judged, as soon as no other segment holds any of them.
  func take(_ keys: Set<MigrationConflict>, for segment: Int) async throws(Failure) {
    while heldByOther(keys, segment) != nil {
      guard !hasFailed else {
        throw .transient(
          "another segment failed while this one waited for its keys",
          hint: "The step is tried again by itself.")
      }
      await withCheckedContinuation { waiting.append($0) }
    }
    hold(keys, for: segment)
  }

  /// Takes more keys for a segment that holds some already, which therefore must not wait.
  func takeMore(_ keys: Set<MigrationConflict>, for segment: Int) throws(Failure) {
    if let key = heldByOther(keys, segment) {
      throw .transient(
        "the key \(key.key.text) is wanted by two pages at once, since its item was changed",
        hint: "The step is tried again by itself.")
    }
    hold(keys, for: segment)
  }

  /// Gives a segment what it had taken before the process came to its end.
  func hold(_ keys: Set<MigrationConflict>, for segment: Int) {
    for key in keys { owners[key] = segment }
  }

  /// Frees what a segment holds, whose page is written.
  func release(_ segment: Int) {
    owners = owners.filter { $0.value != segment }
    wake()
  }

  /// Keeps all that is held, and lets nobody wait for it.
  func fail() {
    hasFailed = true
    wake()
  }

  private func heldByOther(_ keys: Set<MigrationConflict>, _ segment: Int) -> MigrationConflict? {
    keys.first { owners[$0].map { $0 != segment } ?? false }
  }

  private func wake() {
    let woken = waiting
    waiting = []
    for one in woken { one.resume() }
  }
}
