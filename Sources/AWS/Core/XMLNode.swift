internal import Foundation
internal import FoundationXML

/// One element of an XML answer; namespaces and attributes are left out.
package struct XMLNode: Sendable {
  package let name: String
  /// The text directly inside, all pieces joined.
  package private(set) var text = ""
  package private(set) var children: [XMLNode] = []

  private init(name: String) { self.name = name }

  /// The root element; nil for bytes that are not well-formed XML.
  package init?(reading bytes: [UInt8]) {
    let parser = XMLParser(data: Data(bytes))
    let reader = Reader()
    parser.delegate = reader
    guard parser.parse(), let root = reader.root else { return nil }
    self = root
  }

  /// The first child of this name.
  package func first(_ name: String) -> XMLNode? { children.first { $0.name == name } }

  package func all(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }

  /// The text of the first child of this name.
  package func text(_ name: String) -> String? { first(name)?.text }

  /// Follows a path of names; nil as soon as one is missing.
  package func at(_ path: String...) -> XMLNode? {
    var node = self
    for name in path {
      guard let next = node.first(name) else { return nil }
      node = next
    }
    return node
  }

  /// The items of a list: the children called `member` (query services) of the child `name`.
  package func members(_ name: String) -> [XMLNode] { first(name)?.all("member") ?? [] }

  private final class Reader: NSObject, XMLParserDelegate {
    var root: XMLNode?
    private var open: [XMLNode] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      open.append(XMLNode(name: name))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      guard !open.isEmpty else { return }
      open[open.count - 1].text += text
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
      qualifiedName: String?
    ) {
      guard let node = open.popLast() else { return }
      if open.isEmpty { root = node } else { open[open.count - 1].children.append(node) }
    }
  }
}
