import Glibc
import Resources

/// Names and record values in one form, so that two spellings of the same thing compare equal.
enum DNSText {
  /// Absolute and lower-case, with the final dot; only ASCII letters have a case in DNS.
  static func name(_ text: String) -> String {
    let lower = String(
      decoding: text.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    return lower.hasSuffix(".") && !lower.hasSuffix("\\.") ? lower : lower + "."
  }

  /// Whether `name` is `origin` or lies below it; both in the form of ``name(_:)``.
  static func isName(_ name: String, within origin: String) -> Bool {
    let name = Array(name.utf8)
    let origin = Array(origin.utf8)
    if origin == [46] || name == origin { return true }
    return name.count > origin.count && name.suffix(origin.count).elementsEqual(origin)
      && name[name.count - origin.count - 1] == 46
  }

  /// The value with host names lower-case and absolute and addresses in their shortest form.
  static func value(_ text: String, type: String) -> String {
    switch type.uppercased() {
    case "CNAME", "NS", "PTR", "DNAME", "ALIAS": return name(text)
    case "TXT", "SPF": return DNSStrings.read(text)?.map(\.quoted).joined(separator: " ") ?? text
    case "CAA": return authority(text) ?? text
    case "MX", "SRV":
      var words = text.split(separator: " ").map(String.init)
      if let last = words.popLast() { words.append(name(last)) }
      return words.joined(separator: " ")
    case "A": return address(text, AF_INET) ?? text
    case "AAAA": return address(text, AF_INET6) ?? text
    case _: return text
    }
  }

  /// Flags, tag in small letters, and the value in quotation marks; nil for what is no CAA record.
  private static func authority(_ text: String) -> String? {
    guard let words = DNSStrings.read(text), words.count == 3, !words[0].isQuoted,
      !words[1].isQuoted, let flags = UInt8(words[0].text)
    else { return nil }
    return "\(flags) \(words[1].text.lowercased()) \(words[2].quoted)"
  }

  /// Values of one type in one form and order.
  static func values(_ texts: [String], type: String) -> [String] {
    texts.map { value($0, type: type) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether the text is an address of the record type, `A` or `AAAA`.
  static func isAddress(_ text: String, type: String) -> Bool {
    address(text, type == "A" ? AF_INET : AF_INET6) != nil
  }

  /// The address as the system writes it; nil when the text is no address of that family.
  static func address(_ text: String, _ family: Int32) -> String? {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard inet_pton(family, text, &bytes) == 1 else { return nil }
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Reads `127.0.0.1:53`, `[::1]:53` or a bare address, for which the port is 53.
  static func server(_ text: String) -> NameServer? {
    if address(text, AF_INET) != nil || address(text, AF_INET6) != nil {
      return NameServer(host: text, port: 53)
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      port > 0
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard address(host, AF_INET) != nil || address(host, AF_INET6) != nil else { return nil }
    return NameServer(host: host, port: Int(port))
  }

  /// Reads a list of servers as an input has it.
  static func servers(_ texts: [String], of step: String) throws(Failure) -> [NameServer] {
    var servers: [NameServer] = []
    for text in texts {
      guard let server = server(text) else {
        throw .permanent(
          "step \(step): '\(text)' is not a name server",
          hint: "Write an address and a port, such as 127.0.0.1:53 or [::1]:5353.")
      }
      servers.append(server)
    }
    return servers
  }
}
