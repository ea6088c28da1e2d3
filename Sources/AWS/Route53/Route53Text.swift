import Resources
import Wire

/// Names and values as Route 53 writes them, and as everybody else does.
///
/// Route 53 writes a byte that it cannot show as a backslash and three octal digits; RFC 1035 has
/// decimal ones. Source: "DNS domain name format", "TXT record type" in its developer guide.
enum Route53Text {
  /// Absolute and lower-case, with decimal escapes; as given where it is no name.
  static func name(_ text: String) -> String {
    let absolute = text.hasSuffix(".") ? text : text + "."
    return (try? DNSName(decimal(absolute)))?.lowercased.description ?? absolute
  }

  /// Lower-case, with octal escapes.
  static func sent(name: String) -> String { octal(name) }

  /// A value in the form in which equal values have equal bytes.
  static func value(_ text: String, type: String) -> String {
    guard let type = DNSType(type), type.hasText else { return text }
    return (try? DNSRecordData(type: type, text: decimal(text)))?.canonical.text ?? text
  }

  static func sent(value: String) -> String { octal(value) }

  /// `\052` read as octal becomes `\042`, its decimal form.
  static func decimal(_ text: String) -> String { escapes(text, from: 8, to: 10) }

  static func octal(_ text: String) -> String { escapes(text, from: 10, to: 8) }

  private static func escapes(_ text: String, from: Int, to: Int) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      result.append(byte)
      guard byte == UInt8(ascii: "\\"), let next = rest.first else { continue }
      let digits = String(decoding: rest.prefix(3), as: UTF8.self)
      if digits.utf8.count == 3, digits.utf8.allSatisfy({ (48...57).contains($0) }),
        let number = UInt8(digits, radix: from)
      {
        let written = String(number, radix: to)
        result += Array((String(repeating: "0", count: 3 - written.utf8.count) + written).utf8)
        rest = rest.dropFirst(3)
      } else {
        result.append(next)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
