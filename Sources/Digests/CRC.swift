/// The polynomial of a check.
///
/// The work on bytes is its own, so that it is compiled for its width whoever is generic over it.
package protocol CRCPolynomial: Sendable {
  associatedtype Word: FixedWidthInteger & UnsignedInteger & Sendable
  static func advance(_ state: Word, over bytes: UnsafeRawBufferPointer) -> Word
}

/// Cyclic redundancy checks, as stores use them to notice bytes that changed on their way.
///
/// They guard against accidents, never against intent.
package enum CRC {
  /// CRC-32 of ISO-HDLC, the one of gzip; DynamoDB sends that of each answer.
  package enum ISOHDLC: CRCPolynomial {
    private static let tables = Tables<UInt32>(polynomial: 0xedb8_8320)

    package static func advance(_ state: UInt32, over bytes: UnsafeRawBufferPointer) -> UInt32 {
      tables.advance(state, over: bytes)
    }
  }

  /// CRC-32C of Castagnoli; S3 offers it for objects.
  package enum Castagnoli: CRCPolynomial {
    private static let tables = Tables<UInt32>(polynomial: 0x82f6_3b78)

    package static func advance(_ state: UInt32, over bytes: UnsafeRawBufferPointer) -> UInt32 {
      tables.advance(state, over: bytes)
    }
  }

  /// CRC-64/NVME; S3 takes it for objects when nobody asks for another.
  package enum NVME: CRCPolynomial {
    private static let tables = Tables<UInt64>(polynomial: 0x9a6c_9329_ac4b_c9b5)

    package static func advance(_ state: UInt64, over bytes: UnsafeRawBufferPointer) -> UInt64 {
      tables.advance(state, over: bytes)
    }
  }

  /// A check in progress, fed in pieces of any size.
  package struct Sum<Polynomial: CRCPolynomial>: Sendable {
    private var state = Polynomial.Word.max

    package init() {}

    package var value: Polynomial.Word { ~state }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      state = Polynomial.advance(state, over: bytes)
    }
  }

  package typealias ISO32 = Sum<ISOHDLC>
  package typealias Castagnoli32 = Sum<Castagnoli>
  package typealias NVME64 = Sum<NVME>

  /// The check of bytes that are at hand as a whole.
  package static func sum<Polynomial: CRCPolynomial>(
    _ bytes: [UInt8], _: Polynomial.Type
  ) -> Polynomial.Word {
    var sum = Sum<Polynomial>()
    bytes.withUnsafeBytes { sum.update($0) }
    return sum.value
  }

  package static func iso32(_ bytes: [UInt8]) -> UInt32 { sum(bytes, ISOHDLC.self) }
  package static func castagnoli32(_ bytes: [UInt8]) -> UInt32 { sum(bytes, Castagnoli.self) }
  package static func nvme64(_ bytes: [UInt8]) -> UInt64 { sum(bytes, NVME.self) }

  /// The number in network order and Base64, as S3's checksum headers carry it.
  package static func header(_ value: some FixedWidthInteger) -> String {
    withUnsafeBytes(of: value.bigEndian) { String(decoding: Base64.encode($0), as: UTF8.self) }
  }
}

extension CRC {
  /// Eight tables, so that eight bytes are taken at a time.
  ///
  /// Source: M. Kounavis and F. Berry, "A Systematic Approach to Building High Performance
  /// Software-Based CRC Generators" (slicing by eight), for polynomials in reflected order.
  struct Tables<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private let words: [Word]

    init(polynomial: Word) {
      var words = [Word](repeating: 0, count: 8 * 256)
      for byte in 0..<256 {
        var word = Word(truncatingIfNeeded: byte)
        for _ in 0..<8 { word = word & 1 == 1 ? word >> 1 ^ polynomial : word >> 1 }
        words[byte] = word
      }
      for place in 256..<words.count {
        let before = words[place - 256]
        words[place] = before >> 8 ^ words[Int(truncatingIfNeeded: before & 255)]
      }
      self.words = words
    }

    func advance(_ state: Word, over bytes: UnsafeRawBufferPointer) -> Word {
      words.withUnsafeBufferPointer { words in
        guard let table = words.baseAddress else { return state }
        var state = state
        var place = 0
        while place &+ 8 <= bytes.count {
          let raw = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
          let next = UInt64(littleEndian: raw) ^ UInt64(truncatingIfNeeded: state)
          let low =
            table[1792 &+ Int(next & 255)] ^ table[1536 &+ Int(next >> 8 & 255)]
            ^ table[1280 &+ Int(next >> 16 & 255)] ^ table[1024 &+ Int(next >> 24 & 255)]
          let high =
            table[768 &+ Int(next >> 32 & 255)] ^ table[512 &+ Int(next >> 40 & 255)]
            ^ table[256 &+ Int(next >> 48 & 255)] ^ table[Int(next >> 56)]
          state = low ^ high
          place &+= 8
        }
        while place < bytes.count {
          let index = Int(truncatingIfNeeded: state & 255) ^ Int(bytes[place])
          state = state >> 8 ^ table[index]
          place &+= 1
        }
        return state
      }
    }
  }
}
