internal import Digests

/// Writes the chunks of one `aws-chunked` body and the trailer behind them.
struct ChunkWriter: Sendable {
  private enum Sum {
    case iso32(CRC.ISO32)
    case castagnoli32(CRC.Castagnoli32)
    case nvme64(CRC.NVME64)
  }

  private let checksum: ChunkedUpload.Checksum?
  private var signature: ChunkSignature?
  private var sum: Sum?

  init(_ checksum: ChunkedUpload.Checksum?, _ signature: ChunkSignature?) {
    self.checksum = checksum
    self.signature = signature
    sum =
      switch checksum {
      case .crc32: .iso32(CRC.ISO32())
      case .crc32c: .castagnoli32(CRC.Castagnoli32())
      case .crc64nvme: .nvme64(CRC.NVME64())
      case nil: nil
      }
  }

  mutating func append(_ chunk: [UInt8], to output: inout [UInt8]) {
    note(chunk)
    open(chunk, in: &output)
    output += chunk
    output += Self.lineEnd
  }

  mutating func end(_ output: inout [UInt8]) {
    open([], in: &output)
    if let checksum {
      let value = Array("\(checksum.header):\(sumText)".utf8)
      output += value
      output += Self.lineEnd
      if var signature {
        // Signed with a plain line end, sent with the one of HTTP.
        output += "x-amz-trailer-signature:".utf8
        output += signature.sign(trailer: value + [UInt8(ascii: "\n")])
        output += Self.lineEnd
        self.signature = signature
      }
    }
    output += Self.lineEnd
  }

  private static let lineEnd = Array("\r\n".utf8)

  private mutating func open(_ chunk: [UInt8], in output: inout [UInt8]) {
    output += String(chunk.count, radix: 16).utf8
    if let signed = signature?.sign(chunk: chunk) {
      output += ";chunk-signature=".utf8
      output += signed
    }
    output += Self.lineEnd
  }

  private mutating func note(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      switch sum {
      case .iso32(var state):
        state.update(bytes)
        sum = .iso32(state)
      case .castagnoli32(var state):
        state.update(bytes)
        sum = .castagnoli32(state)
      case .nvme64(var state):
        state.update(bytes)
        sum = .nvme64(state)
      case nil: break
      }
    }
  }

  private var sumText: String {
    switch sum {
    case .iso32(let state): CRC.header(state.value)
    case .castagnoli32(let state): CRC.header(state.value)
    case .nvme64(let state): CRC.header(state.value)
    case nil: ""
    }
  }
}
