import JSON

/// Puts the JSON of a request together from bytes that are JSON already.
struct RequestBody {
  private(set) var bytes: [UInt8] = []

  init(room: Int = 256) { bytes.reserveCapacity(room) }

  mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func raw(_ content: [UInt8]) { bytes.append(contentsOf: content) }

  mutating func string(_ text: String) { bytes += JSONValue.string(text).compact() }
}
