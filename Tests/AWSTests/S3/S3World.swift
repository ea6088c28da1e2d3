import Harness
import Resources
import Wire

@testable import AWS

/// A bucket of one's own on the shared moto server, and boto3 beside it.
struct S3World {
  let server: MotoServer
  let session: AWSSession

  init() throws {
    server = try MotoServer.shared()
    session = MotoSession.make(server)
  }

  /// A session with a server that a test wrote itself.
  init(_ server: MotoServer, base: String, clock: any WallClock = RunningClock()) {
    self.server = server
    session = MotoSession.make(server, more: ["AWS_ENDPOINT_URL": base], clock: clock)
  }

  func bucket(_ url: String, limits: S3Limits = .standard) throws -> S3Bucket {
    S3Bucket(S3Client(try S3Location(ResourceURL(url)), session, purpose: nil), limits: limits)
  }

  static func entry(
    _ key: String, _ size: Int, _ metadata: ObjectMetadata = .init()
  ) -> ObjectEntry {
    ObjectEntry(
      key: ObjectKey(key), size: Int64(size), modified: Timestamp(milliseconds: 0),
      metadata: metadata)
  }

  func put(
    _ key: String, _ content: [UInt8], _ metadata: ObjectMetadata = .init(), in bucket: S3Bucket
  ) async throws -> ObjectEntry {
    try await bucket.write(Self.entry(key, content.count, metadata), from: BytesReader([content]))
  }

  static func content(_ reader: any ObjectReader) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try await reader.next() { bytes += piece }
    return bytes
  }

  static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }
}
