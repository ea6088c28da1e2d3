import Resources

/// What is known of one SQLite table, as far as reading and writing items needs.
struct TableSchema: Sendable, Equatable {
  struct Column: Sendable, Equatable {
    let name: String
    let declaredType: String
    let isRequired: Bool
    let affinity: Affinity
  }

  /// How items lie in rows.
  enum Layout: Sendable, Equatable {
    /// Each attribute has a column: a table of an application.
    case columns
    /// The whole item is text in the column at this place, and the keys are repeated in columns of
    /// their own: a table made for items of a store without a schema.
    case document(Int)
  }

  let name: String
  /// Everything an item holds, in byte order of the names; for a table without a primary key the
  /// row id is among them.
  let columns: [Column]
  /// Places of the key's columns in `columns`, in the key's own order.
  let keyPlaces: [Int]
  /// Key columns that may hold NULL, which no page could get past.
  let nullableKeys: [String]
  /// Whether the key is the row id, which no constraint names.
  let isKeyedByRowID: Bool
  let layout: Layout
  let isStrict: Bool
  let indexes: [String]
  let definition: String

  /// The declared type that marks the column of whole items.
  static let documentType = "DYNAMODB_JSON TEXT"

  var keys: [Column] { keyPlaces.map { columns[$0] } }

  /// Whether rows of the other table fit into this one as they are.
  func isAlike(_ other: TableSchema) -> Bool {
    columns == other.columns && keyPlaces == other.keyPlaces && layout == other.layout
      && isStrict == other.isStrict && isKeyedByRowID == other.isKeyedByRowID
  }

  func description(itemCount: Int?, byteCount: Int64?) -> TableDescription {
    switch layout {
    case .columns:
      let others = columns.indices.filter { !keyPlaces.contains($0) }.map { columns[$0] }
      return TableDescription(
        keys: keys.map(\.attribute), attributes: others.map(\.attribute), indexes: indexes,
        itemCount: itemCount, byteCount: byteCount, definition: definition)
    case .document:
      // The types are those of the items; the columns are our own affair.
      let keys = keys.map { key in
        TableDescription.Attribute(
          name: key.name, type: String(key.declaredType.prefix(1)), isRequired: true)
      }
      return TableDescription(keys: keys, itemCount: itemCount, byteCount: byteCount)
    }
  }
}

extension TableSchema.Column {
  var attribute: TableDescription.Attribute {
    .init(name: name, type: declaredType, isRequired: isRequired)
  }
}
