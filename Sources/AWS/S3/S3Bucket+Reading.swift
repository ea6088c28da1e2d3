import Digests
import Resources
import Synchronization
import Wire

extension S3Bucket: ContentDigesting {
  func entry(_ key: ObjectKey) async throws(Failure) -> ObjectEntry? {
    try await entry(key, version: nil)
  }

  /// The entry of the object, or of one version of it.
  func entry(_ key: ObjectKey, version: String?) async throws(Failure) -> ObjectEntry? {
    // What cannot be a key is surely not there.
    guard String(validating: location.fullKey(key), as: UTF8.self) != nil else { return nil }
    do throws(AWSFailure) {
      let reply = try await client.call("HeadObject", "HEAD", key, query: Self.query(version))
      let size = reply.headers.first("Content-Length").flatMap { Int64($0) }
      var entry = S3Headers.entry(key, size: size ?? 0, reply.headers)
      // A store that does not count tags in this answer has to be asked.
      if reply.headers.first("x-amz-tagging-count") != "0" {
        entry.metadata.tags = try await tags(of: key, version: version, count: reply.headers)
      }
      return entry
    } catch {
      if Self.isAbsent(error) { return nil }
      throw client.failure(error, key)
    }
  }

  /// The tags, if the answer's headers say that there are any.
  func tags(
    of key: ObjectKey, version: String? = nil, count headers: HTTPHeaders
  ) async throws(AWSFailure) -> [String: String] {
    guard let count = headers.first("x-amz-tagging-count"), count != "0" else { return [:] }
    let reply = try await client.call(
      "GetObjectTagging", "GET", key, query: [("tagging", nil)] + Self.query(version))
    guard let set = XMLNode(reading: reply.body)?.first("TagSet") else {
      throw AWSFailure(.malformed("it has no TagSet"), operation: "s3:GetObjectTagging")
    }
    var tags: [String: String] = [:]
    for tag in set.all("Tag") {
      if let name = tag.text("Key") { tags[name] = tag.text("Value") ?? "" }
    }
    return tags
  }

  /// The item of a query that names a version; none for the current one.
  static func query(_ version: String?) -> [(name: String, value: String?)] {
    version.map { [("versionId", $0)] } ?? []
  }

  func read(_ key: ObjectKey) async throws(Failure) -> any ObjectReader {
    try await read(key, version: nil)
  }

  func read(_ key: ObjectKey, version: String?) async throws(Failure) -> any ObjectReader {
    try location.check(key)
    do throws(AWSFailure) {
      let reply = try await client.stream(key, query: Self.query(version), headers: [:])
      guard let size = reply.headers.first("Content-Length").flatMap({ Int64($0) }) else {
        throw AWSFailure(.malformed("it does not say its length"), operation: "s3:GetObject")
      }
      var entry = S3Headers.entry(key, size: size, reply.headers)
      entry.metadata.tags = try await tags(of: key, version: version, count: reply.headers)
      return S3Reader(entry, reply, of: client, version: version)
    } catch {
      if Self.isAbsent(error) {
        throw .permanent(
          "\(url): there is no object '\(key.text)'",
          hint: "It was deleted meanwhile, or never was there.")
      }
      throw client.failure(error, key)
    }
  }

  func sha256(of key: ObjectKey) async throws(Failure) -> String {
    try await sha256(of: key, version: nil)
  }

  func sha256(of key: ObjectKey, version: String?) async throws(Failure) -> String {
    let reader = try await read(key, version: version)
    var digest = StreamingSHA256()
    while let piece = try await reader.next() { digest.update(piece) }
    return Digest.hex(digest.finish())
  }
}

/// Yields an object as it was when it was opened, whatever happens to the connection.
///
/// A body that breaks off is carried on where it ended, and refused if the object has another entity
/// tag by then. A tag that is the content's MD5 is checked at the end. One task at a time.
final class S3Reader: DescribedReader {
  private static let resumesMax = 8

  let entry: ObjectEntry
  private let client: S3Client
  private let version: String?
  private let tag: String?
  private let isDigest: Bool

  /// Owned by the one task that reads.
  private struct State: ~Copyable {
    var reply: HTTPStreamedReply?
    var taken: Int64 = 0
    var resumes = 0
    var digest = DigestStream(.md5)
  }

  private let state: Mutex<State>

  init(_ entry: ObjectEntry, _ reply: HTTPStreamedReply, of client: S3Client, version: String?) {
    self.entry = entry
    self.client = client
    self.version = version
    tag = S3EntityTag.tag(entry)
    let encryption = reply.headers.first("x-amz-server-side-encryption") ?? "AES256"
    isDigest =
      encryption == "AES256" && tag.map(S3EntityTag.isSingle) == true
      && reply.headers.first("x-amz-server-side-encryption-customer-algorithm") == nil
    state = Mutex(State(reply: reply))
  }

  func next() async throws(Failure) -> [UInt8]? {
    while true {
      let (reply, taken) = state.withLock { ($0.reply, $0.taken) }
      guard let reply else {
        if taken == entry.size { return nil }
        try await resume(at: taken)
        continue
      }
      do throws(HTTPFailure) {
        if let piece = try await reply.next() {
          state.withLock { state in
            state.taken += Int64(piece.count)
            if isDigest { state.digest.update(piece) }
          }
          return piece
        }
      } catch {
        if error.reason == .cancelled { throw .cancelled }
        guard error.isTransient else {
          throw client.failure(AWSFailure(.transport(error), operation: "s3:GetObject"), entry.key)
        }
        state.withLock { $0.reply = nil }
        continue
      }
      try end()
    }
  }

  private func end() throws(Failure) {
    let (taken, digest) = state.withLock { state in
      state.reply = nil
      return (state.taken, isDigest && state.taken == entry.size ? state.digest.digest() : nil)
    }
    guard let digest, let tag, Digest.hex(digest) != tag.lowercased() else { return }
    throw .transient(
      "\(client.location.url): the \(taken) bytes of '\(entry.key.text)' are not those that its "
        + "entity tag says", hint: "They were damaged on the way; read again.")
  }

  private func resume(at offset: Int64) async throws(Failure) {
    let resumes = state.withLock { state in
      state.resumes += 1
      return state.resumes
    }
    let what = "\(client.location.url): '\(entry.key.text)'"
    guard resumes <= Self.resumesMax, offset < entry.size, let tag else {
      throw .transient(
        "\(what) broke off after \(offset) of \(entry.size) bytes",
        hint: "Look at the network, then carry on with 'cutover resume'.")
    }
    do throws(AWSFailure) {
      let reply = try await client.stream(
        entry.key, query: S3Bucket.query(version),
        headers: ["Range": "bytes=\(offset)-", "If-Match": "\"\(tag)\""])
      let isPart = reply.headers.first("Content-Range")?.hasPrefix("bytes \(offset)-") == true
      guard reply.status == 206, isPart else {
        throw AWSFailure(.malformed("it is not the part asked for"), operation: "s3:GetObject")
      }
      state.withLock { $0.reply = reply }
    } catch {
      throw client.failure(error, entry.key)
    }
  }
}
