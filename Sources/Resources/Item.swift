/// One item of a table as DynamoDB JSON: `{"id":{"S":"a"},"size":{"N":"12.50"}}`.
///
/// Bytes, not a tree: a plain copy carries them through untouched. Numbers are decimal text.
/// Items are equal when their bytes are; compare canonical forms to compare meaning.
package struct Item: Hashable, Sendable {
  package let bytes: [UInt8]
  /// Whether the bytes are the canonical form: names in byte order, no white space, shortest
  /// escapes, sets sorted.
  package let isCanonical: Bool

  package init(bytes: [UInt8], isCanonical: Bool) {
    self.bytes = bytes
    self.isCanonical = isCanonical
  }
}

/// The key attributes of an item, as canonical DynamoDB JSON: `{"id":{"S":"a"}}`.
package struct ItemKey: Hashable, Sendable, Comparable {
  package let bytes: [UInt8]
  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// All bytes at once: one by one they take longer than all else of a look-up.
  package func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  package static func < (a: ItemKey, b: ItemKey) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }

  /// For messages only.
  package var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What is to be written for one key.
package enum ItemChange: Hashable, Sendable {
  /// Writes the item whatever is there.
  case put(Item)
  /// Writes the item only where the key is free; an equal item that is there already is success.
  case insert(Item)
  /// Removes the item; nothing there is success.
  case delete(ItemKey)
  /// Writes an item only where `former`, which has the same key, still is, by what it means; that
  /// the new one is there already is success.
  case replace(former: Item, with: Item)
  /// Removes the item only where it still is, by what it means; nothing there is success.
  case remove(former: Item)
}
