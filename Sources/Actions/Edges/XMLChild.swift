/// Finds and replaces one child of the root element in an XML text, leaving every other byte alone.
///
/// What is read, changed and written back as a whole must keep all that this program does not know
/// of; so the text is cut, not parsed and printed. Source: XML 1.0 (fifth edition), section 2.
struct XMLChild {
  private let text: [UInt8]

  init(_ text: [UInt8]) { self.text = text }

  private struct Tag {
    let range: Range<Int>
    let name: ArraySlice<UInt8>
    let isClosing: Bool
    let isEmpty: Bool
  }

  /// The text with the first child of that name replaced, or put right after another one where
  /// there is none; nil for what cannot be cut so.
  func replacing(_ name: String, with new: String, after other: String) -> [UInt8]? {
    if let range = range(of: name) {
      return Array(text[..<range.lowerBound]) + new.utf8 + text[range.upperBound...]
    }
    guard let range = range(of: other) else { return nil }
    return Array(text[..<range.upperBound]) + new.utf8 + text[range.upperBound...]
  }

  /// Where the first child of the root with that name stands, tags and all.
  private func range(of name: String) -> Range<Int>? {
    var depth = 0
    var position = 0
    var begin: Int?
    while let tag = next(from: position) {
      position = tag.range.upperBound
      let isNamed = tag.name.elementsEqual(name.utf8)
      if tag.isClosing {
        depth -= 1
        if depth == 1, isNamed, let begin { return begin..<position }
      } else if depth == 1, isNamed, begin == nil {
        if tag.isEmpty { return tag.range }
        begin = tag.range.lowerBound
        depth += 1
      } else if !tag.isEmpty {
        depth += 1
      }
    }
    return nil
  }

  /// The next tag; comments, declarations and character data are passed over.
  private func next(from start: Int) -> Tag? {
    var position = start
    while let open = text[position...].firstIndex(of: UInt8(ascii: "<")) {
      let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")]
      if let (_, end) = skipped.first(where: { text[open...].starts(with: $0.0.utf8) }) {
        guard let found = self.end(of: end, from: open) else { return nil }
        position = found
        continue
      }
      guard let close = closing(from: open) else { return nil }
      let isClosing = text[open + 1] == UInt8(ascii: "/")
      let isEmpty = text[close - 1] == UInt8(ascii: "/")
      let inner = text[(open + (isClosing ? 2 : 1))..<(isEmpty ? close - 1 : close)]
      let name = inner.prefix { $0 > 0x20 }
      return Tag(range: open..<close + 1, name: name, isClosing: isClosing, isEmpty: isEmpty)
    }
    return nil
  }

  /// The `>` that ends the tag; one within a quoted value does not.
  private func closing(from open: Int) -> Int? {
    var quote: UInt8?
    for index in open + 1..<text.endIndex {
      let byte = text[index]
      if let mark = quote {
        if byte == mark { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        return index > open + 1 ? index : nil
      }
    }
    return nil
  }

  private func end(of mark: String, from start: Int) -> Int? {
    let bytes = Array(mark.utf8)
    guard text.endIndex - start >= bytes.count else { return nil }
    for index in start...(text.endIndex - bytes.count)
    where text[index..<index + bytes.count].elementsEqual(bytes) {
      return index + bytes.count
    }
    return nil
  }

  /// A text as it stands inside of an element.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case _: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
