/// Where a listing goes on; only the provider that made it can read it.
///
/// It is also the checkpoint of a copy, so it must stay valid for weeks and across processes.
package struct PagePosition: Hashable, Sendable, Codable {
  package let text: String
  package init(_ text: String) { self.text = text }

  package init(from decoder: any Decoder) throws {
    text = try decoder.singleValueContainer().decode(String.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// One page of a listing; `next` is nil only when the provider knows that nothing follows.
///
/// A page may be empty and still have a next one.
package struct Page<Element: Sendable>: Sendable {
  package let elements: [Element]
  package let next: PagePosition?

  package init(_ elements: [Element], next: PagePosition?) {
    self.elements = elements
    self.next = next
  }
}
