import Digests
import Foundation
import JSON
import Resources
import Rollouts

/// A file that says what a bucket held: a line for each object, and a last one that counts them.
///
/// Each line has the key, size, SHA-256 of the content, and metadata. The file appears only when it
/// is complete, and without its last line it is not believed.
struct BucketManifest: Sendable {
  private static let linesAtOnce = 1000

  let path: String

  /// One object as the manifest has it.
  struct Line: Codable, Sendable {
    var key: ObjectKey
    var size: Int64
    var sha256: String
    var metadata: ObjectMetadata
  }

  private struct Ending: Codable {
    var objects: Int
    var bytes: Int64
    var digest: DigestSum
  }

  /// Reads every object of a bucket and writes it down; nothing if it was written already.
  func write(
    _ bucket: any BucketStore, prefix: ObjectKey, atOnce limit: Int, _ pace: Pace
  ) async throws(Failure) -> (objects: Int, bytes: Int64) {
    try WorkFiles.makeFolder((path as NSString).deletingLastPathComponent)
    var ending = Ending(objects: 0, bytes: 0, digest: DigestSum())
    var failure: Failure?
    try await WorkFiles.write(path) { file in
      var walk = BucketWalk(bucket, prefix: prefix)
      do throws(Failure) {
        while let page = try await walk.nextPage() {
          try pace.checkStop()
          let lines = try await concurrentMap(page, atOnce: limit) { entry throws(Failure) in
            try await Self.line(entry, bucket)
          }
          for line in lines {
            let bytes = try Self.encoded(line)
            try WorkFiles.append(bytes, to: file, path)
            ending.objects += 1
            ending.bytes += line.size
            ending.digest.add(bytes)
          }
          pace.report(.init(done: ending.objects, bytes: ending.bytes, unit: "objects digested"))
        }
        try WorkFiles.append(try Self.encoded(ending), to: file, path)
      } catch {
        failure = error
        throw error
      }
    }
    if let failure { throw failure }
    try WorkFiles.synchronize(folder: (path as NSString).deletingLastPathComponent)
    return (ending.objects, ending.bytes)
  }

  /// Reads every object that the manifest names and says what is missing or differs.
  func check(
    _ bucket: any BucketStore, atOnce limit: Int, namedMax: Int, _ pace: Pace
  ) async throws(Failure) -> (objects: Int, problems: [String]) {
    guard var lines = try LineReader(path) else {
      throw .refused(
        "there is no manifest \(path)", hint: "Name the file that 'buckets.backup' wrote.")
    }
    var found = Ending(objects: 0, bytes: 0, digest: DigestSum())
    var problems: [String] = []
    var ending: Ending?
    while ending == nil {
      try pace.checkStop()
      var some: [Line] = []
      while some.count < Self.linesAtOnce, ending == nil {
        guard let text = try lines.next() else { throw damaged() }
        if let line: Line = Self.decoded(text) {
          found.objects += 1
          found.bytes += line.size
          found.digest.add(text + [UInt8(ascii: "\n")])
          some.append(line)
        } else {
          ending = Self.decoded(text)
          if ending == nil { throw damaged() }
        }
      }
      let answers = try await concurrentMap(some, atOnce: limit) { line throws(Failure) in
        try await Self.problem(line, bucket)
      }
      problems += answers.compactMap(\.self).prefix(namedMax - min(namedMax, problems.count))
      pace.report(.init(done: found.objects, unit: "objects compared with the manifest"))
    }
    guard let ending, ending.objects == found.objects, ending.digest == found.digest,
      try lines.next() == nil
    else { throw damaged() }
    return (found.objects, problems)
  }

  private static func line(
    _ entry: ObjectEntry, _ bucket: any BucketStore
  ) async throws(Failure) -> Line {
    let reader = try await bucket.read(entry.key)
    var described = (reader as? any DescribedReader)?.entry
    if described == nil { described = try await ObjectIdentity.described(entry, in: bucket) }
    let hashing = HashingReader(reader)
    var size: Int64 = 0
    while let piece = try await hashing.next() { size += Int64(piece.count) }
    return Line(
      key: entry.key, size: size, sha256: hashing.sha256,
      metadata: (described ?? entry).metadata)
  }

  private static func problem(
    _ line: Line, _ bucket: any BucketStore
  ) async throws(Failure) -> String? {
    guard let entry = try await bucket.entry(line.key) else {
      return "'\(line.key.text)' is missing"
    }
    if entry.size != line.size { return "'\(line.key.text)' has \(entry.size) bytes" }
    if !ObjectIdentity.isSame(entry.metadata, line.metadata) {
      return "'\(line.key.text)' has other metadata"
    }
    let sum = try await ObjectIdentity.sha256(of: entry, in: bucket)
    return sum == line.sha256 ? nil : "'\(line.key.text)' has other content"
  }

  private static func encoded(_ value: some Encodable) throws(Failure) -> [UInt8] {
    do throws(JSONMismatch) {
      return try JSONValue(encoding: value).compact(sortedKeys: true) + [UInt8(ascii: "\n")]
    } catch {
      throw .permanent("cannot write a manifest: \(error)", hint: "Report this bug.")
    }
  }

  private static func decoded<T: Decodable>(_ line: [UInt8]) -> T? {
    try? JSONValue(reading: line).decode(as: T.self)
  }

  private func damaged() -> Failure {
    .permanent("the manifest \(path) is cut or damaged", hint: "Make the backup anew.")
  }
}
