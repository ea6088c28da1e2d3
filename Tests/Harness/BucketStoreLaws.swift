package import Resources

/// The laws of `BucketStore`, for any provider.
package struct BucketStoreLaws: Sendable {
  /// Opens the store anew, as another process would; the bucket must not exist when the laws begin.
  package let open: @Sendable () throws -> any BucketStore

  /// Whether an object keeps the time that it was written with.
  private let keepsTimes: Bool
  /// Whether it is a folder of a bucket, which is there as long as the bucket is.
  private let isFolder: Bool
  private let keys: [ObjectKey]

  /// A store that takes only text as keys is held to refuse other bytes.
  package init(
    keepsTimes: Bool = true, keepsBytes: Bool = true, isFolder: Bool = false,
    open: @escaping @Sendable () throws -> any BucketStore
  ) {
    self.open = open
    self.keepsTimes = keepsTimes
    self.isFolder = isFolder
    keys = Self.texts + (keepsBytes ? [Self.bytes] : [])
  }

  /// Keys whose order as bytes is not that of folders, of words, or of Unicode.
  private static let texts: [ObjectKey] =
    [
      "a-b", "a/b.txt", "a0", "b/c/d", "b/c-", "b/c0", "B", "ä", "a\u{308}", "é/1", "z%25 y",
      "\u{1}ctl", "trailing.", ".hidden", "e e",
    ].map { ObjectKey($0) }
  private static let bytes = ObjectKey(bytes: [0x66, 0xff, 0x2f, 0xfe])

  private static let moment = Timestamp(milliseconds: 1_700_000_000_123)

  /// Checks every law, one after the other, and leaves no bucket behind.
  package func check() async throws {
    try await absenceIsTold()
    try await otherBytesAreRefused()
    try await contentIsKept()
    try await halfAnObjectIsNoObject()
    try await everyKeyComesOnceInOrder()
    try await positionsOutliveProcessesAndChanges()
    try await metadataIsReplacedWithTheContent()
    try await deletingIsRepeatable()
    try await removalWantsAnEmptyBucket()
  }

  private func content(_ number: Int) -> [UInt8] {
    (0..<(number * 37 % 300)).map { UInt8(truncatingIfNeeded: $0 * 7 + number) }
  }

  private func write(
    _ key: ObjectKey, _ content: [UInt8], _ metadata: ObjectMetadata = .init(),
    to store: any BucketStore
  ) async throws -> ObjectEntry {
    let entry = ObjectEntry(
      key: key, size: Int64(content.count), modified: Self.moment, metadata: metadata)
    let middle = content.count / 2
    return try await store.write(
      entry, from: BytesReader([Array(content[..<middle]), Array(content[middle...])]))
  }

  private func read(_ key: ObjectKey) async throws -> [UInt8] {
    let reader = try await open().read(key)
    var bytes: [UInt8] = []
    while let piece = try await reader.next() { bytes += piece }
    try hold("a reader that has ended stays so", try await reader.next() == nil)
    return bytes
  }

  private func all(_ limit: Int) async throws -> [ObjectEntry] {
    let store = try open()
    var found: [ObjectEntry] = []
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
    if !isFolder {
      try hold("a bucket that is not there has none", try await open().description() == nil)
    }
    try await open().remove()
    try await open().create()
    try await open().create()
    try hold("a new bucket is there", try await open().description() != nil)
    try hold("a new bucket is empty", try await all(10).isEmpty)
    try hold("an object that is not there has no entry", try await open().entry(.init("x")) == nil)
    do {
      _ = try await open().read(.init("x"))
      throw BrokenLaw("an object that is not there cannot be read")
    } catch let failure as Failure {
      try hold("and trying again does not help", !failure.isTransient)
    }
  }

  private func otherBytesAreRefused() async throws {
    guard !keys.contains(Self.bytes) else { return }
    do {
      _ = try await write(Self.bytes, [1], to: try open())
      throw BrokenLaw("a key that the store cannot hold is refused")
    } catch let failure as Failure {
      try hold("and that is a rule, not a mishap", failure.kind == .refused, failure)
    }
    try hold("and is surely not there", try await open().entry(Self.bytes) == nil)
  }

  private func contentIsKept() async throws {
    let store = try open()
    for (number, key) in keys.enumerated() {
      for version in [number + 1, number] {
        let stored = try await write(key, content(version), to: store)
        try hold("the entry that comes back is of the object", stored.key == key, stored)
        let found = try await open().entry(key)
        try hold("an object has the size it was written with", found?.size == stored.size, key.text)
        guard keepsTimes else { continue }
        try hold("an entry comes back as it is found", found?.modified == stored.modified, key.text)
      }
      try hold(
        "an object has the content it was written with", try await read(key) == content(number))
    }
    try await store.flush()
    try await store.flush()
  }

  private func halfAnObjectIsNoObject() async throws {
    let store = try open()
    let key = keys[1]
    let before = try await read(key)
    let trouble = Failure.transient("the source broke off", hint: "")
    let entry = ObjectEntry(key: key, size: 4, modified: Self.moment)
    for reader in [
      BytesReader([[1, 2]], failure: trouble), BytesReader([[1, 2]]),
      BytesReader([[1, 2, 3, 4, 5]]),
    ] {
      do {
        _ = try await store.write(entry, from: reader)
        throw BrokenLaw("a body that breaks off or has another size is refused")
      } catch is Failure {
        try hold("the former object stays whole", try await read(key) == before)
      }
    }
    try hold("nothing half-written is listed", try await all(100).count == keys.count)
  }

  private func everyKeyComesOnceInOrder() async throws {
    let sorted = keys.sorted()
    for limit in [1, 2, 5, sorted.count, 1000] {
      let found = try await all(limit).map(\.key)
      try hold(
        "pages of \(limit) hold every key once, in byte order", found == sorted, found.map(\.text))
    }
  }

  private func positionsOutliveProcessesAndChanges() async throws {
    let first = try await open().page(after: nil, limit: 5)
    guard let position = first.next else { throw BrokenLaw("more keys follow") }
    let store = try open()
    let gone = first.elements[4].key
    _ = try await store.delete([gone])
    _ = try await write(ObjectKey("zz/new"), [1], to: store)
    var rest: [ObjectKey] = []
    var next: PagePosition? = PagePosition(position.text)
    while let position = next {
      let page = try await open().page(after: position, limit: 3)
      rest += page.elements.map(\.key)
      next = page.next
    }
    let expected = keys.sorted().dropFirst(5).filter { $0 != gone }
    try hold(
      "from an old position everything that stayed comes once",
      rest.filter { $0 != ObjectKey("zz/new") } == Array(expected), rest.map(\.text))
    _ = try await store.delete([ObjectKey("zz/new")])
    _ = try await write(gone, content(0), to: store)
  }

  private func metadataIsReplacedWithTheContent() async throws {
    let key = ObjectKey("meta/data")
    let rich = ObjectMetadata(
      contentType: "text/plain; charset=utf-8", user: ["a": "ü \"", "b": ""])
    let store = try open()
    for metadata in [ObjectMetadata(), rich, ObjectMetadata(contentType: "x/y"), ObjectMetadata()] {
      let stored = try await write(key, [1, 2, 3], metadata, to: store)
      try hold("metadata comes back", stored.metadata == metadata)
      let found = try await open().entry(key)
      try hold("metadata is kept, and nothing of the former is", found?.metadata == metadata)
    }
    _ = try await store.delete([key])
  }

  private func deletingIsRepeatable() async throws {
    let store = try open()
    let key = keys[2]
    for _ in 0..<2 {
      try hold("deleted keys do not come back", try await store.delete([key]).isEmpty)
      try hold("a deleted object is gone", try await open().entry(key) == nil)
    }
    try hold("and no other", try await all(100).count == keys.count - 1)
  }

  private func removalWantsAnEmptyBucket() async throws {
    let store = try open()
    do {
      try await store.remove()
      throw BrokenLaw("a bucket with objects is not removed")
    } catch let failure as Failure {
      try hold("and that is a rule, not a mishap", failure.kind == .refused, failure)
    }
    try hold("nothing is left to delete", try await store.delete(keys).isEmpty)
    try await store.remove()
    try await store.remove()
    if isFolder { return }
    try hold("a removed bucket is gone", try await open().description() == nil)
  }
}
