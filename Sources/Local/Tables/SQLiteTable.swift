import Glibc
import JSON
package import Resources
import SQLite
import Synchronization

/// A table in an SQLite file, `sqlite:///path#table`.
///
/// Rows are items, columns are attributes. Pages go by the primary key, in the key's own collation,
/// or by row id where none is declared. Each batch is one transaction, synchronised with the disk
/// (`synchronous = EXTRA`, which also covers the folder entry of a rollback journal). The journal
/// mode of a file that is there already is left as it is. Foreign keys are not enforced while
/// copying, since tables come in any order.
package actor SQLiteTable: TableStore {
  /// A page of large rows ends early, so that memory stays bounded.
  static let pageBytesMax = 8 << 20
  /// How long to wait for another program's lock before it is a failure (a transient one).
  private static let busyTimeoutDefault = Duration.seconds(10)

  nonisolated package let url: ResourceURL
  nonisolated let path: String
  nonisolated let name: String
  nonisolated private let busyTimeout: Duration
  private let executor = BlockingExecutor(label: "cutover.sqlite")
  nonisolated package var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private var opened: (connection: Connection, file: FileIdentity)?
  private var known: Known?
  /// The schema that `key(of:)` goes by, which is asked outside of the actor.
  nonisolated private let shared = Mutex<TableSchema?>(nil)

  /// What was read of the schema, and when.
  struct Known {
    let version: Int64
    let schema: TableSchema
    let statements: TableStatements
  }

  package init(_ url: ResourceURL) throws(Failure) {
    try self.init(url, busyTimeout: Self.busyTimeoutDefault)
  }

  init(_ url: ResourceURL, busyTimeout: Duration) throws(Failure) {
    guard let name = url.fragment, !name.isEmpty, !name.utf8.contains(0) else {
      throw .permanent("\(url) names no table", hint: "Write sqlite:///path/to/file.db#table.")
    }
    self.url = url
    self.name = name
    self.busyTimeout = busyTimeout
    path = try LocalPath.path(of: url)
  }

  package func description() async throws(Failure) -> TableDescription? {
    guard try FileIdentity.of(path, url) != nil else { return nil }
    return try onDatabase { connection in
      guard let known = try current(connection) else { return nil }
      return known.schema.description(
        itemCount: try TableSize.itemCount(name, connection),
        byteCount: try TableSize.byteCount(name, connection))
    }
  }

  nonisolated package func key(of item: Item) throws(Failure) -> ItemKey {
    let schema = try schemaForKeys()
    let decoder = ItemDecoder(schema, url)
    try decoder.read(item.bytes)
    return KeyText.key(schema, decoder.values(from: item.bytes, at: schema.keyPlaces))
  }

  package func page(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> Page<Item> {
    precondition(limit > 0, "a page has room for an item")
    return try onDatabase { connection in
      let known = try existing(connection)
      if position == nil { try checkKeys(known, connection) }
      var statement = try connection.prepare(
        position == nil ? known.statements.firstPage : known.statements.nextPage)
      let start = try position.map { position in
        try KeyPosition.key(position, count: known.schema.keyPlaces.count, of: url)
      }
      try statement.bind((start ?? []) + [.integer(limit)])
      return try read(&statement, known.schema, limit: limit)
    }
  }

  package func items(for keys: [ItemKey]) async throws(Failure) -> [Item?] {
    try onDatabase { connection in
      let known = try existing(connection)
      return try keys.map { key in
        try find(try KeyText.values(known.schema, key, url), known, connection)
      }
    }
  }

  package func clear() async throws(Failure) {
    try onDatabase { connection in
      guard let known = try current(connection) else { return }
      _ = try connection.write { try $0.run(known.statements.clear) }
    }
  }

  package func delete() async throws(Failure) {
    guard try FileIdentity.of(path, url) != nil else { return }
    try onDatabase { connection in
      guard let known = try current(connection) else { return }
      _ = try connection.write { try $0.run(known.statements.drop) }
      forgetSchema()
    }
  }

  // MARK: Rows

  private func read(
    _ statement: inout Statement, _ schema: TableSchema, limit: Int
  ) throws -> Page<Item> {
    var encoder = ItemEncoder(schema)
    var items: [Item] = []
    items.reserveCapacity(min(limit, 10_000))
    var byteCount = 0
    var last: [Column] = []
    while try statement.step() {
      let item = try Self.item(in: statement, schema, &encoder)
      byteCount += item.bytes.count
      items.append(item)
      let isFull = items.count == limit || byteCount >= Self.pageBytesMax
      if isFull {
        last = schema.keyPlaces.map { statement.column($0) }
        break
      }
    }
    guard !last.isEmpty else { return Page(items, next: nil) }
    guard !last.contains(where: \.isNull) else { throw nullKey() }
    return Page(items, next: KeyPosition.position(last))
  }

  static func item(
    in row: borrowing Statement, _ schema: TableSchema, _ encoder: inout ItemEncoder
  ) throws -> Item {
    switch schema.layout {
    case .columns:
      // The order of the columns is canonical, the text of a real number may not be.
      item(encoder.item(in: row), mayHaveReals: encoder.hasReals)
    case .document(let place): Item(bytes: row.bytes(place), isCanonical: false)
    }
  }

  private static func item(_ bytes: [UInt8], mayHaveReals: Bool) -> Item {
    Item(bytes: bytes, isCanonical: !mayHaveReals || ItemForm.isCanonical(bytes))
  }

  func find(_ key: [Column], _ known: Known, _ connection: Connection) throws -> Item? {
    var statement = try connection.prepare(known.statements.find)
    try statement.bind(key)
    guard try statement.step() else { return nil }
    var encoder = ItemEncoder(known.schema)
    return try Self.item(in: statement, known.schema, &encoder)
  }

  func checkKeys(_ known: Known, _ connection: Connection) throws {
    guard let sql = known.statements.findNullKey else { return }
    guard try connection.row(sql) == nil else { throw nullKey() }
  }

  private func nullKey() -> Failure {
    .refused(
      "\(url) has a row whose primary key is partly NULL, which no page can get past",
      hint: "Give that row a key, or remove it.")
  }

  // MARK: The file and its schema

  /// Runs SQLite calls with the connection to the file that is there now.
  func onDatabase<Value>(_ body: (Connection) throws -> Value) throws(Failure) -> Value {
    try Failure.onDatabase(url) { try body(try connection()) }
  }

  private func connection() throws -> Connection {
    guard let file = try FileIdentity.of(path, url) else {
      forget()
      throw Failure.permanent(
        "\(url): the file is not there", hint: "Check the path, or restore the file.")
    }
    // A file that was replaced would otherwise be read and written after it has lost its name.
    if let opened, opened.file == file { return opened.connection }
    forget()
    return try open(.write)
  }

  /// Opens the file, for creation only where the caller is about to create a table.
  func open(_ mode: Connection.Mode) throws -> Connection {
    let connection = try Connection(.file(path), mode: mode, busyTimeout: busyTimeout)
    try connection.execute("PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = OFF;")
    guard let file = try FileIdentity.of(path, url) else {
      throw Failure.permanent("\(url): the file vanished", hint: "Check what removes it.")
    }
    opened = (connection, file)
    return connection
  }

  private func forget() {
    opened = nil
    forgetSchema()
  }

  func forgetSchema() {
    known = nil
    shared.withLock { $0 = nil }
  }

  /// The schema as it is now, read again only when SQLite says that it changed.
  func current(_ connection: Connection) throws -> Known? {
    let version = try connection.value("PRAGMA schema_version")?.integerValue ?? 0
    if let known, known.version == version { return known }
    forgetSchema()
    guard let schema = try TableSchema.read(name, from: connection, of: url) else { return nil }
    let known = Known(version: version, schema: schema, statements: try TableStatements(schema))
    self.known = known
    shared.withLock { $0 = schema }
    return known
  }

  func existing(_ connection: Connection) throws -> Known {
    guard let known = try current(connection) else {
      throw Failure.permanent(
        "\(url): there is no such table in the file", hint: "Check the name after '#'.")
    }
    return known
  }

  /// Blocks for one short look at the file where the schema is not known yet.
  nonisolated private func schemaForKeys() throws(Failure) -> TableSchema {
    if let schema = shared.withLock({ $0 }) { return schema }
    return try Failure.onDatabase(url) {
      let connection = try Connection(.file(path), mode: .write, busyTimeout: busyTimeout)
      guard let schema = try TableSchema.read(name, from: connection, of: url) else {
        throw Failure.permanent(
          "\(url): there is no such table", hint: "Check the name after '#'.")
      }
      shared.withLock { $0 = schema }
      return schema
    }
  }
}

extension Provider {
  /// Tables in SQLite files.
  package static let sqlite = Provider(
    scheme: "sqlite", summary: "A table in an SQLite file.",
    example: "sqlite:///srv/app/app.db#users",
    open: .table { url, _ throws(Failure) in try SQLiteTable(url) })
}
