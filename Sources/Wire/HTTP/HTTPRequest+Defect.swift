extension HTTPRequest {
  /// What makes the request impossible to send as written; nil for a sound one.
  ///
  /// A line break in a method, name or value would let text smuggle in headers of its own.
  var defect: String? {
    let start = url.utf8.prefix { $0 != UInt8(ascii: "/") }.map { $0 | 0x20 }
    guard start.elementsEqual("http:".utf8) || start.elementsEqual("https:".utf8),
      url.utf8.dropFirst(start.count).starts(with: "//".utf8)
    else {
      return "its URL must begin with http:// or https://"
    }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
      return "its URL holds a space or control character; percent-encode it"
    }
    guard Self.isToken(method) else { return "its method is not a word" }
    for field in headers.fields {
      guard Self.isToken(field.name) else { return "a header has a name that is not a word" }
      guard field.value.utf8.allSatisfy({ $0 != 0 && $0 != 0x0a && $0 != 0x0d }) else {
        return "the header \(field.name) holds a line break or zero byte"
      }
    }
    return aim?.defect
  }

  /// Whether the text is a token of RFC 9110.
  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        // The marks !#$%&'*+-.^_`|~ that a token may hold.
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e...0x60, 0x7c, 0x7e: true
        default: false
        }
      }
  }
}

extension HTTPAim {
  var defect: String? {
    let names = [host, address]
    guard names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f } }),
      (1...65_535).contains(port), (1...65_535).contains(addressPort ?? port)
    else { return "it is aimed at something that is not host, port and address" }
    return nil
  }

  /// The aim in libcurl's notation, `host:port:address:port`.
  var connectTo: String {
    func bracketed(_ name: String) -> String {
      name.utf8.contains(UInt8(ascii: ":")) && !name.hasPrefix("[") ? "[\(name)]" : name
    }
    return "\(bracketed(host)):\(port):\(bracketed(address)):\(addressPort ?? port)"
  }
}
