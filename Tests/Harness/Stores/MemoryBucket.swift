import Digests
package import Resources
import Synchronization

/// A bucket in memory with the laws of ``BucketStore`` and faults on demand.
package final class MemoryBucket: BucketStore {
  package struct Object: Sendable, Equatable {
    package var bytes: [UInt8]
    package var metadata: ObjectMetadata
    package var modified: Timestamp

    package init(_ text: String, type: String? = nil, at milliseconds: Int64 = 1000) {
      bytes = Array(text.utf8)
      metadata = ObjectMetadata(contentType: type)
      modified = Timestamp(milliseconds: milliseconds)
    }
  }

  private struct State {
    var exists: Bool
    var objects: [ObjectKey: Object] = [:]
    var writes = 0
  }

  package let url: ResourceURL
  package let faults: Faults
  private let state: Mutex<State>

  package init(_ url: ResourceURL, exists: Bool = true, faults: Faults = Faults()) {
    self.url = url
    self.faults = faults
    state = Mutex(State(exists: exists))
  }

  // MARK: For tests

  package var contents: [ObjectKey: Object] { state.withLock { $0.objects } }
  package var exists: Bool { state.withLock { $0.exists } }
  package var writeCount: Int { state.withLock { $0.writes } }

  /// Puts an object there without a fault, as somebody else would; nil takes it away.
  package func put(_ key: String, _ object: Object?) {
    state.withLock { $0.objects[ObjectKey(key)] = object }
  }

  // MARK: BucketStore

  package func description() async throws(Failure) -> BucketDescription? {
    try faults.call("description of \(url)") {
      state.withLock { $0.exists ? BucketDescription(objectCount: $0.objects.count) : nil }
    }
  }

  package func create() async throws(Failure) {
    try faults.call("create \(url)") { state.withLock { $0.exists = true } }
  }

  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<ObjectEntry> {
    try faults.call("page of \(url)") {
      state.withLock { state in
        let after = position.flatMap { ObjectKey(escaped: $0.text) }
        var keys = state.objects.keys.sorted()
        if let after { keys = keys.filter { after < $0 } }
        let taken = keys.prefix(limit)
        let next = taken.count < keys.count ? taken.last.map { PagePosition($0.text) } : nil
        return Page(taken.compactMap { Self.entry($0, state) }, next: next)
      }
    }
  }

  package func entry(_ key: ObjectKey) async throws(Failure) -> ObjectEntry? {
    try faults.call("entry of \(url)") { state.withLock { Self.entry(key, $0) } }
  }

  package func read(_ key: ObjectKey) async throws(Failure) -> any ObjectReader {
    try faults.call("read \(url)") { () throws(Failure) in
      guard let object = contents[key] else {
        throw .permanent("\(url): there is no object '\(key.text)'", hint: "")
      }
      let half = object.bytes.count / 2
      return Pieces([Array(object.bytes[..<half]), Array(object.bytes[half...])])
    }
  }

  package func write(
    _ entry: ObjectEntry, from reader: any ObjectReader
  ) async throws(Failure) -> ObjectEntry {
    var bytes: [UInt8] = []
    while let piece = try await reader.next() { bytes += piece }
    let whole = bytes
    return try faults.call("write to \(url)") { () throws(Failure) in
      guard Int64(whole.count) == entry.size else {
        throw .transient("\(url): '\(entry.key.text)' came with another size", hint: "")
      }
      var object = Object("")
      object.bytes = whole
      object.metadata = entry.metadata
      object.modified = entry.modified
      let stored = object
      state.withLock {
        $0.objects[entry.key] = stored
        $0.writes += 1
      }
      var answer = entry
      answer.digest = "sha256:" + Digest.hex(Digest.sha256(whole))
      return answer
    }
  }

  package func delete(_ keys: [ObjectKey]) async throws(Failure) -> [ObjectKey] {
    try faults.call("delete from \(url)") {
      state.withLock { state in
        // One key of several is left for the next try.
        let taken = keys.count > 1 ? keys.dropLast() : keys[...]
        for key in taken { state.objects[key] = nil }
        return Array(keys.dropFirst(taken.count))
      }
    }
  }

  package func flush() async throws(Failure) { try faults.call("flush \(url)") {} }

  package func remove() async throws(Failure) {
    try faults.call("remove \(url)") { () throws(Failure) in
      guard contents.isEmpty else { throw .refused("\(url) is not empty", hint: "") }
      state.withLock { $0.exists = false }
    }
  }

  private static func entry(_ key: ObjectKey, _ state: State) -> ObjectEntry? {
    state.objects[key].map {
      ObjectEntry(
        key: key, size: Int64($0.bytes.count), modified: $0.modified, metadata: $0.metadata)
    }
  }
}

/// Yields an object's content in two pieces.
private final class Pieces: ObjectReader {
  private let left: Mutex<[[UInt8]]>

  init(_ pieces: [[UInt8]]) { left = Mutex(pieces) }

  func next() async throws(Failure) -> [UInt8]? {
    left.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
