/// A value that does not have the shape asked for: where in the tree, and what was expected.
package struct JSONMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  /// As `steps[0].uses`; empty for the value itself.
  package let path: String
  package let message: String

  package init(path: String, message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { path.isEmpty ? message : "\(path): \(message)" }

  static func path(_ keys: [any CodingKey]) -> String {
    var text = ""
    for key in keys {
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : "." + key.stringValue
      }
    }
    return text
  }
}

extension JSONValue {
  /// Encodes anything `Encodable`; numbers keep their digits.
  ///
  /// `Double` values that are not finite are refused.
  package init(encoding value: some Encodable) throws(JSONMismatch) {
    do {
      let encoder = JSONValueEncoder(codingPath: [])
      try encoder.encode(value)
      self = encoder.slot.value
    } catch let error as EncodingError {
      switch error {
      case .invalidValue(_, let context):
        throw JSONMismatch(
          path: JSONMismatch.path(context.codingPath), message: context.debugDescription)
      @unknown default: throw JSONMismatch(path: "", message: "\(error)")
      }
    } catch {
      throw JSONMismatch(path: "", message: "\(error)")
    }
  }

  /// Decodes anything `Decodable`; a mismatch names the place in the tree.
  package func decode<T: Decodable>(as type: T.Type = T.self) throws(JSONMismatch) -> T {
    do {
      return try JSONValueDecoder(value: self, codingPath: []).decode(type)
    } catch let error as DecodingError {
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        throw JSONMismatch(
          path: JSONMismatch.path(context.codingPath), message: context.debugDescription)
      case .keyNotFound(let key, let context):
        throw JSONMismatch(
          path: JSONMismatch.path(context.codingPath),
          message: "the key '\(key.stringValue)' is missing")
      @unknown default: throw JSONMismatch(path: "", message: "\(error)")
      }
    } catch {
      throw JSONMismatch(path: "", message: "\(error)")
    }
  }
}

/// The key of a member or an element whose name is known only at run time.
struct JSONCodingKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }
}
