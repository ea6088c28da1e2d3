import JSON
import Resources

extension Item {
  /// The item in the form whose bytes are equal when the meaning is (``ItemForm``).
  func canonical(of url: ResourceURL) throws(Failure) -> [UInt8] {
    if isCanonical { return bytes }
    do throws(JSONScanner.Malformed) {
      return try ItemForm.canonical(bytes)
    } catch {
      throw .permanent(
        "\(url) gave an item that is not DynamoDB JSON: \(error.expected) is missing at byte "
          + "\(error.offset)",
        hint: "Look at the item \(String(decoding: bytes.prefix(200), as: UTF8.self))")
    }
  }
}
