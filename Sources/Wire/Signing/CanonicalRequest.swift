/// A request in the form that is signed.
///
/// Source: "Create a signed AWS API request" of the IAM user guide; where it leaves room, the
/// form is that of AWS's own clients, which the services were built against.
struct CanonicalRequest {
  private(set) var bytes: [UInt8]
  /// The names of the headers that are covered, joined by semicolons.
  let signedHeaders: [UInt8]

  private static let lineEnd = UInt8(ascii: "\n")

  init(
    method: String, path: some Collection<UInt8>, query: [UInt8], headers: [SignedHeader],
    payload: some Collection<UInt8>
  ) {
    var names: [UInt8] = []
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1024)
    bytes += method.utf8
    bytes.append(Self.lineEnd)
    bytes += path
    bytes.append(Self.lineEnd)
    bytes += query
    bytes.append(Self.lineEnd)
    for (place, header) in headers.enumerated() {
      if place > 0, headers[place - 1].name == header.name {
        // One of several of this name: their values are one line.
        bytes[bytes.count - 1] = UInt8(ascii: ",")
      } else {
        if !names.isEmpty { names.append(UInt8(ascii: ";")) }
        names += header.name
        bytes += header.name
        bytes.append(UInt8(ascii: ":"))
      }
      header.appendValue(to: &bytes)
      bytes.append(Self.lineEnd)
    }
    bytes.append(Self.lineEnd)
    bytes += names
    bytes.append(Self.lineEnd)
    bytes += payload
    self.bytes = bytes
    signedHeaders = names
  }
}

/// One header as a signature covers it.
struct SignedHeader {
  /// In small letters.
  let name: [UInt8]
  private let value: String

  /// Headers that proxies or libcurl may change stay out of the signature.
  private static let unsigned: Set<[UInt8]> = Set(
    [
      "authorization", "connection", "expect", "user-agent", "x-amzn-trace-id",
      "transfer-encoding",
    ].map { Array($0.utf8) })

  private init(_ field: HTTPHeaders.Field) {
    name = field.name.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    value = field.value
  }

  /// Those that are signed, in byte order of their names; several of one name keep their order.
  static func list(_ headers: HTTPHeaders) -> [SignedHeader] {
    var list: [SignedHeader] = []
    list.reserveCapacity(headers.fields.count)
    for field in headers.fields {
      let header = SignedHeader(field)
      if unsigned.contains(header.name) { continue }
      let place = list.firstIndex { header.name.lexicographicallyPrecedes($0.name) }
      list.insert(header, at: place ?? list.count)
    }
    return list
  }

  /// Without white space at the ends, runs of it made one space.
  func appendValue(to bytes: inout [UInt8]) {
    var hasBegun = false
    var isAfterSpace = false
    for byte in value.utf8 {
      if byte == 0x20 || byte == 0x09 {
        isAfterSpace = hasBegun
        continue
      }
      if isAfterSpace { bytes.append(0x20) }
      bytes.append(byte)
      hasBegun = true
      isAfterSpace = false
    }
  }
}
