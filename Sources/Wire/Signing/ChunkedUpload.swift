internal import Digests

/// A body of S3 that goes out in chunks with its checksum behind it (`aws-chunked`).
///
/// The checksum is computed while the body passes, so nothing is read twice, and S3 refuses bytes
/// that changed on the way. Unsigned chunks need TLS.
package struct ChunkedUpload: Sendable {
  package enum Checksum: String, Sendable {
    case crc32
    case crc32c
    case crc64nvme

    /// The name of the header that carries it.
    package var header: String { "x-amz-checksum-\(rawValue)" }
  }

  /// S3 wants at least 8 KiB in every signed chunk but the last.
  static let chunkBytes = 64 << 10

  private let checksum: Checksum?
  private let isSigned: Bool

  /// Without a checksum the chunks must be signed.
  package init(_ checksum: Checksum?, isSigned: Bool) {
    precondition(checksum != nil || isSigned, "chunks need a checksum or signatures")
    self.checksum = checksum
    self.isSigned = isSigned
  }

  /// What the signature of the request says in place of the body's digest.
  var payloadName: String {
    switch (isSigned, checksum) {
    case (true, nil): "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    case (true, .some): "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    case (false, _): "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    }
  }

  /// Adds the headers that announce such a body; done before signing.
  package func announce(byteCount: Int, in headers: inout HTTPHeaders) {
    let given = headers.first("Content-Encoding").map { "aws-chunked,\($0)" } ?? "aws-chunked"
    headers.set("Content-Encoding", given)
    headers.set("X-Amz-Decoded-Content-Length", "\(byteCount)")
    if let checksum { headers.set("X-Amz-Trailer", checksum.header) }
  }

  /// The body as it is sent; `signature` is that of the signed request.
  package func encode(
    _ source: HTTPBodySource, byteCount: Int, signature: ChunkSignature
  ) -> HTTPBodySource {
    HTTPBodySource(byteCount: encodedLength(byteCount)) {
      let encoder = Encoder(
        try await source.open(), ChunkWriter(checksum, isSigned ? signature : nil))
      return { try await encoder.next() }
    }
  }

  func encodedLength(_ byteCount: Int) -> Int {
    let signatureBytes = isSigned ? ";chunk-signature=".utf8.count + 64 : 0
    func chunk(_ count: Int) -> Int {
      String(count, radix: 16).utf8.count + signatureBytes + 2 + count + 2
    }
    let rest = byteCount % Self.chunkBytes
    var length = byteCount / Self.chunkBytes * chunk(Self.chunkBytes)
    if rest > 0 { length += chunk(rest) }
    // The last chunk is empty; the trailer takes the place of its line end.
    length += 1 + signatureBytes + 2
    if let checksum {
      let digits = checksum == .crc64nvme ? 12 : 8
      length += checksum.header.utf8.count + 1 + digits + 2
      if isSigned { length += "x-amz-trailer-signature:".utf8.count + 64 + 2 }
    }
    return length + 2
  }

  /// Cuts a source into chunks of equal size; used by one task at a time.
  private actor Encoder {
    private let source: HTTPBodySource.Next
    private var writer: ChunkWriter
    private var rest: [UInt8] = []
    private var isAtEnd = false

    init(_ source: @escaping HTTPBodySource.Next, _ writer: ChunkWriter) {
      self.source = source
      self.writer = writer
    }

    func next() async throws -> [UInt8]? {
      if isAtEnd { return nil }
      while rest.count < chunkBytes {
        guard let piece = try await source() else {
          isAtEnd = true
          var output: [UInt8] = []
          if !rest.isEmpty { writer.append(rest, to: &output) }
          writer.end(&output)
          rest = []
          return output
        }
        rest += piece
      }
      var output: [UInt8] = []
      output.reserveCapacity(rest.count + rest.count / 256)
      var start = 0
      while rest.count - start >= chunkBytes {
        writer.append(Array(rest[start..<(start + chunkBytes)]), to: &output)
        start += chunkBytes
      }
      rest.removeFirst(start)
      return output
    }
  }
}
